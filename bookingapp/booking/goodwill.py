"""The step that gives money back for seats that stay sold, or were cancelled without it. Staff alone."""

from datetime import datetime

from sqlalchemy.orm import Session

from bookingapp import audit
from bookingapp.booking import cancel, refund_letters
from bookingapp.booking import cancel_rules as rules
from bookingapp.booking.cancel_rules import Left
from bookingapp.booking.models import Booking
from bookingapp.booking.refund_letters import GOODWILL
from bookingapp.payments import refunds
from bookingapp.payments.models import Refund


def give(
    session: Session, booking: Booking, amount: int, words: str, now: datetime, *, asked_by: int
) -> Refund:
    """Owe the customer a sum of what is left, spread over the seats. The caller holds the booking's lock.

    Raises WordsMissing, NothingLeft, BackTooHigh, BackTooSmall.
    """
    if not words.strip():
        raise rules.WordsMissing
    claims = cancel.every_seat(session, booking)
    left = cancel.money_left(session, booking, claims)
    back = rules.gift(left, amount, booking.currency)
    payment = cancel.payment_of(session, booking)
    if payment is None:
        raise rules.NothingLeft
    refund = refunds.owe_refund(
        session, payment, back.total, GOODWILL, now,
        lines=back.lines, asked_by=asked_by, note=words.strip(),
    )  # fmt: skip
    cancel.credit(session, booking, claims, (left, back), refund)
    told = {"back": amount, "currency": booking.currency, "words": words.strip()}
    audit.note(session, "booking.goodwill", ("booking", booking.id), actor_id=asked_by, after=told)
    refund_letters.owe_on_its_way(session, booking, payment, refund)
    return refund


def all_left(session: Session, booking: Booking) -> Left:
    """What is left of every seat it has or had: cancelled ones may get more back later."""
    return cancel.money_left(session, booking, cancel.every_seat(session, booking))
