"""What a customer is told when money goes back or a booking is cancelled, frozen as it is owed."""

from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bookingapp.booking import letters
from bookingapp.booking.models import Booking, BookingState
from bookingapp.email import outbox
from bookingapp.email.messages import BookingCancellation, PaymentRefund, TicketFacts
from bookingapp.payments.models import Payment, Refund, RefundState
from bookingapp.ready import Driver, Ready

# Money back for seats that stay sold.
GOODWILL = "goodwill"


def owe_on_its_way(session: Session, booking: Booking, payment: Payment, refund: Refund) -> bool:
    """At once, when money bought nothing, or somebody gives it back: it goes back, and why."""
    return _owe_refund(session, booking, payment, refund, "due")


def owe_refunded(session: Session, booking: Booking, payment: Payment, refund: Refund) -> bool:
    """The gateway's last word, or somebody's in the office: it is done."""
    return _owe_refund(session, booking, payment, refund, "done")


def owe_cancellation(
    session: Session,
    booking: Booking,
    ticket: TicketFacts,
    *,
    cause: str,
    back: int,
    words: str = "",
    kept: int = 0,
    method: str = "",
    still: tuple[str, ...] = (),
) -> bool:
    """Seats are cancelled. `ticket` is what they were; `cause`: customer, cinema or showing.

    `back` goes back and `kept` is the fee; `words` say why in a person's own words; `still` are the
    seats that stay. Once per revision.
    """
    if not booking.email:
        return False
    return outbox.put(
        session,
        BookingCancellation(ticket, cause, back, words, kept, method, still),
        recipient=booking.email,
        locale=booking.locale,
        dedupe_key=f"booking_cancellation:{booking.number}:r{booking.revision}",
        booking_id=booking.id,
    )


_OWED = select(Refund.id).where(Refund.idempotency_key == bindparam("reference"))
_REFUND_OWED = Ready(_OWED)
_REFUND_DONE = Ready(_OWED.where(Refund.state == RefundState.PROCESSED))


def refund_is_true(driver: Driver, booking_id: int | None, payload: dict[str, Any]) -> bool:
    """For the mail room, at send time: owed still, and done if it says so."""
    refund = _REFUND_DONE if payload["done"] else _REFUND_OWED
    return booking_id is not None and refund.finds(driver, reference=payload["reference"])


_SOLD = Ready(select(Booking.id).where(Booking.id == bindparam("booking"), Booking.sold))


def cancellation_is_true(driver: Driver, booking_id: int | None, _payload: dict[str, Any]) -> bool:
    """For the mail room, at send time. What is cancelled stays cancelled, so it is worth knowing.

    A later cancellation has a letter of its own, which goes after this one.
    """
    return _SOLD.finds(driver, booking=booking_id)


def _owe_refund(
    session: Session, booking: Booking, payment: Payment, refund: Refund, when: str
) -> bool:
    if not booking.email:
        return False
    message = PaymentRefund(
        ticket=letters.ticket_facts(
            session,
            booking,
            "",
            released=True,
            only=[line.booking_seat_id for line in refund.lines],
        ),
        amount=refund.amount,
        cause=refund.reason,
        payment_id=payment.gateway_payment_id,
        method=payment.method,
        paid_at=payment.captured_at or payment.created_at,
        reference=refund.idempotency_key,
        done=when == "done",
        refund_id=refund.gateway_refund_id or "",
        by_hand=refund.by_hand,
        # what somebody wrote about paying by hand is for the books alone
        words="" if refund.by_hand or refund.reason != GOODWILL else refund.note,
        seats_stay=booking.state is BookingState.CONFIRMED,
    )
    return outbox.put(
        session,
        message,
        recipient=booking.email,
        locale=booking.locale,
        dedupe_key=f"payment_refund:{refund.idempotency_key}:{when}",
        booking_id=booking.id,
        payment_id=payment.id,
    )
