"""Steps that write down what the gateway did. Rows are only added or moved forward.

Each takes the caller's session; the caller has locked the booking the order belongs to, so two who
report the same payment at once do it one after the other.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from bookingapp.db import ask
from bookingapp.payments import rules
from bookingapp.payments.answers import GatewayOrder, GatewayPayment
from bookingapp.payments.models import OrderState, Payment, PaymentOrder, PaymentState, Refund

FIRST_LOOK = timedelta(seconds=20)
MONEY = (PaymentState.CAPTURED, PaymentState.REFUNDED)
# Built once: most of a small read's time is the building of its statement.
_order, _refund = PaymentOrder.__table__.c, Refund.__table__.c
_HOW_MANY = select(func.count(_order.id)).where(_order.booking_id == bindparam("booking"))
_OPEN = (
    select(PaymentOrder)
    .where(
        PaymentOrder.booking_id == bindparam("booking"),
        PaymentOrder.state == OrderState.OPEN,
        PaymentOrder.amount == bindparam("amount"),
        PaymentOrder.currency == bindparam("currency"),
        PaymentOrder.revision == bindparam("revision"),
    )
    .order_by(PaymentOrder.id.desc())
)
_PAYMENT = select(Payment).where(Payment.gateway_payment_id == bindparam("payment"))
_REFUND = select(_refund.id).where(_refund.payment_id == bindparam("payment")).limit(1)


def new_order(
    session: Session,
    booking: tuple[int, str],
    *,
    gateway: str,
    amount: int,
    currency: str,
    revision: int,
    seats: Sequence[str],
    now: datetime,
) -> PaymentOrder:
    """A frozen order of our own, before the gateway hears of it. `booking` is (id, number)."""
    booking_id, number = booking
    before = ask(session, _HOW_MANY, booking=booking_id).scalar_one()
    order = PaymentOrder(
        booking_id=booking_id,
        gateway=gateway,
        receipt=f"{number}-{before + 1}",
        amount=amount,
        currency=currency,
        revision=revision,
        seats=list(seats),
        created_at=now,
        next_poll_at=now + FIRST_LOOK,
    )
    session.add(order)
    session.flush()
    return order


def open_order(
    session: Session,
    booking_id: int,
    *,
    amount: int,
    currency: str,
    revision: int,
    seats: Sequence[str],
) -> PaymentOrder | None:
    """The order that asks for exactly this and may still be paid."""
    found = session.scalars(
        _OPEN,
        {"booking": booking_id, "amount": amount, "currency": currency, "revision": revision},
    )
    return next((order for order in found if list(order.seats) == list(seats)), None)


def made_at_gateway(order: PaymentOrder, made: GatewayOrder, now: datetime) -> str:
    """Keep the gateway's id; the first one stays, should two tabs have asked. Returns what stands."""
    if order.gateway_order_id is None:
        order.gateway_order_id = made.id
        order.raw = {"id": made.id, "amount": made.amount, "status": made.status}
        look_at(order, now + FIRST_LOOK)
    return order.gateway_order_id


def note_payment(
    session: Session, order: PaymentOrder, fact: GatewayPayment, now: datetime
) -> Payment:
    """The payment's row, added or moved forward to what the gateway says.

    A new one is in the database, a moved one waits in the session for what else will move with it.
    """
    state = PaymentState(fact.status)
    payment = session.scalar(_PAYMENT, {"payment": fact.id})
    known = payment is not None
    if payment is None:
        payment = Payment(
            payment_order_id=order.id, gateway_payment_id=fact.id, state=state, created_at=now
        )
        session.add(payment)
    elif not rules.moves_forward(payment.state, state):
        return payment
    payment.state = state
    payment.amount, payment.currency = fact.amount, fact.currency
    payment.method, payment.raw = fact.method, fact.kept
    payment.error_code, payment.error_reason = fact.error_code, fact.error_reason
    if state in MONEY:
        payment.captured_at = payment.captured_at or now
        _paid(order, now)
    if not known:
        session.flush()
    return payment


def _paid(order: PaymentOrder, now: datetime) -> None:
    if order.state != OrderState.PAID:
        order.state, order.polls = OrderState.PAID, 0
        order.next_poll_at = now + rules.AFTER_PAID[0]


def refund_owed(session: Session, payment: Payment) -> bool:
    """Whether a refund is owed, under way or done for this payment."""
    return ask(session, _REFUND, payment=payment.id).first() is not None


def look_at(order: PaymentOrder, when: datetime) -> None:
    """Ask the gateway no later than this."""
    if order.next_poll_at is None or when < order.next_poll_at:
        order.next_poll_at = when
