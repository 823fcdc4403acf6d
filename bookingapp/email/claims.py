"""The drain's transactions: claim, mark, record, give back, take back. Short, one deed each.

Every write after the claim is fenced by the lease token and the state `sending`; a fence that finds no
row means that the claim is lost, and whoever has it now writes the history.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, cast

from sqlalchemy import Select, Table, Update, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bookingapp.db import is_sqlite, transaction
from bookingapp.email.messages import KINDS
from bookingapp.email.models import OutboxAttempt, OutboxMessage, OutboxMime, OutboxState
from bookingapp.email.retry import Cause, Evidence, History, Verdict, crashed_at_dot

message = cast("Table", OutboxMessage.__table__)
attempt = cast("Table", OutboxAttempt.__table__)
mime = cast("Table", OutboxMime.__table__)
c = message.c


@dataclass(frozen=True)
class Due:
    """A claimed row: ours to send until the lease ends. `frozen`: the bytes of an earlier try."""

    id: int
    public_id: str
    kind: str
    recipient: str
    locale: str
    payload: dict[str, Any]
    message_id: str
    booking_id: int | None
    attempts: int
    priority: int
    expires_at: datetime | None
    lease_token: str
    uncertain: bool
    frozen: bytes | None = None


@dataclass(frozen=True)
class Tried:
    """One try: what was heard, when it was over, how long it took."""

    evidence: Evidence
    at: datetime
    took_ms: int


_DUE = [c[name] for name in Due.__dataclass_fields__ if name != "frozen"]


def claim(now: datetime, *, limit: int, lease: timedelta, only: str = "") -> list[Due]:
    """Take up to `limit` due mails, most urgent first. `only`: this one mail (its public id)."""
    token = secrets.token_hex(8)
    with transaction() as session:
        _take_back_at_dot(session, now, c.due_at <= now)
        rows = session.connection().execute(_claiming(session, now, limit, only).values(
            state=OutboxState.SENDING, lease_token=token, due_at=now + lease, phase="claimed",
            attempts=c.attempts + 1,
        ).returning(*_DUE)).all()  # fmt: skip
        frozen = _frozen(session, [row.id for row in rows])
    dues = [replace(Due(*row), frozen=frozen.get(row.id)) for row in rows]
    return sorted(dues, key=lambda due: (due.priority, due.id))


def _claiming(session: Session, now: datetime, limit: int, only: str) -> Update:
    """Which rows. On PostgreSQL the fence of MATERIALIZED keeps to LIMIT, SKIP LOCKED to the free."""
    due: Select[tuple[int]] = select(c.id).where(c.due_at <= now, c.phase != "dot")
    if only:
        due = due.where(c.public_id == only)
    due = due.order_by(c.priority, c.due_at, c.id).limit(limit)
    if is_sqlite(session):
        return update(message).where(c.id.in_(due))
    locked = due.with_for_update(skip_locked=True).cte("due")
    return update(message).where(c.id.in_(select(locked.prefix_with("MATERIALIZED").c.id)))


def _frozen(session: Session, ids: Sequence[int]) -> dict[int, bytes]:
    """The bytes of earlier tries."""
    if not ids:
        return {}
    rows = session.connection().execute(
        select(mime.c.message_id, mime.c.content).where(mime.c.message_id.in_(ids))
    )
    return {row.message_id: row.content for row in rows}


def mark_dot(due: Due, content: bytes, now: datetime, lease: timedelta) -> bool:
    """Durable before the final dot: from here on the server may have the mail. False: claim lost."""
    with transaction() as session:
        if not _written(session, due, _AT_DOT, {"b_due_at": now + lease}):
            return False
        _keep(session, due, content, now)
    return True


def sent(due: Due, state: OutboxState, tried: Tried) -> bool:
    """The server said yes (or the file is written). False: somebody else had taken the row."""
    said = tried.evidence
    with transaction() as session:
        _note(session, due, state, tried)
        return _written(session, due, _GONE, {
            "b_state": state, "b_sent_at": tried.at, "b_ref": said.reply[:300], "b_code": said.code or None,
        })  # fmt: skip


def failed(due: Due, verdict: Verdict, tried: Tried, content: bytes | None) -> bool:
    """A try failed; the verdict says what follows. `content`: the bytes, once rendered."""
    values = _verdict_values(verdict, tried.evidence.words)
    with transaction() as session:
        _note(session, due, verdict.ending, tried)
        if content is not None:
            _keep(session, due, content, tried.at)
        return _fenced(session, due, **values, last_code=tried.evidence.code or None)


def finish(due: Due, state: OutboxState, why: str) -> bool:
    """Not to be sent: no longer true, or no longer of use. No try was made."""
    with transaction() as session:
        return _fenced(session, due, **_settled(state), attempts=due.attempts - 1, last_error=why)


def give_back(dues: Iterable[Due], now: datetime) -> None:
    """Claimed but not begun: due again at once, no try burnt."""
    with transaction() as session:
        for due in dues:
            again = OutboxState.RETRY if due.attempts > 1 else OutboxState.QUEUED
            _fenced(session, due, state=again, due_at=now, lease_token=None, phase="",
                    attempts=due.attempts - 1)  # fmt: skip


def take_back(now: datetime) -> int:
    """What a dead predecessor left in `sending`. Only for who alone sends (the lock's holder)."""
    with transaction() as session:
        doubtful = _take_back_at_dot(session, now, c.due_at.is_not(None))
        gone = update(message).where(c.state == OutboxState.SENDING).values(
            state=OutboxState.RETRY, due_at=now, lease_token=None, phase="")  # fmt: skip
        return doubtful + session.connection().execute(gone).rowcount


def first_try(due: Due, now: datetime) -> datetime:
    """When this series of tries began; a manager's retry begins a new one."""
    if due.attempts <= 1:
        return now
    with transaction() as session:
        found = session.connection().scalar(
            select(attempt.c.at).where(attempt.c.message_id == due.id)
            .order_by(attempt.c.id.desc()).offset(due.attempts - 2).limit(1))  # fmt: skip
    return found or now


def _take_back_at_dot(session: Session, now: datetime, which: Any) -> int:  # noqa: ANN401 (a clause)
    """Mails whose process died at the final dot: perhaps sent. What follows depends on the kind."""
    rows = session.connection().execute(
        select(*_DUE).where(c.state == OutboxState.SENDING, c.phase == "dot", which)
        .with_for_update(skip_locked=True)
    ).all()  # fmt: skip
    for row in rows:
        due = Due(*row)
        history = History(due.attempts, now, due.expires_at)
        verdict = crashed_at_dot(history, KINDS[due.kind].policy, now)
        evidence = Evidence(
            "dot", Cause.TRANSPORT, 0, "sending was cut off; the server may have the mail"
        )
        _note(session, due, "crashed", Tried(evidence, now, 0))
        _fenced(session, due, **_verdict_values(verdict, evidence.words))
    return len(rows)


def _verdict_values(verdict: Verdict, words: str) -> dict[str, Any]:
    said = "; ".join(filter(None, (words, verdict.why)))
    values = _settled(OutboxState.DEAD)
    if verdict.due_at is not None:
        values |= {"state": OutboxState.RETRY, "due_at": verdict.due_at}
    if verdict.uncertain:
        values["uncertain"] = True
    return {**values, "last_error": said}


def _settled(state: OutboxState) -> dict[str, Any]:
    return {"state": state, "due_at": None, "lease_token": None, "phase": ""}


# A row is written to only while it is ours: the fence of every statement after the claim.
_OURS = (
    c.id == bindparam("b_id"),
    c.lease_token == bindparam("b_token"),
    c.state == OutboxState.SENDING,
)
# These two run for every mail; built once, they cost a third.
_AT_DOT = update(message).where(*_OURS).values(phase="dot", due_at=bindparam("b_due_at"))
_GONE = update(message).where(*_OURS).values(
    state=bindparam("b_state"), due_at=None, lease_token=None, phase="", last_error="",
    sent_at=bindparam("b_sent_at"), provider_ref=bindparam("b_ref"), last_code=bindparam("b_code"),
)  # fmt: skip
_TRIED = insert(attempt)


def _fenced(session: Session, due: Due, **values: Any) -> bool:  # noqa: ANN401 (columns)
    """Write these columns, only while the row is ours."""
    return _written(session, due, update(message).where(*_OURS).values(**values), {})


def _written(session: Session, due: Due, statement: Update, values: dict[str, Any]) -> bool:
    whose = {"b_id": due.id, "b_token": due.lease_token}
    return session.connection().execute(statement, values | whose).rowcount == 1


def _keep(session: Session, due: Due, content: bytes, now: datetime) -> None:
    """The first render's bytes are kept; later tries send the same."""
    if due.frozen is not None:
        return
    adding = sqlite.insert if is_sqlite(session) else postgresql.insert
    session.connection().execute(adding(mime).on_conflict_do_nothing().values(
        message_id=due.id, content=content, sha256=sha256(content).hexdigest(), created_at=now))  # fmt: skip


def _note(session: Session, due: Due, outcome: str, tried: Tried) -> None:
    """One try, written down for good."""
    said = tried.evidence
    session.connection().execute(_TRIED, {
        "message_id": due.id, "at": tried.at, "phase": said.phase, "outcome": outcome,
        "code": said.code or None, "enhanced_code": said.enhanced, "reply": said.reply,
        "duration_ms": tried.took_ms,
    })  # fmt: skip
