"""One deed for many mails: in small transactions, so that nobody waits, and twice without harm.

What can't be done to a mail any more is passed over: it went, somebody else was faster, its address
gets no mail, or its time is over. (A person may still send such a one by itself.)
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from bookingapp import clock
from bookingapp.again import until_done
from bookingapp.db import on_commit, transaction
from bookingapp.email import listing, rules, wake
from bookingapp.email.listing import Search
from bookingapp.email.models import OutboxMessage, OutboxState, Scope, Suppression
from bookingapp.email.rowlock import note, park
from bookingapp.email.service.sending import owe_now
from bookingapp.email.suppressions import REMINDERS

AT_ONCE = 100
M = OutboxMessage
Deed = Callable[[OutboxMessage, datetime], None]


@dataclass(frozen=True)
class Done:
    """How many mails it was done to, and how many were passed over."""

    done: int
    left: int


@dataclass(frozen=True)
class Plan:
    """What is done, to mails in which states and under which conditions."""

    action: str
    states: Sequence[OutboxState]
    deed: Deed
    actor_id: int | None
    only: Callable[[datetime], list[ColumnElement[bool]]] = lambda _: []


def retry_many(which: Search | Sequence[str], *, actor_id: int | None = None) -> Done:
    """Owe all these mails now: those that failed, wait for a retry, or were only simulated."""
    return _each(which, Plan("mail.retry", rules.SENDABLE, _retry, actor_id, _may_go))


def release_many(which: Search | Sequence[str], *, actor_id: int | None = None) -> Done:
    """Let all these held mails go."""
    return _each(which, Plan("mail.release", (OutboxState.HELD,), _release, actor_id))


def cancel_many(which: Search | Sequence[str], *, actor_id: int | None = None) -> Done:
    """None of these mails is owed any more."""
    return _each(which, Plan("mail.cancel", rules.CANCELLABLE, _cancel, actor_id))


def _retry(row: OutboxMessage, now: datetime) -> None:
    if row.state is not OutboxState.RETRY:
        row.attempts = 0
    owe_now(row, now)


def _release(row: OutboxMessage, now: datetime) -> None:
    row.state = OutboxState.RETRY if row.attempts else OutboxState.QUEUED
    row.due_at = now


def _cancel(row: OutboxMessage, _now: datetime) -> None:
    park(row, OutboxState.CANCELLED)


def _may_go(now: datetime) -> list[ColumnElement[bool]]:
    """Still whole, still of use, and to an address that gets mail."""
    stopped = exists().where(
        Suppression.address == func.lower(M.recipient),
        Suppression.lifted_at.is_(None),
        or_(Suppression.scope == Scope.ALL, M.kind.in_(REMINDERS)),
    )
    return [M.pruned_at.is_(None), or_(M.expires_at.is_(None), M.expires_at > now), ~stopped]


def _each(which: Search | Sequence[str], plan: Plan) -> Done:
    if isinstance(which, Search):
        states = [state for state in plan.states if not which.states or state in which.states]
        batches = [size for state in states for size in _of_state(which, state, plan)]
    else:
        parts = [which[start : start + AT_ONCE] for start in range(0, len(which), AT_ONCE)]
        batches = [_batch(select(M.id).where(M.public_id.in_(part)), plan)[1] for part in parts]
    done = sum(batch.done for batch in batches)
    return Done(done, sum(batch.left for batch in batches))


def _of_state(search: Search, state: OutboxState, plan: Plan) -> Iterator[Done]:
    """Batch after batch by id; what was done has left the state, what was not is passed by."""
    last = 0
    while True:
        found, done = _batch(listing.ids(search, state, after=last, size=AT_ONCE), plan)
        yield done
        if len(found) < AT_ONCE:
            return
        last = found[-1]


@until_done
def _batch(wanted: Select[Any], plan: Plan) -> tuple[Sequence[int], Done]:
    with transaction() as session:
        now, ids = clock.now(), session.scalars(wanted).all()
        rows = session.scalars(
            select(M)
            .where(M.id.in_(ids), M.state.in_(plan.states), *plan.only(now))
            .order_by(M.id)
            .with_for_update()
        ).all()
        for row in rows:
            before = row.state
            plan.deed(row, now)
            note(session, plan.action, row, before, plan.actor_id)
        if rows:
            on_commit(session, wake.wake)
        return ids, Done(len(rows), len(ids) - len(rows))
