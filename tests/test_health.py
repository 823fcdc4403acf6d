"""`/healthz` and `/metrics`: well or not for everybody, why and how much for few."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from bookingapp import clock, create_app, heartbeat
from bookingapp.booking.models import BookingState
from bookingapp.db import db
from bookingapp.email import drain
from bookingapp.email.models import OutboxState
from bookingapp.settings import Settings
from tests.admin.rows import Rows, ago
from tests.factories import Cinema

TOKEN = pytest.mark.settings(metrics_token="let the scraper in")
ELSEWHERE = {"REMOTE_ADDR": "198.51.100.7"}


@pytest.fixture(autouse=True)
def beating() -> Iterator[None]:
    """A drain that has just come round."""
    heartbeat.beat("drain")
    yield
    heartbeat.clear()


@pytest.fixture
def rows(cinema: Cinema) -> Rows:
    """What happened before."""
    return Rows(cinema)


def health(client: FlaskClient, **how: Any) -> tuple[int, dict[str, Any]]:
    answer = client.get("/healthz", **how)
    return answer.status_code, answer.get_json()


def test_a_well_house_says_ok_and_here_why(client: FlaskClient, engine: str) -> None:
    status, told = health(client)
    assert (status, told["status"]) == (200, "ok")
    assert told["database"] == {"ok": True, "engine": engine}
    assert told["scheduler"]["ok"]
    assert told["outbox"] == {"ok": True, "oldest_due_seconds": 0.0}
    assert told["mail"] == {"transport": "file", "sends": False}


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


def scrape(client: FlaskClient, **how: Any) -> TestResponse:
    return client.get("/metrics", **how)


def figures(answer: TestResponse) -> dict[tuple[str, str], float]:
    """(name, label) -> value."""
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_the_figures_count_mails_and_bookings_by_state(client: FlaskClient, rows: Rows) -> None:
    rows.booking(state=BookingState.HELD)
    rows.booking()
    rows.booking()
    rows.mail(state=OutboxState.QUEUED, due_at=ago(seconds=90))
    rows.mail(state=OutboxState.DEAD)
    told = figures(scrape(client))
    assert told["matinee_bookings", "confirmed"] == 2
    assert told["matinee_bookings", "held"] == 1
    assert told["matinee_bookings", "cancelled"] == 0
    assert told["matinee_outbox_messages", "queued"] == 1
    assert told["matinee_outbox_messages", "dead"] == 1
    assert told["matinee_outbox_messages", "sent"] == 0
    assert 90 <= told["matinee_outbox_oldest_due_seconds", ""] < 120
    assert told["matinee_requests_in_flight", ""] == 1, "this very request"
    assert told["matinee_job_last_run_timestamp_seconds", "drain"] == pytest.approx(
        clock.now().timestamp(), abs=30
    )


def test_strangers_get_no_figures(client: FlaskClient) -> None:
    assert scrape(client, environ_overrides=ELSEWHERE).status_code == 403


@TOKEN
@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Bearer let the scraper in", 200),
        ("Bearer something else", 403),
        ("Bearer", 403),
        ("Basic bGV0OnNjcmFwZXI=", 403),
        ("", 403),
    ],
)
def test_the_token_opens_them_from_elsewhere(client: FlaskClient, header: str, status: int) -> None:
    headers = {"Authorization": header} if header else {}
    assert scrape(client, environ_overrides=ELSEWHERE, headers=headers).status_code == status
    known = "database" in health(client, environ_overrides=ELSEWHERE, headers=headers)[1]
    assert known == (status == 200)


def test_without_a_token_set_an_empty_one_opens_nothing(client: FlaskClient) -> None:
    headers = {"Authorization": "Bearer "}
    assert scrape(client, environ_overrides=ELSEWHERE, headers=headers).status_code == 403


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_may_know(client: FlaskClient, address: str) -> None:
    assert scrape(client, environ_overrides={"REMOTE_ADDR": address}).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_whoever_comes_through_a_proxy_on_this_machine_is_no_neighbour(
    client: FlaskClient, header: str
) -> None:
    assert scrape(client, headers={header: "127.0.0.1"}).status_code == 403


@pytest.mark.parametrize("address", ["198.51.100.7", "127.0.0.1"])
def test_a_trusted_proxy_speaks_for_strangers(app: Flask, settings: Settings, address: str) -> None:
    values = {**vars(settings), "trusted_proxies": 1}
    behind = create_app(Settings(**values)).test_client()
    assert behind.get("/metrics", headers={"X-Forwarded-For": address}).status_code == 403
    assert behind.get("/metrics").status_code == 200
