"""Taking seats: the steps inside one transaction, all or nothing. `service/holding.py` owns it.

Rows are locked in id order and seats claimed in id order, so two buyers can't wait for each other in a
ring. On SQLite the transaction is the only writer anyway; on PostgreSQL the unique index on live
claims has the last word, and the service reads afresh when it spoke.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from bookingapp import clock
from bookingapp.booking import rules, sale
from bookingapp.booking.models import Booking, BookingSeat, BookingState
from bookingapp.booking.sale import Place, Sale
from bookingapp.catalogue import taxes
from bookingapp.catalogue.tax import Law
from bookingapp.db import ask, table
from bookingapp.errors import NotFound
from bookingapp.settings import Settings

# Built once: most of a small statement's time is its building.
_booking, _claim = Booking.__table__.c, BookingSeat.__table__.c
_BY_TOKEN = (
    select(Booking)
    .where(Booking.manage_token == bindparam("token"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_LIVE_CLAIMS_ON = and_(
    _claim.showtime_id == bindparam("showtime"),
    _claim.seat_id.in_(bindparam("seats", expanding=True)),
    _claim.released_at.is_(None),
)
_TAKEN = select(_claim.seat_id).where(_LIVE_CLAIMS_ON)
_HOLDERS = (
    select(
        _booking.id, _booking.number, _booking.manage_token, _booking.buyer_key,
        _booking.hold_expires_at,
    )
    .where(
        _booking.state == BookingState.HELD,
        or_(
            and_(
                _booking.showtime_id == bindparam("showtime"),
                _booking.buyer_key == bindparam("buyer"),
            ),
            and_(
                _booking.hold_expires_at <= bindparam("now"),
                _booking.id.in_(select(_claim.booking_id).where(_LIVE_CLAIMS_ON)),
            ),
        ),
    )
    .order_by(_booking.id)
    .with_for_update()
)  # fmt: skip
_CLAIMED = select(_claim.seat_id).where(
    _claim.booking_id == bindparam("booking"), _claim.released_at.is_(None)
)


def _live_holds(of: ColumnElement[bool]) -> Select[int]:
    """How many holds that have not lapsed belong to somebody, one booking left out."""
    return select(func.count(_booking.id)).where(
        _booking.hold_expires_at > bindparam("now"), _booking.id != bindparam("but"), of
    )


_LIVE_OF_BUYER = _live_holds(_booking.buyer_key == bindparam("who"))
_LIVE_OF_CLIENT = _live_holds(_booking.client_key == bindparam("who"))
_LIVE_OF_EMAIL = _live_holds(func.lower(_booking.email) == bindparam("who"))
_HOLD = insert(table(Booking)).returning(_booking.id)
_CLAIM = insert(table(BookingSeat))


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
    law = taxes.law(session, selling.day(now))
    lines = _lines(session, selling, places, law)
    # The row goes first: "one hold a buyer and showing" makes this buyer's other tabs wait here, so
    # that none of them takes its own seats for somebody else's.
    sums = rules.totals([line for _, line in lines], selling.booking_fee, law.fee_rate)
    values = _values(selling, sums, buyer, settings, now)
    held = _insert(session, values)
    _check_limits(session, held, buyer, settings, now)
    _check_free(session, selling, places)
    _claim_seats(session, held, selling, zip(places, lines, strict=True))
    return held


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
    return session.scalars(_BY_TOKEN, {"token": token}).one_or_none()


def lock_held(session: Session, token: str, now: datetime) -> Booking:
    """As `lock`, a booking whose seats are still kept. Raises NotFound, AlreadyPaid, HoldOver."""
    booking = lock(session, token)
    if booking is None:
        raise NotFound
    if booking.sold:
        raise rules.AlreadyPaid
    ends = booking.hold_expires_at
    if booking.state is not BookingState.HELD or ends is None or ends <= now:
        raise rules.HoldOver
    return booking


def live_holds_for_email(session: Session, now: datetime, email: str, but: int) -> int:
    """How many holds that have not lapsed bear this address, a booking of its own left out."""
    who = email.lower()
    return int(ask(session, _LIVE_OF_EMAIL, now=now, but=but, who=who).scalar_one())


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
) -> tuple[Row[Any] | None, list[int]]:
    """This buyer's hold for the showing, and the ids of lapsed holds in the way. All locked."""
    found = ask(
        session,
        _HOLDERS,
        showtime=selling.showtime_id,
        seats=[place.id for place in places],
        buyer=buyer.buyer_key,
        now=now,
    ).all()
    own = next((b for b in found if b.buyer_key and b.buyer_key == buyer.buyer_key), None)
    return own, [b.id for b in found if b.hold_expires_at <= now]


def _claimed(session: Session, booking_id: int) -> set[int]:
    return set(ask(session, _CLAIMED, booking=booking_id).scalars())


def _check_limits(
    session: Session, held: HeldBooking, buyer: Buyer, settings: Settings, now: datetime
) -> None:
    limits = (
        (_LIVE_OF_BUYER, buyer.buyer_key, settings.limit_holds_per_session, rules.TooManyHolds),
        (
            _LIVE_OF_CLIENT,
            buyer.client_key,
            settings.limit_holds_per_address,
            rules.TooManyHoldsFromAddress,
        ),
    )
    for statement, who, limit, refusal in limits:
        live = ask(session, statement, now=now, but=held.booking_id, who=who).scalar_one()
        rules.check_holds(live, limit, refusal)


def _check_free(session: Session, selling: Sale, places: Sequence[Place]) -> None:
    ids = [place.id for place in places]
    taken = set(ask(session, _TAKEN, showtime=selling.showtime_id, seats=ids).scalars())
    if taken:
        raise rules.SeatsTaken(
            lost=[p.name for p in places if p.id in taken],
            free=[p.name for p in places if p.id not in taken],
        )


def _lines(
    session: Session, selling: Sale, places: Sequence[Place], law: Law
) -> list[tuple[int, rules.Line]]:
    """Each seat's first ticket type and its price, copied from the price card."""
    starting = sale.starting_prices(session, selling)
    if any(place.category_id not in starting for place in places):
        raise rules.NotOnSale
    found = [starting[place.category_id] for place in places]
    return [(kind, rules.line(price, law)) for kind, price in found]


def _values(
    selling: Sale, sums: rules.Totals, buyer: Buyer, settings: Settings, now: datetime
) -> dict[str, Any]:
    return {
        "number": rules.new_number(),
        "manage_token": rules.new_token(),
        "showtime_id": selling.showtime_id,
        "created_at": now,
        "hold_expires_at": now + timedelta(minutes=settings.hold_minutes),
        "currency": settings.currency,
        "cancel_terms": settings.cancel_terms,
        **asdict(buyer),
        **asdict(sums),
    }


def _insert(session: Session, values: dict[str, Any]) -> HeldBooking:
    booking_id = ask(session, _HOLD, **values).scalar_one()
    return HeldBooking(
        values["manage_token"], values["number"], booking_id, values["hold_expires_at"]
    )


def _claim_seats(
    session: Session,
    held: HeldBooking,
    selling: Sale,
    seats: Iterable[tuple[Place, tuple[int, rules.Line]]],
) -> None:
    rows = [
        {
            "booking_id": held.booking_id,
            "showtime_id": selling.showtime_id,
            "seat_id": place.id,
            "seat_plan_id": selling.seat_plan_id,
            "ticket_type_id": kind,
            **asdict(line),
        }
        for place, (kind, line) in seats
    ]
    session.connection().execute(_CLAIM, rows)


def _held(own: Row[Any]) -> HeldBooking:
    return HeldBooking(own.manage_token, own.number, own.id, own.hold_expires_at)
