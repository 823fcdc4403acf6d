"""What money means for a booking: one pure table of all that can come together.

The gateway's word about one payment on one side, the booking as it stands on the other. settle.py
does what is decided here.
"""

from dataclasses import dataclass
from enum import StrEnum

from bookingapp.booking.models import BookingState
from bookingapp.catalogue.models import ShowtimeState
from bookingapp.payments.rules import Meaning


class Verdict(StrEnum):
    """What is to be done."""

    WAIT = "wait"
    TRY_AGAIN = "try_again"
    DONE_BEFORE = "done_before"
    CONFIRM = "confirm"
    RECLAIM = "reclaim"
    REFUND = "refund"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Case:
    """A payment, its order, its booking. `same_basket`: the order asks for what the booking is now."""

    meaning: Meaning
    same_basket: bool
    state: BookingState
    lapsed: bool
    show: ShowtimeState
    started: bool
    confirms: bool = False
    refund_owed: bool = False


LATE, DOUBLE, WRONG_AMOUNT, CANCELLED = "late", "double", "wrong_amount", "cancelled"
TO_BE_SHOWN = (ShowtimeState.ON_SALE, ShowtimeState.OFF_SALE)
# A second payment for a booking that has, or had, its money.
PAID = (BookingState.CONFIRMED, BookingState.CANCELLED)


def decide(case: Case) -> tuple[Verdict, str]:
    """What to do, and the reason of a refund."""
    if alone := of_payment(case.meaning, confirms=case.confirms):
        return alone, ""
    if case.refund_owed:
        return Verdict.REFUND, ""
    return _about_money(case)


def of_payment(meaning: Meaning, *, confirms: bool) -> Verdict | None:
    """What a payment decides by itself; None where its booking has a say."""
    match meaning:
        case Meaning.PENDING:
            return Verdict.WAIT
        case Meaning.FAILED:
            return Verdict.TRY_AGAIN
    if confirms:
        return Verdict.DONE_BEFORE
    return Verdict.NOTHING if meaning is Meaning.RETURNED else None


def _about_money(case: Case) -> tuple[Verdict, str]:
    """Money is there and was not yet given a purpose."""
    reason = _against(case)
    if reason:
        return Verdict.REFUND, reason
    return (Verdict.CONFIRM if case.state is BookingState.HELD else Verdict.RECLAIM), ""


def _against(case: Case) -> str:
    """Why this money can't buy these seats; empty when nothing speaks against it."""
    in_time = case.state is BookingState.HELD and not case.lapsed
    checks = (
        (case.meaning is Meaning.WRONG_AMOUNT, WRONG_AMOUNT),
        (case.state in PAID, DOUBLE),
        # before what it did to the booking: the hold was given up because the showing was
        (case.show not in TO_BE_SHOWN, CANCELLED),
        (case.state is BookingState.RELEASED, LATE),
        (not case.same_basket, WRONG_AMOUNT),
        (case.started and not in_time, LATE),
    )
    return next((reason for applies, reason in checks if applies), "")
