"""What went back before a cancellation: no seat, and no booking, gives back more than was paid for it."""

import pytest
from flask import Flask

from bookingapp.booking.cancel_rules import BackTooHigh
from tests.booking import buyers
from tests.booking.cancelled import cancel_whole, give, owed, show, take_back, token, told
from tests.booking.changing import move

__all__ = ["show", "token"]


def test_what_went_back_before_does_not_go_back_again(token: str) -> None:
    give(token, 6000, {"C4": 5000})
    assert cancel_whole(token).back == 44000
    assert sum(amount for amount, _ in owed()) == 50000


@pytest.mark.parametrize(
    ("back", "fee"),
    [({"C4": 18001}, 0), ({"C4": 18000, "C5": 1}, 0), ({"C4": -1}, 0), ({}, 2001), ({}, -1)],
)
def test_no_seat_gives_back_more_than_was_paid_for_it(
    token: str, back: dict[str, int], fee: int
) -> None:
    with pytest.raises(BackTooHigh):
        take_back(token, "C4", back=back, fee=fee)
    assert (owed(), told(), buyers.booking(token).revision) == ([], [], 1)


def test_a_seat_that_gave_back_part_has_only_the_rest_left(token: str) -> None:
    give(token, 5000, {"C4": 5000})
    with pytest.raises(BackTooHigh) as refused:
        take_back(token, "C4", back={"C4": 13001})
    assert refused.value.values == {"left": 13000, "currency": "INR"}


def test_what_went_back_before_moves_went_back_of_the_seat_it_has_become(
    token: str, show: int
) -> None:
    give(token, 5000, {"C4": 5000})
    move(move(show), hours=2)
    with pytest.raises(BackTooHigh) as refused:
        take_back(token, "C4", back={"C4": 13001})
    assert refused.value.values == {"left": 13000, "currency": "INR"}
    assert cancel_whole(token).back == 45000


def test_cancelling_and_giving_back_at_once_never_give_more_than_was_paid(
    app: Flask, token: str
) -> None:
    """A goodwill and a cancellation meet: whoever is second sees what the first left."""
    buyers.together(app, [lambda: give(token, 12000, {"A1": 12000}), lambda: cancel_whole(token)])
    assert sum(amount for amount, _ in owed()) <= 50000
