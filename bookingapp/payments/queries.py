"""Reads about money: what a page needs to go on paying, and all that found no ticket."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, column, select, table
from sqlalchemy.orm import aliased

from bookingapp.db import db, read
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
# Built once, over the bare tables: most of a small read's time is the building of its statement.
_order, _payment, _refund = (model.__table__.c for model in (PaymentOrder, Payment, Refund))
_OPEN = (
    select(_order.gateway_order_id)
    .where(
        _order.booking_id == bindparam("booking"),
        _order.state == OrderState.OPEN,
        _order.gateway_order_id.is_not(None),
        _order.amount == bindparam("amount"),
        _order.currency == bindparam("currency"),
        _order.revision == bindparam("revision"),
    )
    .order_by(_order.id.desc())
    .limit(1)
)
_ATTEMPTS = (
    select(
        _payment.gateway_payment_id, _payment.state, _payment.amount, _payment.currency,
        _payment.error_code, _payment.error_reason, _refund.reason,
    )
    .join_from(Payment.__table__, PaymentOrder.__table__, _order.id == _payment.payment_order_id)
    .outerjoin(Refund.__table__, _refund.payment_id == _payment.id)
    .where(_order.booking_id == bindparam("booking"))
)  # fmt: skip
_ATTEMPT = _ATTEMPTS.where(_payment.gateway_payment_id == bindparam("payment"))
_THINKING = _ATTEMPTS.where(
    _payment.state == PaymentState.AUTHORIZED, _payment.created_at >= bindparam("since")
).order_by(_payment.id.desc())
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
    refund_id: int | None
    attempts: int
    next_try_at: datetime | None
    requested_at: datetime | None

    @property
    def may_be_paid_by_hand(self) -> bool:
        """Whether it failed, or the gateway certainly has nothing of it."""
        due = self.refund_state is RefundState.DUE and self.requested_at is None
        return self.refund_state is RefundState.FAILED or due


def open_order(booking_id: int, amount: int, currency: str, revision: int) -> OpenOrder | None:
    """The newest order at the gateway that asks for what the booking costs now."""
    which = {"booking": booking_id, "amount": amount, "currency": currency, "revision": revision}
    found = read(_OPEN, **which).scalar_one_or_none()
    return OpenOrder(found, amount, currency) if found else None


def attempt(booking_id: int, gateway_payment_id: str) -> Attempt | None:
    """One payment of a booking; None while nothing is known of it."""
    row = read(_ATTEMPT, booking=booking_id, payment=gateway_payment_id).first()
    return Attempt(*row) if row else None


def thinking(booking_id: int, since: datetime) -> str | None:
    """The payment the bank has blocked money for and not yet taken, begun after `since`."""
    row = read(_THINKING, booking=booking_id, since=since).first()
    return row.gateway_payment_id if row else None


def money_without_ticket() -> list[LooseMoney]:
    """Every payment with money that no ticket stands for and that is not back yet; oldest first.

    Two questions, so that each reads an index and not all history: what is owed back, and what
    arrived and was given no purpose at all.
    """
    later = aliased(Refund)
    owed = (
        _loose()
        .join(Refund, Refund.payment_id == Payment.id)
        .outerjoin(later, later.retry_of_id == Refund.id)
        # a failed try that another followed is told by that one
        .where(Refund.state.in_(NOT_BACK), later.id.is_(None))
    )
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
            Refund.id, Refund.attempts, Refund.next_try_at, Refund.requested_at,
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
        refund_id=row[16],
        attempts=row[17] or 0,
        next_try_at=row[18],
        requested_at=row[19],
    )
