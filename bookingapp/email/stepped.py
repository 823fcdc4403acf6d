"""The clock was put: what was due before it went back is due now, not an hour later.

Rows hold instants of a clock that people and time servers correct. The drain compares it with the
monotonic one at every claim. All statements may run twice: on PostgreSQL each process notices.
"""

import logging
import threading
import time
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from bookingapp.db import FAILS, db, transaction
from bookingapp.email import happenings
from bookingapp.email.models import OutboxState
from bookingapp.email.retry import UNCERTAIN_WAIT
from bookingapp.email.rows import c, message

log = logging.getLogger(__name__)
# Time servers correct less than this all day long.
TOLERANCE = timedelta(seconds=30)

_lock = threading.Lock()
_seen: tuple[datetime, float] | None = None


def begin() -> None:
    """The process starts: nothing seen yet."""
    global _seen  # noqa: PLW0603 (one process, one clock)
    with _lock:
        _seen = None


def look(now: datetime, lease: timedelta) -> None:
    """Before a claim: has the clock been put since the last look? `lease`: how long a claim may last."""
    was = _expected(now)
    by = now - was
    if abs(by) <= TOLERANCE:
        return
    log.warning("the clock was put by %s s", round(by.total_seconds()))
    happenings.note(happenings.What.CLOCK, by=by)
    if now < was:
        try:
            with transaction() as session:
                _due_again(session, now, was, lease)
        except FAILS:
            _unseen(was)
            raise


def _unseen(was: datetime) -> None:
    """It could not be mended: the next look finds the clock put as this one did."""
    global _seen  # noqa: PLW0603
    with _lock:
        _seen = was, time.monotonic()


def _expected(now: datetime) -> datetime:
    """What the clock would show had nobody put it."""
    global _seen
    ticks = time.monotonic()
    with _lock:
        seen, _seen = _seen, (now, ticks)
    if seen is None:
        return max(now, _newest() or now)
    return seen[0] + timedelta(seconds=ticks - seen[1])


def _newest() -> datetime | None:
    """When the newest mail was owed: at a start all that is known of the clock before."""
    with db.engine.connect() as connection:
        # "id > 0" says to SQLite what it does anyway: search, not scan
        newest = select(c.created_at).where(c.id > 0).order_by(c.id.desc()).limit(1)
        return connection.scalar(newest)


def _due_again(session: Session, now: datetime, was: datetime, lease: timedelta) -> None:
    """What was due by the old clock or waits for another try: now. Doubts and claims: no longer than usual."""
    waits = or_(c.state == OutboxState.RETRY, c.last_error != "", c.due_at <= was)
    _bring_forward(session, now, c.state != OutboxState.SENDING, c.uncertain.is_(False), waits)
    _bring_forward(session, now + UNCERTAIN_WAIT, c.state == OutboxState.RETRY)
    _bring_forward(session, now + lease, c.state == OutboxState.SENDING)


def _bring_forward(session: Session, at: datetime, *which: ColumnElement[bool]) -> None:
    session.connection().execute(update(message).where(c.due_at > at, *which).values(due_at=at))
