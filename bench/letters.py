"""Mails to send: real confirmations of the demo's bookings, owed again and again."""

import itertools
import secrets

from sqlalchemy import func, select

from bookingapp import clock
from bookingapp.booking import letters
from bookingapp.booking.models import Booking
from bookingapp.catalogue.models import Showtime
from bookingapp.db import db, transaction
from bookingapp.email import outbox
from bookingapp.email.messages import BookingConfirmation
from bookingapp.email.models import OutboxMessage
from bookingapp.tickets.models import TicketCode

BOOKINGS = 200


def owe(mails: int) -> None:
    """Owe so many confirmations, each of a real booking that still holds, in one transaction."""
    with transaction() as session:
        found = session.execute(
            select(Booking, TicketCode.secret)
            .join(TicketCode, TicketCode.booking_id == Booking.id)
            .join(Showtime, Showtime.id == Booking.showtime_id)
            # a ticket for a film that is over would not be sent
            .where(Booking.sold, TicketCode.revoked_at.is_(None), Showtime.starts_at > clock.now())
            .order_by(Booking.id.desc())
            .limit(BOOKINGS)
        ).all()
        facts = [(row[0].id, letters.ticket_facts(session, row[0], row[1])) for row in found]
        for number, (booking_id, ticket) in zip(range(mails), itertools.cycle(facts), strict=False):
            outbox.put(
                session, BookingConfirmation(ticket), recipient=f"guest{number}@example.com", locale="en",
                dedupe_key=f"bench:{secrets.token_hex(8)}", booking_id=booking_id,
            )  # fmt: skip


def waiting() -> int:
    """Mails not yet settled."""
    db.session.rollback()
    return db.session.scalar(select(func.count()).where(OutboxMessage.due_at.is_not(None))) or 0


def first() -> str:
    """A mail that is still owed, by its public id."""
    owed = select(OutboxMessage.public_id).where(OutboxMessage.due_at.is_not(None))
    return db.session.scalar(owed.order_by(OutboxMessage.id).limit(1)) or ""


def states() -> dict[str, int]:
    """How many mails are in which state."""
    db.session.rollback()
    counted = select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state)
    return {state.value: number for state, number in db.session.execute(counted).tuples()}
