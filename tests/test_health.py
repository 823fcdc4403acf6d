"""`/healthz` and `/metrics`: well or not for everybody, why and how much for few."""

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from bookingapp import clock, create_app, heartbeat
from bookingapp.booking.models import BookingState
from bookingapp.db import db, transaction
from bookingapp.email import drain, meters
from bookingapp.email.lock import SendingLock
from bookingapp.email.models import BreakerState, MailTransport, OutboxState
from bookingapp.settings import Settings
from tests.admin.rows import Rows, ago
from tests.email import plans
from tests.email.test_prune import fill as many_sent
from tests.factories import Cinema
from tests.house import House, wait_for

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


def breaker(**values: Any) -> None:
    with transaction() as session:
        session.add(MailTransport(**{
            "name": "smtp", "breaker": BreakerState.OPEN, "next_probe_at": clock.now(), "failures": 1,
            "wait_seconds": 60, "fault": "auth", "last_error": "535 5.7.8 asha@example.org", "sent_today": 7,
            "day": clock.now().date(), **values,
        }))  # fmt: skip


SMTP = pytest.mark.settings(mail_transport="smtp", mail_server="127.0.0.1", mail_daily_limit=500)


@SMTP
def test_an_open_breaker_is_told_with_its_kind_not_with_its_words(client: FlaskClient) -> None:
    breaker()
    status, told = health(client)
    assert status == 200, "only mails that wait for too long make the house unwell"
    assert told["mail"]["ways"] == [
        {"name": "smtp", "breaker": "open", "fault": "auth", "sent_today": 7, "daily_limit": 500}
    ]
    assert "asha" not in str(told)
    page = figures(scrape(client))
    assert page["matinee_mail_breaker_open", "smtp"] == 1
    assert page["matinee_mail_sent_today", "smtp"] == 7
    assert page["matinee_mail_daily_limit", "smtp"] == 500


@SMTP
def test_yesterdays_mails_are_not_todays(client: FlaskClient) -> None:
    breaker(
        breaker=BreakerState.CLOSED, next_probe_at=None, day=clock.now().date() - timedelta(days=1)
    )
    page = figures(scrape(client))
    assert page["matinee_mail_breaker_open", "smtp"] == 0
    assert page["matinee_mail_sent_today", "smtp"] == 0


def test_tries_and_waits_of_this_process_are_on_the_page(client: FlaskClient) -> None:
    before = scrape(client).text
    meters.tried("transport", 2.0)
    meters.waited(0.02)
    told = scrape(client).text
    assert count(told, 'matinee_outbox_attempts_total{outcome="transport"}') == 1 + count(
        before, 'matinee_outbox_attempts_total{outcome="transport"}'
    )
    assert count(told, "matinee_outbox_wait_seconds_count") == 1 + count(
        before, "matinee_outbox_wait_seconds_count"
    )


def count(page: str, name: str) -> float:
    """A figure by its whole name."""
    [line] = [line for line in page.splitlines() if line.startswith(name)]
    return float(line.split()[-1])


def test_neither_page_reads_the_history(client: FlaskClient, rows: Rows) -> None:
    many_sent(rows, 3000, days=1, mime=False)
    for state in OutboxState:
        rows.mail(state=state)
    rows.booking()
    plans.analyze()
    with plans.asked() as asked:
        assert scrape(client).status_code == 200
        assert health(client)[0] == 200
    assert len(asked.statements) >= 6
    assert asked.scans("outbox_message") == []


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
    rows.booking(created_at=ago(days=2))
    rows.mail(state=OutboxState.SENT)
    told = figures(scrape(client))
    assert told["matinee_bookings_last_day", "confirmed"] == 2
    assert told["matinee_bookings_last_day", "held"] == 1
    assert told["matinee_bookings_last_day", "cancelled"] == 0
    assert told["matinee_outbox_messages", "queued"] == 1
    assert told["matinee_outbox_messages", "dead"] == 1
    assert ("matinee_outbox_messages", "sent") not in told, "the history is not counted"
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


@pytest.mark.settings(outbox_poll_seconds="5")
def test_a_house_just_opened_is_well_before_its_first_round(house: House) -> None:
    first = requests.get(house.url + "/healthz", timeout=5)
    assert (first.status_code, first.json()["status"]) == (200, "starting")

    def well() -> bool:
        answer = requests.get(house.url + "/healthz", timeout=5)
        assert answer.status_code == 200
        return bool(answer.json()["status"] == "ok")

    wait_for(well, "first round")
