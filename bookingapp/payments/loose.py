"""Money that stands for no ticket: owed back and not there yet, or arrived and given no purpose.

Two questions for everything, so that each reads a small index and not all history: refunds that are
not back, and captured payments no refund is owed for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    column,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    table,
)
from sqlalchemy.orm import aliased

from bookingapp.db import db
from bookingapp.payments.models import Payment, PaymentOrder, Refund, RefundState

# Named, not imported: bookings stand above payments.
_booking = table("booking", *(column(n) for n in ("id", "number", "state", "email", "name")))
# Written out, not bound: SQLite takes a partial index only when it sees that the row is in it.
_PROCESSED: ColumnElement[str] = literal_column("'processed'")
_CAPTURED: ColumnElement[str] = literal_column("'captured'")
UNSETTLED = "unsettled"
SIZE = 50
# More than this is a catastrophe that no bubble in the navigation needs to count.
MOST = 999


class Place(NamedTuple):
    """Where a list goes on: after this payment and this refund of it."""

    payment_id: int = 0
    refund_id: int = 0


@dataclass(frozen=True)
class Wanted:
    """What a reader looks for. `state`: of the refund, or `unsettled`; `q`: a number, id, name or address."""

    q: str = ""
    state: str = ""
    reason: str = ""


@dataclass(frozen=True)
class LooseMoney:
    """Money that is there and has no ticket, with what happened.

    `reason`: late, double, wrong_amount, cancelled; `unsettled` when nothing was decided yet.
    """

    payment_id: int
    gateway_payment_id: str
    gateway: str
    gateway_order_id: str | None
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
    gateway_refund_id: str | None
    attempts: int
    next_try_at: datetime | None
    requested_at: datetime | None

    @property
    def at_the_counter(self) -> bool:
        """Whether somebody has to hand it over: no gateway can."""
        return self.gateway in {"cash", "terminal"}

    @property
    def may_be_paid_by_hand(self) -> bool:
        """Whether it failed, or the gateway certainly has nothing of it."""
        due = self.refund_state is RefundState.DUE and self.requested_at is None
        return self.refund_state is RefundState.FAILED or due

    @property
    def place(self) -> Place:
        """Where a list goes on after this."""
        return Place(self.payment_id, self.refund_id or 0)


def money_without_ticket(
    wanted: Wanted | None = None, *, after: Place | None = None, size: int = SIZE
) -> list[LooseMoney]:
    """The next of all payments with money that no ticket stands for and that is not back; oldest first."""
    rows = [
        row
        for part in _parts(wanted or Wanted())
        for row in db.session.execute(_from(part, after or Place(), size))
    ]
    return sorted((LooseMoney(*row) for row in rows), key=lambda money: money.place)[:size]


def everything(wanted: Wanted) -> Iterator[LooseMoney]:
    """As `money_without_ticket`, to the end, however long that is."""
    after = Place()
    while found := money_without_ticket(wanted, after=after, size=500):
        yield from found
        after = found[-1].place


def how_many() -> int:
    """How many sums stand on the money page; from MOST on they are not counted."""
    return sum(
        db.session.scalar(select(func.count()).select_from(part.limit(MOST).subquery())) or 0
        for part in _parts(Wanted())
    )


def live(refund: Any = Refund) -> ColumnElement[bool]:  # noqa: ANN401 (the class or an alias)
    """A refund that counts: a failed try that another followed is told by that one."""
    later = aliased(Refund)
    followed = select(later.id).where(later.retry_of_id == refund.id).exists()
    return or_(refund.state != RefundState.FAILED, ~followed)


def _parts(wanted: Wanted) -> list[Select[*tuple[Any, ...]]]:
    """The questions that can have an answer."""
    parts = []
    if UNSETTLED not in {wanted.state, wanted.reason}:
        parts.append(_owed(wanted))
    if wanted.state in {"", UNSETTLED} and wanted.reason in {"", UNSETTLED}:
        parts.append(_idle())
    return [part.where(_holds(wanted.q)) if wanted.q else part for part in parts]


def _owed(wanted: Wanted) -> Select[*tuple[Any, ...]]:
    """What is owed back and not there yet."""
    owed = _loose(
        Refund.amount, Refund.reason, Refund.state, Refund.last_error, Refund.id,
        Refund.gateway_refund_id, Refund.attempts, Refund.next_try_at, Refund.requested_at,
    ).join(Refund, Refund.payment_id == Payment.id).where(Refund.state != _PROCESSED, live())  # fmt: skip
    if wanted.state:
        owed = owed.where(Refund.state == wanted.state)
    if wanted.reason:
        owed = owed.where(Refund.reason == wanted.reason)
    return owed


def _idle() -> Select[*tuple[Any, ...]]:
    """What arrived, bought nothing, and of which not all is owed back."""
    mine = aliased(Refund)
    given = (
        select(func.coalesce(func.sum(mine.amount), 0))
        .where(mine.payment_id == Payment.id, live(mine))
        .scalar_subquery()
    )
    nothing = (literal(UNSETTLED), null(), literal(""), null(), null(), literal(0), null(), null())
    return _loose(Payment.amount - given, *nothing).where(
        Payment.confirms_id.is_(None),
        Payment.state == _CAPTURED,
        Payment.amount > given,
    )


def _loose(amount: Any, *more: Any) -> Select[*tuple[Any, ...]]:  # noqa: ANN401 (columns)
    """The columns of LooseMoney, in its order."""
    return (
        select(
            Payment.id, Payment.gateway_payment_id, PaymentOrder.gateway,
            PaymentOrder.gateway_order_id, _booking.c.id, _booking.c.number, _booking.c.state,
            _booking.c.name, _booking.c.email, amount, Payment.currency, Payment.method,
            func.coalesce(Payment.captured_at, Payment.created_at), *more,
        )
        .join(PaymentOrder, PaymentOrder.id == Payment.payment_order_id)
        .join(_booking, _booking.c.id == PaymentOrder.booking_id)
    )  # fmt: skip


def _from(part: Select[*tuple[Any, ...]], after: Place, size: int) -> Select[*tuple[Any, ...]]:
    """The next rows of a part, after a place."""
    refund = part.selected_columns[16]
    refund_id = func.coalesce(refund, 0)
    on = or_(
        Payment.id > after.payment_id,
        and_(Payment.id == after.payment_id, refund_id > after.refund_id),
    )
    return (
        part.where(Payment.id >= after.payment_id, on).order_by(Payment.id, refund_id).limit(size)
    )


def _holds(typed: str) -> ColumnElement[bool]:
    """A booking's number, the gateway's ids, the customer's name or address hold what was typed."""
    columns = (
        _booking.c.number, _booking.c.name, _booking.c.email, Payment.gateway_payment_id,
        PaymentOrder.gateway_order_id,
    )  # fmt: skip
    by_refund = (
        select(Refund.id)
        .where(
            Refund.payment_id == Payment.id, Refund.gateway_refund_id == bindparam("typed", typed)
        )
        .correlate(Payment)
        .exists()
    )
    return or_(*(text.icontains(typed, autoescape=True) for text in columns), by_refund)
