"""The ticket once more: a new row in the outbox, with its own key."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bookingapp import clock
from bookingapp.booking import hold, letters, rules
from bookingapp.booking.models import Booking, BookingState
from bookingapp.db import transaction
from bookingapp.email import outbox
from bookingapp.email.models import OutboxMessage, OutboxState
from bookingapp.errors import NotFound
from bookingapp.payments.models import Payment
from bookingapp.settings import current

KIND = "booking_confirmation"
ON_ITS_WAY = {OutboxState.QUEUED, OutboxState.SENDING, OutboxState.RETRY}


def resend(token: str) -> bool:
    """Send the ticket again. False: one is on its way already, so there is nothing to do.

    Raises NotFound, NotConfirmed, TooManyResends.
    """
    limit = current().limit_resends
    with transaction() as session:
        booking = hold.lock(session, token)
        if booking is None:
            raise NotFound
        if booking.state is not BookingState.CONFIRMED or not booking.email:
            raise rules.NotConfirmed
        sent = _letters(session, booking)
        if any(letter.state in ON_ITS_WAY for letter in sent):
            return False
        since = clock.now() - timedelta(hours=1)
        again = [letter for letter in sent if letter.resend_of_id]
        rules.check_holds(
            sum(letter.created_at > since for letter in again), limit, rules.TooManyResends
        )
        return _owe(session, booking, first=sent[0].id if sent else None, count=len(again) + 1)


def owe_ticket(session: Session, booking: Booking) -> bool:
    """The ticket's mail to the booking's address, unless one is on its way there or waits."""
    sent = _letters(session, booking)
    here = [row for row in sent if row.recipient.lower() == booking.email.lower()]
    if any(row.state in {*ON_ITS_WAY, OutboxState.HELD} for row in here):
        return False
    again = sum(row.resend_of_id is not None for row in sent)
    return _owe(session, booking, first=sent[0].id if sent else None, count=again + 1)


def _letters(session: Session, booking: Booking) -> list[OutboxMessage]:
    """The booking's confirmations, oldest first."""
    return list(
        session.scalars(
            select(OutboxMessage)
            .where(OutboxMessage.booking_id == booking.id, OutboxMessage.kind == KIND)
            .order_by(OutboxMessage.id)
        )
    )


def _owe(session: Session, booking: Booking, first: int | None, count: int) -> bool:
    payment = session.scalars(
        select(Payment).where(Payment.confirms_id == booking.id)
    ).one_or_none()
    secret = letters.live_secret(session, booking.id)
    message = letters.confirmation(booking, payment, letters.ticket_facts(session, booking, secret))
    return outbox.put(
        session,
        message,
        recipient=booking.email,
        locale=booking.locale,
        dedupe_key=f"{KIND}:{booking.number}:r{booking.revision}:again{count}",
        booking_id=booking.id,
        payment_id=payment.id if payment else None,
        resend_of_id=first,
    )
