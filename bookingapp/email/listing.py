"""Looking for mails, newest first, at the same cost beside any history.

States, addresses, bookings and what is in doubt come from indexes, each read from its end. What no
index knows (a kind, part of an address) is looked for among WINDOW rows; the page leads further back.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, literal_column, or_, select

from bookingapp.db import db
from bookingapp.email.lines import COLUMNS, MailLine
from bookingapp.email.models import OutboxMessage, OutboxState

WINDOW = 20_000
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}")
NUMBER = re.compile(r"(?i)BK[0-9A-Z]{8}")
M = OutboxMessage
# A constant, not a value bound later: only so is the small index of bounced mails used.
BOUNCED: ColumnElement[bool] = M.delivery == literal_column("'bounced'")
UNCERTAIN: ColumnElement[bool] = M.uncertain.expression
Conditions = list[ColumnElement[bool]]


@dataclass(frozen=True)
class Search:
    """What a list of mails is narrowed to. `booking_ids` widens `recipient`: either may match."""

    states: tuple[OutboxState, ...] = ()
    kind: str = ""
    recipient: str = ""
    booking_ids: tuple[int, ...] = field(default=())
    fault: str = ""
    uncertain: bool = False
    bounced: bool = False
    since: datetime | None = None
    until: datetime | None = None

    @property
    def scans(self) -> bool:
        """Whether rows have to be looked at one by one."""
        return bool(self.kind or self.recipient or self.fault)


@dataclass(frozen=True)
class Found:
    """One page of mails; `older` is where the next begins, None after the last.

    `far`: the rest was not looked at yet, so an empty page does not mean that there is nothing.
    """

    lines: tuple[MailLine, ...]
    older: int | None = None
    far: bool = False


def look(search: Search, *, before: int | None = None, size: int = 50) -> Found:
    """The newest mails that match, older than row `before`."""
    top = min(filter(None, (before, _first_id_at(search.until))), default=None)
    lowest = floor = (_first_id_at(search.since) or 1) - 1
    sources = _exact(search)
    window = search.scans and not sources
    if window:
        start = top or _last_id() + 1
        floor = max(floor, start - 1 - WINDOW)
    lines = _newest(sources or _sources(search), search, (floor, top), size + 1)
    if len(lines) > size:
        return Found(tuple(lines[:size]), lines[size - 1].id)
    further = floor > lowest
    return Found(tuple(lines), floor + 1 if further else None, far=further)


def ids(search: Search, state: OutboxState, *, after: int, size: int) -> Select[int]:
    """The oldest so many rows of a state that match, for a deed done to many: read in its transaction."""
    narrowed = [M.state == state, M.id > after, *_narrow(search)]
    if search.uncertain:
        narrowed.append(UNCERTAIN)
    if search.bounced:
        narrowed.append(BOUNCED)
    return select(M.id).where(*narrowed).order_by(M.id).limit(size)


def _newest(
    sources: Sequence[Conditions], search: Search, span: tuple[int, int | None], size: int
) -> list[MailLine]:
    """The newest of several sources, each read from the end of its own index."""
    floor, top = span
    found: dict[int, MailLine] = {}
    for source in sources:
        statement = select(*COLUMNS).where(*source, *_narrow(search), M.id > floor)
        if top is not None:
            statement = statement.where(M.id < top)
        rows = db.session.execute(statement.order_by(M.id.desc()).limit(size))
        found |= {row.id: MailLine(*row) for row in rows}
    return sorted(found.values(), key=lambda line: line.id, reverse=True)[:size]


def _sources(search: Search) -> list[Conditions]:
    """What to read, each backed by an index that ends with the row's id."""
    also: Conditions = [BOUNCED] if search.bounced else []
    if search.uncertain:
        also.append(UNCERTAIN)
    if also:
        return [[*also, M.state.in_(search.states)] if search.states else also]
    return [[M.state == state] for state in search.states] or [[]]


def _exact(search: Search) -> list[Conditions]:
    """A whole address or booking number that is known needs no looking through."""
    typed = search.recipient
    states = [M.state.in_(search.states)] if search.states else []
    if search.booking_ids and NUMBER.fullmatch(typed):
        return [[M.booking_id.in_(search.booking_ids), *states]]
    if not ADDRESS.fullmatch(typed):
        return []
    whole = M.recipient.in_({typed, typed.lower()})
    known = db.session.scalar(select(M.id).where(whole).limit(1))
    return [[whole, *states]] if known is not None else []


def _narrow(search: Search) -> Conditions:
    """What is asked of each row."""
    conditions: Conditions = []
    if search.kind:
        conditions.append(M.kind == search.kind)
    if search.fault:
        conditions.append(M.fault == search.fault)
    if search.recipient:
        # autoescape: a typed % or _ is that sign, not a wildcard
        told = M.recipient.icontains(search.recipient, autoescape=True)
        conditions.append(or_(told, M.booking_id.in_(search.booking_ids)))
    if search.since:
        conditions.append(M.created_at >= search.since)
    if search.until:
        conditions.append(M.created_at < search.until)
    return conditions


def _last_id() -> int:
    return db.session.scalar(select(func.max(M.id))) or 0


def _first_id_at(instant: datetime | None) -> int | None:
    """The first row put since then; rows are put in the order of time. Halving, by primary key."""
    if instant is None:
        return None
    low, high = 0, _last_id() + 1
    while low + 1 < high:
        middle = (low + high) // 2
        at = db.session.scalar(select(M.created_at).where(M.id >= middle).order_by(M.id).limit(1))
        low, high = (low, middle) if at is None or at >= instant else (middle, high)
    return high
