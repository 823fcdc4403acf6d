"""`/healthz`: well or not for everybody, why for few."""

import os
from datetime import timedelta

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from bookingapp import clock, heartbeat
from bookingapp.db import db
from bookingapp.email import drain
from bookingapp.email.lock import SendingLock
from bookingapp.email.models import OutboxState
from tests.admin.rows import Rows, ago
from tests.house import House, wait_for
from tests.watching import ELSEWHERE, beating, health, rows

__all__ = ["beating", "rows"]


def test_a_well_house_says_ok_and_here_why(client: FlaskClient, engine: str) -> None:
    status, told = health(client)
    assert (status, told["status"]) == (200, "ok")
    assert told["database"] == {"ok": True, "engine": engine}
    assert told["scheduler"]["ok"]
    assert told["scheduler"]["sends"] == (engine == "postgresql"), "nobody has taken the lock yet"
    assert told["outbox"] == {"ok": True, "oldest_due_seconds": 0.0}
    assert told["mail"] == {
        "transport": "file", "sends": False,
        "ways": [{"name": "file", "breaker": "closed", "fault": "", "sent_today": 0, "daily_limit": 0}],
    }  # fmt: skip


@pytest.mark.parametrize("well", [True, False])
def test_strangers_learn_only_whether_it_is_well(client: FlaskClient, well: bool) -> None:
    if not well:
        heartbeat.clear()
    status, told = health(client, environ_overrides=ELSEWHERE)
    assert status == (200 if well else 503)
    assert told == {"status": "ok" if well else "unwell"}


def test_a_drain_that_never_came_round_is_unwell(client: FlaskClient) -> None:
    heartbeat.clear()
    status, told = health(client)
    assert (status, told["scheduler"]["ok"]) == (503, False)


@pytest.mark.parametrize(
    ("seconds", "status", "word"),
    [(0, 200, "starting"), (14, 200, "starting"), (16, 503, "unwell")],
)
def test_right_after_the_start_the_drain_is_given_some_polls(
    client: FlaskClient,
    rows: Rows,
    monkeypatch: pytest.MonkeyPatch,
    seconds: int,
    status: int,
    word: str,
) -> None:
    """Also when mails have waited all night for this start."""
    rows.mail(state=OutboxState.QUEUED, due_at=ago(hours=9))
    heartbeat.clear()
    monkeypatch.setattr(heartbeat, "_began", ago(seconds=seconds))
    got, told = health(client)
    assert (got, told["status"]) == (status, word)


def test_the_first_round_ends_the_grace(client: FlaskClient, rows: Rows) -> None:
    rows.mail(state=OutboxState.QUEUED, due_at=ago(hours=9))
    heartbeat.begin()
    assert health(client)[0] == 503


def test_a_database_that_is_gone_is_unwell_even_at_the_start(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    heartbeat.clear()
    heartbeat.begin()
    monkeypatch.setattr(db.session, "execute", gone)
    assert health(client)[0] == 503


# On PostgreSQL every process sends.
@pytest.mark.engine("sqlite")
def test_a_process_that_serves_pages_only_says_so_and_is_well(
    app: Flask, client: FlaskClient
) -> None:
    other = SendingLock(app.config["SETTINGS"].instance)
    assert other.take()
    try:
        assert drain.run() == 0
        status, told = health(client)
    finally:
        other.release()
    assert (status, told["status"], told["scheduler"]["sends"]) == (200, "ok", False)
    assert told["scheduler"]["says"] == f"serves pages only, process {os.getpid()} sends"


def test_the_process_that_sends_says_so(client: FlaskClient) -> None:
    drain.started(lambda: None)
    drain.run()
    assert health(client)[1]["scheduler"]["sends"] is True
    drain.join(5)


def test_a_drain_silent_for_minutes_is_unwell(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(heartbeat._beats, "drain", ago(minutes=1))
    assert health(client)[0] == 200
    monkeypatch.setitem(heartbeat._beats, "drain", ago(minutes=4))
    assert health(client)[0] == 503


def test_a_drain_is_heard_at_every_claim_not_only_at_its_end(client: FlaskClient) -> None:
    heartbeat.clear()
    drain.started(lambda: None)
    drain.run()
    assert health(client)[0] == 200


@pytest.mark.parametrize(("minutes", "status"), [(-11, 503), (-9, 200), (180, 200)])
def test_a_mail_that_could_have_gone_long_ago_is_unwell(
    client: FlaskClient, rows: Rows, minutes: int, status: int
) -> None:
    rows.mail(state=OutboxState.RETRY, due_at=clock.now() + timedelta(minutes=minutes))
    assert health(client)[0] == status


def test_a_database_that_does_not_answer_is_unwell_and_not_a_crash(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(db.session, "execute", gone)
    monkeypatch.setattr(db.session, "scalar", gone)
    status, told = health(client)
    assert status == 503
    assert (told["database"]["ok"], told["outbox"]["ok"]) == (False, False)


@pytest.mark.settings(outbox_poll_seconds="5")
def test_a_house_just_opened_is_well_before_its_first_round(house: House) -> None:
    first = requests.get(house.url + "/healthz", timeout=5)
    assert (first.status_code, first.json()["status"]) == (200, "starting")

    def well() -> bool:
        answer = requests.get(house.url + "/healthz", timeout=5)
        assert answer.status_code == 200
        return bool(answer.json()["status"] == "ok")

    wait_for(well, "first round")
