"""How each kind of letter looks, with made-up facts: for the office's pages. Nothing is owed or sent."""

from bookingapp import clock
from bookingapp.email import parts, render, samples
from bookingapp.email.messages import KINDS
from bookingapp.email.payload import to_payload
from bookingapp.email.rows import Due
from bookingapp.settings import current

NOBODY = "somebody@example.org"


def preview(kind: str) -> parts.Letter | None:
    """The letter of a kind as a mail program would show it; None when there is no such kind."""
    if kind not in KINDS:
        return None
    settings, now = current(), clock.now()
    due = Due(
        id=0,
        public_id="preview",
        kind=kind,
        recipient=NOBODY,
        locale=settings.locale,
        payload=to_payload(samples.samples(now, settings.url)[kind]),
        message_id=f"<{kind}.preview@localhost>",
        booking_id=None,
        attempts=1,
        priority=KINDS[kind].priority,
        expires_at=None,
        lease_token="",
        uncertain=False,
        slim=False,
        transport="",
        created_at=now,
    )
    return parts.read(render.letter(due).as_bytes())
