"""Codes: used and taken off by a customer, made and stopped by the manager."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bookingapp import audit, clock
from bookingapp.booking import hold, promo_rules, promos
from bookingapp.booking.models import Booking, BookingState
from bookingapp.booking.promo_models import PromoCode
from bookingapp.booking.rules import AlreadyPaid, HoldOver
from bookingapp.db import transaction
from bookingapp.errors import NotFound


@dataclass(frozen=True)
class NewCode(promo_rules.Offer):
    """What a code is to be."""

    code: str


def use_code(token: str, code: str) -> None:
    """Make a held booking cheaper; another code takes the place of the one before.

    Raises NotFound, HoldOver, AlreadyPaid, and the Promo… refusals: then nothing has changed.
    """
    with transaction() as session:
        promos.apply(session, _held(hold.lock(session, token)), code, clock.now())


def take_code_off(token: str) -> None:
    """Back to the full price. Raises NotFound, HoldOver, AlreadyPaid."""
    with transaction() as session:
        promos.drop(session, _held(hold.lock(session, token)))


def add_code(new: NewCode, actor_id: int) -> None:
    """Raises PromoUnclear, PromoThere."""
    values = {**vars(new), "code": promo_rules.normal(new.code)}
    _check(values)
    try:
        with transaction() as session:
            row = PromoCode(**values, created_at=clock.now())
            session.add(row)
            session.flush()
            told = {name: str(value) for name, value in values.items() if value is not None}
            audit.note(session, "promo.add", ("promo_code", row.id), actor_id=actor_id, after=told)
    except IntegrityError:
        raise promo_rules.PromoThere(name=values["code"]) from None


def stop_code(code_id: int, actor_id: int) -> None:
    """Nobody can use it any more; who holds seats with it keeps the price. Raises NotFound."""
    with transaction() as session:
        row = session.scalars(
            select(PromoCode).where(PromoCode.id == code_id).with_for_update()
        ).one_or_none()
        if row is None:
            raise NotFound
        if row.stopped_at is None:
            row.stopped_at = clock.now()
            audit.note(session, "promo.stop", ("promo_code", row.id), actor_id=actor_id)


def _held(booking: Booking | None) -> Booking:
    if booking is None:
        raise NotFound
    if booking.sold:
        raise AlreadyPaid
    ends = booking.hold_expires_at
    if booking.state is not BookingState.HELD or ends is None or ends <= clock.now():
        raise HoldOver
    return booking


def _check(values: dict[str, object]) -> None:
    since, until = values["valid_from"], values["valid_until"]
    backwards = isinstance(since, datetime) and isinstance(until, datetime) and since >= until
    checks = (
        ("code", not promo_rules.CODE.fullmatch(str(values["code"]))),
        ("worth", (values["percent"] is None) == (values["amount"] is None)),
        ("valid_until", backwards),
    )
    for field, wrong in checks:
        if wrong:
            raise promo_rules.PromoUnclear(field=field)
