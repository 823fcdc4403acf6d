"""The outbox page: every mail we owe somebody, and what became of it."""

from datetime import datetime, time

from flask import current_app, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _

from bookingapp import clock
from bookingapp.admin import asked, figures, queries, words
from bookingapp.admin.blueprint import pages
from bookingapp.admin.mail import sendable
from bookingapp.catalogue.queries import site
from bookingapp.email import queries as mails
from bookingapp.email.messages import KINDS
from bookingapp.email.models import OutboxState
from bookingapp.email.queries import FAILED, Search
from bookingapp.web.access import access

CHOICES = {
    "failed": (_("Needs you"), FAILED),
    "waiting": (_("Waiting"), (OutboxState.QUEUED, OutboxState.SENDING)),
    "retry": (_("Trying again"), (OutboxState.RETRY,)),
    "sent": (_("Sent"), (OutboxState.SENT,)),
    "simulated": (_("Not really sent"), (OutboxState.SIMULATED,)),
    "held": (_("Held by you"), (OutboxState.HELD,)),
    "cancelled": (_("Cancelled"), (OutboxState.CANCELLED,)),
    "expired": (_("Expired"), (OutboxState.EXPIRED,)),
    "suppressed": (_("Suppressed"), (OutboxState.SUPPRESSED,)),
    "dead": (_("Failed"), (OutboxState.DEAD,)),
}


@pages.get("/outbox")
@access("manager")
def outbox() -> ResponseReturnValue:
    """Figures, the last day, and the mails."""
    wish, now = asked.read(), clock.now()
    lines = mails.page(_search(wish), before=wish.before, size=asked.SIZE + 1)
    shown = lines[: asked.SIZE]
    tiles, chart = figures.read(_midnight(now), now)
    settings = current_app.config["SETTINGS"]
    return render_template(
        "admin/outbox.html",
        asked=wish,
        choices=[(name, label) for name, (label, _states) in CHOICES.items()],
        kinds=sorted((name, words.kind(name)) for name in KINDS),
        figures=tiles,
        chart=chart,
        lines=shown,
        bookings=queries.numbers([line.booking_id for line in shown if line.booking_id]),
        older=shown[-1].id if len(lines) > len(shown) else None,
        sendable=sendable(),
        transport=settings.mail_transport,
    )


def _search(wish: asked.Asked) -> Search:
    return Search(
        states=CHOICES[wish.state][1] if wish.state in CHOICES else (),
        kind=wish.kind if wish.kind in KINDS else "",
        recipient=wish.q,
        booking_ids=queries.ids_for_mails(wish.q) if wish.q else (),
    )


def _midnight(now: datetime) -> datetime:
    zone = site().zone
    today = clock.local(now, zone).date()
    return clock.from_local(today, time.min, zone)
