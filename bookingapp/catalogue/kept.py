"""What was just read of the catalogue, kept for the next reader.

A booking changes nothing of films, halls and prices, and yet every page asks for them. A value is kept
while this process has written to no table of the catalogue and for a second at most, so that what
another process writes shows within that second. Inside a transaction, and after a refusal sent a
page back for the truth (`booking.queries.refresh`), everything is read.

Whether a value may be kept hangs on when its reader's transaction began, not on when it was read: on
SQLite an old transaction reads old rows however late it asks.
"""

import math
import re
import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session, scoped_session
from sqlalchemy.pool import Pool

from bookingapp.catalogue import models
from bookingapp.db import Base, db, in_transaction

Value = TypeVar("Value")
SECONDS = 1.0
AT_MOST = 512
TABLES = frozenset(
    str(mapper.local_table)
    for mapper in Base.registry.mappers
    if mapper.class_.__module__ == models.__name__
)
# What writes no row. Any other text that names no table it writes to may have written anywhere.
HARMLESS = ("SELECT", "BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE", "ROLLBACK")
WRITTEN = re.compile(r'\b(?:INSERT INTO|UPDATE|DELETE FROM) (?:ONLY )?"?(\w+)', re.IGNORECASE)
BEGAN, WROTE, AFRESH = "kept_began", "kept_wrote", "kept_afresh"


class _Moment(NamedTuple):
    """How many times the catalogue had been written to, and when, as a stopwatch counts."""

    writes: int
    at: float


class _Memory:
    """One database's values, each with the moment it was true at."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[Hashable, tuple[_Moment, Any]] = {}

    def get(self, key: Hashable, now: _Moment, seconds: float) -> tuple[Any, ...]:
        """The value, alone in a tuple; an empty one when there is none that still holds."""
        found = self._values.get(key)
        if found is None or found[0].writes != now.writes or now.at - found[0].at >= seconds:
            return ()
        return (found[1],)

    def put(self, key: Hashable, began: _Moment, value: object) -> None:
        """Keep it; what was kept longest makes room."""
        with self._lock:
            self._values.pop(key, None)
            self._values[key] = (began, value)
            while len(self._values) > AT_MOST:
                del self._values[next(iter(self._values))]


_writes = 0
_counting = threading.Lock()
_memories: WeakKeyDictionary[Pool, _Memory] = WeakKeyDictionary()


def kept(key: Hashable, read: Callable[[], Value], *, immutable: bool = False) -> Value:
    """What `read` finds through `db.session`, or found under this key a moment ago.

    `immutable`: rows that no process ever changes, such as a published plan's, are kept for longer.
    Nobody may change the value: others are given the same one.
    """
    if in_transaction() or (AFRESH in db.session.info and not immutable):
        return read()
    return kept_in_deeds(key, db.session, read, math.inf if immutable else SECONDS)


def kept_in_deeds(
    key: Hashable, session: Session | scoped_session[Any], read: Callable[[], Value], seconds: float
) -> Value:
    """As `kept`, inside a transaction: only for what nobody changes while it is in force."""
    memory = _memories.setdefault(db.engine.pool, _Memory())
    found = memory.get(key, _now(), seconds)
    if found:
        return cast("Value", found[0])
    began: _Moment = session.connection().info.get(BEGAN, _Moment(-1, 0.0))
    value = read()
    memory.put(key, began, value)
    return value


def read_afresh() -> None:
    """From here on this request reads everything."""
    db.session.info[AFRESH] = True


def _now() -> _Moment:
    return _Moment(_writes, time.perf_counter())


@event.listens_for(Engine, "begin")
def _begins(connection: Connection) -> None:
    _count(connection.info)
    connection.info[BEGAN] = _now()


@event.listens_for(Engine, "after_cursor_execute")
def _note(connection: Connection, _cursor: object, statement: str, *_more: object) -> None:
    """Remember with the connection that it wrote to the catalogue. Cheap: every statement comes by."""
    if statement.startswith(HARMLESS):
        return
    tables = {name.lower() for name in WRITTEN.findall(statement)}
    if not tables or not tables.isdisjoint(TABLES):
        connection.info[WROTE] = True


@event.listens_for(Pool, "checkin")
def _ends(_connection: object, record: Any) -> None:  # noqa: ANN401 (a pool's record)
    _count(record.info)


def _count(of_connection: dict[Any, Any]) -> None:
    """A transaction is over: if it wrote, what was read before it or beside it holds no longer.

    Called when the connection comes back, since the engine tells of a commit before it is done. A
    rollback counts as well, and does no harm.
    """
    global _writes  # noqa: PLW0603 (one number, under its lock)
    if of_connection.pop(WROTE, False):
        with _counting:
            _writes += 1
