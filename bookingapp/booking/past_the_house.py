"""Money of a booking that went back in the gateway's own office: the books take it, and so does its invoice.

What the house owed anyway has its credit note since it was owed. What is more than that is shared among
the seats as money given for goodwill is, and gets a note of its own. The caller holds the booking's lock.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from bookingapp.booking import cancel
from bookingapp.booking import cancel_rules as rules
from bookingapp.booking.models import Booking
from bookingapp.payments import refunds
from bookingapp.payments.answers import GatewayRefund
from bookingapp.payments.elsewhere import from_elsewhere
from bookingapp.payments.models import Payment, Refund


def take(
    session: Session, booking: Booking, payment: Payment, fact: GatewayRefund, now: datetime
) -> Refund | None:
    """The row of such a refund, with its papers; None when it is not to be believed."""
    bought = payment.confirms_id == booking.id
    claims = cancel.every_seat(session, booking) if bought else []
    left = cancel.money_left(session, booking, claims)
    found = from_elsewhere(session, payment, fact, now)
    if found is None:
        return None
    if bought and found.more:
        back = rules.shared(left, found.more, booking.currency)
        refunds.also_for(session, found.refund, back.lines)
        cancel.credit(session, booking, claims, (left, back), found.refund)
    return found.refund
