"""Codes at the checkout: the sum, the refusals, one use that is left, money that comes late; and free bookings."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from bookingapp import clock
from bookingapp.booking import service
from bookingapp.booking.models import Booking
from bookingapp.booking.promo_models import PromoCode
from bookingapp.booking.promo_rules import PromoUsedByYou, PromoUsedUp
from bookingapp.booking.rules import TooManyFree
from bookingapp.booking.service import NewCode
from bookingapp.catalogue.models import Price
from bookingapp.db import transaction
from bookingapp.papers.models import Invoice
from bookingapp.payments.models import Payment, PaymentOrder
from tests.booking import buyers
from tests.booking.buyers import booking, expire, go_to_pay, hold, let_lapse, together
from tests.booking.guests import Guest, guest
from tests.booking.test_checkout import Form
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

Make = Callable[..., None]
# The showing is tomorrow.
IN_FOUR_DAYS = 1 << (clock.now() + timedelta(days=4)).weekday()


@pytest.fixture
def code(cinema: Cinema, app: Flask) -> Make:
    """A code, by default FRIENDS for a tenth."""
    cinema.theater()
    cinema.staff("manager")

    def make(name: str = "friends", **values: Any) -> None:
        values = values or {"percent": 10}
        if "amount" not in values:
            values.setdefault("percent", 10)
        service.add_code(NewCode(name, **values), 1)

    return make


@pytest.fixture
def asha(app: Flask, cinema: Cinema) -> Guest:
    """At the checkout with C3 and C4, 180 each, and a fee of 25."""
    person = guest(app)
    person.hold(cinema.showtime(booking_fee=2_500), "C3", "C4")
    return person


def test_a_code_makes_the_seats_cheaper_and_not_the_fee(asha: Guest, code: Make) -> None:
    code()
    assert asha.press("code", code=" Fri ends ").status_code == 303
    text = asha.read()
    for said in ("Code FRIENDS takes ₹36.00 off.", "\u2212₹36.00", "Total₹349.00", "Pay ₹349"):
        assert said in text, said
    row = booking(asha.token)
    assert (row.subtotal, row.discount, row.fee, row.total) == (36_000, 3_600, 2_500, 34_900)
    assert {(seat.list_price, seat.discount, seat.price, seat.tax_rate) for seat in row.seats} == {
        (18_000, 1_800, 16_200, 1800)
    }


def test_what_was_typed_beside_the_code_is_kept(asha: Guest, code: Make) -> None:
    code()
    asha.press("code", code="FRIENDS", email="asha@example.com", name="Asha")
    assert (booking(asha.token).email, booking(asha.token).name) == ("asha@example.com", "Asha")
    refused = asha.press("code", code="ENEMIES", name="Asha Menon")
    assert refused.status_code == 409
    assert 'value="Asha Menon"' in refused.text


def test_a_code_is_taken_off_again(asha: Guest, code: Make) -> None:
    code()
    asha.press("code", code="FRIENDS")
    asha.press("nocode")
    assert (booking(asha.token).discount, booking(asha.token).total) == (0, 38_500)
    assert "Have a code?" in asha.read()


def test_a_code_that_is_typed_and_not_used_is_used_before_anybody_pays(
    asha: Guest, code: Make
) -> None:
    code()
    answer = asha.pays(code="FRIENDS")
    assert answer.location.endswith("/checkout#slip-title")
    assert booking(asha.token).total == 34_900
    assert buyers.rows(PaymentOrder) == []


def test_other_tickets_under_a_code_share_it_anew(asha: Guest, code: Make) -> None:
    code(amount=6_000)
    asha.press("code", code="FRIENDS")
    child = next(
        seat for seat in booking(asha.token).seats if seat.seat.name == "C4"
    ).ticket_type_id
    assert child is not None
    asha.press("update", **{"type-C4": str(child + 1)})
    row = booking(asha.token)
    assert (row.subtotal, row.discount) == (27_000, 6_000)
    assert sum(seat.discount for seat in row.seats) == 6_000


@pytest.mark.parametrize("worth", [{"percent": 10}, {"amount": 6_001}])
@pytest.mark.engine("sqlite")  # the same arithmetic on both
def test_a_form_that_needs_another_look_shows_the_sum_that_other_tickets_would_have(
    asha: Guest, code: Make, cinema: Cinema, worth: dict[str, int]
) -> None:
    code(**worth)
    asha.press("code", code="FRIENDS")
    children = {f"type-{seat}": str(cinema.ticket_type("Child")) for seat in ("C3", "C4")}
    page = asha.press("pay", email="no address", **children)
    assert page.status_code == 422
    shown = int(Form(page.text).values["seen"])
    asha.press("update", **children)
    assert booking(asha.token).total == shown


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"valid_until": clock.now() - timedelta(days=1)}, "That code is over."),
        ({"valid_from": clock.now() + timedelta(days=1)}, "That code does not hold yet."),
        ({"max_per_email": 1}, "That code is counted by e-mail address."),
    ],
)
@pytest.mark.engine("sqlite")  # words, not what a database does
def test_a_code_that_does_not_hold_says_why(
    asha: Guest, code: Make, values: dict[str, Any], said: str
) -> None:
    code(**values)
    refused = asha.press("code", code="FRIENDS")
    assert refused.status_code == 409
    assert said in refused.text
    assert booking(asha.token).discount == 0


@pytest.mark.engine("sqlite")  # words, not what a database does
def test_a_code_for_another_film_names_it(asha: Guest, code: Make, cinema: Cinema) -> None:
    code(movie_id=cinema.movie("Metropolis"))
    assert "That code is for Metropolis." in asha.press("code", code="FRIENDS").text


def test_the_last_use_is_reserved_by_a_hold_and_given_back_when_it_lapses(
    cinema: Cinema, code: Make
) -> None:
    code(max_uses=1)
    show = cinema.showtime()
    first = hold(show, "C1", who="asha")
    second = hold(show, "C2", who="ravi", email="ravi@example.com")
    service.use_code(first, "FRIENDS")
    with pytest.raises(PromoUsedUp):
        service.use_code(second, "FRIENDS")
    let_lapse(first)
    service.use_code(second, "FRIENDS")
    assert booking(second).discount == 1_800


def test_two_who_want_the_last_use_at_once_do_not_both_get_it(
    app: Flask, cinema: Cinema, code: Make
) -> None:
    code(max_uses=1)
    show = cinema.showtime()
    tokens = [hold(show, f"C{n}", who=str(n), email=f"{n}@example.com") for n in range(1, 7)]
    results = together(app, [partial(service.use_code, token, "FRIENDS") for token in tokens])
    assert [type(result) for result in results].count(PromoUsedUp) == len(tokens) - 1
    assert sorted(booking(token).discount for token in tokens) == [0] * 5 + [1_800]


@pytest.mark.parametrize("gone", [let_lapse, expire])
def test_late_money_with_a_code_that_somebody_else_used_up_goes_back(
    cinema: Cinema, code: Make, sandbox: SandboxProcess, gone: Callable[[str], None]
) -> None:
    code(max_uses=1)
    show = cinema.showtime()
    first = hold(show, "C1", who="asha")
    service.use_code(first, "FRIENDS")
    paid = sandbox.pay(go_to_pay(first))
    gone(first)
    second = hold(show, "C2", who="ravi", email="ravi@example.com")
    service.use_code(second, "FRIENDS")
    assert service.settle(paid.payment_id).outcome == "refund_due"
    service.settle(sandbox.pay(go_to_pay(second)).payment_id)
    assert (buyers.state(second), booking(first).sold) == ("confirmed", False)


def test_late_money_with_a_code_that_is_still_free_buys_the_seats(
    cinema: Cinema, code: Make, sandbox: SandboxProcess
) -> None:
    code(max_uses=1)
    token = hold(cinema.showtime(), "C1")
    service.use_code(token, "FRIENDS")
    paid = sandbox.pay(go_to_pay(token))
    expire(token)
    assert service.settle(paid.payment_id).outcome == "confirmed"


@pytest.mark.engine("sqlite")  # the same questions on both
def test_an_address_uses_a_code_as_often_as_it_may(
    cinema: Cinema, code: Make, sandbox: SandboxProcess
) -> None:
    code(max_per_email=1)
    show = cinema.showtime()
    first = hold(show, "C1", who="asha")
    service.use_code(first, "FRIENDS")
    service.settle(sandbox.pay(go_to_pay(first)).payment_id)
    # another address first, the used one just before paying
    second = hold(show, "C2", who="ravi", email="ravi@example.com")
    service.use_code(second, "FRIENDS")
    service.set_details(second, email="ASHA@example.com", name="", phone="", types={})
    with pytest.raises(PromoUsedByYou):
        service.start_payment(second)


@pytest.mark.settings(limit_requests=True, limit_promo_guesses="3 per minute")
@pytest.mark.engine("sqlite")  # counted in memory
def test_codes_are_not_to_be_guessed(asha: Guest, code: Make) -> None:
    code()
    answers = [asha.press("code", code=f"GUESS{n}").status_code for n in range(5)]
    assert answers == [409, 409, 409, 429, 429]
    # who has no code is not in the way of those who guess
    assert asha.press("update").status_code == 303


def test_a_code_for_everything_needs_no_gateway(app: Flask, cinema: Cinema, code: Make) -> None:
    code(percent=100)
    person = guest(app)
    person.hold(cinema.showtime(), "C3")
    person.press("code", code="friends", email="asha@example.com")
    assert "Get the tickets" in person.read()
    first, second = person.pays(seen="0"), person.pays(seen="0")
    assert first.location == second.location == f"/b/{person.token}"
    assert buyers.state(person.token) == "confirmed"
    assert buyers.rows(Payment) == buyers.rows(PaymentOrder) == buyers.rows(Invoice) == []
    assert len(buyers.letters("booking_confirmation")) == 1


@pytest.mark.parametrize(
    ("worth", "fee"),
    [
        ({"amount": 17_950}, 0),
        ({"percent": 100}, 50),  # the fee alone is too small to be asked for
        ({"amount": 17_970}, 20),
    ],
)
def test_what_a_code_leaves_and_nobody_can_pay_is_given(
    app: Flask, cinema: Cinema, code: Make, worth: dict[str, int], fee: int
) -> None:
    code(**worth)
    person = guest(app)
    person.hold(cinema.showtime(booking_fee=fee), "C3")
    person.press("code", code="friends", email="asha@example.com")
    assert "Code FRIENDS takes ₹180.00 off." in person.read()
    assert "Get the tickets" in person.read()
    assert person.pays(seen="0").location == f"/b/{person.token}"
    row = booking(person.token)
    assert (row.state.value, row.total) == ("confirmed", 0)
    assert buyers.rows(PaymentOrder) == []


def test_a_fee_that_was_too_small_alone_is_asked_for_again_without_the_code(
    app: Flask, cinema: Cinema, code: Make
) -> None:
    code(percent=100)
    person = guest(app)
    person.hold(cinema.showtime(booking_fee=50), "C3")
    person.press("code", code="friends")
    assert (booking(person.token).fee, booking(person.token).total) == (0, 0)
    person.press("nocode")
    assert (booking(person.token).fee, booking(person.token).total) == (50, 18_050)


@pytest.mark.settings(limit_free_bookings=2)
def test_nobody_empties_the_house_for_nothing(app: Flask, cinema: Cinema) -> None:
    show = cinema.showtime()
    with transaction() as session:
        session.execute(update(Price).values(amount=0))
    for n in (1, 2):
        service.start_payment(hold(show, f"C{n}", who=str(n)))
    third = hold(show, "C3", who="3")
    with pytest.raises(TooManyFree):
        service.start_payment(third)
    with transaction() as session:
        session.execute(
            update(Booking).where(Booking.sold).values(confirmed_at=clock.now() - timedelta(days=2))
        )
    service.start_payment(third)
    assert buyers.state(third) == "confirmed"


def hold_again(person: Guest, **typed: str) -> str:
    """The time is over; one tap holds the same seats again. What the new checkout says."""
    old = person.token
    let_lapse(old)
    page = person.press("update", email="asha@example.com", **typed).text
    person.token = person.press("again", **Form(page).values).location.split("/")[2]
    assert person.token != old
    return person.read()


def test_a_hold_taken_again_keeps_its_code(asha: Guest, code: Make) -> None:
    code(max_uses=1, max_per_email=1)
    asha.press("code", code="FRIENDS", email="asha@example.com")
    text = hold_again(asha)
    assert "Code FRIENDS takes ₹36.00 off." in text
    assert (booking(asha.token).discount, booking(asha.token).total) == (3_600, 34_900)


def test_a_code_that_was_typed_when_the_time_ran_out_is_used_too(asha: Guest, code: Make) -> None:
    code()
    assert "Code FRIENDS takes ₹36.00 off." in hold_again(asha, code="fri ends")


def test_a_hold_taken_again_leaves_a_code_that_was_taken_off(asha: Guest, code: Make) -> None:
    code()
    asha.press("code", code="FRIENDS")
    asha.press("nocode")
    assert "FRIENDS" not in hold_again(asha)
    assert booking(asha.token).total == 38_500


def test_a_hold_taken_again_says_that_somebody_else_used_its_code_up(
    app: Flask, asha: Guest, code: Make, cinema: Cinema
) -> None:
    code(max_uses=1)
    asha.press("code", code="FRIENDS")
    let_lapse(asha.token)
    other = hold(cinema.showtime(), "A1", who="ravi", email="ravi@example.com")
    service.use_code(other, "FRIENDS")
    text = hold_again(asha)
    assert (
        "FRIENDS could not be used again: the sum is the full price. That code is used up." in text
    )
    assert "Total₹385.00" in text
    assert booking(asha.token).discount == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"stopped_at": clock.now()}, "the sum is the full price."),
        ({"valid_until": clock.now()}, "That code is over. The seats are yours at the full price."),
        ({"weekdays": IN_FOUR_DAYS}, "That code is not for this day of the week."),
    ],
)
@pytest.mark.engine("sqlite")  # words, not what a database does
def test_a_hold_taken_again_says_why_its_code_holds_no_longer(
    asha: Guest, code: Make, change: dict[str, Any], said: str
) -> None:
    code()
    asha.press("code", code="FRIENDS")
    with transaction() as session:
        session.execute(update(PromoCode).values(**change))
    text = hold_again(asha)
    assert "FRIENDS could not be used again: the sum is the full price." in text
    assert said in text
    assert "Total₹385.00" in text


@pytest.mark.settings(limit_requests=True, limit_promo_guesses="3 per minute")
@pytest.mark.engine("sqlite")  # counted in memory
def test_holding_again_is_no_way_to_guess_codes(asha: Guest, code: Make) -> None:
    code()
    answers = []
    for n in range(5):
        let_lapse(asha.token)
        answer = asha.press("again", email="asha@example.com", code=f"GUESS{n}")
        answers.append(answer.status_code)
        if answer.status_code == 303:
            asha.token = answer.location.split("/")[2]
    assert answers == [303, 303, 303, 429, 429]
