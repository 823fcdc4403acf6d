"""The table of what money means for a booking, by example and as a whole."""

from itertools import product
from typing import Any

import pytest

from bookingapp.booking.models import BookingState
from bookingapp.booking.verdict import Case, Verdict, decide
from bookingapp.catalogue.models import ShowtimeState
from bookingapp.payments.rules import Meaning

HELD, CONFIRMED, EXPIRED, RELEASED, CANCELLED = (
    BookingState.HELD, BookingState.CONFIRMED, BookingState.EXPIRED, BookingState.RELEASED,
    BookingState.CANCELLED,
)  # fmt: skip


def case(**values: Any) -> Case:
    """Good money for a hold in time, unless said otherwise."""
    usual = {
        "meaning": Meaning.GOOD, "same_basket": True, "state": HELD, "lapsed": False,
        "show": ShowtimeState.ON_SALE, "started": False,
    }  # fmt: skip
    return Case(**{**usual, **values})


@pytest.mark.parametrize(
    ("what", "verdict", "reason"),
    [
        (case(), Verdict.CONFIRM, ""),
        (case(lapsed=True), Verdict.CONFIRM, ""),
        (case(show=ShowtimeState.OFF_SALE), Verdict.CONFIRM, ""),
        (case(started=True), Verdict.CONFIRM, ""),
        (case(started=True, lapsed=True), Verdict.REFUND, "late"),
        (case(same_basket=False), Verdict.REFUND, "wrong_amount"),
        (case(meaning=Meaning.WRONG_AMOUNT), Verdict.REFUND, "wrong_amount"),
        (case(show=ShowtimeState.CANCELLED), Verdict.REFUND, "cancelled"),
        (case(show=ShowtimeState.MOVED), Verdict.REFUND, "cancelled"),
        (case(state=EXPIRED), Verdict.RECLAIM, ""),
        (case(state=EXPIRED, started=True), Verdict.REFUND, "late"),
        (case(state=EXPIRED, same_basket=False), Verdict.REFUND, "wrong_amount"),
        (case(state=RELEASED), Verdict.REFUND, "late"),
        (case(state=CONFIRMED), Verdict.REFUND, "double"),
        (case(state=CANCELLED), Verdict.REFUND, "double"),
        (case(state=CONFIRMED, confirms=True), Verdict.DONE_BEFORE, ""),
        (case(state=CANCELLED, confirms=True), Verdict.DONE_BEFORE, ""),
        (case(refund_owed=True), Verdict.REFUND, ""),
        (case(meaning=Meaning.RETURNED), Verdict.NOTHING, ""),
        (case(meaning=Meaning.RETURNED, confirms=True), Verdict.DONE_BEFORE, ""),
        (case(meaning=Meaning.FAILED), Verdict.TRY_AGAIN, ""),
        (case(meaning=Meaning.FAILED, state=CONFIRMED), Verdict.TRY_AGAIN, ""),
        (case(meaning=Meaning.PENDING, state=EXPIRED), Verdict.WAIT, ""),
    ],
)
def test_money_means(what: Case, verdict: Verdict, reason: str) -> None:
    assert decide(what) == (verdict, reason)


ALL = [
    Case(*values)
    for values in product(
        Meaning, (True, False), BookingState, (True, False), ShowtimeState, (True, False),
        (True, False), (True, False),
    )
]  # fmt: skip


def test_no_money_is_left_without_a_purpose() -> None:
    """Captured money always confirms, confirmed before, or is owed back."""
    with_money = [c for c in ALL if c.meaning in {Meaning.GOOD, Meaning.WRONG_AMOUNT}]
    purposes = {Verdict.CONFIRM, Verdict.RECLAIM, Verdict.DONE_BEFORE, Verdict.REFUND}
    assert {decide(c)[0] for c in with_money} <= purposes


def test_nothing_is_confirmed_but_by_the_right_money_for_seats_that_are_not_sold() -> None:
    for c in ALL:
        if decide(c)[0] in {Verdict.CONFIRM, Verdict.RECLAIM}:
            assert c.meaning is Meaning.GOOD
            assert c.same_basket
            assert c.state in {HELD, EXPIRED}
            assert not c.refund_owed
            assert not c.confirms
            assert c.show in {ShowtimeState.ON_SALE, ShowtimeState.OFF_SALE}


def test_a_refund_not_yet_owed_says_why() -> None:
    assert all(
        reason for c in ALL if not c.refund_owed for v, reason in [decide(c)] if v is Verdict.REFUND
    )
