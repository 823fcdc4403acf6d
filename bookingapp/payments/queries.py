"""Reads about money: what a page needs to go on paying. What found no ticket stands in loose.py."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from bookingapp.db import read
from bookingapp.payments.models import (
    OrderState,
    Payment,
    PaymentOrder,
    PaymentState,
    Refund,
)

# Built once, over the bare tables: most of a small read's time is the building of its statement.
_order, _payment, _refund = (model.__table__.c for model in (PaymentOrder, Payment, Refund))
_ASKED = (
    select(_order.gateway_order_id)
    .where(
        _order.booking_id == bindparam("booking"),
        _order.state == OrderState.OPEN,
        _order.amount == bindparam("amount"),
        _order.currency == bindparam("currency"),
        _order.revision == bindparam("revision"),
    )
    .order_by(_order.id.desc())
    .limit(1)
)
_OPEN = _ASKED.where(_order.gateway_order_id.is_not(None))
_ATTEMPTS = (
    select(
        _payment.gateway_payment_id, _payment.state, _payment.amount, _payment.currency,
        _payment.error_code, _payment.error_reason, _refund.reason,
        _payment.confirms_id,
    )
    .join_from(Payment.__table__, PaymentOrder.__table__, _order.id == _payment.payment_order_id)
    .outerjoin(Refund.__table__, _refund.payment_id == _payment.id)
    .where(_order.booking_id == bindparam("booking"))
)  # fmt: skip
_ATTEMPT = _ATTEMPTS.where(_payment.gateway_payment_id == bindparam("payment"))
_THINKING = _ATTEMPTS.where(
    _payment.state == PaymentState.AUTHORIZED, _payment.created_at >= bindparam("since")
).order_by(_payment.id.desc())


@dataclass(frozen=True)
class OpenOrder:
    """An order that can be paid now."""

    gateway_order_id: str
    amount: int
    currency: str


@dataclass(frozen=True)
class Attempt:
    """One payment as it was last told, whether its money is owed back, and the booking it paid for."""

    gateway_payment_id: str
    state: PaymentState
    amount: int
    currency: str
    error_code: str
    error_reason: str
    refund_reason: str | None
    confirms_id: int | None


def open_order(booking_id: int, amount: int, currency: str, revision: int) -> OpenOrder | None:
    """The newest order at the gateway that asks for what the booking costs now."""
    which = {"booking": booking_id, "amount": amount, "currency": currency, "revision": revision}
    found = read(_OPEN, **which).scalar_one_or_none()
    return OpenOrder(found, amount, currency) if found else None


def asked_for(booking_id: int, amount: int, currency: str, revision: int) -> bool:
    """Whether somebody pressed "pay" for what the booking costs now, answered by the gateway or not."""
    which = {"booking": booking_id, "amount": amount, "currency": currency, "revision": revision}
    return read(_ASKED, **which).first() is not None


def attempt(booking_id: int, gateway_payment_id: str) -> Attempt | None:
    """One payment of a booking; None while nothing is known of it."""
    row = read(_ATTEMPT, booking=booking_id, payment=gateway_payment_id).first()
    return Attempt(*row) if row else None


def thinking(booking_id: int, since: datetime) -> str | None:
    """The payment the bank has blocked money for and not yet taken, begun after `since`."""
    row = read(_THINKING, booking=booking_id, since=since).first()
    return row.gateway_payment_id if row else None
