"""What is written down of a claimed mail: at its final dot, sent, failed, not to be sent. Fenced, short."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import Session

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
from bookingapp.email.together import together

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
)  # fmt: skip


def mark_dot(due: Due, content: bytes, now: datetime, lease: timedelta) -> bool:
    """Durable before the final dot: from here on the server may have the mail. False: claim lost."""

    def write(session: Session) -> bool:
        if not written(session, due, _AT_DOT, {"b_due_at": now + lease}):
            return False
        keep(session, due, content, now)
        return True

    return together(write)


def sent(due: Due, state: OutboxState, tried: Tried) -> bool:
    """The server said yes (or the file is written). False: somebody else has the row now."""
    said = tried.evidence

    def write(session: Session) -> bool:
        note(session, due, state, tried)
        return written(session, due, _GONE, {
            "b_state": state, "b_sent_at": tried.at, "b_ref": said.reply[:300], "b_code": said.code or None,
        }) or _out_of_doubt(session, due, state, tried)  # fmt: skip

    return together(write)


def _out_of_doubt(session: Session, due: Due, state: OutboxState, tried: Tried) -> bool:
    """The lease ended while the server thought about its yes: no need to send it once more."""
    said = tried.evidence
    yes = _LATE.values(
        state=state, due_at=None, uncertain=False, last_error="", fault="", sent_at=tried.at,
        provider_ref=said.reply[:300], last_code=said.code or None,
    )  # fmt: skip
    whose = {"b_id": due.id, "b_attempts": due.attempts}
    return session.connection().execute(yes, whose).rowcount == 1


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
        note(session, due, verdict.ending, tried)
        if verdict.slim:
            # the next try is another letter: the bytes of this one are of no more use
            session.connection().execute(delete(mime).where(mime.c.message_id == due.id))
        elif content is not None:
            keep(session, due, content, tried.at)
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
