"""What is written down of a claimed mail: at its final dot, sent, failed, not to be sent. Fenced, short."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, select, update

from bookingapp.db import transaction
from bookingapp.email import suppressions
from bookingapp.email.faults import Evidence
from bookingapp.email.models import OutboxState, Scope
from bookingapp.email.retry import Ending, Verdict
from bookingapp.email.rows import (
    OURS,
    Due,
    Tried,
    attempt,
    c,
    fenced,
    keep,
    message,
    mime,
    note,
    settled,
    verdict_values,
    written,
)
from bookingapp.email.together import Apart, together

# These two run for every mail; built once, they cost a third.
_AT_DOT = update(message).where(*OURS).values(phase="dot", due_at=bindparam("b_due_at"))
_GONE = update(message).where(*OURS).values(
    state=bindparam("b_state"), due_at=None, lease_token=None, phase="", last_error="", fault="",
    sent_at=bindparam("b_sent_at"), provider_ref=bindparam("b_ref"), last_code=bindparam("b_code"),
)  # fmt: skip

# A yes that came after the lease: the mail is in doubt, and nobody has tried it again since.
_LATE = update(message).where(
    c.id == bindparam("b_id"), c.state == OutboxState.RETRY, c.uncertain.is_(True),
    c.attempts == bindparam("b_attempts"),
).values(
    state=bindparam("b_state"), due_at=None, uncertain=False, last_error="", fault="",
    sent_at=bindparam("b_sent_at"), provider_ref=bindparam("b_ref"), last_code=bindparam("b_code"),
)  # fmt: skip


class Dot(NamedTuple):
    """A mail with all but its final dot sent, its bytes, and until when it is ours from here."""

    due: Due
    content: bytes
    now: datetime
    until: datetime


class Yes(NamedTuple):
    """The server took the mail (or the file is written)."""

    due: Due
    state: OutboxState
    tried: Tried


def mark_dot(due: Due, content: bytes, now: datetime, lease: timedelta) -> bool:
    """Durable before the final dot: from here on the server may have the mail. False: claim lost."""
    return together(_dots, Dot(due, content, now, now + lease))


def sent(due: Due, state: OutboxState, tried: Tried) -> bool:
    """The server said yes. False: somebody else has the row now."""
    return together(_yeses, Yes(due, state, tried))


def _dots(connection: Connection, dots: Sequence[Dot]) -> list[bool]:
    values = [{"b_due_at": dot.until} for dot in dots]
    if not written(connection, [dot.due for dot in dots], _AT_DOT, *values):
        return _only_one(dots)
    keep(connection, [(dot.due, dot.content) for dot in dots], dots[0].now)
    return [True] * len(dots)


def _yeses(connection: Connection, yeses: Sequence[Yes]) -> list[bool]:
    note(connection, *yeses)
    if written(connection, [yes.due for yes in yeses], _GONE, *map(_gone, yeses)):
        return [True] * len(yeses)
    _only_one(yeses)
    return [_out_of_doubt(connection, yeses[0])]


def _only_one(marks: Sequence[object]) -> list[bool]:
    """No for a mark that was alone. Which of several it was is found out by asking each alone."""
    if len(marks) > 1:
        raise Apart
    return [False]


def _gone(yes: Yes) -> dict[str, Any]:
    said = yes.tried.evidence
    return {
        "b_state": yes.state,
        "b_sent_at": yes.tried.at,
        "b_ref": said.reply[:300],
        "b_code": said.code or None,
    }


def _out_of_doubt(connection: Connection, yes: Yes) -> bool:
    """The lease ended while the server thought about its yes: no need to send it once more."""
    values = {"b_attempts": yes.due.attempts, "b_id": yes.due.id, **_gone(yes)}
    return connection.execute(_LATE, values).rowcount == 1


def failed(due: Due, verdict: Verdict, tried: Tried, content: bytes | None) -> bool:
    """A try failed; the verdict says what follows. `content`: the bytes, once rendered."""
    values = verdict_values(verdict, tried.evidence.words)
    values["last_code"] = tried.evidence.code or None
    if verdict.ending is Ending.GIVEN_BACK:
        values["attempts"] = due.attempts - 1
        if due.attempts == 1:
            # it is as new as before: no retry that would have to stand back
            values["state"] = OutboxState.QUEUED
    with transaction() as session:
        note(session.connection(), (due, verdict.ending, tried))
        if verdict.slim:
            # the next try is another letter: the bytes of this one are of no more use
            session.connection().execute(delete(mime).where(mime.c.message_id == due.id))
        elif content is not None:
            keep(session.connection(), [(due, content)], tried.at)
        if verdict.suppress:
            suppressions.add(
                session, due.recipient, Scope.ALL, tried.evidence.words, tried.at, message_id=due.id
            )
        return fenced(session, due, **values)


def finish(due: Due, state: OutboxState, why: str) -> bool:
    """Not to be sent: no longer true, or no longer of use. No try was made."""
    with transaction() as session:
        return fenced(session, due, **settled(state), attempts=due.attempts - 1, last_error=why)


def first_try(due: Due, now: datetime) -> datetime:
    """When this series of tries began; a manager's retry begins a new one."""
    if due.attempts <= 1:
        return now
    burnt = attempt.c.outcome != Ending.GIVEN_BACK.value
    with transaction() as session:
        found = session.connection().scalar(
            select(attempt.c.at).where(attempt.c.message_id == due.id, burnt)
            .order_by(attempt.c.id.desc()).offset(due.attempts - 2).limit(1))  # fmt: skip
    return found or now


def drops(due: Due, evidence: Evidence) -> int:
    """How often the connection was lost with this mail in hand; asked only when it was just now."""
    if evidence.phase not in {"rcpt", "data", "dot"}:
        return 0
    with transaction() as session:
        return session.connection().scalar(
            select(func.count()).where(
                attempt.c.message_id == due.id,
                attempt.c.outcome == Ending.GIVEN_BACK.value,
                attempt.c.phase.in_(("rcpt", "data", "dot")),
            )
        ) or 0  # fmt: skip
