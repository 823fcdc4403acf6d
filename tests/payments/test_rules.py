"""What the gateway's word means, when it is asked again, and how far a hold is stretched."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookingapp.payments import rules
from bookingapp.payments.models import PaymentState
from bookingapp.payments.rules import Asked, Meaning, Watched, hold_while_paying, meaning, next_look

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ASKED = Asked(36000, "INR")
seconds = st.integers(0, 10 * 24 * 3600).map(lambda s: timedelta(seconds=s))


@pytest.mark.parametrize(
    ("status", "amount", "currency", "expected"),
    [
        ("created", 36000, "INR", Meaning.PENDING),
        ("authorized", 36000, "INR", Meaning.PENDING),
        ("authorized", 1, "INR", Meaning.PENDING),
        ("failed", 36000, "INR", Meaning.FAILED),
        ("failed", 1, "USD", Meaning.FAILED),
        ("captured", 36000, "INR", Meaning.GOOD),
        ("captured", 35999, "INR", Meaning.WRONG_AMOUNT),
        ("captured", 36001, "INR", Meaning.WRONG_AMOUNT),
        ("captured", 36000, "USD", Meaning.WRONG_AMOUNT),
        ("captured", 0, "INR", Meaning.WRONG_AMOUNT),
        ("refunded", 36000, "INR", Meaning.RETURNED),
        ("refunded", 1, "USD", Meaning.RETURNED),
    ],
)
def test_only_money_that_was_asked_for_is_good(
    status: str, amount: int, currency: str, expected: Meaning
) -> None:
    assert meaning(status, amount, currency, ASKED) is expected


@pytest.mark.parametrize("old", list(PaymentState))
@pytest.mark.parametrize("new", list(PaymentState))
def test_a_payment_never_moves_back_from_money(old: PaymentState, new: PaymentState) -> None:
    money = {PaymentState.CAPTURED, PaymentState.REFUNDED}
    if rules.moves_forward(old, new):
        assert new in money or old not in money
    assert not (rules.moves_forward(old, new) and rules.moves_forward(new, old))


def test_a_failed_payment_may_be_captured_after_all() -> None:
    assert rules.moves_forward(PaymentState.FAILED, PaymentState.CAPTURED)


def watched(age: timedelta, **more: object) -> Watched:
    values = {"created_at": NOW - age, "hold_until": None, **more}
    return Watched(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("order", "wait"),
    [
        # while seats are held for it: within a minute
        (watched(timedelta(seconds=20), hold_until=NOW + timedelta(minutes=12)), 30),
        (watched(timedelta(minutes=12), hold_until=NOW + timedelta(seconds=1)), 30),
        # the bank is thinking: as often as the page that waits
        (watched(timedelta(minutes=1), thinking_since=NOW - timedelta(seconds=9)), 5),
        (watched(timedelta(minutes=9), thinking_since=NOW - timedelta(minutes=3)), 135),
        # later: more and more rarely
        (watched(timedelta(minutes=3)), 60),
        (watched(timedelta(minutes=20)), 300),
        (watched(timedelta(hours=4)), 3600),
        (watched(timedelta(days=2)), 6 * 3600),
        (watched(timedelta(minutes=20), hold_until=NOW - timedelta(seconds=40)), 60),
        # paid: a few more looks for a second attempt's money
        (watched(timedelta(minutes=5), paid=True), 15 * 60),
        (watched(timedelta(minutes=5), paid=True, looks=1), 3 * 3600),
        (watched(timedelta(days=5), paid=True, looks=2), 24 * 3600),
    ],
)
def test_the_next_look_comes_in(order: Watched, wait: int) -> None:
    assert next_look(order, NOW) == NOW + timedelta(seconds=wait)


@pytest.mark.parametrize(
    "order", [watched(timedelta(days=4)), watched(timedelta(hours=1), paid=True, looks=3)]
)
def test_at_last_nobody_asks_any_more(order: Watched) -> None:
    assert next_look(order, NOW) is None


@given(age=seconds, held=st.none() | seconds)
def test_an_open_order_is_looked_at_rarely_but_for_three_days(
    age: timedelta, held: timedelta | None
) -> None:
    until = None if held is None else NOW + held - timedelta(days=5)
    look = next_look(watched(age, hold_until=until), NOW)
    if age > timedelta(days=3, hours=1):
        assert look is None
    else:
        assert look is not None
        assert timedelta(seconds=5) <= look - NOW <= timedelta(hours=6)


def test_following_the_plan_asks_a_bounded_number_of_times() -> None:
    created, looks, now = NOW, 0, NOW
    while (after := next_look(Watched(created, created + timedelta(minutes=13)), now)) is not None:
        now, looks = after, looks + 1
    assert 20 < looks < 80


@pytest.mark.parametrize(
    ("held", "age", "expected"),
    [
        (12, 0, 13),  # at once: 13 more
        (9, 3, 13),  # after three minutes: 13 more
        (2, 10, 13),
        (3, 25, 5),  # never beyond 30 after the seats were taken
        (4, 27, 4),  # and never shorter than it was
    ],
)
def test_going_to_pay_makes_the_hold_long_enough(held: int, age: int, expected: int) -> None:
    until, taken = NOW + timedelta(minutes=held), NOW - timedelta(minutes=age)
    assert hold_while_paying(until, taken, NOW, 13, 30) == NOW + timedelta(minutes=expected)


@given(left=seconds, age=seconds)
def test_a_hold_is_never_shortened_nor_stretched_without_bound(
    left: timedelta, age: timedelta
) -> None:
    until, taken = NOW + left, NOW - age
    stretched = hold_while_paying(until, taken, NOW, 13, 30)
    assert stretched >= until
    assert stretched == until or stretched <= taken + timedelta(minutes=30)
