"""The database: base class, types, engine set-up and `transaction()`, the only place that commits.

Two kinds of session. `db.session` belongs to the request and only reads: it refuses to flush.
`transaction()` opens a session of its own, on SQLite with BEGIN IMMEDIATE, because a deferred
transaction that read first fails at once when another writer committed in between, whatever the busy
timeout says.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, cast

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    Connection,
    CursorResult,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Executable,
    MetaData,
    Table,
    TypeDecorator,
    event,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session, scoped_session

log = logging.getLogger(__name__)

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Tables are `class X(Base)`; `db.Model` does not type-check."""

    metadata = MetaData(naming_convention=NAMES)


db = SQLAlchemy(metadata=Base.metadata, disable_autonaming=True)
_open = threading.local()
BUSY_SECONDS = 10
IMMEDIATE = {"immediate": True}
Rows = CursorResult[*tuple[Any, ...]]


def table(model: type[Base]) -> Table:
    """A model's bare table."""
    return cast("Table", model.__table__)


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant. Naive values are refused: they would be somebody's local time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """To UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """SQLite gives naive values back; they are UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def states(kind: type[StrEnum], name: str) -> Enum:
    """A column type for a closed list of words: text with a CHECK, the same on both engines."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=20,
        values_callable=lambda k: [member.value for member in k],
    )


class NestedTransactionError(RuntimeError):
    """A transaction inside another would have two owners for one deed."""


class DatabaseBusyError(RuntimeError):
    """Other writers had the database for too long."""


# What the database itself fails with: no letter's fault, no buyer's.
FAILS = (SQLAlchemyError, DatabaseBusyError)


class Turns:
    """One at a time, in the order of asking.

    SQLite's own waiting is sleeping and trying again, and whoever comes by first gets in: under load
    somebody sleeps until the time-out. It stays for other processes.
    """

    def __init__(self, patience: float = BUSY_SECONDS) -> None:
        """Nobody is in. `patience`: seconds one stands in line."""
        self._patience = patience
        self._lock = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Lock] = deque()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait in line, then be the one. Raises DatabaseBusyError."""
        mine = threading.Lock()
        with self._lock:
            if self._taken:
                mine.acquire()
                self._waiting.append(mine)
            self._taken = True
        # handed over directly, so nobody who comes by meanwhile can slip in
        if not mine.acquire(timeout=self._patience) and self._gave_up(mine):
            raise DatabaseBusyError
        try:
            yield
        finally:
            with self._lock:
                if self._waiting:
                    self._waiting.popleft().release()
                else:
                    self._taken = False

    def _gave_up(self, mine: threading.Lock) -> bool:
        """Leave the line; False when the turn came in this very moment."""
        with self._lock:
            if mine not in self._waiting:
                return False
            self._waiting.remove(mine)
            return True


_writers = Turns()


@contextmanager
def transaction() -> Iterator[Session]:
    """One deed: commits when the block ends, rolls back when it raises.

    On SQLite this process's writers take turns. After the commit the callables given to `on_commit`
    run, in order. An error in one of them is logged, for the deed is done. Raises
    NestedTransactionError inside another transaction, DatabaseBusyError after BUSY_SECONDS in line.
    """
    engine = db.engine
    session = Session(engine, expire_on_commit=False)
    try:
        with writing(session, engine.dialect), session.begin():
            session.connection(execution_options=IMMEDIATE)
            yield session
    finally:
        session.close()
    for call in session.info.pop("on_commit", []):
        _run(call)


@contextmanager
def writing(owner: object, dialect: Dialect) -> Iterator[None]:
    """The right to write: this thread's only transaction, on SQLite the only one of this process."""
    if in_transaction():
        raise NestedTransactionError
    with _writers.turn() if dialect.name == "sqlite" else nullcontext():
        _open.session = owner
        try:
            yield
        finally:
            _open.session = None


def on_commit(session: Session, call: Callable[[], None]) -> None:
    """Run `call` once, after this session's transaction has committed."""
    calls = session.info.setdefault("on_commit", [])
    if call not in calls:
        calls.append(call)


def let_go() -> None:
    """End the request's reading, so that nothing stays open while somebody else is waited for.

    What was read stays read; the next look is a fresh one.
    """
    db.session.rollback()


def in_transaction() -> bool:
    """Whether this thread has a transaction open; gateway and SMTP calls refuse to run in one."""
    return getattr(_open, "session", None) is not None


def _run(call: Callable[[], None]) -> None:
    try:
        call()
    except Exception:
        log.exception("a call after a commit failed")


def engine_options(url: str, threads: int) -> dict[str, Any]:
    """A connection for every thread that may ask, and a few for the jobs."""
    options: dict[str, Any] = {"pool_size": threads + 8, "max_overflow": 4}
    if make_url(url).get_backend_name() == "sqlite":
        options["connect_args"] = {"timeout": BUSY_SECONDS}
    else:
        options["pool_pre_ping"] = True
    return options


def ask(
    session: Session | scoped_session[Session], statement: Executable, **values: object
) -> Rows:
    """Run a statement over bare tables, built once, without the ORM's share: half of a small one's time.

    It sees what was flushed, not what waits in the session.
    """
    return _connection(session).execute(statement, values)


def read(statement: Executable, **values: object) -> Rows:
    """As `ask`, for pages: in the session of the request."""
    return _connection(db.session).execute(statement, values)


def _connection(session: Session | scoped_session[Any]) -> Connection:
    """The session's connection, asked for once a transaction: the way there is as long as a small read."""
    own: Session = session() if isinstance(session, scoped_session) else session
    begun = own.get_transaction()
    known: tuple[object, Connection] | None = own.info.get("connection")
    if begun is not None and known is not None and known[0] is begun:
        return known[1]
    connection = own.connection()
    own.info["connection"] = own.get_transaction(), connection
    return connection


def is_sqlite(session: Session) -> bool:
    """Which engine this session speaks to."""
    return session.get_bind().dialect.name == "sqlite"


def safe_url(url: str | URL) -> str:
    """The address without its password, fit for a log line."""
    return make_url(url).render_as_string(hide_password=True)


@event.listens_for(Engine, "connect")
def _prepare(connection: Any, record: Any) -> None:  # noqa: ANN401, ARG001 (any driver's)
    """SQLite: WAL, durable commits, foreign keys; BEGIN is ours, so that it can say IMMEDIATE."""
    if not type(connection).__module__.startswith("sqlite3"):
        return
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_SECONDS}000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin(connection: Any) -> None:  # noqa: ANN401
    if connection.dialect.name != "sqlite":
        return
    if connection.get_execution_options().get("immediate", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        # waits for nobody and can't fail, so it need not take the long way; every page begins with it
        connection.connection.driver_connection.execute("BEGIN")


class ReadOnlySessionError(RuntimeError):
    """`db.session` only reads. Write inside `with transaction() as session:`."""


def refuse_flush(session: Session, *_: object) -> None:
    """Listener of the request's session (set by create_app): nothing is written through it."""
    if session.new or session.deleted or any(session.is_modified(row) for row in session.dirty):
        raise ReadOnlySessionError
