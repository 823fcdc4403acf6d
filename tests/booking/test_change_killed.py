"""SIGKILL at every commit of calling off and moving: the next start finishes it, once, and tells once."""

from collections.abc import Callable
from itertools import count

import pytest
from flask import Flask

from bookingapp.booking import change_job
from bookingapp.booking.change_rules import ShowingOver
from bookingapp.booking.service import changing
from tests.booking import buyers
from tests.booking.changing import (
    WORDS,
    letters_of,
    new_of,
    outcomes,
    row,
    screen_of,
    seats,
    sold,
    valid_tickets,
    wish,
)
from tests.booking.killing import killed_at
from tests.factories import Cinema

PEOPLE = {"asha": ("C4", "C5"), "ravi": ("C1",), "mina": ("A1",)}


def die_at_every_commit(app: Flask, deed: Callable[[], object]) -> int:
    """Kill the deed before and after its first commit, its second, until it comes to its end."""
    kills = 0
    for boundary in count(1):
        for moment in ("before", "after"):
            if not killed_at(app, deed, boundary, moment):
                return kills
            kills += 1
    raise AssertionError


def crowd(showing: int) -> list[str]:
    """Three who paid and one who holds."""
    tokens = [sold(showing, *places, who=who) for who, places in PEOPLE.items()]
    buyers.hold(showing, "B1", who="noor", email="noor@example.com")
    return tokens


def done(deed: Callable[[], object]) -> Callable[[], object]:
    """A deed that the office presses once more when it does not know whether it was done."""

    def press() -> None:
        try:
            deed()
        except ShowingOver:
            return

    return press


def test_killed_at_any_commit_of_calling_off_each_gets_the_money_and_one_letter(
    app: Flask, cinema: Cinema
) -> None:
    showing = cinema.showtime()
    tokens = crowd(showing)
    kills = die_at_every_commit(app, done(lambda: changing.call_off(showing, WORDS)))
    kills += die_at_every_commit(app, change_job.run)
    change_job.run()
    assert kills >= 8
    assert outcomes() == {"cancelled": 3, "released": 1}
    assert [buyers.state(token) for token in tokens] == ["cancelled"] * 3
    for token in tokens:
        assert letters_of(token) == [
            ("booking_confirmation", "cancelled"), ("booking_cancellation", "queued"),
        ]  # fmt: skip
    assert buyers.live_seats(showing) == []
    assert row(showing).state == "cancelled"


@pytest.mark.parametrize("elsewhere", [False, True])
def test_killed_at_any_commit_of_a_move_each_has_one_seat_one_code_and_one_letter(
    app: Flask, cinema: Cinema, elsewhere: bool
) -> None:
    showing = cinema.showtime()
    tokens = crowd(showing)
    hall = screen_of(cinema.second_plan("C1", "C2", "C3")) if elsewhere else 0
    planned = wish(showing, screen=hall)
    kills = die_at_every_commit(app, done(lambda: changing.shift(showing, planned)))
    kills += die_at_every_commit(app, change_job.run)
    change_job.run()
    assert kills >= 8
    new = new_of(showing)
    unseated = 1 if elsewhere else 0
    assert outcomes() == {"moved": 3 - unseated, "released": 1} | ({"cancelled": 1} if unseated else {})  # fmt: skip
    for token, places in zip(tokens[: 3 - unseated], PEOPLE.values(), strict=False):
        assert buyers.booking(token).showtime_id == new
        assert len(seats(token)) == valid_tickets(token) == len(places)
        assert letters_of(token) == [
            ("booking_confirmation", "cancelled"), ("showtime_moved", "queued"),
        ]  # fmt: skip
    assert sum(map(len, map(seats, tokens))) == len(buyers.live_seats(new))
    assert buyers.live_seats(showing) == []
    assert (row(showing).state, row(new).state) == ("moved", "on_sale")
