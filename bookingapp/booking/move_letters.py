"""The letter that a showing has another time or hall: old and new side by side, the new ticket."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from bookingapp.booking import letters
from bookingapp.booking.models import Booking
from bookingapp.email import outbox
from bookingapp.email.messages import ShowingFacts, ShowtimeMoved, TicketFacts
from bookingapp.email.models import OutboxMessage
from bookingapp.email.payload import from_payload
from bookingapp.settings import current

KIND = "showtime_moved"
# Unsent mails with the old time and code are of no use.
STALE = ("booking_confirmation", "showtime_reminder", KIND)


def owe(
    session: Session, booking: Booking, before: TicketFacts, words: str, secret: str, *, back: int
) -> bool:
    """Once per revision. False when it is owed already or has no address. `back` may be had instead."""
    unheard = _unheard(session, booking)
    was = unheard.was if unheard else _facts(before)
    return _put(session, booking, ShowtimeMoved(
        letters.ticket_facts(session, booking, secret), was, back, _back_url(booking), words,
    ))  # fmt: skip


def again(session: Session, booking: Booking, secret: str, *, back: int) -> bool:
    """Part of the booking was cancelled: news of a move that has not gone yet, with today's ticket.

    False when there is none: then a plain new ticket says all.
    """
    unheard = _unheard(session, booking)
    if unheard is None or not booking.email:
        return False
    ticket = letters.ticket_facts(session, booking, secret)
    return _put(session, booking, replace(unheard, ticket=ticket, back=back))


def _put(session: Session, booking: Booking, message: ShowtimeMoved) -> bool:
    if not booking.email:
        return False
    outbox.cancel_unsent(session, booking.id, STALE)
    return outbox.put(
        session,
        message,
        recipient=booking.email,
        locale=booking.locale,
        dedupe_key=f"{KIND}:{booking.number}:r{booking.revision}",
        booking_id=booking.id,
    )


def _back_url(booking: Booking) -> str:
    return f"{current().url}/b/{booking.manage_token}/moved"


def _facts(before: TicketFacts) -> ShowingFacts:
    return ShowingFacts(
        before.starts_at, before.screen, tuple(seat.name for seat in before.seats), before.zone
    )


def _unheard(session: Session, booking: Booking) -> ShowtimeMoved | None:
    """The newest letter of a move, unless it went: the customer only knows what was before that.

    One that is being sent is in doubt: the mail room may find this very change and drop it.
    """
    letter = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.booking_id == booking.id, OutboxMessage.kind == KIND)
        .order_by(OutboxMessage.id.desc())
        .limit(1)
    ).first()
    if letter is None or letter.state in outbox.GONE:
        return None
    message = from_payload(KIND, letter.payload)
    return message if isinstance(message, ShowtimeMoved) else None
