"""The step that writes down who is coming, where the ticket goes, and what kinds of tickets it shall be."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bookingapp.booking import hold, promos, rules, sale
from bookingapp.booking.models import Booking, BookingSeat
from bookingapp.catalogue import taxes
from bookingapp.catalogue.models import Seat
from bookingapp.db import ask

# Built once: most of a small read's time is the building of its statement.
_seat, _claim = Seat.__table__.c, BookingSeat.__table__.c
_KINDS = (
    select(_seat.name, _claim.ticket_type_id)
    .join_from(BookingSeat.__table__, Seat.__table__, _seat.id == _claim.seat_id)
    .where(_claim.booking_id == bindparam("booking"), _claim.released_at.is_(None))
)
_CLAIMS = (
    select(Seat.name, BookingSeat, Seat.category_id)
    .join(Seat, Seat.id == BookingSeat.seat_id)
    .where(BookingSeat.booking_id == bindparam("booking"), BookingSeat.released_at.is_(None))
    .order_by(BookingSeat.id)
)


@dataclass(frozen=True)
class Details:
    """What a customer says on page 2. `types` maps seat names to ticket types."""

    email: str
    name: str
    phone: str
    types: Mapping[str, int]


def write(session: Session, booking: Booking, said: Details, now: datetime, limit: int) -> None:
    """Prices and totals follow the ticket types; a seat that is not named keeps its own.

    The caller holds the booking's lock. Raises UnknownSeat, UnknownTicketType, TooManyHoldsForEmail.
    """
    if said.email.lower() != booking.email.lower():
        live = hold.live_holds_for_email(session, now, said.email, but=booking.id)
        rules.check_holds(live, limit, rules.TooManyHoldsForEmail)
    booking.email, booking.name, booking.phone = said.email, said.name, said.phone
    others = _others(session, booking.id, said.types)
    if others:
        _set_types(session, booking, others)


def _others(session: Session, booking_id: int, types: Mapping[str, int]) -> dict[str, int]:
    """Those that are not what the seats have: mostly none, so this is asked first. Raises UnknownSeat."""
    known = {row.name: row.ticket_type_id for row in ask(session, _KINDS, booking=booking_id)}
    unknown = types.keys() - known.keys()
    if unknown:
        raise rules.UnknownSeat(name=min(unknown))
    return {name: kind for name, kind in types.items() if kind != known[name]}


def _set_types(session: Session, booking: Booking, others: Mapping[str, int]) -> None:
    """New ticket types, their prices of today's card, and the totals that follow."""
    claims = _claims(session, booking.id)
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
    coded = booking.discount
    # a fee that was too small to be asked for alone comes back with tickets that cost something
    fee = booking.fee or selling.booking_fee
    _copy(booking, rules.totals(lines, fee, booking.fee_rate))
    if coded:
        promos.again(session, booking)


def _claims(session: Session, booking_id: int) -> dict[str, tuple[BookingSeat, int]]:
    rows = session.execute(_CLAIMS, {"booking": booking_id})
    return {name: (claim, category) for name, claim, category in rows}


def _line(claim: BookingSeat) -> rules.Line:
    return rules.Line(claim.list_price, claim.discount, claim.price, claim.tax_rate, claim.tax)


def _copy(row: Booking | BookingSeat, values: rules.Line | rules.Totals) -> None:
    for name, value in asdict(values).items():
        setattr(row, name, value)
