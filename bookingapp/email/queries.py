"""Reads of the outbox for the manager's pages, `/healthz`, metrics and the command line.

Nothing here grows with the history: what is owed comes from small indexes, today's figures from the
newest sent rows, lists by keyset. Bookings are unknown here; who searches for one brings its ids.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Subquery, func, or_, select

from bookingapp.db import db
from bookingapp.email.models import OutboxAttempt, OutboxMessage, OutboxMime, OutboxState

OWED = (OutboxState.QUEUED, OutboxState.SENDING, OutboxState.RETRY)
# What a manager must look at: given up, or stopped before it could arrive.
FAILED = (OutboxState.DEAD, OutboxState.SUPPRESSED, OutboxState.EXPIRED)
DONE = (OutboxState.SENT, OutboxState.SIMULATED)
# Of the newest this many mails today's figures are made; above the daily quota of any mail account.
NEWEST = 2500


@dataclass(frozen=True)
class MailLine:
    """One mail in a list."""

    id: int
    public_id: str
    kind: str
    recipient: str
    state: OutboxState
    attempts: int
    uncertain: bool
    last_code: int | None
    last_error: str
    due_at: datetime | None
    created_at: datetime
    sent_at: datetime | None
    expires_at: datetime | None
    booking_id: int | None
    message_id: str
    provider_ref: str
    locale: str


@dataclass(frozen=True)
class Attempt:
    """One try: how far it came and the server's own words."""

    at: datetime
    phase: str
    outcome: str
    code: int | None
    enhanced_code: str
    reply: str
    duration_ms: int


@dataclass(frozen=True)
class OpenedMail:
    """One mail with its tries and, once it was rendered, its exact bytes."""

    line: MailLine
    attempts: tuple[Attempt, ...]
    content: bytes | None
    sha256: str
    payload: dict[str, Any]


@dataclass(frozen=True)
class Search:
    """What a list of mails is narrowed to. `booking_ids` widens `recipient`: either may match."""

    states: tuple[OutboxState, ...] = ()
    kind: str = ""
    recipient: str = ""
    booking_ids: tuple[int, ...] = field(default=())


_LINE = [getattr(OutboxMessage, name) for name in MailLine.__dataclass_fields__]


def counts(states: Iterable[OutboxState] = tuple(OutboxState)) -> dict[OutboxState, int]:
    """How many mails are in each of these states; 0 where none is."""
    wanted = tuple(states)
    rows = db.session.execute(
        select(OutboxMessage.state, func.count())
        .where(OutboxMessage.state.in_(wanted))
        .group_by(OutboxMessage.state)
    )
    found = dict.fromkeys(wanted, 0)
    for state, number in rows:
        found[state] = number
    return found


def oldest_waiting() -> datetime | None:
    """When the mail that is owed for longest was put into the outbox."""
    return db.session.scalar(
        select(func.min(OutboxMessage.created_at)).where(OutboxMessage.due_at.is_not(None))
    )


def oldest_due(now: datetime) -> datetime | None:
    """Since when the most overdue mail could have been sent. A lease that ran out counts."""
    return db.session.scalar(
        select(func.min(OutboxMessage.due_at)).where(
            OutboxMessage.due_at.is_not(None), OutboxMessage.due_at <= now
        )
    )


def next_retry() -> datetime | None:
    """When the first mail that failed is tried again."""
    return db.session.scalar(
        select(func.min(OutboxMessage.due_at)).where(
            OutboxMessage.due_at.is_not(None), OutboxMessage.state == OutboxState.RETRY
        )
    )


def gone_out(since: datetime) -> list[tuple[datetime, datetime]]:
    """(created, gone out) of the mails sent or written to files since then, newest first."""
    rows: list[tuple[datetime, datetime]] = []
    for state in DONE:
        newest = _newest(state)
        statement = select(newest.c.created_at, newest.c.sent_at).where(newest.c.sent_at >= since)
        rows += [(made, gone) for made, gone in db.session.execute(statement)]
    return sorted(rows, key=lambda row: row[1], reverse=True)


def given_up(since: datetime) -> list[datetime]:
    """When each mail that failed since then was put into the outbox."""
    made: list[datetime] = []
    for state in FAILED:
        newest = _newest(state)
        made += db.session.scalars(select(newest.c.created_at).where(newest.c.created_at >= since))
    return made


def _newest(state: OutboxState) -> Subquery:
    """The newest mails of a state: the index (state, id) from its end, never the whole history."""
    return (
        select(OutboxMessage.created_at, OutboxMessage.sent_at)
        .where(OutboxMessage.state == state)
        .order_by(OutboxMessage.id.desc())
        .limit(NEWEST)
        .subquery()
    )


def page(search: Search, *, before: int | None = None, size: int = 50) -> list[MailLine]:
    """The newest mails that match, older than row `before`."""
    statement = select(*_LINE).where(*_matching(search)).order_by(OutboxMessage.id.desc())
    if before is not None:
        statement = statement.where(OutboxMessage.id < before)
    return [MailLine(*row) for row in db.session.execute(statement.limit(size))]


def _matching(search: Search) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if search.states:
        conditions.append(OutboxMessage.state.in_(search.states))
    if search.kind:
        conditions.append(OutboxMessage.kind == search.kind)
    if search.recipient:
        # autoescape: a typed % or _ is that sign, not a wildcard
        told = OutboxMessage.recipient.icontains(search.recipient, autoescape=True)
        conditions.append(or_(told, OutboxMessage.booking_id.in_(search.booking_ids)))
    return conditions


def one(public_id: str) -> OpenedMail | None:
    """A mail with everything there is about it."""
    row = db.session.execute(
        select(*_LINE, OutboxMime.content, OutboxMime.sha256, OutboxMessage.payload)
        .join(OutboxMime, OutboxMime.message_id == OutboxMessage.id, isouter=True)
        .where(OutboxMessage.public_id == public_id)
    ).one_or_none()
    if row is None:
        return None
    line = MailLine(*row[: len(_LINE)])
    content, sha256, payload = row[len(_LINE) :]
    return OpenedMail(line, tuple(_attempts(line.id)), content, sha256 or "", payload)


def of_booking(booking_id: int) -> Sequence[MailLine]:
    """A booking's mails, newest first."""
    rows = db.session.execute(
        select(*_LINE)
        .where(OutboxMessage.booking_id == booking_id)
        .order_by(OutboxMessage.id.desc())
    )
    return [MailLine(*row) for row in rows]


def _attempts(message_id: int) -> Iterable[Attempt]:
    columns = [getattr(OutboxAttempt, name) for name in Attempt.__dataclass_fields__]
    rows = db.session.execute(
        select(*columns).where(OutboxAttempt.message_id == message_id).order_by(OutboxAttempt.id)
    )
    return (Attempt(*row) for row in rows)
