"""A backup is brought back whole, and what it owed waits for the manager."""

import shutil
import sqlite3
import subprocess
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from bookingapp.db import db
from bookingapp.email import drain, restored
from bookingapp.email.lock import SendingLock
from bookingapp.email.models import OutboxState
from tests.email.conftest import use_server
from tests.factories import Cinema
from tests.mailservers import MailServer
from tests.restore.conftest import backed_up, flask, owe, packed, sqlite, states, titles


@sqlite
def test_the_database_is_as_it_was_and_what_it_owed_is_held(app: Flask, cinema: Cinema) -> None:
    cinema.movie("Sunrise")
    owe(2)
    archive = backed_up(app)
    cinema.movie("Metropolis")
    answer = flask(app, "restore", archive)
    assert answer.exit_code == 0, answer.output
    assert "2 owed mails wait for the manager" in answer.output
    assert titles() == {"Sunrise"}
    assert states() == [OutboxState.HELD] * 2
    assert restored.guard() == 0, "asked once, not again at the start"


@sqlite
def test_what_was_replaced_is_kept_aside(app: Flask, cinema: Cinema) -> None:
    archive = backed_up(app)
    cinema.movie("Metropolis")
    answer = flask(app, "restore", archive)
    aside = Path(answer.output.splitlines()[0].split()[-1])
    with closing(sqlite3.connect(aside / "matinee.db")) as former:
        assert former.execute("SELECT title FROM movie").fetchall() == [("Metropolis",)]
    assert aside.stat().st_mode & 0o077 == 0


@sqlite
def test_posters_and_keys_come_back_with_it(app: Flask) -> None:
    instance = app.config["SETTINGS"].instance
    (instance / "secret_key").write_text("the key of then")
    (instance / "posters").mkdir()
    (instance / "posters" / "1.png").write_bytes(b"sunrise")
    archive = backed_up(app)
    (instance / "secret_key").write_text("the key of now")
    shutil.rmtree(instance / "posters")
    assert flask(app, "restore", archive).exit_code == 0
    assert (instance / "secret_key").read_text() == "the key of then"
    assert (instance / "posters" / "1.png").read_bytes() == b"sunrise"
    [kept] = (instance / "replaced").glob("*/secret_key")
    assert kept.read_text() == "the key of now"


@sqlite
def test_not_while_the_house_is_open(app: Flask, cinema: Cinema) -> None:
    archive = backed_up(app)
    cinema.movie("Metropolis")
    instance = app.config["SETTINGS"].instance
    server = SendingLock(instance)
    server.take()
    answer = flask(app, "restore", archive)
    server.release()
    assert answer.exit_code == 1
    assert "Matinee is running" in answer.output
    assert titles() == {"Metropolis"}


@sqlite
def test_not_while_another_program_writes(app: Flask, cinema: Cinema) -> None:
    archive = backed_up(app)
    cinema.movie("Metropolis")
    with closing(sqlite3.connect(app.config["SETTINGS"].instance / "matinee.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = flask(app, "restore", archive)
    assert answer.exit_code == 1
    assert "Another program uses the database" in answer.output
    assert not list((app.config["SETTINGS"].instance / "replaced").iterdir())
    assert titles() == {"Metropolis"}


@sqlite
def test_a_house_without_a_database_gets_one(app: Flask, cinema: Cinema) -> None:
    """A new machine: only the archive is there."""
    cinema.movie("Sunrise")
    archive = backed_up(app)
    db.session.remove()
    db.engine.dispose()
    for path in app.config["SETTINGS"].instance.glob("matinee.db*"):
        path.unlink()
    assert flask(app, "restore", archive).exit_code == 0
    assert titles() == {"Sunrise"}


@sqlite
def test_a_broken_database_is_put_aside_with_its_log(app: Flask, cinema: Cinema) -> None:
    cinema.movie("Sunrise")
    archive = backed_up(app)
    db.session.remove()
    db.engine.dispose()
    instance = app.config["SETTINGS"].instance
    (instance / "matinee.db").write_bytes(b"this was a database once" * 400)
    (instance / "matinee.db-wal").write_bytes(b"and this its log")
    assert flask(app, "restore", archive).exit_code == 0
    assert titles() == {"Sunrise"}
    [log] = (instance / "replaced").glob("*/matinee.db-wal")
    assert log.read_bytes() == b"and this its log"


# SQLite has the command above.
@pytest.mark.engine("postgresql")
def test_postgresql_is_told_its_own_way(app: Flask, tmp_path: Path) -> None:
    archive = packed(tmp_path, **{"matinee.pgdump": b"PGDMP"})
    answer = flask(app, "restore", archive)
    assert answer.exit_code == 1
    assert "pg_restore --clean" in answer.output
    assert "restore --hold" in answer.output
    url = app.config["SETTINGS"].database_url
    assert (
        ":" not in url.partition("@")[0].removeprefix("postgresql://") or url not in answer.output
    )


# SQLite's way is walked by whole houses in test_restored_house.py.
@pytest.mark.engine("postgresql")
def test_a_dump_brought_back_by_its_own_tool_is_known_for_an_older_copy(
    app: Flask, smtp: MailServer, tmp_path: Path
) -> None:
    use_server(app, smtp.port)
    owe(2)
    archive = backed_up(app)
    assert drain.run() == 2
    restored.renew()
    db.session.remove()
    db.engine.dispose()
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "out", filter="data")
    done = subprocess.run(
        ["pg_restore", "--clean", "--if-exists", "--no-owner", "-d",
         app.config["SETTINGS"].database_url, tmp_path / "out" / "matinee.pgdump"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert states() == [OutboxState.QUEUED] * 2
    db.session.remove()
    restored.forget()
    assert drain.run() == 0
    assert states() == [OutboxState.HELD] * 2
    assert len(smtp.received) == 2


def test_what_a_database_owes_can_be_held_by_hand(app: Flask) -> None:
    owe(3)
    answer = flask(app, "restore", "--hold")
    assert "3 owed mails wait for the manager" in answer.output
    assert states() == [OutboxState.HELD] * 3
    assert flask(app, "restore", "--hold").output == "No mail was owed.\n"


def test_an_archive_must_be_named(app: Flask) -> None:
    answer = flask(app, "restore")
    assert answer.exit_code == 2
    assert "Name the archive" in answer.output
