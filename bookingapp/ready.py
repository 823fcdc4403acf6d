"""Statements put into words once and given straight to the driver: for what runs for every mail.

SQLAlchemy writes the SQL and says how values travel, the same on both engines. Its way through a small
statement takes five times as long as the database does, its way through a transaction ten times
(measured); that is left out. Errors are SQLAlchemy's own. Nothing of the catalogue may be written by
these: who remembers it (`catalogue/kept.py`) would not hear of it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql import ClauseElement

from bookingapp.db import db, writing

Values = Mapping[str, object]


class Driver:
    """A connection's cursor, for the length of one transaction or a few reads."""

    def __init__(self, cursor: Any, dialect: Dialect) -> None:  # noqa: ANN401 (any driver's)
        self.cursor, self.dialect = cursor, dialect

    def say(self, call: Callable[..., object], *given: object) -> None:
        """Call the driver; what it raises becomes SQLAlchemy's error."""
        errors = self.dialect.loaded_dbapi.Error
        try:
            call(*given)
        except errors as error:
            words = str(given[0]) if given else None
            raise DBAPIError.instance(words, None, error, errors, dialect=self.dialect) from error


@contextmanager
def brief() -> Iterator[Driver]:
    """`transaction()` for a few ready statements that owe no call after the commit."""
    engine = db.engine
    with writing(engine, engine.dialect):
        raw = engine.raw_connection()
        try:
            driver = Driver(raw.cursor(), engine.dialect)
            if engine.dialect.name == "sqlite":
                driver.say(driver.cursor.execute, "BEGIN IMMEDIATE")
            yield driver
            driver.say(raw.commit)
        finally:
            # rolls back what was not committed
            raw.close()


@contextmanager
def reading() -> Iterator[Driver]:
    """For a few reads that need not agree with each other."""
    engine = db.engine
    raw = engine.raw_connection()
    try:
        yield Driver(raw.cursor(), engine.dialect)
    finally:
        raw.close()


def beside(session: Session) -> Driver:
    """Within a transaction that is open; sees what was flushed."""
    connection = session.connection()
    return Driver(connection.connection.cursor(), connection.dialect)


class _Said(NamedTuple):
    """A statement in one engine's words."""

    sql: str
    fixed: dict[str, object]
    converted: dict[str, Callable[[Any], object]]
    order: Sequence[str] | None


class Ready:
    """One statement. Its values by name; rows come as the driver gives them, so ask for plain columns."""

    def __init__(self, statement: ClauseElement) -> None:
        """Put into words when first used."""
        self._statement = statement
        self._said: dict[str, _Said] = {}

    def write(self, driver: Driver, values: Sequence[Values]) -> int:
        """Once for each of these; how many rows it changed in all."""
        said = self._in(driver.dialect)
        driver.say(driver.cursor.executemany, said.sql, [_given(said, its) for its in values])
        return int(driver.cursor.rowcount)

    def rows(self, driver: Driver, **values: object) -> list[tuple[Any, ...]]:
        """What it finds."""
        said = self._in(driver.dialect)
        driver.say(driver.cursor.execute, said.sql, _given(said, values))
        return list(driver.cursor.fetchall())

    def finds(self, driver: Driver, **values: object) -> bool:
        """Whether it finds anything."""
        return bool(self.rows(driver, **values))

    def _in(self, dialect: Dialect) -> _Said:
        return self._said.get(dialect.name) or self._said.setdefault(
            dialect.name, _say(self._statement, dialect)
        )


def _say(statement: ClauseElement, dialect: Dialect) -> _Said:
    compiled: Any = statement.compile(dialect=dialect)
    converted = {}
    for name, bind in compiled.binds.items():
        if processor := bind.type.dialect_impl(dialect).bind_processor(dialect):
            converted[name] = processor
    fixed = {
        name: converted[name](value) if name in converted and value is not None else value
        for name, value in compiled.params.items()
    }
    return _Said(str(compiled), fixed, converted, compiled.positiontup)


def _given(said: _Said, values: Values) -> object:
    """The values as the driver takes them: in order, or by name."""
    convert = said.converted
    whole = said.fixed | {
        name: convert[name](value) if name in convert else value for name, value in values.items()
    }
    return whole if said.order is None else [whole[name] for name in said.order]
