"""The wake-up at commit is never lost, whatever the drain is doing at that moment."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC

import pytest
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from bookingapp import clock
from bookingapp.db import db
from bookingapp.email import drain, queries, wake
from bookingapp.email.models import OutboxState
from tests.email.conftest import Owe, use_server
from tests.email.test_drain import in_background
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
def scheduler(app: Flask) -> Iterator[BackgroundScheduler]:
    """The real scheduler with the drain alone, polling once an hour: only wake-ups are quick."""

    def round_() -> None:
        with app.app_context():
            drain.run()
            db.session.remove()

    running = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(1)},
        # as in bookingapp/scheduler.py: one more may wait, so that a wake-up in the instant between
        # the drain's last look and its return is kept
        job_defaults={"coalesce": True, "max_instances": 2, "misfire_grace_time": None},
    )
    running.add_job(round_, "interval", hours=1, id="drain")
    running.start()
    drain.started(lambda: running.modify_job("drain", next_run_time=clock.now()))
    yield running
    drain.stop()
    running.shutdown(wait=True)


@pytest.mark.usefixtures("scheduler")
def test_no_mail_waits_for_the_poll(app: Flask, owe: Owe, smtp: MailServer) -> None:
    """Mails owed one by one while runs begin and end; were one wake-up lost, it would wait an hour."""
    use_server(app, smtp.port)
    for number in range(40):
        owe()
        if number % 3 == 0:
            # let the run come near its end, so that every moment of it is met by some commit
            threading.Event().wait(0.003 * (number % 7))
    until = time.monotonic() + 30
    while len(smtp.received) < 40 and time.monotonic() < until:
        threading.Event().wait(0.02)
    assert len(smtp.received) == 40
    drain.stop()
    assert drain.join(20)
    db.session.rollback()
    assert queries.counts((OutboxState.SENT,)) == {OutboxState.SENT: 40}
