"""Staff cancel and give money back where the showing was moved or called off: no less than the customer gets."""

import pytest
from flask.testing import FlaskClient

from bookingapp.booking import books, service
from bookingapp.db import db
from bookingapp.papers.models import CreditNote
from bookingapp.payments.models import Refund
from tests.admin.reading import words
from tests.admin.test_cancelling import WHY, do, hidden, look
from tests.booking import buyers
from tests.booking.changing import call_off, move, soon
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess


def bought(sandbox: SandboxProcess, showing: int) -> tuple[int, str]:
    """C4 and C5 for 180 each, and a fee of 20: the showing, the booking's number."""
    token = buyers.hold(showing, "C4", "C5")
    service.settle(sandbox.pay(buyers.go_to_pay(token)).payment_id)
    return showing, buyers.booking(token).number


def give(manager: FlaskClient, number: str, amount: str) -> str:
    """Look at it, press the button if there is one. What the last page said."""
    address = f"/office/bookings/{number}/give-back"
    page = manager.post(address, data={"amount": amount, "words": WHY, "step": "look"}).text
    if 'name="left"' not in page:
        return words(page)
    left = page.split('name="left" value="')[1].split('"')[0]
    form = {"amount": amount, "words": WHY, "left": left, "step": "do"}
    return words(manager.post(address, data=form, follow_redirects=True).text)


def test_what_was_kept_of_a_seat_before_the_move_can_still_be_given(
    manager: FlaskClient, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    showing, number = bought(sandbox, cinema.showtime(booking_fee=2000))
    do(manager, number, seat=["C4"], how="none")
    move(showing)
    page = manager.get(f"/office/bookings/{number}/give-back").text
    assert "At most ₹380.00 is left" in words(page)
    assert "₹380.00 is owed back" in give(manager, number, "380")
    assert [refund.amount for refund in buyers.rows(Refund)] == [38000]
    assert sum(note.total for note in buyers.rows(CreditNote)) == 38000
    assert "No money is left" in words(manager.get(f"/office/bookings/{number}/give-back").text)
    db.session.rollback()
    assert books.read(db.session()).balance


def test_a_seat_carried_over_counts_once_however_often_it_was_moved(
    manager: FlaskClient, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    showing, number = bought(sandbox, cinema.showtime())
    move(move(showing))
    assert "That is more than is left" in give(manager, number, "360.01")
    assert "₹50.00 is owed back" in give(manager, number, "50")
    assert "At most ₹310.00 is left" in words(
        manager.get(f"/office/bookings/{number}/give-back").text
    )


@pytest.mark.parametrize("deed", ["moved", "called off"])
def test_the_terms_of_now_keep_nothing_where_the_customer_would_get_all(
    manager: FlaskClient, cinema: Cinema, sandbox: SandboxProcess, deed: str
) -> None:
    """So near to the film that without the change nothing would go back."""
    showing, number = bought(sandbox, cinema.showtime(soon(1.5), booking_fee=2000))
    assert "₹0.00" in look(manager, number, seat=["C4", "C5"], how="terms").text
    if deed == "moved":
        move(showing, hours=0.25)
    else:
        call_off(showing, settle=False)
    page = look(manager, number, seat=["C4", "C5"], how="terms").text
    manager.post(f"/office/bookings/{number}/cancel", data=hidden(page))
    assert [refund.amount for refund in buyers.rows(Refund)] == [38000]
    (letter,) = buyers.letters("booking_cancellation")
    assert (letter.payload["back"], letter.payload["kept"]) == (38000, 0)


def test_calling_off_says_beforehand_what_really_goes_back(
    manager: FlaskClient, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    """A seat cancelled with half of it kept, some goodwill, a moved booking, and one nobody touched."""
    first, number = bought(sandbox, cinema.showtime(booking_fee=2000))
    do(manager, number, **{"seat": ["C4"], "how": "parts", "back-C4": "90"})
    showing = move(first)
    give(manager, number, "15")
    token = buyers.hold(showing, "A1", who="ravi", email="ravi@example.com")
    service.settle(sandbox.pay(buyers.go_to_pay(token)).payment_id)
    cancelling = words(manager.get(f"/office/showings/{showing}/cancel").text)
    # 180 and the fee less 10 of the goodwill (5 were for the half that was kept), and 120 and the fee
    assert "Paid bookings 2 Goes back ₹330.00" in cancelling
    assert "Paid bookings 2, ₹330.00" in words(manager.get(f"/office/showings/{showing}").text)
    before = sum(refund.amount for refund in buyers.rows(Refund))
    call_off(showing)
    assert sum(refund.amount for refund in buyers.rows(Refund)) - before == 33000
