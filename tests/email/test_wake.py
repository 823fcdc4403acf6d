"""The wake-up at commit is never lost, whatever the drain is doing at that moment."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from bookingapp import scheduler
from bookingapp.db import db
from bookingapp.email import drain, queries, wake
from bookingapp.email.models import OutboxState
from tests.email.conftest import Owe, in_background, use_server
from tests.mailservers import FaultyServer, MailServer


@pytest.fixture
def calls() -> list[str]:
    """Who was called to start a drain."""
    made: list[str] = []
    wake.hand_over(lambda: made.append("start"))
    return made


def test_with_no_drain_running_one_is_started(calls: list[str]) -> None:
    wake.wake()
    assert calls == ["start"]


def test_a_running_drain_is_told_instead(calls: list[str]) -> None:
    wake.begin()
    wake.look()
    wake.wake()
    assert calls == []
    assert not wake.may_end()
    wake.look()
    assert wake.may_end()


def test_work_that_came_before_the_claim_is_seen_by_it(calls: list[str]) -> None:
    wake.begin()
    wake.wake()
    wake.look()
    assert wake.may_end()


def test_a_drain_that_ends_early_hands_the_work_on(calls: list[str]) -> None:
    wake.begin()
    wake.look()
    wake.wake()
    wake.end()
    assert calls == ["start"]


def test_a_mail_owed_while_the_last_one_is_sent_goes_with_the_same_run(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    faulty.faults["DOT"], faulty.times["DOT"] = "wait", 1
    owe()
    runs = in_background(app, drain.run)
    assert faulty.reach("DOT").wait(20)
    owe()
    faulty.go_on.set()
    runs.join(20)
    assert len(faulty.taken) == 2


@pytest.fixture
def round_over(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
    """What happens, once each, after a run has ended and before the scheduler knows it."""
    todo: list[Callable[[], object]] = []

    def run() -> None:
        drain.run()
        if todo:
            todo.pop()()

    monkeypatch.setattr(scheduler, "JOBS", (scheduler.Job("drain", lambda _: 3600.0, run, "mail"),))
    return todo


@pytest.fixture
def serving(app: Flask, round_over: list[Callable[[], object]]) -> Iterator[None]:
    """The real scheduler with the drain alone, polling once an hour: only wake-ups are quick."""
    with scheduler.running(app):
        yield


def all_arrived(server: MailServer, number: int) -> bool:
    until = time.monotonic() + 30
    while len(server.received) < number and time.monotonic() < until:
        threading.Event().wait(0.02)
    return len(server.received) == number


@pytest.mark.usefixtures("serving")
def test_a_mail_owed_in_the_instant_a_run_ends_does_not_wait_for_the_poll(
    app: Flask, owe: Owe, smtp: MailServer, round_over: list[Callable[[], object]]
) -> None:
    use_server(app, smtp.port)
    round_over.append(owe)
    owe()
    assert all_arrived(smtp, 2)


@pytest.mark.usefixtures("serving")
def test_no_mail_waits_for_the_poll(app: Flask, owe: Owe, smtp: MailServer) -> None:
    """Mails owed one by one while runs begin and end; were one wake-up lost, it would wait an hour."""
    use_server(app, smtp.port)
    for number in range(40):
        owe()
        if number % 3 == 0:
            # let the run come near its end, so that every moment of it is met by some commit
            threading.Event().wait(0.003 * (number % 7))
    assert all_arrived(smtp, 40)
    drain.stop()
    assert drain.join(20)
    db.session.rollback()
    assert queries.counts((OutboxState.SENT,)) == {OutboxState.SENT: 40}
