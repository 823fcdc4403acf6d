"""Steps that make a held booking cheaper by a code. The caller holds the booking's lock.

Whoever counts a code's uses holds the code's row: after the booking, as everywhere. So one use that is
left is never given to two, on either engine.
"""

from dataclasses import asdict, fields
from datetime import date, datetime

from sqlalchemy import and_, bindparam, delete, func, or_, select
from sqlalchemy.orm import Session

from bookingapp.booking import promo_rules, rules, sale
from bookingapp.booking.models import Booking, BookingSeat, BookingState
from bookingapp.booking.promo_models import PromoCode, PromoUse
from bookingapp.booking.promo_rules import Offer, Promo
from bookingapp.catalogue import taxes
from bookingapp.catalogue.models import Movie, Screen, SeatPlan, Showtime, Theater
from bookingapp.clock import cinema_day
from bookingapp.db import ask, read

_CODE = (
    select(PromoCode)
    .where(PromoCode.code == bindparam("code"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_OF_BOOKING = (
    select(PromoCode)
    .join(PromoUse, PromoUse.promo_code_id == PromoCode.id)
    .where(PromoUse.booking_id == bindparam("booking"))
    .with_for_update(of=PromoCode)
    .execution_options(populate_existing=True)
)
_WORTH_OF = (
    select(PromoCode.percent, PromoCode.amount)
    .join(PromoUse, PromoUse.promo_code_id == PromoCode.id)
    .where(PromoUse.booking_id == bindparam("booking"))
)
_NAME_OF = (
    select(PromoCode.code)
    .join(PromoUse, PromoUse.promo_code_id == PromoCode.id)
    .where(PromoUse.booking_id == bindparam("booking"))
)
# A use counts while its booking is held in time, or sold and not cancelled.
COUNTS = or_(
    Booking.state == BookingState.CONFIRMED,
    and_(Booking.state == BookingState.HELD, Booking.hold_expires_at > bindparam("now")),
)
_USES = (
    select(
        func.count(),
        func.count().filter(func.lower(Booking.email) == bindparam("email")),
    )
    .select_from(PromoUse)
    .join(Booking, Booking.id == PromoUse.booking_id)
    .where(PromoUse.promo_code_id == bindparam("promo"), Booking.id != bindparam("but"), COUNTS)
)


def apply(session: Session, booking: Booking, code: str, now: datetime) -> None:
    """Use a code for a held booking, in place of another one. Raises this room's Promo… refusals."""
    row = session.scalars(_CODE, {"code": promo_rules.normal(code)}).one_or_none()
    if row is None:
        raise promo_rules.PromoUnknown
    promo = _promo(session, row)
    show = session.get_one(Showtime, booking.showtime_id)
    promo_rules.check(promo, show.movie_id, _day(session, show), now)
    _check_uses(session, row, promo, booking, now)
    drop(session, booking)
    session.add(PromoUse(booking_id=booking.id, promo_code_id=row.id, used_at=now))
    _price(session, booking, promo)
    if not booking.discount:
        raise promo_rules.PromoNothing


def drop(session: Session, booking: Booking) -> None:
    """Without the code again; the full price comes back."""
    session.execute(delete(PromoUse).where(PromoUse.booking_id == booking.id))
    if booking.discount:
        _price(session, booking, Promo(percent=None, amount=0))


def again(session: Session, booking: Booking) -> None:
    """Ticket types have changed under a code: split what it takes off anew."""
    row = session.scalars(_OF_BOOKING, {"booking": booking.id}).one_or_none()
    if row is not None:
        _price(session, booking, _promo(session, row))


def check_again(session: Session, booking: Booking, now: datetime) -> None:
    """Before paying: the address may be another by now. Raises PromoUsedUp, PromoUsedByYou."""
    if not booking.discount:
        return
    row = session.scalars(_OF_BOOKING, {"booking": booking.id}).one_or_none()
    if row is not None:
        _check_uses(session, row, _promo(session, row), booking, now)


def keep(session: Session, booking: Booking, now: datetime) -> bool:
    """Whether a paid booking may be confirmed at its price: a lapsed hold gave its use back.

    Only the uses are asked: the code was right when it was applied.
    """
    try:
        check_again(session, booking, now)
    except promo_rules.PromoUsedUp:
        return False
    except promo_rules.PromoUsedByYou:
        return True
    return True


def code_of(booking_id: int) -> str:
    """The code a booking uses, for its page; empty without one."""
    return read(_NAME_OF, booking=booking_id).scalar_one_or_none() or ""


def worth_of(booking_id: int) -> Promo:
    """What the code a booking uses takes off, for its page; nothing without one."""
    row = read(_WORTH_OF, booking=booking_id).one_or_none()
    return Promo(percent=row.percent, amount=row.amount) if row else Promo(amount=0)


def _check_uses(
    session: Session, row: PromoCode, promo: Promo, booking: Booking, now: datetime
) -> None:
    if promo.max_uses is None and promo.max_per_email is None:
        return
    if promo.max_per_email is not None and not booking.email:
        raise promo_rules.PromoNeedsAddress
    email = booking.email.lower()
    used = ask(session, _USES, promo=row.id, but=booking.id, now=now, email=email).one()
    promo_rules.check_uses(promo, *used)


def _promo(session: Session, row: PromoCode) -> Promo:
    film = ""
    if row.movie_id is not None:
        film = session.scalar(select(Movie.title).where(Movie.id == row.movie_id)) or ""
    offer = {field.name: getattr(row, field.name) for field in fields(Offer)}
    return Promo(**offer, film=film, stopped=row.stopped_at is not None)


def _day(session: Session, show: Showtime) -> date:
    """The programme day: a show after midnight belongs to the evening before."""
    zone, begins = session.execute(
        select(Theater.time_zone, Theater.day_starts_at)
        .join(Screen, Screen.theater_id == Theater.id)
        .join(SeatPlan, SeatPlan.screen_id == Screen.id)
        .where(SeatPlan.id == show.seat_plan_id)
    ).one()
    return cinema_day(show.starts_at, zone, begins)


def _price(session: Session, booking: Booking, promo: Promo) -> None:
    """The seats' money with what the code takes off, and the totals that follow."""
    claims = session.scalars(
        select(BookingSeat)
        .where(BookingSeat.booking_id == booking.id, BookingSeat.released_at.is_(None))
        .order_by(BookingSeat.id)
    ).all()
    selling = sale.of_showtime(session, booking.showtime_id)
    law = taxes.law(session, selling.day(booking.created_at))
    fee = booking.fee or selling.booking_fee
    lines = promo_rules.lines(promo, [claim.list_price for claim in claims], law, fee)
    for claim, line in zip(claims, lines, strict=True):
        _copy(claim, line)
    _copy(booking, rules.totals(lines, fee, booking.fee_rate))


def _copy(row: Booking | BookingSeat, values: rules.Line | rules.Totals) -> None:
    for name, value in asdict(values).items():
        setattr(row, name, value)
