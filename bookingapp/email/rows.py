"""A claimed mail and the fence around its row; the statements that all of the drain's deeds share.

Every write after the claim is fenced by the lease token and the state `sending`; a fence that finds no
row means that the claim is lost, and whoever has it now writes the history.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bookingapp.db import is_sqlite
from bookingapp.email.faults import Evidence
from bookingapp.email.models import OutboxAttempt, OutboxMessage, OutboxMime, OutboxState
from bookingapp.email.retry import Verdict

message = cast("Table", OutboxMessage.__table__)
attempt = cast("Table", OutboxAttempt.__table__)
mime = cast("Table", OutboxMime.__table__)
c = message.c


@dataclass(frozen=True)
class Due:
    """A claimed row: ours to send until the lease ends. `frozen`: the bytes of an earlier try.

    `probe`: its transport's breaker is open, and this mail finds out whether it may close. `since`: when
    it was due.
    """

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
    slim: bool
    transport: str
    created_at: datetime
    frozen: bytes | None = None
    probe: bool = False
    since: datetime | None = None


@dataclass(frozen=True)
class Tried:
    """One try: what was heard, when it was over, how long it took."""

    evidence: Evidence
    at: datetime
    took_ms: int


_NO_COLUMNS = {"frozen", "probe", "since"}
COLUMNS = [c[name] for name in Due.__dataclass_fields__ if name not in _NO_COLUMNS]
# A row is written to only while it is ours: the fence of every statement after the claim.
OURS = (
    c.id == bindparam("b_id"),
    c.lease_token == bindparam("b_token"),
    c.state == OutboxState.SENDING,
)
TRIED = insert(attempt).values(
    {name: bindparam(name) for name in attempt.c.keys() if name != "id"}  # noqa: SIM118 (columns)
)
KEEP = {
    on_sqlite: adding(mime)
    .values({name: bindparam(name) for name in mime.c.keys()})  # noqa: SIM118
    .on_conflict_do_nothing()
    for on_sqlite, adding in ((True, sqlite.insert), (False, postgresql.insert))
}


def fenced(session: Session, due: Due, **values: Any) -> bool:  # noqa: ANN401 (columns)
    """Write these columns, only while the row is ours. False: the claim is lost."""
    statement = update(message).where(*OURS).values(**values)
    return session.connection().execute(statement, whose(due)).rowcount == 1


def whose(due: Due) -> dict[str, object]:
    """The values of the fence."""
    return {"b_id": due.id, "b_token": due.lease_token}


def keep(session: Session, due: Due, content: bytes, now: datetime) -> None:
    """The first render's bytes are kept; later tries send the same."""
    if due.frozen is None:
        session.connection().execute(KEEP[is_sqlite(session)], kept(due, content, now))


def kept(due: Due, content: bytes, now: datetime) -> dict[str, object]:
    """The columns of a mail's bytes."""
    return {
        "message_id": due.id,
        "content": content,
        "sha256": sha256(content).hexdigest(),
        "created_at": now,
    }


def note(session: Session, due: Due, outcome: str, tried: Tried) -> None:
    """One try, written down for good."""
    session.connection().execute(TRIED, noted(due, outcome, tried))


def noted(due: Due, outcome: str, tried: Tried) -> dict[str, object]:
    """The columns of a try."""
    said = tried.evidence
    return {
        "message_id": due.id, "at": tried.at, "phase": said.phase, "outcome": outcome,
        "code": said.code or None, "enhanced_code": said.enhanced, "reply": said.reply,
        "duration_ms": tried.took_ms,
    }  # fmt: skip


def settled(state: OutboxState) -> dict[str, Any]:
    """The columns of a row nobody works on any more."""
    return {"state": state, "due_at": None, "lease_token": None, "phase": ""}


def untried(due: Due, now: datetime, *, phase: str = "") -> dict[str, Any]:
    """The columns of a claimed row that goes back: due again as it was before, no try burnt."""
    before = max(due.attempts - 1, 0)
    again = OutboxState.RETRY if before else OutboxState.QUEUED
    due_at = due.since or now
    return {
        "state": again,
        "due_at": due_at,
        "lease_token": None,
        "phase": phase,
        "attempts": before,
    }


def verdict_values(verdict: Verdict, words: str) -> dict[str, Any]:
    """The columns that say what follows from a failed try."""
    values = settled(OutboxState.DEAD)
    if verdict.due_at is not None:
        values |= {"state": OutboxState.RETRY, "due_at": verdict.due_at}
    if verdict.uncertain:
        values["uncertain"] = True
    if verdict.slim:
        values["slim"] = True
    said = "; ".join(filter(None, (words, verdict.why)))
    return {**values, "last_error": said, "fault": verdict.fault.value}
