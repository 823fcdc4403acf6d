"""Is the house well? `/healthz` for whoever watches it, `/metrics` for Prometheus.

Anybody may ask whether it is well. Why it is not, and the figures, are told to this machine itself or
to whoever shows METRICS_TOKEN: they say how much a cinema sells.
"""

import hmac
import ipaddress
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from bookingapp import clock, heartbeat
from bookingapp.booking.models import Booking, BookingState
from bookingapp.db import db
from bookingapp.email import queries as mails
from bookingapp.settings import Settings
from bookingapp.web.access import access, limiter
from bookingapp.web.requests import in_flight

pages = Blueprint("health", __name__)
limiter.exempt(pages)
DRAIN = "drain"
PROXY_HEADERS = ("X-Forwarded-For", "Forwarded", "X-Real-IP")
# A mail that could have gone for this long stands for a mail server or a drain that does not work.
OVERDUE = timedelta(minutes=10)


@pages.get("/healthz")
@access("public")
def healthz() -> ResponseReturnValue:
    """200 when everything works, 503 when something does not; details for those who may know."""
    now = clock.now()
    details = {"database": _database(), "scheduler": _scheduler(now), "outbox": _outbox(now)}
    well = all(part["ok"] for part in details.values())
    answer: dict[str, Any] = {"status": "ok" if well else "unwell"}
    if _may_know():
        answer |= details
        answer["mail"] = {"transport": _settings().mail_transport, "sends": _sends()}
    return jsonify(answer), 200 if well else 503


@pages.get("/metrics")
@access("public")
def metrics() -> ResponseReturnValue:
    """Figures in Prometheus' text format."""
    if not _may_know():
        return Response(
            "METRICS_TOKEN opens this page from elsewhere.\n", 403, mimetype="text/plain"
        )
    registry = CollectorRegistry()
    registry.register(_House())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _House(Collector):
    """What is counted at each scrape; nothing is kept between them, so processes need not agree."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every figure."""
        yield _by_state("matinee_outbox_messages", "Mails by state", mails.counts())
        oldest = mails.oldest_due(clock.now())
        age = (clock.now() - oldest).total_seconds() if oldest else 0.0
        yield GaugeMetricFamily(
            "matinee_outbox_oldest_due_seconds", "Age of the oldest mail that could go", age
        )
        yield _by_state("matinee_bookings", "Bookings by state", _bookings())
        yield GaugeMetricFamily(
            "matinee_requests_in_flight", "Requests being answered", in_flight()
        )
        beats = GaugeMetricFamily(
            "matinee_job_last_run_timestamp_seconds", "When a job last came round", labels=["job"]
        )
        for job, at in heartbeat.all_beats().items():
            beats.add_metric([job], at.timestamp())
        yield beats


def _by_state(name: str, meaning: str, counts: dict[Any, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=["state"])
    for state, number in counts.items():
        family.add_metric([state.value], number)
    return family


def _bookings() -> dict[BookingState, int]:
    rows = db.session.execute(select(Booking.state, func.count()).group_by(Booking.state))
    found = dict.fromkeys(BookingState, 0)
    for state, number in rows:
        found[state] = number
    return found


def _database() -> dict[str, Any]:
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return {"ok": False, "says": "does not answer"}
    return {"ok": True, "engine": db.engine.dialect.name}


def _scheduler(now: datetime) -> dict[str, Any]:
    """The drain's heartbeat. One round may take as long as one slow mail, and a poll."""
    last = heartbeat.last(DRAIN)
    if last is None:
        return {"ok": False, "says": "the drain has not come round in this process"}
    settings = _settings()
    patience = 60 + settings.mail_deadline_seconds + 10 * settings.outbox_poll_seconds
    age = (now - last).total_seconds()
    return {"ok": age <= patience, "seconds_since_drain": round(age, 1)}


def _outbox(now: datetime) -> dict[str, Any]:
    try:
        oldest = mails.oldest_due(now)
    except SQLAlchemyError:
        return {"ok": False, "says": "can't be read"}
    age = now - oldest if oldest else timedelta()
    return {"ok": age <= OVERDUE, "oldest_due_seconds": round(age.total_seconds(), 1)}


def _may_know() -> bool:
    """Asked on this machine, not through a proxy on it; or with the token."""
    token, told = _settings().metrics_token, request.authorization
    if token and told is not None and told.type == "bearer":
        return hmac.compare_digest((told.token or "").encode(), token.encode())
    through_a_proxy = any(header in request.headers for header in PROXY_HEADERS)
    return _loopback(request.remote_addr or "") and not through_a_proxy


def _loopback(address: str) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(ip, "ipv4_mapped", None)
    return (mapped or ip).is_loopback


def _sends() -> bool:
    return _settings().mail_transport == "smtp"


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
