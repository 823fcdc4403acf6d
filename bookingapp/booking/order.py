"""The step that goes to pay: an order of our own, frozen, and a hold long enough to pay in."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bookingapp.booking import free, promos
from bookingapp.booking.confirm import confirm
from bookingapp.booking.models import Booking
from bookingapp.booking.rules import NotOnSale, NowhereToSend
from bookingapp.booking.settle import seat_names, show_of
from bookingapp.booking.verdict import TO_BE_SHOWN
from bookingapp.payments import gateway, record, rules
from bookingapp.payments.record import Basket, Order
from bookingapp.settings import Settings


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


def order(session: Session, booking: Booking, now: datetime, settings: Settings) -> Ordered:
    """The order for what this booking, held and locked, is now: the open one again, or a new one.

    A new one extends the hold. Raises NowhereToSend, NotOnSale, TooManyFree, PromoUsedUp,
    PromoUsedByYou.
    """
    if not booking.email:
        raise NowhereToSend
    plain = Ordered(booking.manage_token, booking.number, booking.total, booking.currency)
    promos.check_again(session, booking, now)
    if booking.total == 0:
        _check_show(session, booking)
        free.check(session, booking, now, settings.limit_free_bookings)
        confirm(session, booking, None, now)
        return plain
    basket = Basket(booking.total, booking.currency, booking.revision, seat_names(session, booking))
    before = record.orders_of(session, booking.id)
    found = next((old for old in reversed(before) if old.asks_for(basket)), None)
    if found is not None:
        return _ordered(plain, found, fresh=False)
    _check_show(session, booking)
    _keep_for_paying(booking, now, settings)
    new = record.new_order(
        session,
        booking.id,
        basket,
        receipt=f"{booking.number}-{len(before) + 1}",
        gateway=gateway.name(settings),
        now=now,
    )
    return _ordered(plain, new, fresh=True)


def _check_show(session: Session, booking: Booking) -> None:
    """Nobody pays for what was called off or moved a moment ago. Raises NotOnSale."""
    if show_of(session, booking).state not in TO_BE_SHOWN:
        raise NotOnSale


def _keep_for_paying(booking: Booking, now: datetime, settings: Settings) -> None:
    if booking.hold_expires_at is not None:
        booking.hold_expires_at = rules.hold_while_paying(
            booking.hold_expires_at, booking.created_at, now,
            settings.hold_pay_minutes, settings.hold_max_minutes,
        )  # fmt: skip
        booking.extended_at = now


def _ordered(plain: Ordered, row: Order, *, fresh: bool) -> Ordered:
    return Ordered(
        plain.token,
        plain.number,
        row.basket.amount,
        row.basket.currency,
        row.id,
        row.receipt,
        row.gateway_order_id,
        fresh,
    )
