"""The step that gives an expired booking its seats back, if every one of them is still free."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bookingapp.booking import hold
from bookingapp.booking.models import Booking, BookingSeat


def reclaim(session: Session, booking: Booking, now: datetime) -> bool:
    """All seats or none; the index that guards live claims is the judge. The caller's lock holds."""
    claims = session.execute(
        select(BookingSeat.id, BookingSeat.seat_id)
        .where(BookingSeat.booking_id == booking.id, BookingSeat.showtime_id == booking.showtime_id)
        # the same order everywhere, so that two who take seats never wait for each other
        .order_by(BookingSeat.seat_id)
    ).all()
    if not claims:
        return False
    hold.expire(session, _lapsed_holders(session, booking, [seat for _, seat in claims], now), now)
    try:
        with session.begin_nested():
            for claim, _ in claims:
                _open_again(session, claim)
    except IntegrityError as error:
        # PostgreSQL names the index, SQLite its columns.
        if "uq_booking_seat_live_claim" in str(error.orig) or "seat_id" in str(error.orig):
            return False
        raise
    return True


def _open_again(session: Session, claim_id: int) -> None:
    session.execute(
        update(BookingSeat)
        .where(BookingSeat.id == claim_id)
        .values(released_at=None)
        .execution_options(synchronize_session=False)
    )


def _lapsed_holders(
    session: Session, booking: Booking, seat_ids: list[int], now: datetime
) -> list[int]:
    """Bookings whose time is over and that still stand on these seats: lapsed holds count as free."""
    on_these = select(BookingSeat.booking_id).where(
        BookingSeat.showtime_id == booking.showtime_id,
        BookingSeat.seat_id.in_(seat_ids),
        BookingSeat.released_at.is_(None),
    )
    holders = (
        select(Booking.id)
        .where(Booking.hold_expires_at <= now, Booking.id.in_(on_these))
        .order_by(Booking.id)
        .with_for_update()
    )
    return list(session.scalars(holders))
