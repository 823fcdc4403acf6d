"""The outbox page: every mail we owe somebody, and what became of it. Live, and whole without script."""

from datetime import date, datetime, time, timedelta
from typing import Any

from flask import current_app, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _

from bookingapp import clock
from bookingapp.admin import asked, figures, mail_words, queries, ways, words
from bookingapp.admin.asked import Asked
from bookingapp.admin.blueprint import pages
from bookingapp.admin.mail import sendable
from bookingapp.catalogue.queries import site
from bookingapp.email import listing
from bookingapp.email.listing import Search
from bookingapp.email.messages import KINDS
from bookingapp.email.models import OutboxState
from bookingapp.email.queries import FAILED
from bookingapp.settings import Settings
from bookingapp.web.access import access

CHOICES = {
    "failed": (_("Needs you"), FAILED),
    "waiting": (_("Waiting"), (OutboxState.QUEUED, OutboxState.SENDING)),
    "retry": (_("Trying again"), (OutboxState.RETRY,)),
    "sent": (_("Sent"), (OutboxState.SENT,)),
    "uncertain": (_("Perhaps sent twice"), ()),
    "bounced": (_("Came back"), ()),
    "simulated": (_("Not really sent"), (OutboxState.SIMULATED,)),
    "held": (_("Held by you"), (OutboxState.HELD,)),
    "cancelled": (_("Cancelled"), (OutboxState.CANCELLED,)),
    "expired": (_("Expired"), (OutboxState.EXPIRED,)),
    "suppressed": (_("Suppressed"), (OutboxState.SUPPRESSED,)),
    "dead": (_("Failed"), (OutboxState.DEAD,)),
}
# What may be done to all that a filter shows, by the filter; see many.py.
TO_ALL = {
    "failed": ("retry",), "dead": ("retry",), "suppressed": ("retry",), "retry": ("retry",),
    "simulated": ("retry",), "held": ("release", "cancel"),
}  # fmt: skip


@pages.get("/outbox")
@access("manager")
def outbox() -> ResponseReturnValue:
    """Figures, the ways out, the last day, and the mails."""
    wish, now = asked.read(), clock.now()
    return render_template(
        "admin/outbox.html",
        **_pulse(now),
        **_mails(wish),
        choices=[(name, label) for name, (label, _states) in CHOICES.items()],
        kinds=sorted((name, words.kind(name)) for name in KINDS),
        faults=[(fault.value, label) for fault, label in mail_words.FAULTS.items()],
        chart=figures.last_day(now),
    )


@pages.get("/outbox/live")
@access("manager")
def outbox_live() -> ResponseReturnValue:
    """What changes on the page, for its script: the same parts, drawn anew."""
    wish = asked.read()
    return render_template("admin/outbox_live.html", **_pulse(clock.now()), **_mails(wish))


def search(wish: Asked) -> Search:
    """A wish as the mail room understands it."""
    zone = site().zone
    return Search(
        states=CHOICES[wish.state][1] if wish.state in CHOICES else (),
        kind=wish.kind if wish.kind in KINDS else "",
        recipient=wish.q,
        booking_ids=queries.ids_for_mails(wish.q) if wish.q else (),
        fault=wish.fault if wish.fault in {f.value for f in mail_words.FAULTS} else "",
        uncertain=wish.state == "uncertain",
        bounced=wish.state == "bounced",
        since=_midnight(wish.since, zone) if wish.since else None,
        until=_midnight(wish.until + timedelta(days=1), zone) if wish.until else None,
    )


def _pulse(now: datetime) -> dict[str, Any]:
    settings: Settings = current_app.config["SETTINGS"]
    zone = site().zone
    today = _midnight(clock.local(now, zone).date(), zone)
    return {
        "figures": figures.read(today, now, real=settings.mail_transport == "smtp"),
        "ways": ways.read(settings, now),
        "transport": settings.mail_transport,
        "read_at": now,
    }


def _mails(wish: Asked) -> dict[str, Any]:
    found = listing.look(search(wish), before=wish.before, size=asked.SIZE)
    can = sendable()
    return {
        "asked": wish,
        "lines": found.lines,
        "older": found.older,
        "far": found.far,
        "bookings": queries.numbers([line.booking_id for line in found.lines if line.booking_id]),
        "sendable": can,
        "to_all": _to_all(wish, can) if found.lines else (),
    }


def _to_all(wish: Asked, can: set[OutboxState]) -> tuple[str, ...]:
    if wish.state == "simulated" and OutboxState.SIMULATED not in can:
        return ()
    return TO_ALL.get(wish.state, ())


def _midnight(day: date, zone: str) -> datetime:
    return clock.from_local(day, time.min, zone)
