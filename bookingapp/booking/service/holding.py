"""Before money: take seats, say who is coming, give them back."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError

from bookingapp import clock
from bookingapp.again import gave_way, repeat
from bookingapp.booking import details, hold, rules
from bookingapp.booking.details import Details
from bookingapp.booking.hold import Buyer, HeldBooking
from bookingapp.booking.models import Booking
from bookingapp.db import transaction
from bookingapp.errors import NotFound
from bookingapp.settings import current

UNIQUE = "23505"  # PostgreSQL's word for a broken unique constraint
TIDY_AT_ONCE = 200


def hold_seats(
    showtime_id: int,
    seat_names: Sequence[str],
    *,
    buyer_key: str,
    client_key: str,
    locale: str,
    user_id: int | None = None,
) -> HeldBooking:
    """Hold seats for a buyer, all or none.

    Raises NoSeatsChosen, TooManySeats, UnknownSeat, NotOnSale, ShowtimeStarted, SeatsTaken,
    TooManyHolds, TooManyHoldsFromAddress. After a refusal the buyer still has what they had.
    """
    settings = current()
    names = rules.wanted(seat_names, settings.limit_seats)
    buyer = Buyer(buyer_key, client_key, locale, user_id)

    def taken() -> HeldBooking:
        with transaction() as session:
            return hold.take(session, showtime_id, names, buyer, settings)

    try:
        return repeat(taken, _lost_a_race)
    except DBAPIError as error:
        if not _lost_a_race(error):
            raise
        raise rules.SeatsTaken(lost=names, free=[]) from None


def set_details(token: str, *, email: str, name: str, phone: str, types: Mapping[str, int]) -> int:
    """Say who is coming and where the ticket goes; prices and totals follow the ticket types.

    `types` maps seat names to ticket types; a seat that is not named keeps its own. Returns the new
    total. Raises NotFound, HoldOver, AlreadyPaid, UnknownSeat, UnknownTicketType,
    TooManyHoldsForEmail.
    """
    limit = current().limit_holds_per_email
    with transaction() as session:
        now = clock.now()
        booking = hold.lock_held(session, token, now)
        details.write(session, booking, Details(email, name, phone, types), now, limit)
        return booking.total


def release(token: str) -> bool:
    """Give the seats back at once. False when there was nothing to give back any more.

    Raises NotFound, AlreadyPaid.
    """
    with transaction() as session:
        booking = hold.lock(session, token)
        if booking is None:
            raise NotFound
        if booking.sold:
            raise rules.AlreadyPaid
        return hold.release(session, booking.id, clock.now()) == 1


def expire_lapsed() -> int:
    """Tidy up: expire holds whose time is over. Truth needs no sweeper, tables stay clean with one."""
    now = clock.now()
    with transaction() as session:
        lapsed = session.scalars(
            select(Booking.id)
            .where(Booking.hold_expires_at <= now)
            # by the index of holds: in the order of ids, years of bookings would be looked through
            .order_by(Booking.hold_expires_at)
            .limit(TIDY_AT_ONCE)
            .with_for_update(skip_locked=True)
        ).all()
        return hold.expire(session, lapsed, now)


def _lost_a_race(error: DBAPIError) -> bool:
    """A seat, a number or this buyer's hold came into being between our look and our write."""
    if isinstance(error, IntegrityError) and "UNIQUE constraint" in str(error.orig):  # SQLite
        return True
    return gave_way(error) or getattr(error.orig, "sqlstate", None) == UNIQUE
