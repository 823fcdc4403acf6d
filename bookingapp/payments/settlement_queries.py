"""Reads of settlements: what reached the bank, and what the report and our books say differently."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, not_, or_, select

from bookingapp.db import db
from bookingapp.payments import settlement_rules as rules
from bookingapp.payments.models import Payment, PaymentOrder, PaymentState, Refund, RefundState
from bookingapp.payments.refunds import AT_THE_COUNTER
from bookingapp.payments.settlement_models import SettlementDay, SettlementLine
from bookingapp.payments.settlement_rules import PAYMENT, REFUND, Match, Ours

SIZE = 50
MONEY = (PaymentState.CAPTURED, PaymentState.REFUNDED)
BACK = (RefundState.PENDING, RefundState.PROCESSED)


@dataclass(frozen=True)
class Settlement:
    """One transfer to the house's bank. Sums in minor units; `net` is what arrives."""

    settlement_id: str
    utr: str
    currency: str
    settled_at: datetime | None
    payments: int
    paid: int
    refunds: int
    back: int
    fees: int
    tax: int
    net: int
    different: int
    newest: int


@dataclass(frozen=True)
class Line:
    """A line of a report beside our books."""

    id: int
    entity_id: str
    settlement_id: str
    kind: str
    amount: int
    credit: int
    debit: int
    fee: int
    tax: int
    currency: str
    utr: str
    payment_ref: str
    receipt: str
    method: str
    settled_at: datetime | None
    day: date
    cleared_at: datetime | None
    note: str
    match: Match
    ours: Ours | None

    @property
    def payment(self) -> str:
        """The payment to ask the gateway about; empty for what is none."""
        return {PAYMENT: self.entity_id, REFUND: self.payment_ref}.get(self.kind, "")


@dataclass(frozen=True)
class Missing:
    """Money of ours that no report names after so many days."""

    kind: str
    entity_id: str
    payment: str
    amount: int
    currency: str
    at: datetime
    receipt: str


@dataclass(frozen=True)
class Reading:
    """How far the reports were read: the last good reading, days not read yet, the latest trouble."""

    read_at: datetime | None
    unread: int
    last_error: str


def reading() -> Reading:
    """How far the reports were read."""
    read_at, unread = db.session.execute(
        select(
            func.max(SettlementDay.read_at),
            func.count().filter(SettlementDay.read_at.is_(None)),
        )
    ).one()
    trouble = (
        select(SettlementDay.last_error)
        .where(SettlementDay.last_error != "")
        .order_by(SettlementDay.day.desc())
        .limit(1)
    )
    return Reading(read_at, unread, db.session.scalar(trouble) or "")


def settlements(*, before: int | None = None, size: int = SIZE) -> list[Settlement]:
    """The newest settlements, older than the one whose newest line is `before`."""
    newest = func.max(SettlementLine.id)
    paid, back = SettlementLine.kind == PAYMENT, SettlementLine.kind == REFUND

    def total(what: Any, which: ColumnElement[bool] | None = None) -> ColumnElement[int]:  # noqa: ANN401
        return func.coalesce(func.sum(what if which is None else case((which, what), else_=0)), 0)

    statement = (
        _joined(
            SettlementLine.settlement_id, func.max(SettlementLine.utr), SettlementLine.currency,
            func.max(SettlementLine.settled_at), total(1, paid), total(SettlementLine.amount, paid),
            total(1, back), total(SettlementLine.amount, back), total(SettlementLine.fee),
            total(SettlementLine.tax), total(SettlementLine.credit - SettlementLine.debit),
            total(1, _differs()), newest,
        )
        .where(SettlementLine.settlement_id != "")
        .group_by(SettlementLine.settlement_id, SettlementLine.currency)
        .order_by(newest.desc())
        .limit(size)
    )  # fmt: skip
    if before is not None:
        statement = statement.having(newest < before)
    return [Settlement(*row) for row in db.session.execute(statement)]


def differences(*, after: int = 0, size: int = SIZE) -> list[Line]:
    """Lines that are unknown to us or differ, and that nobody cleared; oldest first."""
    return _lines(_differs(), SettlementLine.id > after, size=size)


def lines_of(settlement_id: str, *, after: int = 0, size: int = SIZE) -> list[Line]:
    """What a settlement consists of."""
    mine = SettlementLine.settlement_id == settlement_id
    return _lines(mine, SettlementLine.id > after, size=size)


def all_lines(settlement_id: str = "") -> Iterator[Line]:
    """Every line, or one settlement's, to the end."""
    after = 0
    while found := _lines(
        SettlementLine.id > after,
        *([SettlementLine.settlement_id == settlement_id] if settlement_id else []),
        size=500,
    ):
        yield from found
        after = found[-1].id


def how_many_differ(now: datetime, days: int) -> int:
    """Lines that differ and sums that are missing."""
    lines = _joined(func.count()).where(_differs())
    return (db.session.scalar(lines) or 0) + len(missing(now, days))


def missing(now: datetime, days: int, *, size: int = SIZE) -> list[Missing]:
    """Our captured payments and processed refunds that no report names after `days`; oldest first."""
    since, until = _judged(now, days)
    if since is None:
        return []
    found = [
        *(Missing(PAYMENT, *row) for row in db.session.execute(_missing_payments(since, until, size))),
        *(Missing(REFUND, *row) for row in db.session.execute(_missing_refunds(since, until, size))),
    ]  # fmt: skip
    return sorted(found, key=lambda each: each.at)[:size]


def _judged(now: datetime, days: int) -> tuple[datetime | None, datetime]:
    """The span whose money must be in the reports that were read."""
    first = db.session.scalar(select(func.min(SettlementDay.day)))
    unread = db.session.scalar(
        select(func.min(SettlementDay.day)).where(SettlementDay.read_at.is_(None))
    )
    until = min(now, _begin(unread)) if unread else now
    return _begin(first) if first else None, until - timedelta(days=days)


def _begin(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=rules.ZONE)


def _missing_payments(since: datetime, until: datetime, size: int) -> Select[*tuple[Any, ...]]:
    named = select(SettlementLine.id).where(SettlementLine.entity_id == Payment.gateway_payment_id)
    return (
        select(
            Payment.gateway_payment_id, Payment.gateway_payment_id, Payment.amount,
            Payment.currency, Payment.captured_at, PaymentOrder.receipt,
        )
        .join(PaymentOrder, PaymentOrder.id == Payment.payment_order_id)
        .where(
            PaymentOrder.gateway.not_in(AT_THE_COUNTER), Payment.state.in_(MONEY),
            Payment.captured_at >= since, Payment.captured_at < until, ~named.exists(),
        )
        .order_by(Payment.captured_at)
        .limit(size)
    )  # fmt: skip


def _missing_refunds(since: datetime, until: datetime, size: int) -> Select[*tuple[Any, ...]]:
    named = select(SettlementLine.id).where(SettlementLine.entity_id == Refund.gateway_refund_id)
    return (
        select(
            Refund.gateway_refund_id, Payment.gateway_payment_id, Refund.amount, Refund.currency,
            Refund.processed_at, PaymentOrder.receipt,
        )
        .join(Payment, Payment.id == Refund.payment_id)
        .join(PaymentOrder, PaymentOrder.id == Payment.payment_order_id)
        .where(
            Refund.state == RefundState.PROCESSED, not_(Refund.by_hand),
            Refund.gateway_refund_id.is_not(None), Refund.processed_at >= since,
            Refund.processed_at < until, ~named.exists(),
        )
        .order_by(Refund.processed_at)
        .limit(size)
    )  # fmt: skip


def _joined(*columns: Any) -> Select[*tuple[Any, ...]]:  # noqa: ANN401 (columns of several kinds)
    """Lines beside what we know of them."""
    payment = and_(
        SettlementLine.kind == PAYMENT, Payment.gateway_payment_id == SettlementLine.entity_id
    )
    refund = and_(
        SettlementLine.kind == REFUND, Refund.gateway_refund_id == SettlementLine.entity_id
    )
    return (
        select(*columns)
        .select_from(SettlementLine)
        .outerjoin(Payment, payment)
        .outerjoin(Refund, refund)
    )


def _differs() -> ColumnElement[bool]:
    """rules.match for the database: a difference nobody cleared. A test holds the two together."""
    amount = func.coalesce(Payment.amount, Refund.amount, -1)
    currency = func.coalesce(Payment.currency, Refund.currency, "")
    same = and_(amount == SettlementLine.amount, currency == SettlementLine.currency)
    state = or_(Payment.state.in_(MONEY), Refund.state.in_(BACK))
    good = func.coalesce(and_(same, state), False)
    compared = SettlementLine.kind.in_((PAYMENT, REFUND))
    return and_(compared, SettlementLine.cleared_at.is_(None), not_(good))


def _lines(*which: ColumnElement[bool], size: int) -> list[Line]:
    names = [name for name in Line.__dataclass_fields__ if name not in {"match", "ours"}]
    statement = _joined(
        *(getattr(SettlementLine, name) for name in names),
        func.coalesce(Payment.amount, Refund.amount),
        func.coalesce(Payment.currency, Refund.currency),
        Payment.state, Refund.state,
    ).where(*which).order_by(SettlementLine.id).limit(size)  # fmt: skip
    return [_line(row) for row in db.session.execute(statement)]


def _line(row: Any) -> Line:  # noqa: ANN401 (a row of _lines)
    *told, amount, currency, paid, back = row
    ours = None if amount is None else Ours(amount, currency, (paid or back).value)
    values = [*told, rules.match(row.kind, row.amount, row.currency, ours), ours]
    return Line(*values)
