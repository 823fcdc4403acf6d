"""How many bookings for nothing one address gets: nobody empties the house, hold by hold.

Whoever counts an address's free bookings has the address to itself until the commit: it is no row that
could be locked, so on PostgreSQL its hash is. SQLite lets one writer in at a time anyway.
"""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from bookingapp.booking.models import Booking, BookingState
from bookingapp.booking.rules import TooManyFree, check_holds
from bookingapp.db import ask, is_sqlite

A_DAY = timedelta(days=1)
_booking = Booking.__table__.c
_FREE = select(func.count(_booking.id)).where(
    func.lower(_booking.email) == bindparam("email"),
    _booking.state == BookingState.CONFIRMED,
    _booking.total == 0,
    _booking.confirmed_at > bindparam("since"),
)
# Two addresses with one hash would only wait for each other.
_IN_TURN = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("email"), 0)))


def check(session: Session, booking: Booking, now: datetime, limit: int) -> None:
    """Raises TooManyFree."""
    email = booking.email.lower()
    if not is_sqlite(session):
        ask(session, _IN_TURN, email=email)
    free = ask(session, _FREE, email=email, since=now - A_DAY).scalar_one()
    check_holds(free, limit, TooManyFree)
