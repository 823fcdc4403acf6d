"""Whose ticket has not arrived: customers of today's and tomorrow's showings, to be rung or handed it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import aliased

from bookingapp.booking.models import Booking, BookingSeat, BookingState
from bookingapp.catalogue.models import Movie, Screen, Seat, SeatPlan, Showtime, ShowtimeState
from bookingapp.catalogue.queries import site
from bookingapp.db import db
from bookingapp.email.lines import COLUMNS, MailLine
from bookingapp.email.listing import BOUNCED
from bookingapp.email.models import OutboxMessage, OutboxState
from bookingapp.email.queries import FAILED, OWED

# Letters that carry a ticket; the newest is the one that counts.
TICKETS = ("booking_confirmation", "showtime_moved")
# A ticket comes within seconds; who has waited for longer may come to the desk without one.
PATIENCE = timedelta(minutes=10)
M = OutboxMessage


@dataclass(frozen=True)
class Guest:
    """Somebody who has a seat and no ticket in the inbox."""

    number: str
    name: str
    phone: str
    email: str
    seats: tuple[str, ...]
    mail: MailLine


@dataclass(frozen=True)
class Showing:
    """A showing with the guests to look after."""

    id: int
    starts_at: datetime
    movie: str
    screen: str
    guests: tuple[Guest, ...]


def read(now: datetime) -> list[Showing]:
    """Today's and tomorrow's showings that are not over, by time; those without such guests not."""
    place = site()
    today, tomorrow = (place.span(place.today + timedelta(days=n)) for n in (0, 1))
    rows = db.session.execute(_troubled(today[0], tomorrow[1], now)).all()
    seats = _seats([row.booking_id for row in rows])
    found = []
    for (number, starts_at, movie, screen), group in groupby(rows, key=lambda row: row[:4]):
        guests = tuple(_guest(row, seats) for row in group)
        found.append(Showing(number, starts_at, movie, screen, guests))
    return found


def _guest(row: Any, seats: dict[int, tuple[str, ...]]) -> Guest:  # noqa: ANN401 (a row)
    booking_id, number, name, phone, email = row[4:9]
    return Guest(number, name, phone, email, seats.get(booking_id, ()), MailLine(*row[9:]))


def _troubled(since: datetime, until: datetime, now: datetime) -> Any:  # noqa: ANN401 (a select)
    """Bookings whose newest ticket mail failed, came back, perhaps never arrived, is held or waits long."""
    newer = aliased(OutboxMessage)
    not_gone = or_(
        M.state == OutboxState.HELD,
        and_(M.state.in_(OWED), or_(M.uncertain, M.created_at <= now - PATIENCE)),
    )
    return (
        select(
            Showtime.id, Showtime.starts_at, Movie.title, Screen.name, Booking.id.label("booking_id"),
            Booking.number, Booking.name, Booking.phone, Booking.email, *COLUMNS,
        )
        .join(Booking, Booking.showtime_id == Showtime.id)
        .join(M, and_(M.booking_id == Booking.id, M.kind.in_(TICKETS)))
        .join(Movie, Movie.id == Showtime.movie_id)
        .join(SeatPlan, SeatPlan.id == Showtime.seat_plan_id)
        .join(Screen, Screen.id == SeatPlan.screen_id)
        .where(
            Showtime.starts_at >= since, Showtime.starts_at < until, Showtime.ends_at > now,
            Showtime.state != ShowtimeState.CANCELLED,
            Booking.state == BookingState.CONFIRMED,
            or_(M.state.in_(FAILED), BOUNCED, not_gone),
            ~exists().where(
                newer.booking_id == Booking.id, newer.kind.in_(TICKETS), newer.id > M.id
            ),
        )
        .order_by(Showtime.starts_at, Showtime.id, Booking.name, Booking.id)
    )  # fmt: skip


def _seats(bookings: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The seats of each booking, in their row."""
    rows = db.session.execute(
        select(BookingSeat.booking_id, Seat.name)
        .join(Seat, Seat.id == BookingSeat.seat_id)
        .where(BookingSeat.booking_id.in_(bookings), BookingSeat.released_at.is_(None))
        .order_by(Seat.y, Seat.x)
    ).all()
    found: dict[int, tuple[str, ...]] = {}
    for booking, name in rows:
        # a claim without a booking is a house seat; none is asked for
        if booking is not None:
            found[booking] = (*found.get(booking, ()), name)
    return found
