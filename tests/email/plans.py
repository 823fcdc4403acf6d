"""Query plans on both engines: what a block of code asked, and which tables it would read whole.

PostgreSQL reads small tables whole with good reason, so fill them first and call `analyze()`.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, text

from bookingapp.db import db

# Indexes of the few rows that are owed: reading one from end to end is no reading of the history.
SMALL = "ix_outbox_message_(due|due_at|owed)"
_WORK = ("SELECT", "UPDATE", "DELETE", "WITH")


class Asked:
    """Every statement with one set of its values."""

    def __init__(self) -> None:
        self.statements: dict[str, Any] = {}

    def note(self, _connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        """Listener."""
        if statement.lstrip().upper().startswith(_WORK):
            self.statements.setdefault(statement, values)

    def scans(self, *tables: str) -> list[str]:
        """Each plan's line that reads one of these tables from end to end, with its statement."""
        return [
            f"{line.strip()}: {' '.join(statement.split())}"
            for statement, values in self.statements.items()
            for line in plan(statement, values)
            if _reads_whole(line, tables)
        ]


@contextmanager
def asked() -> Iterator[Asked]:
    """Notes what is asked inside the block."""
    found, engine = Asked(), db.engine
    event.listen(engine, "before_cursor_execute", found.note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", found.note)


def analyze() -> None:
    """Let the engine know what the tables hold."""
    with db.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()


def plan(statement: str, values: Any) -> list[str]:
    """What the engine means to do."""
    with db.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        rows = connection.exec_driver_sql(
            f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{statement}", values
        ).all()
        connection.rollback()
    return [str(row[-1]) for row in rows]


def _reads_whole(line: str, tables: tuple[str, ...]) -> bool:
    names = "|".join(tables)
    if db.engine.dialect.name == "sqlite":
        return bool(re.match(rf"\s*SCAN ({names})\b(?!.* USING (COVERING )?INDEX {SMALL}\b)", line))
    return bool(re.search(rf"Seq Scan on ({names})\b", line))
