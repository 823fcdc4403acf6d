"""Reads about money: what a page needs to go on paying, and all that found no ticket."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, column, select, table

from bookingapp.db import db
from bookingapp.payments.models import (
    OrderState,
    Payment,
    PaymentOrder,
    PaymentState,
    Refund,
    RefundState,
)

# Named, not imported: bookings stand above payments.
_booking = table("booking", *(column(n) for n in ("id", "number", "state", "email", "name")))
AT_MOST = 500
NOT_BACK = (RefundState.DUE, RefundState.PENDING, RefundState.FAILED)


@dataclass(frozen=True)
class OpenOrder:
    """An order that can be paid now."""

    gateway_order_id: str
    amount: int
    currency: str


@dataclass(frozen=True)
class Attempt:
    """One payment as it was last told, and whether its money is owed back."""

    gateway_payment_id: str
    state: PaymentState
    amount: int
    currency: str
    error_code: str
    error_reason: str
    refund_reason: str | None


@dataclass(frozen=True)
class LooseMoney:
    """Money that is there and has no ticket, with what happened.

    `reason`: late, double, wrong_amount, cancelled; `unsettled` when nothing was decided yet.
    """

    payment_id: int
    gateway_payment_id: str
    booking_id: int
    number: str
    booking_state: str
    customer: str
    email: str
    amount: int
    currency: str
    method: str
    came_at: datetime
    reason: str
    refund_state: RefundState | None
    last_error: str


def open_order(booking_id: int, amount: int, currency: str, revision: int) -> OpenOrder | None:
    """The newest order at the gateway that asks for what the booking costs now."""
    found = db.session.scalar(
        select(PaymentOrder.gateway_order_id)
        .where(
            PaymentOrder.booking_id == booking_id,
            PaymentOrder.state == OrderState.OPEN,
            PaymentOrder.gateway_order_id.is_not(None),
            PaymentOrder.amount == amount,
            PaymentOrder.currency == currency,
            PaymentOrder.revision == revision,
        )
        .order_by(PaymentOrder.id.desc())
        .limit(1)
    )
    return OpenOrder(found, amount, currency) if found else None


def attempt(booking_id: int, gateway_payment_id: str) -> Attempt | None:
    """One payment of a booking; None while nothing is known of it."""
    row = db.session.execute(
        _attempts(booking_id).where(Payment.gateway_payment_id == gateway_payment_id)
    ).first()
    return Attempt(row[0], row[1], row[2], row[3], row[4], row[5], row[6]) if row else None


def thinking(booking_id: int, since: datetime) -> str | None:
    """The payment the bank has blocked money for and not yet taken, begun after `since`."""
    row = db.session.execute(
        _attempts(booking_id)
        .where(Payment.state == PaymentState.AUTHORIZED, Payment.created_at >= since)
        .order_by(Payment.id.desc())
    ).first()
    return row.gateway_payment_id if row else None


def money_without_ticket() -> list[LooseMoney]:
    """Every payment with money that no ticket stands for and that is not back yet; oldest first.

    Two questions, so that each reads an index and not all history: what is owed back, and what
    arrived and was given no purpose at all.
    """
    owed = _loose().join(Refund, Refund.payment_id == Payment.id).where(Refund.state.in_(NOT_BACK))
    idle = (
        _loose()
        .outerjoin(Refund, Refund.payment_id == Payment.id)
        .where(
            Payment.confirms_id.is_(None),
            Payment.state == PaymentState.CAPTURED,
            Refund.id.is_(None),
        )
    )
    rows = [
        row
        for part in (owed, idle)
        for row in db.session.execute(part.order_by(Payment.id).limit(AT_MOST))
    ]
    return [_told(row) for row in sorted(rows, key=lambda row: int(row[0]))]


def _loose() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Payment.id, Payment.gateway_payment_id, _booking.c.id, _booking.c.number,
            _booking.c.state, _booking.c.name, _booking.c.email, Payment.amount,
            Payment.currency, Payment.method, Payment.captured_at, Payment.created_at,
            Refund.reason, Refund.state, Refund.last_error, Refund.amount,
        )
        .join(PaymentOrder, PaymentOrder.id == Payment.payment_order_id)
        .join(_booking, _booking.c.id == PaymentOrder.booking_id)
    )  # fmt: skip


def _told(row: Row[*tuple[Any, ...]]) -> LooseMoney:
    return LooseMoney(
        payment_id=row[0],
        gateway_payment_id=row[1],
        booking_id=row[2],
        number=row[3],
        booking_state=str(row[4]),
        customer=row[5],
        email=row[6],
        amount=row[7] if row[15] is None else row[15],
        currency=row[8],
        method=row[9],
        came_at=row[10] or row[11],
        reason=row[12] or "unsettled",
        refund_state=row[13],
        last_error=row[14] or "",
    )


def _attempts(booking_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Payment.gateway_payment_id, Payment.state, Payment.amount, Payment.currency,
            Payment.error_code, Payment.error_reason, Refund.reason,
        )
        .join(PaymentOrder, PaymentOrder.id == Payment.payment_order_id)
        .outerjoin(Refund, Refund.payment_id == Payment.id)
        .where(PaymentOrder.booking_id == booking_id)
    )  # fmt: skip
