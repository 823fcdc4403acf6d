"""Alembic's environment, both ways on both engines.

On SQLite a batch migration copies tables, and with foreign keys ON it fails under RESTRICT or empties
child tables under CASCADE. So they are switched OFF before BEGIN and checked before the commit.
"""

from alembic import context
from sqlalchemy import Connection

import bookingapp.tables  # noqa: F401 (imports every table)
from bookingapp.db import Base, Instant, db


class ForeignKeyCheckError(RuntimeError):
    """A migration would leave rows that point at nothing; it was rolled back."""


def render_item(kind: str, item: object, _autogen: object) -> str | bool:
    """Migrations speak SQLAlchemy's types alone, so that they outlive ours."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


def migrate(connection: Connection) -> None:
    """Run what is asked, in one transaction."""
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()
        if sqlite:
            _check(connection)
    if sqlite:
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")


def _check(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise ForeignKeyCheckError(
            f"{len(broken)} rows point at nothing, the first in {broken[0][0]}"
        )


with db.engine.execution_options(immediate=True).connect() as connection:
    migrate(connection)
