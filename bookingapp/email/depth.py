"""How deep the outbox is and how its transports do, for `/metrics` and `/healthz`.

Never counts the history: what is owed comes from the small index of the owed, what waits for a person
is counted up to a bound. How many were sent is told by the counters in meters.py.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, literal, select

from bookingapp.db import db
from bookingapp.email.models import BreakerState, MailTransport, OutboxMessage, OutboxState
from bookingapp.email.routes import Route

OWED = (OutboxState.QUEUED, OutboxState.SENDING, OutboxState.RETRY)
PARKED = (OutboxState.HELD, OutboxState.DEAD, OutboxState.SUPPRESSED, OutboxState.EXPIRED)
# More than this many look the same to whoever watches.
BOUND = 10_000


@dataclass(frozen=True)
class TransportState:
    """A way out: `open` means its breaker is open and nothing goes; `limit` 0: none known."""

    name: str
    open: bool
    fault: str
    next_probe_at: datetime | None
    sent_today: int
    limit: int


def depth() -> dict[OutboxState, int]:
    """Mails in each state that is not over and done with; parked ones up to BOUND."""
    found = dict.fromkeys((*OWED, *PARKED), 0)
    owed = (
        select(OutboxMessage.state, func.count())
        .where(OutboxMessage.due_at.is_not(None))
        .group_by(OutboxMessage.state)
    )
    for state, number in db.session.execute(owed):
        found[state] = number
    for state in PARKED:
        some = select(literal(1)).where(OutboxMessage.state == state).limit(BOUND).subquery()
        found[state] = db.session.scalar(select(func.count()).select_from(some)) or 0
    return found


def transports(routes: tuple[Route, ...], now: datetime) -> list[TransportState]:
    """Each way out, in its order; one never used yet is well."""
    rows = {row.name: row for row in db.session.scalars(select(MailTransport))}
    return [_state(route, rows.get(route.name), now) for route in routes]


def _state(route: Route, row: MailTransport | None, now: datetime) -> TransportState:
    if row is None:
        return TransportState(route.name, open=False, fault="", next_probe_at=None, sent_today=0,
                              limit=route.daily_limit)  # fmt: skip
    opened = row.breaker is BreakerState.OPEN
    return TransportState(
        route.name,
        open=opened,
        fault=row.fault if opened else "",
        next_probe_at=row.next_probe_at,
        sent_today=row.sent_today if row.day == now.date() else 0,
        limit=route.daily_limit,
    )
