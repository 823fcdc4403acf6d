"""What is known of each transport, in its row of `mail_transport`: its breaker and today's count.

Everything writes inside the caller's transaction. On PostgreSQL the row is locked while it is read to
be changed, so that of several processes one alone probes, and all of them together keep to its limits.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ScalarSelect, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bookingapp.db import is_sqlite
from bookingapp.email.breaker import (
    COUNTED,
    Breaker,
    after_fault,
    after_probe_given,
    after_probe_unspent,
    after_sent,
)
from bookingapp.email.faults import Evidence, Fault
from bookingapp.email.models import BreakerState, MailTransport, OutboxMessage, OutboxState
from bookingapp.email.routes import Route

# Of a day's quota the last fifth is for tickets alone.
FOR_ALL, PARTS = 4, 5


MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Used:
    """Mails a transport took today and in the last minute, and those claimed for it, by all processes."""

    day: int = 0
    minute: int = 0
    under_way: int = 0


@dataclass(frozen=True)
class Allowed:
    """How many mails may be claimed for a transport now. `tickets_only`: the reserve has begun."""

    mails: int
    tickets_only: bool = False
    probing: bool = False


def allowed(session: Session, route: Route, limit: int, now: datetime) -> Allowed:
    """What the breaker and the provider's limits leave of `limit`. Who is `probing` says `probe_given`.

    Where there are limits the row stays locked until the claim is made: nobody else counts meanwhile.
    """
    row = _row(session, route.name, lock=route.limited)
    if row is None and route.limited:
        row = _new(session, route.name)
    if row is None:
        return Allowed(limit)
    breaker = _breaker(row)
    if breaker.open:
        row = _row(session, route.name, lock=True) or row
        breaker = _breaker(row)
        if not breaker.may_probe(now):
            return Allowed(0)
        limit = 1
    if not route.limited:
        return Allowed(limit, probing=breaker.open)
    found = within_limits(route, _used(session, row, now), limit)
    return replace(found, probing=breaker.open)


def probe_given(session: Session, name: str, now: datetime) -> None:
    """A mail was claimed to try; nobody else does so meanwhile."""
    _change(session, name, after_probe_given, now)


def probe_unspent(session: Session, name: str, now: datetime) -> None:
    """The mail that was to try is not sent after all, and the server knows nothing of it."""
    _change(session, name, after_probe_unspent, now)


def note_fault(
    session: Session,
    name: str,
    fault: Fault,
    evidence: Evidence,
    now: datetime,
    *,
    probe: bool = False,
) -> bool:
    """A try failed, perhaps the probe. True: the breaker is open now."""
    row = _row(session, name, lock=True) or _new(session, name)
    before = _breaker(row)
    breaker = after_fault(before, fault, now, probe=probe)
    _store(row, breaker)
    if fault in COUNTED and not before.late(probe=probe):
        row.fault, row.last_fault_at = fault.value, now
        row.last_code, row.last_error = evidence.code or None, evidence.words[:1000]
    session.flush()
    return breaker.open


def note_sent(
    session: Session, name: str, mails: int, now: datetime, *, probe: bool = False
) -> None:
    """So many mails were taken: the transport is well, the day's count grows."""
    row = _row(session, name, lock=True) or _new(session, name)
    row.sent_today = mails + (row.sent_today if row.day == now.date() else 0)
    row.day, row.last_ok_at = now.date(), now
    _store(row, after_sent(_breaker(row), probe=probe))
    session.flush()


def try_now(session: Session, name: str, now: datetime) -> bool:
    """The next probe at once: somebody says that it is mended. False: the breaker is not open."""
    opened = MailTransport.name == name, MailTransport.breaker == BreakerState.OPEN
    at_once = update(MailTransport).where(*opened).values(next_probe_at=now, wait_seconds=0)
    return session.connection().execute(at_once).rowcount == 1


def _change(
    session: Session, name: str, rule: Callable[[Breaker, datetime], Breaker], now: datetime
) -> None:
    row = _row(session, name, lock=True)
    if row is not None:
        _store(row, rule(_breaker(row), now))
        session.flush()


def within_limits(route: Route, used: Used, limit: int) -> Allowed:
    """What a provider's limits leave of `limit`; of the day's last fifth tickets alone. Pure."""
    if route.per_minute:
        limit = min(limit, max(0, route.per_minute - used.minute - used.under_way))
    if not route.daily_limit:
        return Allowed(limit)
    spent = used.day + used.under_way
    for_all = route.daily_limit * FOR_ALL // PARTS - spent
    if for_all > 0:
        return Allowed(min(limit, for_all))
    return Allowed(max(0, min(limit, route.daily_limit - spent)), tickets_only=True)


def _used(session: Session, row: MailTransport, now: datetime) -> Used:
    """Counted from the mails: another process adds to the row only when it has sent a whole batch."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    asked = {"name": row.name, "now": now, "day": midnight, "minute": now - MINUTE}
    day, minute, under_way = session.connection().execute(_USED, asked).one()
    counted = row.sent_today if row.day == now.date() else 0
    return Used(max(day, counted), minute, under_way)


def _sent_since(instant: str) -> ScalarSelect[int]:
    return (
        select(func.count())
        .where(
            OutboxMessage.sent_at > bindparam(instant),
            OutboxMessage.sent_at <= bindparam("now"),
            OutboxMessage.state == OutboxState.SENT,
            OutboxMessage.transport == bindparam("name"),
        )
        .scalar_subquery()
    )


_UNDER_WAY = (
    select(func.count())
    .where(
        OutboxMessage.state == OutboxState.SENDING,
        OutboxMessage.due_at > bindparam("now"),
        OutboxMessage.transport == bindparam("name"),
    )
    .scalar_subquery()
)
_USED = select(_sent_since("day"), _sent_since("minute"), _UNDER_WAY)
_ROW = select(MailTransport).where(MailTransport.name == bindparam("name"))
_LOCKED = _ROW.with_for_update().execution_options(populate_existing=True)


def _row(session: Session, name: str, *, lock: bool = False) -> MailTransport | None:
    return session.scalar(_LOCKED if lock else _ROW, {"name": name})


def _new(session: Session, name: str) -> MailTransport:
    adding = sqlite.insert if is_sqlite(session) else postgresql.insert
    session.connection().execute(
        adding(MailTransport)
        .values(
            name=name,
            breaker=BreakerState.CLOSED,
            failures=0,
            wait_seconds=0,
            fault="",
            last_error="",
            sent_today=0,
        )
        .on_conflict_do_nothing(index_elements=["name"])
    )
    row = _row(session, name, lock=True)
    if row is None:
        raise LookupError(name)
    return row


def _breaker(row: MailTransport) -> Breaker:
    wait = timedelta(seconds=row.wait_seconds)
    fault = Fault(row.fault) if row.fault else None
    return Breaker(row.failures, row.opened_at, row.next_probe_at, wait, fault)


def _store(row: MailTransport, breaker: Breaker) -> None:
    row.breaker = BreakerState.OPEN if breaker.open else BreakerState.CLOSED
    row.failures, row.opened_at, row.next_probe_at = (
        breaker.failures,
        breaker.opened_at,
        breaker.next_probe_at,
    )
    row.wait_seconds = round(breaker.wait.total_seconds())
