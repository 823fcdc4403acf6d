"""One letter of every kind with made-up facts: for `mail test`, for looking at them, for tests."""

from dataclasses import replace
from datetime import datetime, timedelta

from bookingapp.email.messages import (
    BookingCancellation,
    BookingConfirmation,
    CancelStep,
    EmailChanged,
    MailTest,
    Message,
    PaidFacts,
    PaymentFailed,
    PaymentRefund,
    PaymentSuccess,
    SeatFacts,
    ShowingFacts,
    ShowtimeMoved,
    TaxLine,
    TicketFacts,
)


def ticket(now: datetime, url: str, **changes: object) -> TicketFacts:
    """Two seats for a film of 1924 that starts in three hours. `changes` replace facts."""
    starts_at = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=3)
    facts: dict[str, object] = {
        "number": "BK7Q4MXW2P",
        "movie": "Sherlock Jr.",
        "theater": "The Lantern",
        "address": "14 Harbour Lane, Kochi",
        "phone": "0484 000 0000",
        "screen": "Hall 1",
        "starts_at": starts_at,
        "doors_at": starts_at - timedelta(minutes=20),
        "zone": "Asia/Kolkata",
        "seats": tuple(
            SeatFacts(name, "Stalls", "stalls", "Adult", 18000) for name in ("H6", "H7")
        ),
        "total": 36000,
        "fee": 0,
        "tax_lines": (TaxLine(1800, 5492),),
        "currency": "INR",
        "customer_name": "Asha",
        "ticket_url": f"{url}/t/SAMPLE7Q4MXW2P7Q4MXW2P7Q4M",
        "manage_url": f"{url}/b/sample",
        "entry_note": "The step-free entrance is on the harbour side.",
        "revision": 1,
        "duration_minutes": 45,
        "certificate": "U",
    }
    return TicketFacts(**{**facts, **changes})  # type: ignore[arg-type] # the fields, by name


def samples(now: datetime, url: str) -> dict[str, Message]:
    """A letter of each kind; a test fails when one is missing."""
    facts = ticket(now, url)
    paid = PaidFacts(36000, "upi", "pay_SampleSample01", now)
    return {
        "booking_confirmation": BookingConfirmation(
            facts, paid, (CancelStep(facts.starts_at - timedelta(hours=2), 50),)
        ),
        "payment_failed": PaymentFailed(
            facts,
            reason="Your bank said no, and no money was taken.",
            retry_url=facts.manage_url,
            hold_until=now + timedelta(minutes=12),
            to_try="Another card or app often works at once. Your bank can say why it refused this one.",
        ),
        "payment_success": PaymentSuccess(replace(facts, invoice="26-27/000123"), paid),
        "payment_refund": PaymentRefund(
            facts,
            amount=36000,
            cause="late",
            payment_id="pay_SampleSample01",
            method="upi",
            paid_at=now,
            reference="auto-pay_SampleSample01",
            done=True,
            refund_id="rfnd_SampleSample01",
        ),
        "booking_cancellation": BookingCancellation(
            facts, cause="showing", back=36000, words="The projector is broken.", method="upi"
        ),
        "showtime_moved": ShowtimeMoved(
            ticket(now, url, screen="Studio", revision=2),
            ShowingFacts(facts.starts_at - timedelta(hours=1), "Hall 1", ("C4", "C5"), facts.zone),
            back=36000,
            back_url=f"{facts.manage_url}/moved",
            words="The projector in Hall 1 is broken.",
        ),
        "email_changed": EmailChanged(
            theater=facts.theater,
            address=facts.address,
            phone=facts.phone,
            number=facts.number,
            new_hint="r…@example.com",
            changed_at=now,
            zone=facts.zone,
        ),
        "mail_test": MailTest(facts.theater, now, "UTC", "smtp"),
    }
