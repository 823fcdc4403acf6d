"""How the outbox is doing, for its page: every figure from the end of an index, none from the history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, String, bindparam, cast, func, select, union_all

from bookingapp.db import db
from bookingapp.email.listing import BOUNCED, UNCERTAIN
from bookingapp.email.messages import KINDS
from bookingapp.email.models import MailTransport, OutboxMessage, OutboxState
from bookingapp.email.queries import FAILED

M = OutboxMessage
HOURS = 24
# The pace is read off the last so many; of the failures of a day at most so many are drawn.
LAST = 100
MOST_FAILED = 2500
NEXT = 5
# A kind that this version does not know has the column's default.
PRIORITIES = tuple(sorted({kind.priority for kind in KINDS.values()} | {50}))


@dataclass(frozen=True)
class NextTry:
    """A mail that failed and when it goes again."""

    public_id: str
    kind: str
    recipient: str
    due_at: datetime
    attempts: int
    uncertain: bool
    last_error: str


@dataclass(frozen=True)
class Doubts:
    """What may have arrived twice or never: perhaps sent; sent back by the recipient's server."""

    uncertain: int
    bounced: int


def _count_between(since: str, until: str) -> Any:  # noqa: ANN401 (a scalar subquery)
    between = M.sent_at >= bindparam(since), M.sent_at < bindparam(until)
    return select(func.count()).where(M.sent_at.is_not(None), *between).scalar_subquery()


# An expression, not the column: SQLite would take the index of states and read all that was ever sent.
_STATE = cast(M.state, String)
# Built once: 24 counts in one statement, each from the index of sent_at alone.
_HOURS: Select[Any] = select(*[_count_between(f"h{n}", f"h{n + 1}") for n in range(HOURS)])
_SINCE: Select[Any] = select(
    *[
        select(func.count())
        .where(M.sent_at >= bindparam(f"s{n}"), M.sent_at.is_not(None))
        .where(bindparam("state") == _STATE)
        .scalar_subquery()
        for n in range(3)
    ]
)
_NEWEST_GONE = (
    select(M.created_at, M.sent_at)
    # bounded: where mails are sent none is simulated, and the search for a hundred would not end
    .where(M.sent_at >= bindparam("since"), M.sent_at.is_not(None), bindparam("state") == _STATE)
    .order_by(M.sent_at.desc())
    .limit(LAST)
)


def gone_since(state: OutboxState, *instants: datetime) -> Sequence[int]:
    """How many mails went out (sent, or simulated) since each of three instants."""
    values = {f"s{n}": instant for n, instant in enumerate(instants)}
    return list(db.session.execute(_SINCE, {**values, "state": state.value}).one())


def gone_per_hour(since: datetime) -> list[int]:
    """Mails sent or simulated in each of the 24 hours from `since` on."""
    hours = {f"h{n}": since + timedelta(hours=n) for n in range(HOURS + 1)}
    return list(db.session.execute(_HOURS, hours).one())


def newest_gone(state: OutboxState, since: datetime) -> list[tuple[datetime, datetime]]:
    """(owed, gone out) of the last hundred since then, newest first."""
    rows = db.session.execute(_NEWEST_GONE, {"state": state.value, "since": since})
    return [(made, gone) for made, gone in rows if gone is not None]


def given_up(since: datetime) -> list[datetime]:
    """When each mail that failed since then was put into the outbox."""
    first = first_id(since)
    each = [
        select(M.created_at)
        .where(M.state == state, M.id >= first, M.created_at >= since)
        .order_by(M.id.desc())
        .limit(MOST_FAILED)
        .subquery()
        for state in FAILED
    ]
    rows = db.session.scalars(union_all(*[select(part.c.created_at) for part in each]))
    return list(rows)


def first_id(since: datetime) -> int:
    """The first row put since then and not pruned; rows are put in the order of time."""
    found = db.session.scalar(
        select(M.id)
        .where(M.pruned_at.is_(None), M.created_at >= since)
        .order_by(M.created_at)
        .limit(1)
    )
    return found or 2**31 - 1


def next_tries(now: datetime) -> list[NextTry]:
    """The first retries to come. By priority, as the index of due mails is: what waits is not read."""
    columns = [getattr(M, name) for name in NextTry.__dataclass_fields__]
    each = [
        select(*columns)
        .where(M.priority == priority, M.due_at.is_not(None), M.due_at > now)
        .where(M.state == OutboxState.RETRY)
        .order_by(M.due_at, M.id)
        .limit(NEXT)
        .subquery()
        for priority in PRIORITIES
    ]
    rows = db.session.execute(union_all(*[select(part) for part in each]))
    return sorted((NextTry(*row) for row in rows), key=lambda retry: retry.due_at)[:NEXT]


def doubts(since: datetime) -> Doubts:
    """Mails put since then whose arrival is in doubt."""
    first = first_id(since)
    counted = [
        select(func.count()).where(which, M.id >= first).scalar_subquery()
        for which in (UNCERTAIN, BOUNCED)
    ]
    return Doubts(*db.session.execute(select(*counted)).one())


def transports() -> dict[str, MailTransport]:
    """What is known of each way out, by its name in the settings."""
    return {row.name: row for row in db.session.scalars(select(MailTransport))}
