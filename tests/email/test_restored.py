"""An old copy of the database sends nothing by itself: what it owes waits for the manager."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, select, text

from bookingapp import clock
from bookingapp.audit import AuditEntry
from bookingapp.db import db, transaction
from bookingapp.email import drain, restored
from bookingapp.email.models import OutboxAttempt, OutboxMessage, OutboxMime, OutboxState
from bookingapp.settings import Settings
from tests.email.conftest import Owe, in_background, opened, use_server
from tests.mailservers import FaultyServer, MailServer

S = OutboxState


@pytest.fixture(autouse=True)
def process() -> Iterator[None]:
    """Each test is a process of its own that remembers nothing."""
    restored.forget()
    yield
    restored.forget()


def states() -> list[OutboxState]:
    """Of all mails, in their order."""
    db.session.rollback()
    return list(db.session.scalars(select(OutboxMessage.state).order_by(OutboxMessage.id)))


def take_back_the_newest_tries() -> None:
    """The database as it was before anything was sent."""
    with transaction() as session:
        session.execute(delete(OutboxAttempt))
        session.execute(delete(OutboxMime))
        session.execute(
            text(
                "UPDATE outbox_message SET state = 'queued', sent_at = NULL, attempts = 0, due_at = created_at"
            )
        )


def test_an_older_copy_holds_what_it_owes_and_nothing_is_sent_twice(
    app: Flask, owe: Owe, smtp: MailServer
) -> None:
    use_server(app, smtp.port)
    owe()
    owe()
    assert drain.run() == 2
    restored.renew()
    restored.forget()
    take_back_the_newest_tries()
    assert restored.guard() == 2
    assert drain.run() == 0
    assert (states(), len(smtp.received)) == ([S.HELD, S.HELD], 2)


def test_nobody_sends_from_an_older_copy_not_even_by_hand(
    app: Flask, owe: Owe, smtp: MailServer
) -> None:
    use_server(app, smtp.port)
    owe()
    assert drain.run() == 1
    restored.renew()
    take_back_the_newest_tries()
    answer = app.test_cli_runner().invoke(args=["outbox", "drain"])
    assert answer.exit_code == 0, answer.output
    assert (states(), len(smtp.received)) == ([S.HELD], 1)


def test_a_running_process_notices_a_copy_put_under_it(
    app: Flask, owe: Owe, smtp: MailServer
) -> None:
    use_server(app, smtp.port)
    owe()
    drain.run()
    restored.renew()
    take_back_the_newest_tries()
    assert restored.guard() == 1


# On PostgreSQL nobody takes back what another process left before the guard has looked.
@pytest.mark.engine("sqlite")
def test_an_old_copy_with_a_mail_at_its_dot_does_not_catch_up_by_noting_that_it_was_cut_off(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    mail, now = owe(), clock.now()
    faulty.faults["DOT"] = "wait"
    runs = in_background(app, drain.run)
    assert faulty.reach("DOT").wait(20)
    old = copied(app)
    faulty.go_on.set()
    runs.join(20)
    restored.renew()
    put_in(app, old)
    drain.run()
    with time_machine.travel(now + timedelta(minutes=15)):
        drain.run()
    assert (states(), opened(mail).line.uncertain, len(faulty.taken)) == ([S.HELD], True, 1)


def copied(app: Flask) -> Path:
    """The database as it is now, in a file of its own."""
    settings: Settings = app.config["SETTINGS"]
    copy = settings.instance / "old.db"
    with closing(sqlite3.connect(settings.instance / "matinee.db")) as source:
        source.execute("VACUUM INTO ?", (str(copy),))
    return copy


def put_in(app: Flask, copy: Path) -> None:
    """By hand, while nothing runs; then the house starts anew."""
    drain.stop()
    assert drain.join(20)
    db.session.remove()
    db.engine.dispose()
    database = app.config["SETTINGS"].instance / "matinee.db"
    for beside in ("-wal", "-shm"):
        database.with_name(database.name + beside).unlink(missing_ok=True)
    copy.replace(database)
    restored.forget()
    drain.started(lambda: None)


def test_a_copy_that_lacks_only_a_newer_mail_holds_the_older_ones(app: Flask, owe: Owe) -> None:
    owe()
    owe()
    restored.renew()
    with transaction() as session:
        newest = select(OutboxMessage.id).order_by(OutboxMessage.id.desc()).limit(1)
        session.execute(delete(OutboxMessage).where(OutboxMessage.id == newest.scalar_subquery()))
    assert restored.guard() == 1


def test_the_same_database_after_a_crash_goes_on(app: Flask, owe: Owe) -> None:
    owe()
    restored.renew()
    owe()
    restored.forget()
    assert restored.guard() == 0
    assert states() == [S.QUEUED, S.QUEUED]


def test_another_database_is_no_older_copy(app: Flask, owe: Owe) -> None:
    owe()
    path = app.config["SETTINGS"].instance / restored.NAME
    path.write_text(json.dumps({"database": "somebody's", "message": 5000, "attempt": 7000}))
    assert restored.guard() == 0
    restored.renew()
    assert json.loads(path.read_text())["message"] == newest_id()


def newest_id() -> int:
    return (
        db.session.scalars(select(OutboxMessage.id).order_by(OutboxMessage.id.desc())).first() or 0
    )


def test_a_fresh_house_has_no_mark_and_a_broken_one_stops_nothing(
    app: Flask, owe: Owe, caplog: pytest.LogCaptureFixture
) -> None:
    assert restored.guard() == 0
    owe()
    path = app.config["SETTINGS"].instance / restored.NAME
    path.write_text('{"message": ')
    assert restored.guard() == 0
    assert "can't be read" in caplog.text


def test_the_mark_is_written_only_when_the_outbox_has_come_further(app: Flask, owe: Owe) -> None:
    owe()
    restored.renew()
    path: Path = app.config["SETTINGS"].instance / restored.NAME
    written = path.stat().st_mtime_ns, path.stat().st_ino
    restored.renew()
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == written
    owe()
    restored.renew()
    assert path.stat().st_ino != written[1]
    assert path.stat().st_mode & 0o077 == 0


def test_an_older_copy_does_not_lower_the_mark_before_it_is_held(app: Flask, owe: Owe) -> None:
    owe()
    owe(due_at=clock.now() + timedelta(hours=1))
    drain.run()
    restored.renew()
    take_back_the_newest_tries()
    restored.renew()
    assert restored.guard() == 2


def test_a_mail_that_was_at_its_dot_stays_doubtful(app: Flask, owe: Owe) -> None:
    mail = owe()
    with transaction() as session:
        row = session.scalars(select(OutboxMessage)).one()
        row.state, row.phase, row.lease_token = S.SENDING, "dot", "of a dead process"
    assert restored.hold() == 1
    assert opened(mail).line.uncertain


def held(owe: Owe, *hours: float) -> list[str]:
    """Mails owed so many hours ago, then held."""
    mails = [owe() for _ in hours]
    with transaction() as session:
        for row, age in zip(
            session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)), hours, strict=True
        ):
            row.created_at = clock.now() - timedelta(hours=age)
    restored.hold()
    db.session.rollback()
    return mails


def test_the_manager_is_told_how_many_wait_and_how_old_they_are(app: Flask, owe: Owe) -> None:
    assert restored.waiting() is None
    held(owe, 1, 30, 2)
    found = restored.waiting()
    assert found is not None
    assert found.mails == 3
    assert clock.now() - found.oldest > timedelta(hours=29)
    assert clock.now() - found.newest < timedelta(hours=2)


def test_send_them_owes_them_again(app: Flask, owe: Owe, smtp: MailServer) -> None:
    use_server(app, smtp.port)
    held(owe, 1, 2)
    assert restored.send() == 2
    assert drain.run() == 2
    assert restored.waiting() is None


def test_drop_older_cancels_those_and_leaves_the_others_waiting(app: Flask, owe: Owe) -> None:
    old, young = held(owe, 30, 2)
    assert restored.drop_older(24) == 1
    assert (opened(old).line.state, opened(young).line.state) == (S.CANCELLED, S.HELD)
    assert "restored" in opened(old).line.last_error
    found = restored.waiting()
    assert found is not None
    assert found.mails == 1


def test_what_a_person_parked_is_left_alone(app: Flask, owe: Owe) -> None:
    owe()
    with transaction() as session:
        row = session.scalars(select(OutboxMessage)).one()
        row.state, row.due_at = S.HELD, None
    assert restored.hold() == 0
    assert (restored.waiting(), restored.send(), restored.drop_older(0)) == (None, 0, 0)


def test_the_decision_is_written_down(app: Flask, owe: Owe) -> None:
    held(owe, 1)
    restored.send()
    db.session.rollback()
    noted = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert noted is not None
    assert (noted.action, noted.after) == ("mail.restored_send", {"mails": 1})
