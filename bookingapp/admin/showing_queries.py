"""Showings for the office: a week of them with how many seats are sold and held, and one with its facts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from bookingapp import clock
from bookingapp.booking.models import Booking, BookingSeat, BookingState
from bookingapp.catalogue.models import (
    Movie,
    Screen,
    Seat,
    SeatPlan,
    Showtime,
    ShowtimeState,
)
from bookingapp.db import db

LARGEST_ID = 2**31 - 1  # an INTEGER of PostgreSQL


@dataclass(frozen=True)
class ShowingLine:
    """One showing: its seats in all, sold, and held by somebody who has not paid yet."""

    id: int
    movie: str
    screen: str
    screen_id: int
    theater_id: int
    starts_at: datetime
    ends_at: datetime
    state: ShowtimeState
    moved_from_id: int | None
    places: int
    sold: int
    held: int


def showings(since: datetime, before: datetime) -> list[ShowingLine]:
    """All that was planned for this span, drafts and what is off too."""
    which = _lines().where(Showtime.starts_at >= since, Showtime.starts_at < before)
    rows = db.session.execute(which.order_by(Showtime.starts_at, Screen.name, Showtime.id))
    return [ShowingLine(*row) for row in rows]


def showing(showtime_id: int) -> ShowingLine | None:
    """One of them."""
    if not 0 < showtime_id <= LARGEST_ID:
        return None
    row = db.session.execute(_lines().where(Showtime.id == showtime_id)).one_or_none()
    return ShowingLine(*row) if row else None


def screens(theater_id: int) -> list[tuple[int, str]]:
    """Halls with a published plan."""
    published = select(SeatPlan.screen_id).where(SeatPlan.published_at.is_not(None))
    rows = db.session.execute(
        select(Screen.id, Screen.name)
        .where(Screen.theater_id == theater_id, Screen.id.in_(published))
        .order_by(Screen.name)
    )
    return [(row.id, row.name) for row in rows]


def _lines() -> Select[Any]:
    places = (
        select(func.count())
        .where(Seat.seat_plan_id == Showtime.seat_plan_id)
        .correlate(Showtime)
        .scalar_subquery()
    )
    return (
        select(
            Showtime.id, Movie.title, Screen.name, Screen.id, Screen.theater_id, Showtime.starts_at,
            Showtime.ends_at, Showtime.state, Showtime.moved_from_id, places,
            _claims(Booking.state == BookingState.CONFIRMED),
            _claims(Booking.hold_expires_at > clock.now()),
        )
        .join(Movie, Movie.id == Showtime.movie_id)
        .join(SeatPlan, SeatPlan.id == Showtime.seat_plan_id)
        .join(Screen, Screen.id == SeatPlan.screen_id)
    )  # fmt: skip


def _claims(which: Any) -> Any:  # noqa: ANN401 (a condition; a scalar subquery)
    """Live claims of bookings like this."""
    return (
        select(func.count())
        .select_from(BookingSeat)
        .join(Booking, Booking.id == BookingSeat.booking_id)
        .where(BookingSeat.showtime_id == Showtime.id, BookingSeat.released_at.is_(None), which)
        .correlate(Showtime)
        .scalar_subquery()
    )
