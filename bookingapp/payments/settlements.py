"""Steps of reading the gateway's reports: whose turn it is, what was read. Each takes the caller's session."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bookingapp import audit
from bookingapp.db import is_sqlite, table
from bookingapp.payments import settlement_lines
from bookingapp.payments import settlement_rules as rules
from bookingapp.payments.answers import ReportLine
from bookingapp.payments.models import Payment, PaymentOrder
from bookingapp.payments.refunds import AT_THE_COUNTER
from bookingapp.payments.settlement_models import SettlementDay, SettlementLine

LEASE = timedelta(minutes=5)


@dataclass(frozen=True)
class DueDay:
    """A day whose report is to be read."""

    id: int
    day: date


def plan(session: Session, now: datetime) -> None:
    """A row for each day up to today, from the first money on; days we slept through included."""
    first = session.scalar(
        select(func.min(Payment.captured_at))
        .join(PaymentOrder, PaymentOrder.id == Payment.payment_order_id)
        .where(PaymentOrder.gateway.not_in(AT_THE_COUNTER))
    )
    if first is None:
        return
    known = session.scalar(select(func.max(SettlementDay.day)))
    days = rules.days_to_plan(first, known, now)
    if days:
        plain = {"next_look_at": now, "looks": 0, "lines": 0, "last_error": ""}
        insert = sqlite.insert if is_sqlite(session) else postgresql.insert
        # two processes may plan at once
        new = insert(table(SettlementDay)).on_conflict_do_nothing(index_elements=["day"])
        session.connection().execute(new, [{"day": day, **plain} for day in days])


def claim(session: Session, now: datetime) -> DueDay | None:
    """Take the day that has waited longest, for some minutes."""
    row = session.scalars(
        select(SettlementDay)
        .where(SettlementDay.next_look_at <= now)
        .order_by(SettlementDay.next_look_at, SettlementDay.day)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    row.next_look_at = now + LEASE
    row.looks += 1
    return DueDay(row.id, row.day)


def keep(session: Session, due: DueDay, lines: Sequence[ReportLine], now: datetime) -> None:
    """Write down what was read of a day; what is known is brought up to date, nothing is taken away."""
    settlement_lines.keep(session, due.day, lines, now)
    row = session.get_one(SettlementDay, due.id, with_for_update=True)
    row.read_at, row.lines, row.looks, row.last_error = now, len(lines), 0, ""
    row.next_look_at = rules.look_again(due.day, now)


def trouble(session: Session, due: DueDay, why: str, now: datetime) -> None:
    """No answer: later again."""
    row = session.get_one(SettlementDay, due.id, with_for_update=True)
    row.last_error, row.next_look_at = why[:300], now + rules.after_trouble(row.looks)


def hurry(session: Session, now: datetime) -> None:
    """Somebody wants the days that may still change read now."""
    since = rules.today(now) - rules.YOUNG
    young = SettlementDay.day >= since
    session.execute(update(SettlementDay).where(young).values(next_look_at=now))


def clear(session: Session, line_id: int, note: str, now: datetime, actor_id: int) -> None:
    """A difference was looked into and is none. Raises LineNotFound, ClearingNoteMissing."""
    if not note.strip():
        raise rules.ClearingNoteMissing
    line = session.get(SettlementLine, line_id, with_for_update=True)
    if line is None or line.cleared_at is not None:
        raise rules.LineNotFound
    line.cleared_at, line.cleared_by_id, line.note = now, actor_id, note.strip()[:300]
    said = {"entity": line.entity_id, "note": line.note}
    audit.note(session, "settlement_cleared", ("settlement_line", line.id), actor_id=actor_id, after=said)  # fmt: skip
