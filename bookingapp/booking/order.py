"""The step that goes to pay: an order of our own, frozen, and a hold long enough to pay in."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bookingapp.booking import hold
from bookingapp.booking.confirm import confirm
from bookingapp.booking.models import Booking, BookingState
from bookingapp.booking.rules import AlreadyPaid, HoldOver, NotOnSale, NowhereToSend
from bookingapp.booking.settle import seat_names, show_of
from bookingapp.booking.verdict import TO_BE_SHOWN
from bookingapp.errors import NotFound
from bookingapp.payments import gateway, record, rules
from bookingapp.payments.answers import GatewayOrder
from bookingapp.payments.models import PaymentOrder
from bookingapp.settings import Settings

_BY_ID = select(PaymentOrder).where(PaymentOrder.id == bindparam("order")).with_for_update()


@dataclass(frozen=True)
class Ordered:
    """Our order, as the gateway is asked for it. `order_id` None: nothing to pay, confirmed."""

    token: str
    number: str
    amount: int
    currency: str
    order_id: int | None = None
    receipt: str = ""
    gateway_order_id: str | None = None
    fresh: bool = False


def order(session: Session, token: str, now: datetime, settings: Settings) -> Ordered:
    """The order for what this booking is now: the open one again, or a new one.

    A new one extends the hold. Raises NotFound, AlreadyPaid, HoldOver, NowhereToSend, NotOnSale.
    """
    booking = _payable(session, token, now)
    plain = Ordered(token, booking.number, booking.total, booking.currency)
    if booking.total == 0:
        _check_show(session, booking)
        confirm(session, booking, None, now)
        return plain
    seats = seat_names(session, booking)
    open_ = record.open_order(
        session,
        booking.id,
        amount=booking.total,
        currency=booking.currency,
        revision=booking.revision,
        seats=seats,
    )
    return _ordered(plain, open_ or _new(session, booking, seats, now, settings), fresh=not open_)


def made(session: Session, order_id: int, answer: GatewayOrder, now: datetime) -> str:
    """Keep the gateway's id of our order; returns the one that stands."""
    row = session.scalars(_BY_ID, {"order": order_id}).one()
    return record.made_at_gateway(row, answer, now)


def _payable(session: Session, token: str, now: datetime) -> Booking:
    booking = hold.lock(session, token)
    if booking is None:
        raise NotFound
    if booking.sold:
        raise AlreadyPaid
    ends = booking.hold_expires_at
    if booking.state is not BookingState.HELD or ends is None or ends <= now:
        raise HoldOver
    if not booking.email:
        raise NowhereToSend
    return booking


def _check_show(session: Session, booking: Booking) -> None:
    """Nobody pays for what was called off or moved a moment ago. Raises NotOnSale."""
    if show_of(session, booking).state not in TO_BE_SHOWN:
        raise NotOnSale


def _new(
    session: Session, booking: Booking, seats: list[str], now: datetime, settings: Settings
) -> PaymentOrder:
    _check_show(session, booking)
    if booking.hold_expires_at is not None:
        booking.hold_expires_at = rules.hold_while_paying(
            booking.hold_expires_at, booking.created_at, now,
            settings.hold_pay_minutes, settings.hold_max_minutes,
        )  # fmt: skip
        booking.extended_at = now
    return record.new_order(
        session,
        (booking.id, booking.number),
        gateway=gateway.name(settings),
        amount=booking.total,
        currency=booking.currency,
        revision=booking.revision,
        seats=seats,
        now=now,
    )


def _ordered(plain: Ordered, row: PaymentOrder, *, fresh: bool) -> Ordered:
    return Ordered(
        plain.token,
        plain.number,
        row.amount,
        row.currency,
        row.id,
        row.receipt,
        row.gateway_order_id,
        fresh,
    )
