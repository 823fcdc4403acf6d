"""A run of the drain beside others: marks, takeovers, stops, requests, leases."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from bookingapp import clock
from bookingapp.db import db, transaction
from bookingapp.email import drain, queries, rows, sending
from bookingapp.email.models import OutboxMessage, OutboxMime, OutboxState
from tests.email.conftest import Owe, in_background, opened, state, use_server
from tests.mailservers import FaultyServer


def test_the_dot_is_marked_before_it_is_sent(app: Flask, owe: Owe, faulty: FaultyServer) -> None:
    """While the server sits on its answer, the database already says where we are."""
    use_server(app, faulty.port)
    faulty.faults["DOT"] = "wait"
    mail = owe()
    runs = in_background(app, drain.run)
    assert faulty.reach("DOT").wait(20)
    db.session.rollback()
    row = db.session.execute(
        select(OutboxMessage.phase, OutboxMessage.state, OutboxMime.sha256).join(OutboxMime)
        .where(OutboxMessage.public_id == mail)).one()  # fmt: skip
    assert row[:2] == ("dot", OutboxState.SENDING)
    faulty.go_on.set()
    runs.join(20)
    assert state(mail) is OutboxState.SENT


def test_no_transaction_is_open_while_the_server_is_talked_to(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    faulty.faults["RCPT"] = "wait"
    owe()
    runs = in_background(app, drain.run)
    assert faulty.reach("RCPT").wait(20)
    owe()
    faulty.go_on.set()
    runs.join(20)
    db.session.rollback()
    assert queries.counts((OutboxState.SENT,))[OutboxState.SENT] == 2


def test_a_mail_taken_over_meanwhile_never_gets_its_dot(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    faulty.faults["RCPT"] = "wait"
    mail = owe()
    runs = in_background(app, drain.run)
    assert faulty.reach("RCPT").wait(20)
    with transaction() as session:
        session.execute(update(OutboxMessage).values(lease_token="another"))
    faulty.go_on.set()
    runs.join(20)
    assert faulty.taken == []
    assert state(mail) is OutboxState.SENDING
    assert opened(mail).attempts == ()


def test_two_runs_do_not_overlap(app: Flask, owe: Owe, faulty: FaultyServer) -> None:
    use_server(app, faulty.port)
    faulty.faults["DOT"] = "wait"
    owe()
    runs = in_background(app, drain.run)
    assert faulty.reach("DOT").wait(20)
    owe(due_at=clock.now() - timedelta(minutes=1))
    assert drain.run() == 0
    faulty.go_on.set()
    runs.join(20)


def test_stop_ends_after_the_mail_being_sent_and_gives_the_rest_back(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    faulty.faults["DOT"], faulty.times["DOT"] = "wait", 1
    mails = [owe() for _ in range(3)]
    runs = in_background(app, drain.run)
    assert faulty.reach("DOT").wait(20)
    drain.stop()
    faulty.go_on.set()
    assert drain.join(20)
    runs.join(20)
    lines = [opened(mail).line for mail in mails]
    assert [line.state for line in lines] == [
        OutboxState.SENT,
        OutboxState.QUEUED,
        OutboxState.QUEUED,
    ]
    assert [line.attempts for line in lines] == [1, 0, 0]
    assert drain.run() == 0


def test_requests_go_first_but_not_for_ever(
    app: Flask, owe: Owe, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def somebody_waits() -> int:
        asked.append(1)
        return 1

    monkeypatch.setattr("bookingapp.web.requests.in_flight", somebody_waits)
    mail = owe()
    drain.run()
    assert len(asked) > 3
    assert state(mail) is OutboxState.SIMULATED


def test_a_claim_is_not_used_when_its_lease_is_nearly_over(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    """Four mails, each taking half a second; a lease that is good for beginning one second long."""
    use_server(app, faulty.port, outbox_lease_seconds=3, mail_deadline_seconds=2)
    mails = [owe() for _ in range(3)]
    tokens: list[str] = []

    def note(due: rows.Due) -> None:
        tokens.append(due.lease_token)

    with slow_checks(note):
        assert drain.run() == 3
    assert len(set(tokens)) > 1
    assert [opened(mail).line.attempts for mail in mails] == [1, 1, 1]


@contextmanager
def slow_checks(note: Callable[[rows.Due], None]) -> Iterator[None]:
    """Make each mail take long, by the question that is asked before it."""
    original = sending._not_to_go

    def slowly(due: rows.Due) -> tuple[OutboxState, str] | None:
        note(due)
        threading.Event().wait(0.7)
        return original(due)

    sending._not_to_go = slowly
    try:
        yield
    finally:
        sending._not_to_go = original
