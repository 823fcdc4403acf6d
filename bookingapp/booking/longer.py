"""Steps that keep holds longer while the gateway is down: to the longest a hold may be, never beyond."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bookingapp.booking import hold
from bookingapp.booking.models import Booking, BookingState

AT_ONCE = 500


def all_on_their_way(session: Session, now: datetime, longest: timedelta) -> int:
    """Every live hold whose owner has said where the ticket goes. How many were lengthened."""
    found = session.scalars(
        select(Booking)
        .where(
            Booking.state == BookingState.HELD,
            Booking.hold_expires_at > now,
            Booking.created_at > now - longest,
            Booking.email != "",
        )
        .order_by(Booking.id)
        .limit(AT_ONCE)
        # whose row somebody else has is paying or choosing: their own deed lengthens it, or the next round
        .with_for_update(skip_locked=True)
    ).all()
    return sum(_lengthen(booking, now, longest) for booking in found)


def one(session: Session, token: str, now: datetime, longest: timedelta) -> None:
    """The hold of somebody who pressed "pay" and was turned away."""
    booking = hold.lock(session, token)
    if booking is not None and booking.state is BookingState.HELD:
        _lengthen(booking, now, longest)


def _lengthen(booking: Booking, now: datetime, longest: timedelta) -> bool:
    """A hold that is over stays over: its seats may be somebody else's by now."""
    ends, until = booking.hold_expires_at, booking.created_at + longest
    if ends is None or ends <= now or ends >= until:
        return False
    booking.hold_expires_at, booking.extended_at = until, now
    return True
