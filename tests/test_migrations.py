"""Migrations run both ways on both engines, on a filled database, and say what the models say."""

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import Engine, func, inspect, select, text

from bookingapp import tables
from bookingapp.db import Base, db
from tests.factories import Cinema

assert tables


def counts(engine: Engine) -> dict[str, int]:
    """Rows of every table."""
    with engine.connect() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in Base.metadata.tables.items()
        }


@pytest.fixture
def filled(app: Flask, cinema: Cinema) -> Flask:
    """A database with rows in it."""
    cinema.showtime()
    cinema.staff("manager")
    return app


def test_the_migrated_database_is_what_the_models_say(app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "target_metadata": Base.metadata}
        )
        differences = [
            d
            for d in compare_metadata(context, Base.metadata)
            if "uq_user_email_lower" not in str(d)
        ]
    assert differences == []


def test_every_migration_goes_down_and_up_again(app: Flask) -> None:
    flask_migrate.downgrade(revision="base")
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
    flask_migrate.upgrade()
    assert set(Base.metadata.tables) <= set(inspect(db.engine).get_table_names())


def test_the_last_migration_keeps_every_row_on_its_way_down_and_up(filled: Flask) -> None:
    before = counts(db.engine)
    with db.engine.connect() as connection:
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    if revision == "0001":  # nothing below the first but the empty house
        flask_migrate.upgrade()
    else:
        flask_migrate.downgrade(revision="-1")
        flask_migrate.upgrade()
    assert counts(db.engine) == before


@pytest.mark.engine("sqlite")  # PostgreSQL refuses such rows by itself, whatever the migration does
def test_a_migration_that_would_leave_orphans_is_rolled_back(
    filled: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    with db.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("PRAGMA foreign_keys=OFF")
        raw.execute("UPDATE showtime SET movie_id = 999")
        raw.execute("PRAGMA foreign_keys=ON")
    with pytest.raises(SystemExit):
        flask_migrate.upgrade()
    assert "point at nothing" in caplog.text
