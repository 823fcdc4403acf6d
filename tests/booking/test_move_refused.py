"""Where a showing can not be moved, and what nobody may do while it is."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from bookingapp.booking import change_job, change_rules
from bookingapp.booking.change import Wish
from bookingapp.booking.service import changing
from bookingapp.catalogue.models import SeatPlan
from bookingapp.db import transaction
from tests.booking.changing import call_off, move, outcomes, row, screen_of, sold, wish
from tests.factories import Cinema


@pytest.mark.parametrize(
    ("hours", "refusal"),
    [
        (0, change_rules.NothingToMove),
        (-200, change_rules.TimeOver),
        (24 * 1000, change_rules.TimeTooFar),
    ],
)
def test_where_it_can_not_go(
    app: Flask, cinema: Cinema, hours: float, refusal: type[Exception]
) -> None:
    showing = cinema.showtime()
    with pytest.raises(refusal):
        wish(showing, hours=hours)


def test_two_films_do_not_run_in_one_hall_at_one_time(app: Flask, cinema: Cinema) -> None:
    showing = cinema.showtime()
    begins = row(showing).starts_at + timedelta(hours=4)
    other = cinema.showtime(begins, movie_id=cinema.movie("Nosferatu"))
    with pytest.raises(change_rules.HallTaken) as told:
        wish(showing, hours=3)
    assert told.value.values["film"] == "Nosferatu"
    wish(showing, hours=2.5)  # ninety minutes, so it ends as the other begins
    call_off(other)
    wish(showing, hours=3)


@pytest.mark.parametrize("where", ["nowhere", "undrawn"])
def test_only_to_a_hall_with_a_published_plan(app: Flask, cinema: Cinema, where: str) -> None:
    showing = cinema.showtime()
    plan = cinema.second_plan("C1")
    hall = screen_of(plan)
    with transaction() as session:
        session.get_one(SeatPlan, plan).published_at = None
    with pytest.raises(change_rules.NoHall):
        wish(showing, screen=hall if where == "undrawn" else 10**12)


def test_what_was_previewed_is_what_is_done_or_nothing(app: Flask, cinema: Cinema) -> None:
    showing = cinema.showtime()
    seen = wish(showing)
    sold(showing, "C4")
    with pytest.raises(change_rules.PlanChanged):
        changing.shift(showing, seen)
    assert row(showing).state == "on_sale"


def test_what_is_moved_or_cancelled_is_over(app: Flask, cinema: Cinema) -> None:
    showing = cinema.showtime()
    again = wish(showing)
    move(showing)
    with pytest.raises(change_rules.ShowingOver):
        changing.shift(showing, again)
    with pytest.raises(change_rules.ShowingOver):
        call_off(showing)


def test_while_people_are_carried_over_the_new_showing_is_not_touched(
    app: Flask, cinema: Cinema
) -> None:
    old = cinema.showtime()
    sold(old, "C4")
    new = move(old, settle=False)
    with pytest.raises(change_rules.StillMoving):
        call_off(new)
    change_job.run()
    call_off(new)
    assert outcomes() == {"moved": 1, "cancelled": 1}


def test_what_has_begun_is_not_moved(app: Flask, cinema: Cinema) -> None:
    showing = cinema.showtime()
    later = row(showing).starts_at + timedelta(hours=3)
    hall = screen_of(row(showing).seat_plan_id)
    with (
        time_machine.travel(row(showing).starts_at + timedelta(minutes=5)),
        pytest.raises(change_rules.ShowingBegan),
    ):
        changing.shift(showing, Wish(later, hall))
