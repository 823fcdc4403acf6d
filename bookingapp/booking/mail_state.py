"""Where the ticket's mail is, in a customer's words. The page shows it, `mail.json` refreshes it."""

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bookingapp.booking.views import BookingView
from bookingapp.email import queries as outbox
from bookingapp.email.faults import Fault
from bookingapp.email.models import Delivery, OutboxState
from bookingapp.email.queries import MailLine
from bookingapp.web.filters import clock_time
from bookingapp.web.i18n import gettext as _

# Letters that carry a ticket; the newest is the one that counts.
TICKETS = ("booking_confirmation", "showtime_moved")
NOBODY_THERE = re.compile(r"\b5\.1\.\d+")
PENDING = {OutboxState.QUEUED, OutboxState.SENDING, OutboxState.RETRY}


@dataclass(frozen=True)
class MailState:
    """`look` is the badge's class, `words` stand on it, `sentence` says what to do.

    `correct`: the address is what is wrong, and the page asks for the right one.
    """

    look: str
    words: str
    sentence: str
    pending: bool
    gone: bool
    correct: bool = False

    def as_json(self) -> dict[str, Any]:
        """For the page's script."""
        return asdict(self)


def of_booking(view: BookingView) -> MailState:
    """The newest mail with a booking's ticket; being written when there is none yet."""
    letters = outbox.of_booking(view.id)
    line = next((mail for mail in letters if mail.kind in TICKETS), None)
    if line is None:
        return MailState("stopped", _("No mail"), _no_mail(view), pending=False, gone=False)
    look, words = _badge(line)
    return MailState(
        look, words, _sentence(line, view),
        pending=line.state in PENDING,
        gone=line.state in {OutboxState.SENT, OutboxState.SIMULATED} and not line.bounced,
        correct=_wrong_address(line),
    )  # fmt: skip


def _no_mail(view: BookingView) -> str:
    if view.email:
        return _("No mail was sent for this booking. The code on this page is all you need.")
    return _("There is no address to send the ticket to. Print or keep this page.")


def _wrong_address(line: MailLine) -> bool:
    """Their server says that nobody gets mail there; another address helps, another try does not."""
    refused = line.state is OutboxState.DEAD and line.fault == Fault.RECIPIENT
    return refused or line.bounced or line.state is OutboxState.SUPPRESSED


def _badge(line: MailLine) -> tuple[str, str]:
    if line.bounced:
        return "dead", _("Came back")
    if line.delivery is Delivery.DELIVERED:
        return "sent", _("Delivered")
    looks = {
        OutboxState.QUEUED: ("queued", _("On its way")),
        OutboxState.SENDING: ("sending", _("Being sent")),
        OutboxState.RETRY: ("retry", _("Trying again")),
        OutboxState.SENT: ("sent", _("Sent")),
        OutboxState.SIMULATED: ("simulated", _("Not really sent")),
        OutboxState.DEAD: ("dead", _("Failed")),
        OutboxState.HELD: ("parked", _("Waiting")),
    }
    return looks.get(line.state, ("stopped", _("Stopped")))


def _sentence(line: MailLine, view: BookingView) -> str:
    to, zone = line.recipient, view.show.zone
    if _wrong_address(line):
        return _not_there(line)
    if line.state is OutboxState.SENT and line.sent_at:
        return _arrived(line, line.sent_at, zone)
    if line.state is OutboxState.RETRY and line.due_at:
        return _next_try(line, clock_time(line.due_at, zone))
    on_its_way = _("The ticket is on its way to %(email)s.", email=to)
    known = {
        OutboxState.QUEUED: on_its_way,
        OutboxState.SENDING: on_its_way,
        OutboxState.SIMULATED: _(
            "This is a demonstration: the mail to %(email)s was written to a file.", email=to
        ),
        OutboxState.DEAD: _(
            "The ticket could not be delivered to %(email)s. Your seats are safe: "
            "keep or print this page, its code is all you need.", email=to,
        ),
    }  # fmt: skip
    other = _(
        "No mail goes to %(email)s just now. The code on this page is all you need.", email=to
    )
    return known.get(line.state, other)


def _next_try(line: MailLine, at: str) -> str:
    if line.uncertain:
        return _(
            "The line broke while the mail went to %(email)s. It may be there; if not, it comes again at %(time)s.",
            email=line.recipient, time=at,
        )  # fmt: skip
    return _(
        "The mail to %(email)s did not go through yet; the next try is at %(time)s. "
        "The code on this page is good already.", email=line.recipient, time=at,
    )  # fmt: skip


def _arrived(line: MailLine, sent_at: datetime, zone: str) -> str:
    if line.delivery is Delivery.DELIVERED:
        at = clock_time(line.delivery_at or sent_at, zone)
        return _("Delivered to %(email)s at %(time)s.", email=line.recipient, time=at)
    at = clock_time(sent_at, zone)
    return _(
        "Accepted by your mail provider at %(time)s, for %(email)s. Not there? Look in the spam folder.",
        email=line.recipient, time=at,
    )  # fmt: skip


def _not_there(line: MailLine) -> str:
    said = line.delivery_words if line.bounced else line.last_error
    if line.state is OutboxState.SUPPRESSED or NOBODY_THERE.search(said):
        return _(
            "%(email)s does not exist, so the ticket could not be delivered. "
            "Correct the address; your seats are safe.", email=line.recipient,
        )  # fmt: skip
    return _(
        "%(email)s takes no mail from us, so the ticket could not be delivered. "
        "Use another address; your seats are safe.", email=line.recipient,
    )  # fmt: skip
