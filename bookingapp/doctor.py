"""What an operator wants to know at a glance: is everything there that Matinee stands on?

Each finding says what was looked at, whether it is well, and what to do if not. It changes nothing.
"""

import shutil
from typing import NamedTuple

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from bookingapp import clock
from bookingapp.catalogue import tax, taxes
from bookingapp.db import db, safe_url
from bookingapp.email import pulse
from bookingapp.email import queries as outbox
from bookingapp.email.routes import routes, warnings
from bookingapp.payments import gateway, loose
from bookingapp.payments.gateway import GatewayError, GatewayRefused
from bookingapp.payments.heard import heard
from bookingapp.settings import ROOT, Settings

ENOUGH_DISK = 500 * 1024 * 1024
TOO_OLD_SECONDS = 300


class Finding(NamedTuple):
    """What was looked at, whether it is well, and what was seen or what to do."""

    what: str
    ok: bool
    said: str


def examine() -> list[Finding]:
    """Look at everything; a database that does not answer ends the examination there."""
    settings: Settings = current_app.config["SETTINGS"]
    findings = [_mode(settings), _disk(settings), _secrets()]
    try:
        findings.append(_database(settings))
        findings += [_mail(settings), _gateway(settings), _webhooks(settings), _owed()]
        findings.append(_invoices(settings))
    except SQLAlchemyError as error:
        findings.append(Finding("database", ok=False, said=str(error).splitlines()[0]))
    return findings


def _mode(settings: Settings) -> Finding:
    return Finding("mode", ok=True, said=f"{settings.mode}, links begin with {settings.url}")


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.instance).free
    return Finding("disk", free > ENOUGH_DISK, f"{free // 1024**2} MiB free in the instance folder")


def _secrets() -> Finding:
    file = ROOT / ".env"
    if file.is_file() and file.stat().st_mode & 0o077:
        return Finding("secrets", ok=False, said="others can read .env; run: chmod 600 .env")
    return Finding("secrets", ok=True, said="nobody else can read them")


def _database(settings: Settings) -> Finding:
    scripts = ScriptDirectory.from_config(current_app.extensions["migrate"].migrate.get_config())
    with db.engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    where = safe_url(settings.database)
    if revision != scripts.get_current_head():
        return Finding(
            "database", ok=False, said=f"{where} is not migrated; run: flask --app app db upgrade"
        )
    return Finding("database", ok=True, said=f"{where} at revision {revision}")


def _mail(settings: Settings) -> Finding:
    oldest = outbox.oldest_due(clock.now())
    waits = int((clock.now() - oldest).total_seconds()) if oldest else 0
    if waits > TOO_OLD_SECONDS:
        return Finding(
            "mail",
            ok=False,
            said=f"a mail is due for {waits} s; is Matinee running? See /office/outbox",
        )
    if down := _left_alone(settings):
        said = f"{'; '.join(down)}; what to do: flask --app app mail doctor"
        return Finding("mail", ok=False, said=said)
    return Finding("mail", ok=True, said="; ".join(_ways(settings)))


def _left_alone(settings: Settings) -> list[str]:
    """The ways out whose breaker is open, with the server's words."""
    known = pulse.transports()
    rows = [known[route.name] for route in routes(settings) if route.name in known]
    return [f"{row.name}: {row.last_error}" for row in rows if row.next_probe_at is not None]


def _ways(settings: Settings) -> list[str]:
    """Where mails go; what else there is to know of it, `mail doctor` finds out."""
    found = routes(settings)
    if found[0].simulated:
        return [f"to {found[0].name}, not really sent"]
    by = " then ".join(f"{route.server}:{route.port}" for route in found)
    return [f"smtp by {by}", *warnings(settings), "more by: flask --app app mail doctor"]


def _gateway(settings: Settings) -> Finding:
    """The gateway is asked; the sandbox is not, for it runs only while the demo does."""
    line = gateway.connect()
    if settings.sandbox:
        found = line.health
        said = (
            f"the sandbox does not answer: {found.said}"
            if found.down
            else "the sandbox, no money moves"
        )
        return Finding("payments", not found.down, said)
    try:
        line.probe()
    except GatewayRefused as error:
        return Finding(
            "payments", ok=False, said=f"Razorpay {error}; check RAZORPAY_KEY_ID and its secret"
        )
    except GatewayError as error:
        said = (
            f"Razorpay does not answer: {error}; seats are held longer meanwhile, see /office/money"
        )
        return Finding("payments", ok=False, said=said)
    return Finding("payments", ok=True, said="Razorpay answers and knows our keys")


def _webhooks(settings: Settings) -> Finding:
    """They are a help: without any, orders are asked about every half minute while seats are held."""
    address = f"{settings.url}/webhooks/razorpay"
    if not (settings.sandbox or settings.razorpay_webhook_secret):
        said = f"none: RAZORPAY_WEBHOOK_SECRET is not set; give {address} to the gateway to hear sooner"
        return Finding("webhooks", ok=True, said=said)
    now = clock.now()
    found = heard(now)
    if found.silent(now):
        said = (
            f"money came and no event told of it; does the gateway know {address} and its secret?"
        )
        return Finding("webhooks", ok=False, said=said)
    last = f"last heard {found.event_at:%Y-%m-%d %H:%M} UTC" if found.event_at else "none yet"
    strangers = (
        f"; {found.not_ours} of orders that are not ours this week" if found.not_ours else ""
    )
    return Finding("webhooks", ok=True, said=last + strangers)


def _owed() -> Finding:
    owed = loose.how_many()
    if owed:
        return Finding(
            "money", ok=False, said=f"{owed} payments without a ticket; see /office/money"
        )
    return Finding("money", ok=True, said="every payment has its ticket")


def _invoices(settings: Settings) -> Finding:
    """Who takes tax has a number. The demo takes play money, so it is told and goes on."""
    rate = tax.highest_rate(taxes.laws(), clock.now().date())
    if rate and not settings.seller_tax_id:
        said = (
            f"SELLER_TAX_ID is not set: tax of up to {rate / 100:g} % is taken, and no invoice says by "
            "whom; set it before the first sale, or take no tax under /office/tax"
        )
        return Finding("invoices", ok=not settings.production, said=said)
    number = "with a tax number" if settings.seller_tax_id else "nothing is taxed"
    return Finding("invoices", ok=True, said=number)
