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
from bookingapp.email import depth, drain, meters
from bookingapp.email import queries as mails
from bookingapp.email.routes import routes
from bookingapp.payments import gateway
from bookingapp.settings import Settings
from bookingapp.web.access import access, limiter
from bookingapp.web.requests import in_flight

pages = Blueprint("health", __name__)
limiter.exempt(pages)
DRAIN = "drain"
PROXY_HEADERS = ("X-Forwarded-For", "Forwarded", "X-Real-IP")
# A mail that could have gone for this long stands for a mail server or a drain that does not work.
OVERDUE = timedelta(minutes=10)
# After the start nothing is held against the drain for some polls.
GRACE_SECONDS, GRACE_POLLS = 5, 5
DAY = timedelta(days=1)


@pages.get("/healthz")
@access("public")
def healthz() -> ResponseReturnValue:
    """200 when everything works, 503 when something does not; details for those who may know."""
    now = clock.now()
    starting = _starting(now)
    details = {"database": _database(), "scheduler": _scheduler(now), "outbox": _outbox(now)}
    if starting:
        for part in ("scheduler", "outbox"):
            details[part]["ok"] = True
    well = all(part["ok"] for part in details.values())
    word = "unwell" if not well else "starting" if starting else "ok"
    answer: dict[str, Any] = {"status": word}
    if _may_know():
        answer |= {**details, "mail": _mail(now), "payments": _payments()}
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
    text = generate_latest(registry) + generate_latest(meters.REGISTRY)
    return Response(text, content_type=CONTENT_TYPE_LATEST)


class _House(Collector):
    """What is counted at each scrape; nothing is kept between them, so processes need not agree."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every figure."""
        now = clock.now()
        yield _by_state("matinee_outbox_messages", "Mails by state, sent ones not", depth.depth())
        oldest = mails.oldest_due(now)
        age = (now - oldest).total_seconds() if oldest else 0.0
        yield GaugeMetricFamily(
            "matinee_outbox_oldest_due_seconds", "Age of the oldest mail that could go", age
        )
        yield from _transports(now)
        yield GaugeMetricFamily(
            "matinee_gateway_up",
            "0 while the payment gateway is known not to answer",
            not gateway.connect().health.down,
        )
        yield _by_state("matinee_bookings_last_day", "Bookings of a day by state", _bookings(now))
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


def _transports(now: datetime) -> Iterator[GaugeMetricFamily]:
    breaker, sent, limit = (
        GaugeMetricFamily(f"matinee_mail_{name}", meaning, labels=["transport"])
        for name, meaning in (
            ("breaker_open", "1 while nothing goes this way"),
            ("sent_today", "Mails of today (UTC)"),
            ("daily_limit", "Mails a day; 0: no limit known"),
        )
    )
    for way in depth.transports(routes(_settings()), now):
        breaker.add_metric([way.name], way.open)
        sent.add_metric([way.name], way.sent_today)
        limit.add_metric([way.name], way.limit)
    yield from (breaker, sent, limit)


def _bookings(now: datetime) -> dict[BookingState, int]:
    """Made within a day; all there ever were would be a read of the whole table."""
    rows = db.session.execute(
        select(Booking.state, func.count())
        .where(Booking.created_at >= now - DAY)
        .group_by(Booking.state)
    )
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


def _starting(now: datetime) -> bool:
    """The scheduler runs, and its drain has had no time yet to come round."""
    began = heartbeat.began()
    if began is None or heartbeat.last(DRAIN) is not None:
        return False
    grace = GRACE_SECONDS + GRACE_POLLS * _settings().outbox_poll_seconds
    return (now - began).total_seconds() <= grace


def _scheduler(now: datetime) -> dict[str, Any]:
    """The drain's heartbeat. One round may take as long as one slow mail, and a poll."""
    last = heartbeat.last(DRAIN)
    if last is None:
        return {"ok": False, "says": "the drain has not come round in this process"}
    settings = _settings()
    patience = 60 + settings.mail_deadline_seconds + 10 * settings.outbox_poll_seconds
    age = (now - last).total_seconds()
    return {"ok": age <= patience, "seconds_since_drain": round(age, 1), **_sender()}


def _sender() -> dict[str, Any]:
    """On SQLite one process sends; the others serve pages and are well all the same."""
    if db.engine.dialect.name != "sqlite" or drain.sending_lock().held:
        return {"sends": True}
    pid = drain.sending_lock().written()
    return {"sends": False, "says": f"serves pages only, process {pid or 'unknown'} sends"}


def _outbox(now: datetime) -> dict[str, Any]:
    try:
        oldest = mails.oldest_due(now)
    except SQLAlchemyError:
        return {"ok": False, "says": "can't be read"}
    age = now - oldest if oldest else timedelta()
    return {"ok": age <= OVERDUE, "oldest_due_seconds": round(age.total_seconds(), 1)}


def _mail(now: datetime) -> dict[str, Any]:
    """Where mails go, and whether each way is open."""
    told: dict[str, Any] = {"transport": _settings().mail_transport, "sends": _sends()}
    try:
        ways = depth.transports(routes(_settings()), now)
    except SQLAlchemyError:
        return told
    told["ways"] = [
        {"name": way.name, "breaker": "open" if way.open else "closed", "fault": way.fault,
         "sent_today": way.sent_today, "daily_limit": way.limit}
        for way in ways
    ]  # fmt: skip
    return told


def _payments() -> dict[str, Any]:
    """Whether the gateway answers. It makes nobody unwell: a restart here would not mend it there."""
    line = gateway.connect()
    try:
        found = line.health
    except SQLAlchemyError:
        return {"gateway": line.name}
    told = {"gateway": line.name, "up": not found.down}
    if found.down_since is None:
        return told
    return {**told, "down_since": found.down_since.isoformat(), "says": found.said}


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
