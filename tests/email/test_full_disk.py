"""The disk is full while mails go out, or another program keeps the database locked: nothing is lost."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from bookingapp import clock
from bookingapp.db import db
from bookingapp.email import drain, queries
from bookingapp.email.models import OutboxState
from tests.email.conftest import Owe, in_background, opened, use_server
from tests.mailservers import FaultyServer
from tests.torture.letterbox import by_id, copies_are_alike

SignIn = Callable[[FlaskClient, str], FlaskClient]
MANY = 40


@contextmanager
def full_disk() -> Iterator[None]:
    """The database's file can't grow by one page. Room that is free inside it stays usable."""
    engine = db.engine

    def limit(cursor: sqlite3.Cursor, pages: int) -> None:
        cursor.execute(f"PRAGMA max_page_count = {pages}")

    def narrow(connection: sqlite3.Connection, *_: object) -> None:
        limit(connection.cursor(), 1)

    event.listen(engine, "connect", narrow)
    db.session.remove()
    engine.dispose()
    try:
        yield
    finally:
        event.remove(engine, "connect", narrow)
        db.session.remove()
        engine.dispose()


# PRAGMA max_page_count is SQLite's way to have a small disk.
@pytest.mark.engine("sqlite")
def test_a_full_disk_stops_mails_before_their_dot_and_they_go_when_there_is_room(
    app: Flask, owe: Owe, faulty: FaultyServer, client: FlaskClient, sign_in: SignIn
) -> None:
    manager = sign_in(client, "manager")
    use_server(app, faulty.port)
    mails, now = [owe() for _ in range(MANY)], clock.now()
    with full_disk():
        went = fails_in_the_end(now)
        page = manager.get("/office/outbox").text
    assert len(faulty.taken) == went < MANY
    assert "so no mail goes out" in page
    assert "database or disk is full" in page
    for minutes in (2, 4, 15, 17):
        with time_machine.travel(now + timedelta(minutes=minutes)):
            drain.run()
    assert {opened(mail).line.state for mail in mails} == {OutboxState.SENT}
    letters = by_id(faulty.taken)
    assert len(letters) == MANY
    # no mail had its dot that could not be marked, so none is in doubt
    assert copies_are_alike(letters) == 0
    assert "so no mail goes out" not in manager.get("/office/outbox").text


@pytest.mark.engine("sqlite")
def test_a_disk_full_for_an_hour_costs_no_mail_its_life(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    now = clock.now()
    mails = [owe(expires_at=now + timedelta(days=7)) for _ in range(MANY)]
    with full_disk():
        for seconds in range(0, 3600, 15):
            with time_machine.travel(now + timedelta(seconds=seconds)), suppress(OperationalError):
                drain.run()
    for hours in (5, 6):
        with time_machine.travel(now + timedelta(hours=hours)):
            drain.run()
    assert {opened(mail).line.state for mail in mails} == {OutboxState.SENT}
    assert copies_are_alike(by_id(faulty.taken)) == 0


def fails_in_the_end(now: datetime) -> int:
    """Runs until the disk is full and then some; how many mails went out before."""
    for seconds in range(3):
        later = time_machine.travel(now + timedelta(seconds=seconds))
        with later, pytest.raises(OperationalError, match="full"):
            drain.run()
    db.session.rollback()
    return queries.counts((OutboxState.SENT,))[OutboxState.SENT]


@contextmanager
def locked(app: Flask, seconds: float) -> Iterator[None]:
    """Another program holds the database for so long."""
    held, done = threading.Event(), threading.Event()
    settings = app.config["SETTINGS"]
    file = Path(settings.instance_dir) / "matinee.db"

    def hold() -> None:
        if settings.database_url:
            with psycopg.connect(settings.database_url.replace("+psycopg", "")) as other:
                other.execute("LOCK TABLE outbox_message, outbox_attempt IN EXCLUSIVE MODE")
                held.set()
                done.wait(seconds)
        else:
            with closing(sqlite3.connect(file, isolation_level=None)) as writer:
                writer.execute("BEGIN IMMEDIATE")
                held.set()
                done.wait(seconds)
                writer.execute("ROLLBACK")

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(20)
    try:
        yield
    finally:
        done.set()
        holder.join(20)


SECONDS = [1, pytest.param(8, marks=pytest.mark.torture)]


@pytest.mark.parametrize("seconds", SECONDS)
def test_locked_for_seconds_before_a_claim_all_goes_afterwards(
    app: Flask, owe: Owe, faulty: FaultyServer, seconds: int
) -> None:
    use_server(app, faulty.port)
    mails = [owe() for _ in range(5)]
    with locked(app, seconds):
        assert drain.run() == 5
    once(mails, faulty)


@pytest.mark.parametrize("seconds", SECONDS)
@pytest.mark.parametrize("stage", ["DATA", "DOT"])
def test_locked_for_seconds_while_a_mail_is_under_way_it_waits_for_its_marks_and_goes_once(
    app: Flask, owe: Owe, faulty: FaultyServer, seconds: int, stage: str
) -> None:
    use_server(app, faulty.port)
    faulty.faults[stage], faulty.times[stage] = "wait", 1
    mails = [owe() for _ in range(5)]
    runs = in_background(app, drain.run)
    assert faulty.reach(stage).wait(20)
    with locked(app, seconds):
        faulty.go_on.set()
        runs.join(30)
    once(mails, faulty)


def once(mails: list[str], faulty: FaultyServer) -> None:
    """All sent at the first try, none in doubt."""
    lines = [opened(mail).line for mail in mails]
    assert {(line.state, line.attempts, line.uncertain) for line in lines} == {
        (OutboxState.SENT, 1, False)
    }
    assert copies_are_alike(by_id(faulty.taken)) == 0
    assert len(faulty.taken) == len(mails)


@pytest.mark.engine("sqlite")  # on PostgreSQL a locked row makes a writer wait without an end
def test_locked_for_longer_than_anybody_waits_the_page_says_so_and_the_mails_go_later(
    app: Flask, owe: Owe, faulty: FaultyServer, client: FlaskClient, sign_in: SignIn,
) -> None:  # fmt: skip
    manager = sign_in(client, "manager")
    use_server(app, faulty.port)
    mails, now = [owe() for _ in range(3)], clock.now()

    def impatient(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA busy_timeout = 100")

    event.listen(db.engine, "connect", impatient)
    db.session.remove()
    db.engine.dispose()
    with locked(app, 30), pytest.raises(OperationalError, match="locked"):
        drain.run()
    event.remove(db.engine, "connect", impatient)
    assert "database is locked" in manager.get("/office/outbox").text
    with time_machine.travel(now + timedelta(minutes=2)):
        drain.run()
    once(mails, faulty)


@pytest.mark.parametrize(("hours", "said"), [(-1, "was put back by"), (1, "was put forward by")])
def test_the_outbox_page_says_that_the_clock_was_put(
    app: Flask, client: FlaskClient, sign_in: SignIn, hours: int, said: str
) -> None:
    drain.run()
    with time_machine.travel(clock.now() + timedelta(hours=hours)):
        manager = sign_in(client, "manager")
        drain.run()
        page = manager.get("/office/outbox").text
    assert said in page
