"""Before money: take seats, say who is coming, give them back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import bindparam, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from bookingapp import clock
from bookingapp.booking import hold, rules, sale
from bookingapp.booking.hold import Buyer, HeldBooking
from bookingapp.booking.models import Booking, BookingSeat, BookingState
from bookingapp.catalogue import taxes
from bookingapp.catalogue.models import Seat
from bookingapp.db import transaction
from bookingapp.errors import NotFound
from bookingapp.settings import current

# PostgreSQL: serialisation failure, deadlock, unique constraint. Asking again reads the truth.
ASK_AGAIN = {"40001", "40P01", "23505"}
TRIES = 5
TIDY_AT_ONCE = 200
# Built once: most of a small read's time is the building of its statement.
_CLAIMS = (
    select(Seat.name, BookingSeat, Seat.category_id)
    .join(Seat, Seat.id == BookingSeat.seat_id)
    .where(BookingSeat.booking_id == bindparam("booking"), BookingSeat.released_at.is_(None))
    .order_by(BookingSeat.id)
)


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
    for _ in range(TRIES):
        try:
            with transaction() as session:
                return hold.take(session, showtime_id, names, buyer, settings)
        except DBAPIError as error:
            if not _lost_a_race(error):
                raise
    raise rules.SeatsTaken(lost=names, free=[])


def set_details(token: str, *, email: str, name: str, phone: str, types: Mapping[str, int]) -> int:
    """Say who is coming and where the ticket goes; prices and totals follow the ticket types.

    `types` maps seat names to ticket types; a seat that is not named keeps its own. Returns the new
    total. Raises NotFound, HoldOver, AlreadyPaid, UnknownSeat, UnknownTicketType,
    TooManyHoldsForEmail.
    """
    limit = current().limit_holds_per_email
    with transaction() as session:
        booking = _still_held(session, token)
        if email.lower() != booking.email.lower():
            live = hold.live_holds_for_email(session, clock.now(), email, but=booking.id)
            rules.check_holds(live, limit, rules.TooManyHoldsForEmail)
        booking.email, booking.name, booking.phone = email, name, phone
        _set_types(session, booking, types)
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
    return getattr(error.orig, "sqlstate", None) in ASK_AGAIN


def _still_held(session: Session, token: str) -> Booking:
    booking = hold.lock(session, token)
    if booking is None:
        raise NotFound
    if booking.sold:
        raise rules.AlreadyPaid
    if booking.state is not BookingState.HELD or _lapsed(booking):
        raise rules.HoldOver
    return booking


def _lapsed(booking: Booking) -> bool:
    return booking.hold_expires_at is None or booking.hold_expires_at <= clock.now()


def _set_types(session: Session, booking: Booking, types: Mapping[str, int]) -> None:
    """New ticket types, their prices of today's card, and the totals that follow."""
    claims = _claims(session, booking.id)
    unknown = types.keys() - claims.keys()
    if unknown:
        raise rules.UnknownSeat(name=min(unknown))
    others = {name: kind for name, kind in types.items() if kind != claims[name][0].ticket_type_id}
    if not others:
        return
    selling = sale.of_showtime(session, booking.showtime_id)
    prices = sale.prices(session, selling)
    law = taxes.law(session, selling.day(booking.created_at))
    for name, kind in others.items():
        claim, category = claims[name]
        if (kind, category) not in prices:
            raise rules.UnknownTicketType(seat=name)
        claim.ticket_type_id = kind
        _copy(claim, rules.line(prices[kind, category], law))
    lines = [_line(claim) for claim, _ in claims.values()]
    _copy(booking, rules.totals(lines, booking.fee, booking.fee_rate))


def _claims(session: Session, booking_id: int) -> dict[str, tuple[BookingSeat, int]]:
    rows = session.execute(_CLAIMS, {"booking": booking_id})
    return {name: (claim, category) for name, claim, category in rows}


def _line(claim: BookingSeat) -> rules.Line:
    return rules.Line(claim.list_price, claim.discount, claim.price, claim.tax_rate, claim.tax)


def _copy(row: Booking | BookingSeat, values: rules.Line | rules.Totals) -> None:
    for name, value in asdict(values).items():
        setattr(row, name, value)
