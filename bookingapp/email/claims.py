"""Which mails are sent next: claim, give back, take back. Short transactions, one deed each.

New mail first, so that a backlog of retries holds nobody up: retries get half a claim at most while new
mail waits. A letter waits for an earlier one of its booking. A mail the server may have taken goes by
no other transport, as long as there is that one.
"""

import itertools
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    String,
    and_,
    bindparam,
    exists,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session

from bookingapp.db import db, transaction
from bookingapp.email import leases, transport_state
from bookingapp.email.messages import TICKET_PRIORITY
from bookingapp.email.models import OutboxState
from bookingapp.email.routes import Route
from bookingapp.email.rows import (
    COLUMNS,
    Due,
    c,
    fenced,
    message,
    mime,
    untried,
)

# A claim of one has no halves: new mail and retries take turns, whatever is more urgent.
_turns = itertools.count()


class Which(NamedTuple):
    """Which of the due mails. `doubtful`: those that may go by no other route."""

    doubtful: bool = False
    only: bool = False
    tickets: bool = False


def claim(
    now: datetime,
    *,
    limit: int,
    lease: timedelta,
    route: Route | None = None,
    others: Sequence[str] = (),
    only: str = "",
    doubtful: bool = False,
) -> list[Due]:
    """Take up to `limit` due mails, most urgent first, as far as the route's breaker and quota allow.

    `others`: the other routes there are. `only`: this one mail (its public id). `doubtful`: only those
    that may go by no other route.
    """
    if not _any_due(now):
        return []
    route = route or Route("")
    with transaction() as session:
        leases.run_out(session, now, c.due_at <= now)
        may = transport_state.allowed(session, route, limit, now)
        if not may.mails:
            return []
        which = Which(doubtful, bool(only), may.tickets_only and not only)
        asked = {"now": now, "name": route.name, "others": others, "only": only}
        chosen = leases.alone(_choose(session, may.mails, which, asked))
        if not chosen:
            return []
        ids = [row.id for row in chosen]
        if may.probing:
            transport_state.probe_given(session, route.name, now)
        rows = _take(session, ids, now + lease, route.name, leases.phase(chosen))
        frozen = _frozen(session, ids)
    since = {row.id: row.due_at for row in chosen}
    dues = [Due(*(*row, frozen.get(row.id), may.probing, since[row.id])) for row in rows]
    return sorted(dues, key=lambda due: (due.priority, due.id))


_ANY = select(c.id).where(c.due_at <= bindparam("now")).limit(1)


def _any_due(now: datetime) -> bool:
    """Most looks find nothing; they shall not stand in the way of those who write."""
    with db.engine.connect() as connection:
        return connection.execute(_ANY, {"now": now}).first() is not None


def _choose(session: Session, limit: int, which: Which, asked: dict[str, Any]) -> list[Row[Any]]:
    """New mail, and retries in at most half the places unless there are more places than new mail."""
    fresh = _due(session, OutboxState.QUEUED, limit, which, asked)
    again = _due(session, OutboxState.RETRY, limit, which, asked)
    if limit == 1 and fresh and again and next(_turns) % 2:
        fresh = []
    chosen = again[: max(limit // 2, limit - len(fresh))]
    return [*fresh[: limit - len(chosen)], *chosen]


def _due(
    session: Session, state: OutboxState, limit: int, which: Which, asked: dict[str, Any]
) -> Sequence[Row[Any]]:
    values = {**asked, "limit": limit}
    return session.connection().execute(_due_statement(state, which), values).all()


@cache
def _due_statement(state: OutboxState, which: Which) -> Select[Any]:
    """Built once each: the building costs more than the asking."""
    own = and_(c.uncertain, c.transport == bindparam("name", type_=String))
    others = bindparam("others", type_=String, expanding=True)
    # not "its own or none": a route that left the settings takes no mail any more
    conditions = [
        own if which.doubtful else or_(c.uncertain.is_(False), c.transport.not_in(others))
    ]
    if which.only:
        conditions.append(c.public_id == bindparam("only"))
    else:
        conditions.append(_first_of_its_booking(tickets=which.tickets))
    if which.tickets:
        conditions.append(c.priority <= TICKET_PRIORITY)
    return (
        select(c.id, c.priority, c.due_at, c.phase)
        .where(c.state == state, c.due_at <= bindparam("now"), *conditions)
        .order_by(c.priority, c.due_at, c.id)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)
    )


def _first_of_its_booking(*, tickets: bool) -> ColumnElement[bool]:
    """No earlier letter of this booking is still owed; one that is only planned for later may wait.

    `tickets`: only they are sent, so a ticket waits for no other letter.
    """
    other = message.alias("earlier")
    in_the_way = other.c.priority <= TICKET_PRIORITY if tickets else true()
    owed = exists().where(
        other.c.booking_id == c.booking_id,
        other.c.id < c.id,
        other.c.due_at.is_not(None),
        in_the_way,
        or_(other.c.state != OutboxState.QUEUED, other.c.due_at <= bindparam("now")),
    )
    return or_(c.booking_id.is_(None), c.resend_of_id.is_not(None), ~owed)


_TAKE = (
    update(message)
    .where(c.id.in_(bindparam("ids", expanding=True)))
    .values(
        state=OutboxState.SENDING,
        lease_token=bindparam("b_token"),
        due_at=bindparam("b_until"),
        transport=bindparam("b_transport"),
        phase=bindparam("b_phase"),
        attempts=c.attempts + 1,
    )
    .returning(*COLUMNS)
)


def _take(
    session: Session, ids: Sequence[int], until: datetime, name: str, phase: str
) -> Sequence[Any]:
    token = secrets.token_hex(8)
    values = {"ids": ids, "b_token": token, "b_until": until, "b_transport": name, "b_phase": phase}
    return session.connection().execute(_TAKE, values).all()


def _frozen(session: Session, ids: Sequence[int]) -> dict[int, bytes]:
    """The bytes of earlier tries."""
    rows = session.connection().execute(
        select(mime.c.message_id, mime.c.content).where(mime.c.message_id.in_(ids))
    )
    return {row.message_id: row.content for row in rows}


def give_back(dues: Iterable[Due], now: datetime) -> None:
    """Claimed but not begun: due as before, no try burnt."""
    with transaction() as session:
        for due in dues:
            fenced(session, due, **untried(due, now))
            if due.probe:
                transport_state.probe_unspent(session, due.transport, now)


def take_back(now: datetime) -> int:
    """What a dead predecessor left in `sending`. Only for who alone sends (the lock's holder)."""
    with transaction() as session:
        return leases.run_out(session, now, c.due_at.is_not(None))
