"""The tables of DECISIONS.md are the rules, and the rules are the tables."""

import itertools
import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path

import pytest

from bookingapp.booking import rules as booking
from bookingapp.booking.models import BookingState
from bookingapp.payments import refund_rules, rules
from bookingapp.payments.models import PaymentState, RefundState

DECISIONS = Path(__file__).resolve().parents[2] / "DECISIONS.md"
May = Callable[[StrEnum, StrEnum], bool]


def by_hand_too(old: StrEnum, new: StrEnum) -> bool:
    """By the gateway's word or by a person's."""
    by_person = new is RefundState.PROCESSED and old in refund_rules.BY_HAND
    return by_person or refund_rules.may_move(RefundState(old), RefundState(new))


def table(thing: str) -> set[tuple[str, str]]:
    """The moves that the table about a thing names."""
    text = DECISIONS.read_text(encoding="utf-8")
    body = text.split(f"| a {thing} that is | may become | when |\n|---|---|---|\n")[1]
    rows = itertools.takewhile(lambda line: line.startswith("|"), body.splitlines())
    return {(old, new) for row in rows for old, new in moves(row)}


def moves(row: str) -> Iterable[tuple[str, str]]:
    old, becomes, _ = (cell.strip() for cell in row.strip("|").split("|"))
    return [(old, new) for new in re.split(r",\s*", becomes)]


@pytest.mark.parametrize(
    ("thing", "states", "may"),
    [
        ("booking", BookingState, booking.may_move),
        ("payment", PaymentState, rules.moves_forward),
        ("refund", RefundState, by_hand_too),
    ],
)
def test_the_table_says_exactly_what_the_rules_allow(
    thing: str, states: type[StrEnum], may: May
) -> None:
    allowed = {(a.value, b.value) for a, b in itertools.product(states, repeat=2) if may(a, b)}
    assert table(thing) == allowed
