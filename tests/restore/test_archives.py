"""Archives that are broken, foreign, later or very old."""

import sqlite3
import tarfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from bookingapp import create_app
from bookingapp.db import db
from bookingapp.email.models import OutboxState
from bookingapp.settings import Settings
from tests.factories import Cinema
from tests.restore.conftest import backed_up, flask, packed, sqlite, states, titles


@sqlite
@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"matinee.db": b"not a database" * 100}, "not sound"),
        ({"secret_key": b"alone"}, "without a database"),
        ({"matinee.pgdump": b"PGDMP"}, "of a PostgreSQL database"),
    ],
)
def test_a_bad_archive_changes_nothing(
    app: Flask, cinema: Cinema, tmp_path: Path, files: dict[str, bytes], said: str
) -> None:
    cinema.movie("Sunrise")
    answer = flask(app, "restore", packed(tmp_path, **files))
    assert answer.exit_code == 1
    assert said in answer.output
    assert titles() == {"Sunrise"}


@sqlite
def test_a_file_that_is_no_archive_is_said_so(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    answer = flask(app, "restore", tmp_path / "notes.txt")
    assert (answer.exit_code, "can't be read as a backup" in answer.output) == (1, True)


@sqlite
def test_an_archive_can_not_write_elsewhere(app: Flask, tmp_path: Path) -> None:
    archive = packed(tmp_path, **{"posters/../../evil": b"!", "../evil": b"!", "matinee.db": b"x"})
    assert flask(app, "restore", archive).exit_code == 1
    assert not list(tmp_path.rglob("evil"))


@sqlite
def test_a_backup_of_a_later_matinee_is_refused(app: Flask, tmp_path: Path) -> None:
    archive = backed_up(app)
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "out", filter="data")
    with closing(sqlite3.connect(tmp_path / "out" / "matinee.db")) as copy:
        copy.execute("UPDATE alembic_version SET version_num = '9999'")
        copy.commit()
    later = packed(tmp_path, **{"matinee.db": (tmp_path / "out" / "matinee.db").read_bytes()})
    answer = flask(app, "restore", later)
    assert "from a later Matinee" in answer.output


@sqlite
def test_a_backup_of_the_first_version_is_migrated_and_its_mails_held(
    settings: Settings, tmp_path: Path
) -> None:
    import flask_migrate  # noqa: PLC0415

    old = replace(settings, instance_dir=str(tmp_path / "old"), database_url="")
    with create_app(old).app_context():
        flask_migrate.upgrade(revision="0001")
        with closing(sqlite3.connect(old.instance / "matinee.db")) as first:
            first.execute(
                "INSERT INTO outbox_message (public_id, channel, kind, dedupe_key, recipient, locale,"
                " payload, priority, state, due_at, attempts, created_at, message_id, phase, uncertain,"
                " last_error, provider_ref) VALUES ('a', 'email', 'mail_test', 'k', 'x@example.org', 'en',"
                " '{}', 20, 'queued', '2026-01-01 00:00:00.000000', 0, '2026-01-01 00:00:00.000000', '<a@x>',"
                " '', 0, '', '')"
            )
            first.commit()
        db.engine.dispose()
    archive = packed(tmp_path, **{"matinee.db": (old.instance / "matinee.db").read_bytes()})
    app = create_app(settings)
    with app.app_context():
        answer = flask(app, "restore", archive)
        assert "1 owed mail waits for the manager" in answer.output
        assert states() == [OutboxState.HELD]
        db.engine.dispose()
