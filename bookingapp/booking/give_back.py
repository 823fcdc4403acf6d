"""Steps of a refund that a booking has to do with: its lock comes first, its owner is told.

The one way a refund moves on, by webhook, by the job, or by somebody in the office: any order and number.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bookingapp.booking import past_the_house, refund_letters
from bookingapp.booking.models import Booking
from bookingapp.errors import NotFound
from bookingapp.payments import refunds
from bookingapp.payments.answers import GatewayRefund
from bookingapp.payments.models import Payment, PaymentOrder, Refund, RefundState


def settle_refund(
    session: Session, fact: GatewayRefund, now: datetime, refund_id: int | None = None
) -> None:
    """Write down what the gateway says of a refund and tell its owner. Raises NotFound.

    `refund_id`: the row that was asked for, should the answer not name it.
    """
    booking, payment = _locked(session, Payment.gateway_payment_id == fact.payment_id)
    refund = refunds.find(session, payment, fact)
    if refund is None and refund_id is not None:
        refund = session.get(Refund, refund_id, with_for_update=True)
    refund = refund or past_the_house.take(session, booking, payment, fact, now)
    if refund is not None and refunds.note(session, refund, fact, now):
        _told(session, booking, payment, refund)


def lock(session: Session, refund_id: int) -> tuple[Booking, Payment, Refund]:
    """A refund with whose it is, all of it locked. Raises NotFound."""
    payment_id = session.scalar(select(Refund.payment_id).where(Refund.id == refund_id))
    booking, payment = _locked(session, Payment.id == payment_id)
    refund = session.get_one(Refund, refund_id, with_for_update=True, populate_existing=True)
    return booking, payment, refund


def by_hand(session: Session, refund_id: int, words: str, now: datetime, actor_id: int) -> None:
    """Somebody paid it back in another way. Raises NotFound, NoteMissing, RefundOver, RefundUnderWay."""
    booking, payment, refund = lock(session, refund_id)
    refunds.by_hand(session, refund, words, now, actor_id)
    _told(session, booking, payment, refund)


def _told(session: Session, booking: Booking, payment: Payment, refund: Refund) -> None:
    if refund.state is RefundState.PROCESSED:
        refund_letters.owe_refunded(session, booking, payment, refund)


def _locked(session: Session, which: object) -> tuple[Booking, Payment]:
    payment = session.scalars(select(Payment).where(which)).one_or_none()  # type: ignore[arg-type]
    if payment is None:
        raise NotFound
    booking = session.scalars(
        select(Booking)
        .join(PaymentOrder, PaymentOrder.booking_id == Booking.id)
        .where(PaymentOrder.id == payment.payment_order_id)
        .with_for_update(of=Booking)
    ).one()
    session.refresh(payment, with_for_update=True)
    return booking, payment
