"""The letter that a showing has another time or hall: old and new side by side, the new ticket."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from bookingapp.booking import cancel, letters
from bookingapp.booking.models import Booking
from bookingapp.email import outbox
from bookingapp.email.messages import ShowingFacts, ShowtimeMoved, TicketFacts
from bookingapp.email.models import OutboxMessage
from bookingapp.email.payload import from_payload
from bookingapp.settings import current

KIND = "showtime_moved"
# Unsent mails with the old time and code are of no use.
STALE = ("booking_confirmation", "showtime_reminder", KIND)


def owe(session: Session, booking: Booking, before: TicketFacts, words: str, secret: str) -> bool:
    """Once per revision. False when it is owed already or has no address."""
    if not booking.email:
        return False
    was = _last_heard(session, booking) or _facts(before)
    outbox.cancel_unsent(session, booking.id, STALE)
    ticket = letters.ticket_facts(session, booking, secret)
    claims = cancel.live_seats(session, booking)
    message = ShowtimeMoved(
        ticket, was,
        back=cancel.money_left(session, booking, claims).total,
        back_url=f"{current().url}/b/{booking.manage_token}/moved",
        words=words,
    )  # fmt: skip
    return outbox.put(
        session,
        message,
        recipient=booking.email,
        locale=booking.locale,
        dedupe_key=f"{KIND}:{booking.number}:r{booking.revision}",
        booking_id=booking.id,
    )


def _facts(before: TicketFacts) -> ShowingFacts:
    return ShowingFacts(
        before.starts_at, before.screen, tuple(seat.name for seat in before.seats), before.zone
    )


def _last_heard(session: Session, booking: Booking) -> ShowingFacts | None:
    """Moved again before the first letter went: the customer only knows what was before that."""
    payload = session.scalars(
        select(OutboxMessage.payload)
        .where(
            OutboxMessage.booking_id == booking.id,
            OutboxMessage.kind == KIND,
            OutboxMessage.state.in_(outbox.UNSENT),
        )
        .order_by(OutboxMessage.id.desc())
        .limit(1)
    ).first()
    message = from_payload(KIND, payload) if payload else None
    return message.was if isinstance(message, ShowtimeMoved) else None
