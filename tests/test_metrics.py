"""`/metrics`: how much, for few; and that neither it nor `/healthz` reads the history."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import TestResponse

from bookingapp import clock, create_app
from bookingapp.booking.models import BookingState
from bookingapp.db import transaction
from bookingapp.email import meters
from bookingapp.email.models import BreakerState, MailTransport, OutboxState
from bookingapp.settings import Settings
from tests.admin.rows import Rows, ago
from tests.email import plans
from tests.email.test_prune import fill as many_sent
from tests.watching import ELSEWHERE, TOKEN, beating, health, rows

__all__ = ["beating", "rows"]


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
