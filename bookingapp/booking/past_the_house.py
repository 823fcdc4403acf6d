"""Money of a booking that went back in the gateway's own office: the books take it, and so does its invoice.

What the house owed anyway has its credit note since it was owed. What is more than that is shared among
the seats as money given for goodwill is, and gets a note of its own. The caller holds the booking's lock.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from bookingapp.booking import cancel
from bookingapp.booking import cancel_rules as rules
from bookingapp.booking.models import Booking, BookingSeat
from bookingapp.catalogue.models import Seat
from bookingapp.payments import refunds
from bookingapp.payments.answers import GatewayRefund
from bookingapp.payments.elsewhere import from_elsewhere
from bookingapp.payments.models import Payment, Refund


def take(
    session: Session, booking: Booking, payment: Payment, fact: GatewayRefund, now: datetime
) -> Refund | None:
    """The row of such a refund, with its papers; None when it is not to be believed."""
    bought = payment.confirms_id == booking.id
    claims = _every_seat(session, booking) if bought else []
    left = cancel.money_left(session, booking, claims)
    found = from_elsewhere(session, payment, fact, now)
    if found is None:
        return None
    if bought and found.more:
        back = rules.shared(left, found.more, booking.currency)
        refunds.also_for(session, found.refund, back.lines)
        cancel.credit(session, booking, claims, (left, back), found.refund)
    return found.refund


def _every_seat(session: Session, booking: Booking) -> list[BookingSeat]:
    """All that its invoice names, by place: the cancelled too, and after a move each seat once."""
    later = aliased(BookingSeat)
    carried = select(later.id).where(later.carried_from_id == BookingSeat.id).exists()
    found = session.scalars(
        select(BookingSeat)
        .join(Seat, Seat.id == BookingSeat.seat_id)
        .where(BookingSeat.booking_id == booking.id, ~carried)
        .order_by(Seat.y, Seat.x)
    )
    return list(found)
