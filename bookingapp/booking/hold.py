"""Taking seats: the steps inside one transaction, all or nothing. `service/holding.py` owns it.

Rows are locked in id order and seats claimed in id order, so two buyers can't wait for each other in a
ring. On SQLite the transaction is the only writer anyway; on PostgreSQL the unique index on live
claims has the last word, and the service reads afresh when it spoke.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.orm import Session

from bookingapp import clock
from bookingapp.booking import rules, sale
from bookingapp.booking.models import Booking, BookingSeat, BookingState
from bookingapp.booking.sale import Place, Sale
from bookingapp.settings import Settings


@dataclass(frozen=True)
class Buyer:
    """Who takes seats: keyed hashes of session and address, the page's language, an account."""

    buyer_key: str
    client_key: str
    locale: str
    user_id: int | None = None


@dataclass(frozen=True)
class HeldBooking:
    """What the buyer now has."""

    token: str
    number: str
    booking_id: int
    hold_expires_at: datetime


def take(
    session: Session, showtime_id: int, names: Sequence[str], buyer: Buyer, settings: Settings
) -> HeldBooking:
    """Hold these seats, or raise the refusal that says why not; then nothing has changed.

    The same seats again give the same booking back; other seats replace this buyer's hold.
    """
    now = clock.now()
    selling = sale.open_now(session, showtime_id, now)
    places = sale.places(session, selling, names)
    own, lapsed = _lock_holders(session, selling, places, buyer, now)
    if own and own.id not in lapsed:
        if _claimed(session, own.id) == {place.id for place in places}:
            return _held(own)
        release(session, own.id, now)
    expire(session, lapsed, now)
    lines = _lines(session, selling, places, now, settings.currency)
    booking = _booking(selling, [line for _, line in lines], buyer, settings, now)
    # The row goes first: "one hold a buyer and showing" makes this buyer's other tabs wait here, so
    # that none of them takes its own seats for somebody else's.
    session.add(booking)
    session.flush()
    _check_limits(session, booking, settings, now)
    _check_free(session, selling, places)
    _claim(session, booking, selling, zip(places, lines, strict=True))
    return _held(booking)


def expire(session: Session, booking_ids: Collection[int], now: datetime) -> int:
    """Holds whose time is over: the booking and all its claims. Open orders stay to be asked about."""
    return _give_back(session, booking_ids, BookingState.EXPIRED, now)


def release(session: Session, booking_id: int, now: datetime) -> int:
    """The buyer gives the seats back."""
    return _give_back(session, [booking_id], BookingState.RELEASED, now)


def lock(session: Session, token: str) -> Booking | None:
    """The booking of a manage link, locked until the transaction ends; always the newest state."""
    if not rules.is_token(token):
        return None
    return session.scalars(
        select(Booking)
        .where(Booking.manage_token == token)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def live_holds(session: Session, now: datetime, *conditions: object) -> int:
    """How many holds that have not lapsed meet these conditions."""
    return (
        session.scalar(
            select(func.count(Booking.id)).where(Booking.hold_expires_at > now, *conditions)  # type: ignore[arg-type]
        )
        or 0
    )


def _give_back(
    session: Session, booking_ids: Collection[int], state: BookingState, now: datetime
) -> int:
    """Only what is still held: a booking that was paid meanwhile is left alone."""
    if not booking_ids:
        return 0
    gone = session.scalars(
        update(Booking)
        .where(Booking.id.in_(booking_ids), Booking.state == BookingState.HELD)
        .values(state=state, hold_expires_at=None)
        .returning(Booking.id)
        .execution_options(synchronize_session="evaluate")
    ).all()
    session.execute(
        update(BookingSeat)
        .where(BookingSeat.booking_id.in_(gone), BookingSeat.released_at.is_(None))
        .values(released_at=now)
        .execution_options(synchronize_session=False)
    )
    return len(gone)


def _lock_holders(
    session: Session, selling: Sale, places: Sequence[Place], buyer: Buyer, now: datetime
) -> tuple[Booking | None, list[int]]:
    """This buyer's hold for the showing, and the ids of lapsed holds in the way. All locked."""
    in_the_way = select(BookingSeat.booking_id).where(
        BookingSeat.showtime_id == selling.showtime_id,
        BookingSeat.seat_id.in_([place.id for place in places]),
        BookingSeat.released_at.is_(None),
    )
    mine = (Booking.showtime_id == selling.showtime_id) & (Booking.buyer_key == buyer.buyer_key)
    found = session.scalars(
        select(Booking)
        .where(
            Booking.state == BookingState.HELD,
            or_(mine, (Booking.hold_expires_at <= now) & Booking.id.in_(in_the_way)),
        )
        .order_by(Booking.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    own = next((b for b in found if b.buyer_key and b.buyer_key == buyer.buyer_key), None)
    return own, [b.id for b in found if b.hold_expires_at and b.hold_expires_at <= now]


def _claimed(session: Session, booking_id: int) -> set[int]:
    return set(
        session.scalars(
            select(BookingSeat.seat_id).where(
                BookingSeat.booking_id == booking_id, BookingSeat.released_at.is_(None)
            )
        )
    )


def _check_limits(session: Session, booking: Booking, settings: Settings, now: datetime) -> None:
    others = Booking.id != booking.id
    rules.check_holds(
        live_holds(session, now, others, Booking.buyer_key == booking.buyer_key),
        settings.limit_holds_per_session,
        rules.TooManyHolds,
    )
    rules.check_holds(
        live_holds(session, now, others, Booking.client_key == booking.client_key),
        settings.limit_holds_per_address,
        rules.TooManyHoldsFromAddress,
    )


def _check_free(session: Session, selling: Sale, places: Sequence[Place]) -> None:
    taken = set(
        session.scalars(
            select(BookingSeat.seat_id).where(
                BookingSeat.showtime_id == selling.showtime_id,
                BookingSeat.seat_id.in_([place.id for place in places]),
                BookingSeat.released_at.is_(None),
            )
        )
    )
    if taken:
        raise rules.SeatsTaken(
            lost=[p.name for p in places if p.id in taken],
            free=[p.name for p in places if p.id not in taken],
        )


def _lines(
    session: Session, selling: Sale, places: Sequence[Place], now: datetime, currency: str
) -> list[tuple[int, rules.Line]]:
    """Each seat's first ticket type and its price, copied from the price card."""
    starting = sale.starting_prices(session, selling)
    if any(place.category_id not in starting for place in places):
        raise rules.NotOnSale
    found = [starting[place.category_id] for place in places]
    return [(kind, rules.line(price, selling.day(now), currency)) for kind, price in found]


def _booking(
    selling: Sale, lines: Sequence[rules.Line], buyer: Buyer, settings: Settings, now: datetime
) -> Booking:
    return Booking(
        number=rules.new_number(),
        manage_token=rules.new_token(),
        showtime_id=selling.showtime_id,
        created_at=now,
        hold_expires_at=now + timedelta(minutes=settings.hold_minutes),
        currency=settings.currency,
        **asdict(buyer),
        **asdict(rules.totals(lines, selling.booking_fee, settings.currency)),
    )


def _claim(
    session: Session,
    booking: Booking,
    selling: Sale,
    seats: Iterable[tuple[Place, tuple[int, rules.Line]]],
) -> None:
    rows = [
        {
            "booking_id": booking.id,
            "showtime_id": selling.showtime_id,
            "seat_id": place.id,
            "seat_plan_id": selling.seat_plan_id,
            "ticket_type_id": kind,
            **asdict(line),
        }
        for place, (kind, line) in seats
    ]
    session.execute(insert(BookingSeat), rows)


def _held(booking: Booking) -> HeldBooking:
    if booking.hold_expires_at is None:
        raise rules.HoldOver
    return HeldBooking(booking.manage_token, booking.number, booking.id, booking.hold_expires_at)
