"""Whose showing was moved: what was, what is, and until when the money may be taken back instead."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from bookingapp.booking.change_models import ChangedBooking, Outcome, ShowingChange
from bookingapp.booking.models import Booking, BookingSeat
from bookingapp.catalogue.models import Screen, Seat, SeatPlan, Showtime


@dataclass(frozen=True)
class Offer:
    """The showing as it was, and the end of the offer: when the new one begins."""

    starts_at: datetime
    screen: str
    seats: tuple[str, ...]
    words: str
    until: datetime


def offer(session: Session, booking_id: int) -> Offer | None:
    """Of a booking that was carried over to the showing it is for now; None for others."""
    old, new = aliased(Showtime), aliased(Showtime)
    row = session.execute(
        select(
            old.id,
            old.starts_at,
            Screen.name,
            ShowingChange.words,
            new.starts_at.label("until"),
            ChangedBooking.settled_at,
        )
        .join_from(ChangedBooking, ShowingChange, ShowingChange.id == ChangedBooking.change_id)
        .join(Booking, Booking.id == ChangedBooking.booking_id)
        .join(old, old.id == ShowingChange.showtime_id)
        .join(new, new.id == ShowingChange.to_showtime_id)
        .join(SeatPlan, SeatPlan.id == old.seat_plan_id)
        .join(Screen, Screen.id == SeatPlan.screen_id)
        .where(
            ChangedBooking.booking_id == booking_id,
            ChangedBooking.outcome == Outcome.MOVED,
            Booking.showtime_id == ShowingChange.to_showtime_id,
        )
    ).one_or_none()
    if row is None:
        return None
    seats = _seats(session, booking_id, row.id, row.settled_at)
    return Offer(row.starts_at, row.name, seats, row.words, row.until)


def _seats(
    session: Session, booking_id: int, showtime_id: int, moved_at: datetime
) -> tuple[str, ...]:
    """The seats it had in the showing that was, to the end."""
    names = session.scalars(
        select(Seat.name)
        .join(BookingSeat, BookingSeat.seat_id == Seat.id)
        .where(
            BookingSeat.booking_id == booking_id,
            BookingSeat.showtime_id == showtime_id,
            BookingSeat.released_at == moved_at,
        )
        .order_by(Seat.y, Seat.x)
    )
    return tuple(names)
