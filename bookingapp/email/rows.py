"""A claimed mail and the fence around its row; the statements that all of the drain's deeds share.

Every write after the claim is fenced by the lease token and the state `sending`; a fence that finds no
row means that the claim is lost, and whoever has it now writes the history.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, cast

from sqlalchemy import Connection, Table, Update, bindparam, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bookingapp.email.faults import Evidence
from bookingapp.email.models import OutboxAttempt, OutboxMessage, OutboxMime, OutboxState
from bookingapp.email.retry import Verdict

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
    slim: bool
    transport: str
    created_at: datetime
    frozen: bytes | None = None


@dataclass(frozen=True)
class Tried:
    """One try: what was heard, when it was over, how long it took."""

    evidence: Evidence
    at: datetime
    took_ms: int


COLUMNS = [c[name] for name in Due.__dataclass_fields__ if name != "frozen"]
# A row is written to only while it is ours: the fence of every statement after the claim.
OURS = (
    c.id == bindparam("b_id"),
    c.lease_token == bindparam("b_token"),
    c.state == OutboxState.SENDING,
)
_TRIED = insert(attempt)
# Built once each: the building costs more than the writing.
_KEEP_SQLITE, _KEEP_POSTGRESQL = (
    adding(mime).on_conflict_do_nothing() for adding in (sqlite.insert, postgresql.insert)
)


def fenced(session: Session, due: Due, **values: Any) -> bool:  # noqa: ANN401 (columns)
    """Write these columns, only while the row is ours."""
    statement = update(message).where(*OURS).values(**values)
    return written(session.connection(), [due], statement, {})


def written(
    connection: Connection, dues: Sequence[Due], statement: Update, *more: dict[str, Any]
) -> bool:
    """Run a statement that has the fence for each of these. False: not all claims still hold."""
    values = [
        {"b_id": due.id, "b_token": due.lease_token, **its}
        for due, its in zip(dues, more, strict=True)
    ]
    return connection.execute(statement, values).rowcount == len(values)


def keep(connection: Connection, contents: Iterable[tuple[Due, bytes]], now: datetime) -> None:
    """The first render's bytes are kept; later tries send the same."""
    keeping = _KEEP_SQLITE if connection.dialect.name == "sqlite" else _KEEP_POSTGRESQL
    values = [
        {
            "message_id": due.id,
            "content": content,
            "sha256": sha256(content).hexdigest(),
            "created_at": now,
        }
        for due, content in contents
        if due.frozen is None
    ]
    if values:
        connection.execute(keeping, values)


def note(connection: Connection, *tries: tuple[Due, str, Tried]) -> None:
    """Tries with their outcome, written down for good."""
    connection.execute(_TRIED, [
        {
            "message_id": due.id, "at": tried.at, "phase": tried.evidence.phase, "outcome": outcome,
            "code": tried.evidence.code or None, "enhanced_code": tried.evidence.enhanced,
            "reply": tried.evidence.reply, "duration_ms": tried.took_ms,
        }
        for due, outcome, tried in tries
    ])  # fmt: skip


def settled(state: OutboxState) -> dict[str, Any]:
    """The columns of a row nobody works on any more."""
    return {"state": state, "due_at": None, "lease_token": None, "phase": ""}


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
