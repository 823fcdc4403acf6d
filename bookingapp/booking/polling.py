"""Steps of the reconciler: whose turn it is, what was learned, when to look again.

An order is claimed by moving its `next_poll_at` a minute on, so two processes never ask for the same
one, and a process that died in between loses nothing but that minute.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bookingapp.booking import hold, letters
from bookingapp.booking.models import Booking, BookingState
from bookingapp.payments import record, rules
from bookingapp.payments.models import OrderState, Payment, PaymentOrder, PaymentState

LEASE = timedelta(minutes=1)
THINKING = (PaymentState.CREATED, PaymentState.AUTHORIZED)


@dataclass(frozen=True)
class Due:
    """An order to ask about. Without the gateway's id its answer was lost: find it by receipt."""

    id: int
    receipt: str
    gateway_order_id: str | None


def claim(session: Session, now: datetime) -> Due | None:
    """Take the order that has waited longest; None when nothing is due."""
    row = session.scalars(
        select(PaymentOrder)
        .where(PaymentOrder.next_poll_at <= now)
        .order_by(PaymentOrder.next_poll_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    row.next_poll_at = now + LEASE
    row.polls += 1
    return Due(row.id, row.receipt, row.gateway_order_id)


def hurry(session: Session, gateway_order_id: str, now: datetime) -> None:
    """Ask at once."""
    row = session.scalar(
        select(PaymentOrder)
        .where(PaymentOrder.gateway_order_id == gateway_order_id)
        .with_for_update()
    )
    if row is not None and row.state is not OrderState.PAID:
        record.look_at(row, now)


def plan(session: Session, order_id: int, now: datetime) -> None:
    """Set the next look; an order nobody can pay any more is dead. Owe the letter of an abandoned one."""
    booking = session.scalars(
        select(Booking)
        .join(PaymentOrder, PaymentOrder.booking_id == Booking.id)
        .where(PaymentOrder.id == order_id)
        .with_for_update(of=Booking)
    ).one()
    order = session.get_one(PaymentOrder, order_id, with_for_update=True)
    thinking = _thinking_since(session, order)
    paid = order.state is OrderState.PAID
    watched = rules.Watched(order.created_at, booking.hold_expires_at, paid, order.polls, thinking)
    order.next_poll_at = rules.next_look(watched, now)
    if order.next_poll_at is None and not paid:
        order.state = OrderState.DEAD
    if order.state is OrderState.OPEN and thinking is None:
        _unpaid(
            session,
            booking,
            rules.why_unpaid(bool(order.gateway_order_id), now - order.created_at),
            now,
        )


def left(session: Session, token: str, now: datetime) -> None:
    """Back from the gateway without paying."""
    booking = hold.lock(session, token)
    if booking is not None:
        _unpaid(session, booking, "abandoned", now)


def _unpaid(session: Session, booking: Booking, reason: str, now: datetime) -> None:
    if reason and booking.state is BookingState.HELD:
        letters.owe_payment_failed(session, booking, "", reason, now)


def _thinking_since(session: Session, order: PaymentOrder) -> datetime | None:
    """When the newest attempt that is neither paid nor failed was first seen."""
    return session.scalar(
        select(Payment.created_at)
        .where(Payment.payment_order_id == order.id, Payment.state.in_(THINKING))
        .order_by(Payment.created_at.desc())
        .limit(1)
    )
