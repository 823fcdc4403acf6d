"""What is written down of a claimed mail: at its final dot, sent, failed, not to be sent. Fenced, short."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, select, update

from bookingapp import clock
from bookingapp.db import transaction
from bookingapp.email import suppressions, transport_state
from bookingapp.email.faults import IN_HAND, Evidence
from bookingapp.email.models import MailTransport, OutboxState, Scope
from bookingapp.email.retry import UNHEARD, Ending, Verdict
from bookingapp.email.rows import (
    KEEP,
    OURS,
    TRIED,
    Due,
    Tried,
    attempt,
    c,
    fenced,
    keep,
    kept,
    message,
    mime,
    note,
    noted,
    settled,
    verdict_values,
    whose,
)
from bookingapp.email.together import Apart, together
from bookingapp.ready import Driver, Ready

# These run for every mail.
_TRIED, _KEEP = Ready(TRIED), {on_sqlite: Ready(keeping) for on_sqlite, keeping in KEEP.items()}
_AT_DOT = Ready(update(message).where(*OURS).values(phase="dot", due_at=bindparam("b_due_at")))
_SAID: dict[str, object] = {
    "state": bindparam("b_state"),
    "sent_at": bindparam("b_sent_at"),
    "provider_ref": bindparam("b_ref"),
    "last_code": bindparam("b_code"),
    "due_at": None,
    "last_error": "",
    "fault": "",
}
_GONE = Ready(update(message).where(*OURS).values(**_SAID, lease_token=None, phase=""))
# A yes that came after the lease: the mail is in doubt, and nobody has tried it again since.
_LATE = Ready(
    update(message)
    .where(
        c.id == bindparam("b_id"),
        c.state == OutboxState.RETRY,
        c.uncertain.is_(True),
        c.attempts == bindparam("b_attempts"),
    )
    .values(**_SAID, uncertain=False)
)


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


def _dots(driver: Driver, dots: Sequence[Dot]) -> list[bool]:
    ours = [whose(dot.due) | {"b_due_at": dot.until} for dot in dots]
    if _AT_DOT.write(driver, ours) < len(dots):
        return _only_one(dots)
    new = [kept(dot.due, dot.content, dot.now) for dot in dots if dot.due.frozen is None]
    if new:
        _KEEP[driver.dialect.name == "sqlite"].write(driver, new)
    return [True] * len(dots)


def _yeses(driver: Driver, yeses: Sequence[Yes]) -> list[bool]:
    _TRIED.write(driver, [noted(*yes) for yes in yeses])
    if _GONE.write(driver, [whose(yes.due) | _gone(yes) for yes in yeses]) == len(yeses):
        return [True] * len(yeses)
    _only_one(yeses)
    return [_out_of_doubt(driver, yeses[0])]


def _only_one(marks: Sequence[object]) -> list[bool]:
    """No for a mark that was alone. Which of several it was is found out by asking each alone."""
    if len(marks) > 1:
        raise Apart
    return [False]


def _gone(yes: Yes) -> dict[str, object]:
    said = yes.tried.evidence
    return {
        "b_state": yes.state,
        "b_sent_at": yes.tried.at,
        "b_ref": said.reply[:300],
        "b_code": said.code or None,
    }


def _out_of_doubt(driver: Driver, yes: Yes) -> bool:
    """The lease ended while the server thought about its yes: no need to send it once more."""
    values = {"b_attempts": yes.due.attempts, "b_id": yes.due.id, **_gone(yes)}
    return _LATE.write(driver, [values]) == 1


def failed(due: Due, verdict: Verdict, tried: Tried, content: bytes | None) -> bool:
    """A try failed; the verdict says what follows. `content`: the bytes, once rendered."""
    values = verdict_values(verdict, tried.evidence.words)
    values["last_code"] = tried.evidence.code or None
    if verdict.ending is Ending.GIVEN_BACK:
        values["attempts"] = due.attempts - 1
        if due.since and tried.evidence.phase in UNHEARD:
            # for how long it could have gone goes on growing
            values["due_at"] = due.since
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
        if due.probe:
            transport_state.probe_unspent(session, due.transport, clock.now())
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
    """How often the connection was lost with this mail in hand; asked only when it was just now.

    Only what came before another mail's success counts: else it is the server that is ill. A mail given
    up and sent again by hand begins anew.
    """
    if not evidence.dropped:
        return 0
    with transaction() as session:
        return session.connection().scalar(_DROPS, {"id": due.id, "name": due.transport}) or 0


_OWN = attempt.c.message_id == bindparam("id")
_GIVEN_UP = (
    select(func.coalesce(func.max(attempt.c.id), 0))
    .where(_OWN, attempt.c.outcome == Ending.DEAD.value)
    .scalar_subquery()
)
_LAST_OK = (
    select(MailTransport.last_ok_at)
    .where(MailTransport.name == bindparam("name"))
    .scalar_subquery()
)
_DROPS = select(func.count()).where(
    _OWN,
    attempt.c.id > _GIVEN_UP,
    attempt.c.outcome == Ending.GIVEN_BACK.value,
    attempt.c.phase.in_(IN_HAND),
    attempt.c.code.is_(None),
    attempt.c.at < _LAST_OK,
)
