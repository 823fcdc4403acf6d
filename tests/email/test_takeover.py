"""A sending process dies by SIGKILL: its mail arrives all the same, once unless it was at the dot."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask

from bookingapp import clock
from bookingapp.email import drain
from bookingapp.email.models import OutboxState
from bookingapp.settings import Settings
from tests.email.conftest import Owe, opened, use_server
from tests.mailservers import FaultyServer

ROOT = Path(__file__).resolve().parent.parent.parent
Start = Callable[..., "subprocess.Popen[str]"]


def environment(settings: Settings) -> dict[str, str]:
    """The same settings for another process."""
    values = {field.name: getattr(settings, field.name) for field in fields(settings)}
    given = {name.upper(): str(value) for name, value in values.items() if value is not None}
    return {"PATH": os.environ["PATH"], **given}


@pytest.fixture
def start(app: Flask) -> Iterator[Start]:
    """Start `flask outbox …` in a process of its own, with the app's settings."""
    started: list[subprocess.Popen[str]] = []

    def run(*words: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "app", *words],
            cwd=ROOT, env=environment(app.config["SETTINGS"]), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def killed_at(stage: str, start: Start, faulty: FaultyServer) -> None:
    """A drain in another process, killed while the server sits on its answer at this stage."""
    faulty.faults[stage] = "wait"
    process = start("outbox", "drain")
    assert faulty.reach(stage).wait(60), process.communicate(timeout=5)
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    faulty.faults.clear()
    faulty.go_on.set()


@pytest.mark.parametrize("stage", ["CONNECT", "RCPT", "DATA"])
def test_killed_before_the_dot_it_arrives_once(
    app: Flask, owe: Owe, faulty: FaultyServer, start: Start, stage: str
) -> None:
    use_server(app, faulty.port)
    mail = owe()
    killed_at(stage, start, faulty)
    assert opened(mail).line.state is OutboxState.SENDING
    # on SQLite who gets the lock takes back at once; on PostgreSQL the lease says when
    with time_machine.travel(clock.now() + _patience(app)):
        assert drain.run() == 1
    assert opened(mail).line.state is OutboxState.SENT
    assert not opened(mail).line.uncertain
    assert len(faulty.taken) == 1


def test_killed_at_the_dot_the_same_bytes_come_again_after_ten_minutes(
    app: Flask, owe: Owe, faulty: FaultyServer, start: Start
) -> None:
    use_server(app, faulty.port)
    mail = owe()
    killed_at("DOT", start, faulty)
    with time_machine.travel(clock.now() + _patience(app)):
        assert drain.run() == 0
    found = opened(mail)
    assert (found.line.state, found.line.uncertain) == (OutboxState.RETRY, True)
    with time_machine.travel(clock.now() + _patience(app) + timedelta(minutes=11)):
        assert drain.run() == 1
    assert len(faulty.taken) == 2
    assert faulty.taken[0] == faulty.taken[1] == opened(mail).content


def test_the_rest_of_a_dead_processs_claim_is_sent_too(
    app: Flask, owe: Owe, faulty: FaultyServer, start: Start
) -> None:
    use_server(app, faulty.port)
    mails = [owe() for _ in range(5)]
    killed_at("RCPT", start, faulty)
    with time_machine.travel(clock.now() + _patience(app)):
        assert drain.run() == 5
    assert {opened(mail).line.state for mail in mails} == {OutboxState.SENT}
    assert len(faulty.taken) == 5


@pytest.mark.engine("sqlite")  # on PostgreSQL every process sends
def test_on_sqlite_a_second_process_says_who_sends(
    app: Flask, owe: Owe, faulty: FaultyServer, start: Start
) -> None:
    use_server(app, faulty.port)
    owe()
    faulty.faults["DOT"] = "wait"
    first = start("outbox", "drain")
    assert faulty.reach("DOT").wait(60)
    assert drain.run() == 0
    second = start("outbox", "drain")
    _, said = second.communicate(timeout=60)
    assert second.returncode == 1
    assert f"the server (pid {first.pid}) is sending" in said
    faulty.go_on.set()
    out, _ = first.communicate(timeout=60)
    assert out.strip().endswith("1 sent")


@pytest.mark.engine("postgresql")  # on SQLite one process sends
def test_on_postgresql_two_processes_send_side_by_side(
    app: Flask, owe: Owe, faulty: FaultyServer, start: Start
) -> None:
    use_server(app, faulty.port, outbox_batch=1)
    mails = [owe(), owe()]
    faulty.faults["DOT"], faulty.times["DOT"] = "wait", 1
    first = start("outbox", "drain")
    assert faulty.reach("DOT").wait(60)
    assert drain.run() == 1
    faulty.go_on.set()
    first.communicate(timeout=60)
    assert {opened(mail).line.state for mail in mails} == {OutboxState.SENT}
    assert len(faulty.taken) == 2


def _patience(app: Flask) -> timedelta:
    sqlite = not app.config["SETTINGS"].database_url
    return timedelta(seconds=0 if sqlite else app.config["SETTINGS"].outbox_lease_seconds + 1)
