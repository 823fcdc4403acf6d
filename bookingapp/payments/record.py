"""Steps that write down what the gateway did. Rows are only added or moved forward.

Each takes the caller's session; the caller has locked the booking the order belongs to, so two who
report the same payment at once do it one after the other.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, case, insert, select, update
from sqlalchemy.orm import Session

from bookingapp.db import Instant, ask, table
from bookingapp.payments import rules
from bookingapp.payments.answers import GatewayOrder, GatewayPayment
from bookingapp.payments.models import OrderState, Payment, PaymentOrder, PaymentState, Refund

FIRST_LOOK = timedelta(seconds=20)
MONEY = (PaymentState.CAPTURED, PaymentState.REFUNDED)
# Built once: most of a small read's time is the building of its statement.
_order, _refund = PaymentOrder.__table__.c, Refund.__table__.c
_OF_BOOKING = (
    select(
        _order.id, _order.receipt, _order.gateway_order_id, _order.state, _order.amount,
        _order.currency, _order.revision, _order.seats,
    )
    .where(_order.booking_id == bindparam("booking"))
    .order_by(_order.id)
)  # fmt: skip
_NEW = insert(table(PaymentOrder)).returning(_order.id)
_BY_ID = _order.id == bindparam("order")
_NO_LATER = case(
    (_order.next_poll_at < bindparam("look"), _order.next_poll_at),
    else_=bindparam("look", type_=Instant),
)
_MADE = (
    update(table(PaymentOrder))
    .where(_BY_ID, _order.gateway_order_id.is_(None))
    .values(gateway_order_id=bindparam("made"), raw=bindparam("told"), next_poll_at=_NO_LATER)
)
_REFUSED = (
    update(table(PaymentOrder))
    .where(_BY_ID, _order.gateway_order_id.is_(None), _order.state == OrderState.OPEN)
    .values(state=OrderState.DEAD, next_poll_at=None)
)
_STANDS = select(_order.gateway_order_id).where(_BY_ID)
_PAYMENT = select(Payment).where(Payment.gateway_payment_id == bindparam("payment"))
_REFUND = select(_refund.id).where(_refund.payment_id == bindparam("payment")).limit(1)


class Basket(NamedTuple):
    """What is paid for, frozen. A changed one needs an order of its own."""

    amount: int
    currency: str
    revision: int
    seats: list[str]


class Order(NamedTuple):
    """An order of ours as it was written down."""

    id: int
    receipt: str
    gateway_order_id: str | None
    state: OrderState
    basket: Basket

    def asks_for(self, basket: Basket) -> bool:
        """Whether it asks for exactly this and may still be paid."""
        return self.state is OrderState.OPEN and self.basket == basket


def orders_of(session: Session, booking_id: int) -> list[Order]:
    """A booking's orders, oldest first."""
    rows = ask(session, _OF_BOOKING, booking=booking_id)
    return [Order(r.id, r.receipt, r.gateway_order_id, r.state, Basket._make(r[4:])) for r in rows]


def new_order(
    session: Session, booking_id: int, basket: Basket, *, receipt: str, gateway: str, now: datetime
) -> Order:
    """A frozen order of our own, before the gateway hears of it."""
    watched = {"state": OrderState.OPEN, "created_at": now, "next_poll_at": now + FIRST_LOOK}
    values = {"booking_id": booking_id, "receipt": receipt, "gateway": gateway, **watched}
    made = ask(session, _NEW, **values, **basket._asdict())
    return Order(made.scalar_one(), receipt, None, OrderState.OPEN, basket)


def made_at_gateway(session: Session, order_id: int, made: GatewayOrder, now: datetime) -> str:
    """Keep the gateway's id; the first one stays, should two tabs have asked. Returns what stands."""
    told = {"id": made.id, "amount": made.amount, "status": made.status}
    look = now + FIRST_LOOK
    if ask(session, _MADE, order=order_id, made=made.id, told=told, look=look).rowcount:
        return made.id
    return str(ask(session, _STANDS, order=order_id).scalar_one())


def refused(session: Session, order_id: int) -> None:
    """The gateway does not take this order: nobody will ever pay it, so nobody waits for that."""
    ask(session, _REFUSED, order=order_id)


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
