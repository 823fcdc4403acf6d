"""Staff cancel seats and give money back: a look first, then the deed, once, with a reason."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from bookingapp.audit import AuditEntry
from bookingapp.booking import books, refund_job, service
from bookingapp.booking.models import Booking, BookingSeat
from bookingapp.db import transaction
from bookingapp.papers.models import CreditNote
from bookingapp.payments.models import Payment, PaymentOrder, Refund, RefundLine
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.booking.guests import live_claims
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

# The step underneath is tested on both engines; here it is about pages.
pytestmark = pytest.mark.engine("sqlite")
SignIn = Callable[[FlaskClient, str], FlaskClient]


@pytest.fixture
def show(cinema: Cinema) -> int:
    return cinema.showtime(booking_fee=2000)


@pytest.fixture
def number(show: int, sandbox: SandboxProcess) -> str:
    """C4 and A1 bought: 180 and 120 rupees and a fee of 20."""
    token = hold(show, "C4", "A1")
    service.settle(sandbox.pay(go_to_pay(token)).payment_id)
    return buyers.booking(token).number


@pytest.fixture
def office(client: FlaskClient, sign_in: SignIn) -> FlaskClient:
    return sign_in(client, "manager")


WHY = "The sound was off."


def look(office: FlaskClient, number: str, **fields: object) -> TestResponse:
    form = {"seat": ["A1", "C4"], "how": "all", "words": WHY, "step": "look", **fields}
    return office.post(f"/office/bookings/{number}/cancel", data=form)


def hidden(page: str) -> dict[str, object]:
    """The form that does it, as the page sends it."""
    form = page[page.index("<form", page.index("This is what happens")) :]
    form = form[: form.index("</form>")]
    pairs = re.findall(r'type="hidden" name="([\w-]+)" value="([^"]*)"', form)
    seats = [value for name, value in pairs if name == "seat"]
    return {**dict(pairs), "seat": seats, "step": "do"}


def do(office: FlaskClient, number: str, **fields: object) -> TestResponse:
    """Look, then press the button."""
    form = hidden(look(office, number, **fields).text)
    return office.post(f"/office/bookings/{number}/cancel", data=form)


def owed() -> list[tuple[int, str]]:
    return [(refund.amount, refund.reason) for refund in buyers.rows(Refund)]


def test_everything_goes_back_with_a_reason_the_customer_reads(
    office: FlaskClient, number: str, show: int
) -> None:
    page = look(office, number)
    assert "₹320.00" in page.text
    assert "asha@example.com reads" in page.text
    assert owed() == [], "a look does nothing"
    answer = do(office, number)
    assert answer.location == f"/office/bookings/{number}"
    assert owed() == [(32000, "cinema")]
    assert live_claims(show) == {}
    (letter,) = buyers.letters("booking_cancellation")
    assert (letter.payload["cause"], letter.payload["words"]) == ("cinema", WHY)
    page = office.get(answer.location)
    assert "Seats cancelled" in page.text
    assert WHY in page.text
    assert "cancelled" in page.text
    (entry,) = [row for row in buyers.rows(AuditEntry) if row.action == "booking.cancel"]
    assert entry.actor_id is not None


@pytest.mark.parametrize(
    ("fields", "back"),
    [
        ({"how": "none"}, 0),
        ({"how": "all", "seat": ["C4"]}, 18000),
        ({"how": "parts", "back-C4": "90", "back-A1": "₹1.50", "fee": "20"}, 11150),
        ({"how": "parts", "back-C4": "90", "back-A1": "", "fee": ""}, 9000),
        ({"how": "terms"}, 15000),
    ],
)
def test_it_gives_back_what_was_asked_for(
    office: FlaskClient, number: str, fields: dict[str, object], back: int
) -> None:
    do(office, number, **fields)
    assert sum(amount for amount, _ in owed()) == back
    (letter,) = buyers.letters("booking_cancellation")
    assert letter.payload["back"] == back


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"words": "  "}, "Say why"),
        ({"words": "x" * 301}, "At most 300 characters"),
        ({"seat": []}, "Tick the seats to cancel."),
        ({"how": "parts", "back-C4": "lots"}, "Write a sum such as"),
        ({"how": "parts", "back-C4": "180.01", "back-A1": "0"}, "That is more than is left"),
        (
            {"how": "parts", "back-C4": "0", "back-A1": "0", "fee": "21"},
            "That is more than is left",
        ),
        ({"seat": ["C4", "B1"]}, "These seats changed meanwhile"),
    ],
)
def test_what_can_t_be_is_said_and_what_was_typed_stays(
    office: FlaskClient, number: str, fields: dict[str, object], says: str
) -> None:
    page = look(office, number, **fields)
    assert page.status_code in {400, 409}
    assert says in page.text
    assert str(fields.get("words", WHY)).strip() in page.text
    assert owed() == []


def test_a_second_press_cancels_nothing_more(office: FlaskClient, number: str) -> None:
    form = hidden(look(office, number, seat=["C4"]).text)
    address = f"/office/bookings/{number}/cancel"
    assert office.post(address, data=form).status_code == 303
    again = office.post(address, data=form)
    assert again.status_code == 409
    assert "These seats changed meanwhile" in again.text
    assert owed() == [(18000, "cinema")]
    do(office, number, seat=["A1"])
    assert office.post(address, data=form).location == f"/office/bookings/{number}"
    assert owed() == [(18000, "cinema"), (14000, "cinema")]
    assert office.get(address).status_code == 303


def test_a_sum_that_changed_between_look_and_press_is_shown_again(
    office: FlaskClient, number: str
) -> None:
    form = hidden(look(office, number).text)
    give(office, number, "50")
    answer = office.post(f"/office/bookings/{number}/cancel", data=form)
    assert (answer.status_code, len(owed())) == (409, 1)
    assert "The sum changed meanwhile" in answer.text


def give(office: FlaskClient, number: str, amount: str, **fields: object) -> TestResponse:
    """Give money back: look, then press."""
    address = f"/office/bookings/{number}/give-back"
    page = office.post(address, data={"amount": amount, "words": WHY, "step": "look", **fields})
    left = re.search(r'name="left" value="(\d+)"', page.text)
    form = {"amount": amount, "words": WHY, "left": left[1] if left else "", "step": "do"}
    return office.post(address, data={**form, **fields}) if left else page


def test_money_is_given_back_and_the_seats_stay(
    office: FlaskClient, number: str, show: int
) -> None:
    assert give(office, number, "50.01").status_code == 303
    assert owed() == [(5001, "goodwill")]
    assert sorted(line.amount for line in buyers.rows(RefundLine)) == [2001, 3000]
    assert set(live_claims(show)) == {"C4", "A1"}
    (letter,) = buyers.letters("payment_refund")
    assert (letter.payload["words"], letter.payload["done"]) == (WHY, False)
    assert refund_job.run() == 1
    assert [row.payload["done"] for row in buyers.letters("payment_refund")] == [False, True]
    assert credited() == [5001]
    page = office.get(f"/office/bookings/{number}").text
    assert "Money given back, seats kept" in page
    assert "as a courtesy" in page


def credited() -> list[int]:
    """The sums of the credit notes."""
    return [note.total for note in buyers.rows(CreditNote)]


def test_whatever_goes_back_the_books_balance_and_each_refund_has_its_note(
    office: FlaskClient, number: str
) -> None:
    give(office, number, "10")
    do(office, number, seat=["C4"], how="parts", **{"back-C4": "50"})
    give(office, number, "33.33")
    do(office, number, seat=["A1"])
    refund_job.run()
    with transaction() as session:
        sums = books.read(session)
    assert sums.balance
    assert credited() == [amount for amount, _ in owed()]
    assert (sums.sums["INR"].back, sums.sums["INR"].tickets) == (sum(credited()), 0)


def test_a_second_press_gives_nothing_more(office: FlaskClient, number: str) -> None:
    form = {"amount": "50", "words": WHY, "left": "32000", "step": "do"}
    address = f"/office/bookings/{number}/give-back"
    assert [office.post(address, data=form).status_code for _ in range(3)] == [303, 409, 409]
    assert owed() == [(5000, "goodwill")]


def test_what_was_kept_at_a_cancellation_may_go_back_later(
    office: FlaskClient, number: str
) -> None:
    do(office, number, how="none")
    assert give(office, number, "320").status_code == 303
    assert owed() == [(32000, "goodwill")]
    page = office.get(f"/office/bookings/{number}/give-back").text
    assert "No money is left to give back" in page
    assert "Give money back" not in office.get(f"/office/bookings/{number}").text


@pytest.mark.parametrize(
    ("amount", "says"),
    [("", "Write a sum such as"), ("0", "Write a sum such as"), ("-5", "Write a sum such as"),
     ("321", "That is more than is left"), ("1.005", "Write a sum such as")],
)  # fmt: skip
def test_a_sum_that_can_t_be_is_said(
    office: FlaskClient, number: str, amount: str, says: str
) -> None:
    page = give(office, number, amount)
    assert says in page.text
    assert owed() == []


@pytest.mark.parametrize("amount", ["0.01", "0.50", "0.99"])
def test_money_too_little_to_be_sent_is_refused_at_its_field(
    office: FlaskClient, number: str, amount: str
) -> None:
    form = {"amount": amount, "words": WHY, "step": "look"}
    for step in ("look", "do"):
        page = office.post(
            f"/office/bookings/{number}/give-back", data={**form, "step": step, "left": "32000"}
        )
        assert page.status_code == 400
        assert "At least ₹1.00: the payment service sends no less." in page.text
        assert f'value="{amount}"' in page.text
    assert owed() == []


def test_a_rest_too_little_to_be_sent_is_not_asked_for(office: FlaskClient, number: str) -> None:
    address = f"/office/bookings/{number}/give-back"
    form = {"amount": "319.50", "words": WHY, "step": "do", "left": "32000"}
    assert office.post(address, data=form).status_code == 303
    page = office.get(address).text
    assert "₹0.50 is left, and the payment service sends no less than ₹1.00." in page
    assert 'name="amount"' not in page


def test_parts_too_little_to_be_sent_are_refused_and_stay_typed(
    office: FlaskClient, number: str, show: int
) -> None:
    parts = {"how": "parts", "back-A1": "0.30", "back-C4": "0.30", "fee": "0"}
    page = look(office, number, **parts)
    assert page.status_code == 409
    assert "That is too little to send" in page.text
    assert page.text.count('value="0.30"') == 2
    assert len(live_claims(show)) == 2
    assert look(office, number, **{**parts, "back-A1": "0.70"}).status_code == 200


def test_what_was_paid_in_cash_is_paid_out_at_the_counter(
    app: Flask, office: FlaskClient, number: str
) -> None:
    with transaction() as session:
        session.execute(update(PaymentOrder).values(gateway="cash"))
        session.execute(update(Payment).values(method="cash"))
    do(office, number)
    (refund,) = buyers.rows(Refund)
    assert refund.next_try_at is None
    paid = office.post(f"/office/money/refund/{refund.id}/by-hand", data={"note": "Cash to Asha"})
    assert paid.status_code == 303
    (letter,) = buyers.letters("payment_refund")
    assert letter.payload["words"] == "", "what the books say is not the customer's"
    assert [row.state.value for row in buyers.rows(Payment)] == ["refunded"]


@pytest.mark.parametrize("role", ["box_office", "usher"])
def test_only_manager_and_owner_move_money(
    client: FlaskClient, sign_in: SignIn, number: str, role: str
) -> None:
    staff = sign_in(client, role)
    for page in ("cancel", "give-back"):
        assert staff.get(f"/office/bookings/{number}/{page}").status_code == 403
        assert staff.post(f"/office/bookings/{number}/{page}", data={}).status_code == 403
    if role == "box_office":
        assert "Cancel seats" not in staff.get(f"/office/bookings/{number}").text
    assert len(buyers.rows(BookingSeat)) == 2


def test_the_office_reads_words_not_codes(office: FlaskClient, number: str) -> None:
    do(office, number, seat=["C4"])
    page = office.get(f"/office/bookings/{number}").text
    assert "Payment, UPI" in page
    assert "Refund, we cancelled" in page
    assert "Asked for, online" in page


def test_what_the_customer_did_is_not_said_to_be_the_house_s(
    office: FlaskClient, number: str
) -> None:
    token = buyers.rows(Booking)[0].manage_token
    service.cancel_own(token, ["C4"], revision=1, shown=0)
    page = office.get(f"/office/bookings/{number}").text
    deeds = page[page.index("Seats cancelled") :]
    assert "the customer" in deeds
    assert "the house itself" not in deeds[: deeds.index("</tr>")]
