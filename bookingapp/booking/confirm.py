"""The step that makes a hold a sale: state, money, tickets, code, invoice and letter, all or nothing."""

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bookingapp.booking import billing, letters
from bookingapp.booking.models import Booking, BookingSeat, BookingState
from bookingapp.booking.rules import may_move
from bookingapp.db import ask
from bookingapp.email import outbox
from bookingapp.payments.models import Payment
from bookingapp.tickets.issue import issue

_claim = BookingSeat.__table__.c
_LIVE_SEATS = (
    select(_claim.id)
    .where(_claim.booking_id == bindparam("booking"), _claim.released_at.is_(None))
    .order_by(_claim.id)
)


class NotToBeConfirmedError(RuntimeError):
    """The caller did not look at the booking's state before."""


def confirm(session: Session, booking: Booking, payment: Payment | None, now: datetime) -> str:
    """Confirm a booking whose seats are its own; `payment` is None when it costs nothing.

    The caller holds the booking's lock. Returns the secret of its QR code.
    """
    if not may_move(booking.state, BookingState.CONFIRMED):
        raise NotToBeConfirmedError(booking.state)
    booking.state, booking.sold = BookingState.CONFIRMED, True
    booking.hold_expires_at, booking.confirmed_at = None, now
    if payment is not None:
        payment.confirms_id = booking.id
    # Tickets point at a sold booking, so the state goes first.
    session.flush()
    secret = issue(session, booking.id, _live_seats(session, booking), now)
    outbox.cancel_unsent(session, booking.id, ["payment_failed"])
    said = letters.read(session, booking)
    invoice = billing.invoice(session, booking, said, now)
    facts = letters.facts_of(booking, said, secret, invoice=invoice)
    letters.owe_confirmation(session, booking, payment, secret, facts)
    if payment is not None:
        letters.owe_receipt(session, booking, payment, facts)
    return secret


def _live_seats(session: Session, booking: Booking) -> list[int]:
    return list(ask(session, _LIVE_SEATS, booking=booking.id).scalars())
