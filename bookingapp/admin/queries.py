"""Bookings for the office: search, and the facts of one. What happened to it stands in dossier.py."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from bookingapp.booking.models import Booking, BookingSeat, BookingState, Channel
from bookingapp.catalogue.models import (
    Movie,
    Screen,
    SeatPlan,
    Showtime,
)
from bookingapp.db import db

MOST_IDS = 500


@dataclass(frozen=True)
class BookingLine:
    """One booking in a list."""

    id: int
    number: str
    state: BookingState
    movie: str
    screen: str
    starts_at: datetime
    seats: int
    total: int
    currency: str
    name: str
    email: str
    phone: str
    channel: Channel
    created_at: datetime
    hold_expires_at: datetime | None
    manage_token: str
    subtotal: int
    fee: int
    discount: int
    tax: int
    revision: int
    confirmed_at: datetime | None


_SEATS = (
    select(func.count())
    # a moved booking left claims behind in the showing that was
    .where(BookingSeat.booking_id == Booking.id, BookingSeat.showtime_id == Booking.showtime_id)
    .correlate(Booking)
    .scalar_subquery()
)
_COLUMNS: tuple[Any, ...] = (
    Booking.id, Booking.number, Booking.state, Movie.title, Screen.name, Showtime.starts_at, _SEATS,
    Booking.total, Booking.currency, Booking.name, Booking.email, Booking.phone, Booking.channel,
    Booking.created_at, Booking.hold_expires_at, Booking.manage_token, Booking.subtotal, Booking.fee,
    Booking.discount, Booking.tax, Booking.revision, Booking.confirmed_at,
)  # fmt: skip


def bookings(
    typed: str, state: BookingState | None, *, before: int | None = None, size: int = 50
) -> list[BookingLine]:
    """The newest bookings that match, older than row `before`."""
    statement = _lines().order_by(Booking.id.desc()).limit(size)
    if typed:
        statement = statement.where(matching(typed))
    if state is not None:
        statement = statement.where(Booking.state == state)
    if before is not None:
        statement = statement.where(Booking.id < before)
    return [BookingLine(*row) for row in db.session.execute(statement)]


def booking(number: str) -> BookingLine | None:
    """The booking of this number, however it is typed."""
    row = db.session.execute(_lines().where(Booking.number == number.upper())).one_or_none()
    return BookingLine(*row) if row else None


def ids_for_mails(typed: str) -> tuple[int, ...]:
    """Bookings whose number or name holds what was typed: their mails are meant too."""
    told = or_(*(_holds(column, typed) for column in (Booking.number, Booking.name)))
    ids = select(Booking.id).where(told).order_by(Booking.id.desc()).limit(MOST_IDS)
    return tuple(db.session.scalars(ids))


def numbers(ids: Sequence[int]) -> Mapping[int, tuple[str, str]]:
    """Number and name of bookings by their id."""
    rows = db.session.execute(
        select(Booking.id, Booking.number, Booking.name).where(Booking.id.in_(ids))
    )
    return {row.id: (row.number, row.name) for row in rows}


def matching(typed: str) -> ColumnElement[bool]:
    """Number, address, name, phone or film hold what was typed, letter for letter."""
    columns = (Booking.number, Booking.email, Booking.name, Movie.title, Movie.short_title)
    told = [_holds(column, typed) for column in columns]
    digits = re.sub(r"\D", "", typed)
    if len(digits) >= 4 and not re.search(r"[^\d\s+()/.-]", typed):
        told.append(_digits_of(Booking.phone).contains(digits, autoescape=True))
    return or_(*told)


def _holds(column: InstrumentedAttribute[str], typed: str) -> ColumnElement[bool]:
    """A typed % or _ is that sign. Straight and curly apostrophes are one."""
    straight = func.replace(column, "\u2019", "'")
    return straight.icontains(typed.replace("\u2019", "'"), autoescape=True)


def _digits_of(column: InstrumentedAttribute[str]) -> ColumnElement[str]:
    bare: ColumnElement[str] = func.replace(column, " ", "")
    for sign in "-()/.+":
        bare = func.replace(bare, sign, "")
    return bare


def _lines() -> Select[Any]:
    return (
        select(*_COLUMNS)
        .join(Showtime, Showtime.id == Booking.showtime_id)
        .join(Movie, Movie.id == Showtime.movie_id)
        .join(SeatPlan, SeatPlan.id == Showtime.seat_plan_id)
        .join(Screen, Screen.id == SeatPlan.screen_id)
    )
