"""Pure decisions about money on its way back: what may follow what, when to ask again, how much is left.

The states can be read aloud in DECISIONS.md; a test holds them against `MOVES`.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta

from bookingapp.errors import Refused
from bookingapp.payments.models import RefundState

DUE, PENDING, PROCESSED, FAILED = (
    RefundState.DUE, RefundState.PENDING, RefundState.PROCESSED, RefundState.FAILED,
)  # fmt: skip
# By the gateway's word. A failed attempt is over: what follows it is another row.
MOVES: Mapping[RefundState, frozenset[RefundState]] = {
    DUE: frozenset({PENDING, PROCESSED, FAILED}),
    PENDING: frozenset({PROCESSED, FAILED}),
    PROCESSED: frozenset(),
    FAILED: frozenset(),
}
# By a person who paid it back in another way: only what the gateway certainly does not work on.
BY_HAND = (DUE, FAILED)
_MINUTES_AFTER_TROUBLE = (0.5, 2, 10, 30, 60, 180)
_MINUTES_WHILE_PENDING = (5, 30, 120, 360, 720)
_HOURS_AFTER_A_FAILURE = (1, 6, 24)
LONGEST = timedelta(hours=24)
_TRY = re.compile(r"-r(\d+)\Z")


class RefundTooHigh(Refused):
    """More than is left of the payment. `left` minor units of `currency` may go back."""

    code = "refund_too_high"


class RefundUnderWay(Refused):
    """The gateway has it, or may have it: paying by hand could pay twice."""

    code = "refund_under_way"


class RefundOver(Refused):
    """It is back already, or another attempt took its place."""

    code = "refund_over"


class RefundAtTheCounter(Refused):
    """It was paid in cash or at the terminal: no gateway can send it back."""

    code = "refund_at_the_counter"


class NoteMissing(Refused):
    """How was it paid back? The books need a word."""

    code = "note_missing"


def may_move(old: RefundState, new: RefundState) -> bool:
    """Whether the gateway's word moves a refund from one state to another."""
    return new in MOVES[old]


def left(captured: int, claims: Iterable[tuple[RefundState, int, bool]]) -> int:
    """What of a payment is neither back nor owed. A claim: state, amount, followed by another try?

    A failed attempt that nothing followed is still owed; one that was followed no longer counts.
    """
    return captured - sum(
        amount for state, amount, followed in claims if not (state is FAILED and followed)
    )


def after_trouble(attempts: int) -> timedelta:
    """How long to wait when the gateway gave no answer or said no for now."""
    return _step(_MINUTES_AFTER_TROUBLE, attempts)


def while_pending(attempts: int) -> timedelta:
    """How long until a refund the bank works on is looked at again; the webhook is usually first."""
    return _step(_MINUTES_WHILE_PENDING, attempts)


def after_failure(key: str) -> timedelta | None:
    """How long until another attempt is made by itself; None: a person decides."""
    tries = number_of_try(key)
    hours = _HOURS_AFTER_A_FAILURE
    return timedelta(hours=hours[tries - 1]) if tries <= len(hours) else None


def number_of_try(key: str) -> int:
    """1 for the first attempt of a debt, by its key."""
    found = _TRY.search(key)
    return int(found[1]) if found else 1


def next_key(key: str) -> str:
    """The key of the attempt after this one: the gateway answers the same key with the old failure."""
    return f"{_TRY.sub('', key)}-r{number_of_try(key) + 1}"


def _step(minutes: tuple[float, ...], attempts: int) -> timedelta:
    place = max(attempts, 1) - 1
    return timedelta(minutes=minutes[place]) if place < len(minutes) else LONGEST
