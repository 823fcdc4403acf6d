"""The steps that give an expired booking its seats back, if every one of them is still free."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from bookingapp.booking import hold
from bookingapp.booking.models import Booking, BookingSeat


def lock_holders(session: Session, booking: Booking, now: datetime) -> list[int]:
    """Bookings whose time is over and that still stand on its seats: lapsed holds count as free.

    Locked before a code's row, as everywhere: who settles for one of them has it and wants the code.
    """
    live, was = aliased(BookingSeat), aliased(BookingSeat)
    on_its_seats = (
        select(live.booking_id)
        .join(was, and_(was.seat_id == live.seat_id, was.showtime_id == live.showtime_id))
        .where(
            was.booking_id == booking.id,
            was.showtime_id == booking.showtime_id,
            live.released_at.is_(None),
        )
    )
    holders = (
        select(Booking.id)
        .where(Booking.hold_expires_at <= now, Booking.id.in_(on_its_seats))
        .order_by(Booking.id)
        .with_for_update()
    )
    return list(session.scalars(holders))


def reclaim(session: Session, booking: Booking, holders: Sequence[int], now: datetime) -> bool:
    """All seats or none; the index that guards live claims is the judge. The caller's locks hold."""
    claims = session.scalars(
        select(BookingSeat.id)
        .where(BookingSeat.booking_id == booking.id, BookingSeat.showtime_id == booking.showtime_id)
        # the same order everywhere, so that two who take seats never wait for each other
        .order_by(BookingSeat.seat_id)
    ).all()
    if not claims:
        return False
    hold.expire(session, holders, now)
    try:
        with session.begin_nested():
            for claim in claims:
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
