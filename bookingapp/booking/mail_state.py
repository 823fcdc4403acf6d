"""Where the ticket's mail is, in a customer's words. The page shows it, `mail.json` refreshes it."""

from dataclasses import asdict, dataclass
from typing import Any

from bookingapp.booking.views import BookingView
from bookingapp.email import queries as outbox
from bookingapp.email.models import OutboxState
from bookingapp.email.queries import MailLine
from bookingapp.web.filters import clock_time
from bookingapp.web.i18n import gettext as _

PENDING = {OutboxState.QUEUED, OutboxState.SENDING, OutboxState.RETRY}


@dataclass(frozen=True)
class MailState:
    """`look` is the badge's class, `words` stand on it, `sentence` says what to do."""

    look: str
    words: str
    sentence: str
    pending: bool
    gone: bool

    def as_json(self) -> dict[str, Any]:
        """For the page's script."""
        return asdict(self)


def of_booking(view: BookingView) -> MailState:
    """The newest confirmation mail of a booking; being written when there is none yet."""
    letters = outbox.of_booking(view.id)
    line = next((mail for mail in letters if mail.kind == "booking_confirmation"), None)
    if line is None:
        return MailState("stopped", _("No mail"), _no_mail(view), pending=False, gone=False)
    look, words = _badge(line)
    return MailState(
        look, words, _sentence(line, view),
        pending=line.state in PENDING,
        gone=line.state in {OutboxState.SENT, OutboxState.SIMULATED},
    )  # fmt: skip


def _no_mail(view: BookingView) -> str:
    if view.email:
        return _("No mail was sent for this booking. The code on this page is all you need.")
    return _("There is no address to send the ticket to. Print or keep this page.")


def _badge(line: MailLine) -> tuple[str, str]:
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
    to = line.recipient
    if line.state in {OutboxState.QUEUED, OutboxState.SENDING}:
        return _("The ticket is on its way to %(email)s.", email=to)
    if line.state is OutboxState.SENT and line.sent_at:
        at = clock_time(line.sent_at, view.show.zone)
        return _(
            "Sent to %(email)s at %(time)s. Not there? Look in the spam folder.", email=to, time=at
        )
    if line.state is OutboxState.SIMULATED:
        return _("This is a demonstration: the mail to %(email)s was written to a file.", email=to)
    if line.state is OutboxState.RETRY and line.due_at:
        at = clock_time(line.due_at, view.show.zone)
        return _(
            "The mail to %(email)s did not go through yet; the next try is at %(time)s. "
            "The code on this page is good already.", email=to, time=at,
        )  # fmt: skip
    if line.state is OutboxState.DEAD:
        return _(
            "The ticket could not be delivered to %(email)s. Your seats are safe: "
            "keep or print this page, its code is all you need.", email=to,
        )  # fmt: skip
    return _("No mail goes to %(email)s just now. The code on this page is all you need.", email=to)
