"""How many bookings for nothing one address gets: nobody empties the house, hold by hold."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from bookingapp.booking.models import Booking, BookingState
from bookingapp.booking.rules import TooManyFree, check_holds
from bookingapp.db import ask

A_DAY = timedelta(days=1)
_booking = Booking.__table__.c
_FREE = select(func.count(_booking.id)).where(
    func.lower(_booking.email) == bindparam("email"),
    _booking.state == BookingState.CONFIRMED,
    _booking.total == 0,
    _booking.confirmed_at > bindparam("since"),
)


def check(session: Session, booking: Booking, now: datetime, limit: int) -> None:
    """Raises TooManyFree."""
    free = ask(session, _FREE, email=booking.email.lower(), since=now - A_DAY).scalar_one()
    check_holds(free, limit, TooManyFree)
