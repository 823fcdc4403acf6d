"""What is always true of money, seats and letters, whatever has happened. See money_machine.py."""

from collections import Counter

from bookingapp.audit import AuditEntry
from bookingapp.booking import books
from bookingapp.booking.change_models import ChangedBooking, Outcome
from bookingapp.booking.models import Booking, BookingSeat, BookingState
from bookingapp.db import db
from bookingapp.email import outbox
from bookingapp.email.models import OutboxMessage
from bookingapp.papers.models import CreditNote, Invoice
from bookingapp.payments.models import Payment, Refund, RefundState
from bookingapp.payments.refund_rules import number_of_try
from bookingapp.tickets.models import Ticket, TicketCode, TicketState
from tests.booking import buyers

OVER = (BookingState.CONFIRMED, BookingState.CANCELLED)


def no_seat_has_two_claims() -> None:
    live = [c for c in buyers.rows(BookingSeat) if c.released_at is None]
    assert max(Counter((c.showtime_id, c.seat_id) for c in live).values(), default=0) <= 1


def the_books_balance(past_the_house: set[str], *, kindness: bool) -> None:
    db.session.rollback()
    found = books.read(db.session())
    assert all(sums.out_by == 0 for sums in found.sums.values()), found
    strange = [gap for gap in found.gaps if gap.gateway_payment_id not in past_the_house]
    assert strange == [], strange
    if not past_the_house and not kindness:
        kept = sum(sums.kept for sums in found.sums.values())
        deeds = [e for e in buyers.rows(AuditEntry) if e.action == "booking.cancel"]
        assert kept == sum((deed.after or {})["kept"] for deed in deeds)


def bookings_have_their_tickets() -> None:
    claims = Counter(c.booking_id for c in buyers.rows(BookingSeat) if c.released_at is None)
    tickets = Counter(t.booking_id for t in buyers.rows(Ticket) if t.state is TicketState.VALID)
    codes = Counter(c.booking_id for c in buyers.rows(TicketCode) if c.revoked_at is None)
    confirming = Counter(p.confirms_id for p in buyers.rows(Payment) if p.confirms_id)
    for booking in buyers.rows(Booking):
        valid = booking.state is BookingState.CONFIRMED
        assert tickets[booking.id] == (claims[booking.id] if valid else 0)
        assert codes[booking.id] == int(valid)
        assert confirming[booking.id] == int(booking.state in OVER)
        assert (
            booking.state not in {BookingState.CANCELLED, BookingState.RELEASED}
            or not claims[booking.id]
        )


def every_change_has_its_letters() -> None:
    owed = {letter.dedupe_key for letter in buyers.rows(OutboxMessage)}
    # a ticket for another time is told by the letter of the move
    owed |= {key.replace("showtime_moved", "booking_confirmation") for key in owed}
    missing = letters_due() - owed
    assert not missing, missing
    told = Counter(key.split(":")[1] for key in owed if key.startswith("booking_confirmation"))
    sold = {booking.number for booking in buyers.rows(Booking) if booking.state in OVER}
    assert set(told) <= sold


def who_was_moved_hears_of_it() -> None:
    """The letter with the old time and the new went, or waits and will be true when it goes."""
    bookings = {booking.id: booking for booking in buyers.rows(Booking)}
    letters = buyers.letters("showtime_moved")
    for row in buyers.rows(ChangedBooking):
        booking = bookings[row.booking_id]
        if row.outcome is Outcome.MOVED and row.letter and booking.state is BookingState.CONFIRMED:
            mine = [letter for letter in letters if letter.booking_id == booking.id]
            assert any(_heard(letter, booking.revision) for letter in mine), booking.number


def _heard(letter: OutboxMessage, revision: int) -> bool:
    waits = letter.state in outbox.UNSENT
    return letter.state in outbox.GONE or (
        waits and letter.payload["ticket"]["revision"] == revision
    )


def no_more_goes_back_than_came() -> None:
    given: Counter[int] = Counter()
    refunds = buyers.rows(Refund)
    followed = {refund.retry_of_id for refund in refunds}
    for refund in refunds:
        if refund.state is not RefundState.FAILED or refund.id not in followed:
            given[refund.payment_id] += refund.amount
    assert all(given[payment.id] <= payment.amount for payment in buyers.rows(Payment))


def papers_say_what_goes_back() -> None:
    """Each sale's credit notes are what of its money is back or owed, and never more than its invoice."""
    owner = {invoice.id: invoice.booking_id for invoice in buyers.rows(Invoice)}
    noted: Counter[int] = Counter()
    for note in buyers.rows(CreditNote):
        noted[owner[note.invoice_id]] += note.total
    refunds = buyers.rows(Refund)
    followed = {refund.retry_of_id for refund in refunds}
    sold = {payment.id: payment.confirms_id for payment in buyers.rows(Payment)}
    given: Counter[int] = Counter()
    for refund in refunds:
        if refund.id not in followed and sold[refund.payment_id]:
            given[sold[refund.payment_id]] += refund.amount
    assert noted == given
    for invoice in buyers.rows(Invoice):
        assert noted[invoice.booking_id] <= invoice.total
    _numbers_have_no_gap(Invoice)
    _numbers_have_no_gap(CreditNote)


def _numbers_have_no_gap(paper: type[Invoice | CreditNote]) -> None:
    years: dict[str, list[int]] = {}
    for row in buyers.rows(paper):
        years.setdefault(row.fiscal_year, []).append(row.sequence)
    assert all(sorted(found) == list(range(1, len(found) + 1)) for found in years.values())


def letters_due() -> set[str]:
    """The keys of all letters that the rows, as they stand, have made due.

    That money goes back is told once a debt, by its first row. A later one is another try at it, or
    what is left of it when the gateway's office gave a part back: its owner heard of the whole.
    """
    due = set[str]()
    for booking in buyers.rows(Booking):
        kind = {BookingState.CONFIRMED: "booking_confirmation",
                BookingState.CANCELLED: "booking_cancellation"}.get(booking.state)  # fmt: skip
        if kind:
            due.add(f"{kind}:{booking.number}:r{booking.revision}")
    for entry in buyers.rows(AuditEntry):
        if entry.action == "booking.cancel":
            number = next(b.number for b in buyers.rows(Booking) if str(b.id) == entry.row_id)
            due.add(f"booking_cancellation:{number}:r{(entry.after or {})['revision']}")
    for refund in buyers.rows(Refund):
        if refund.state is RefundState.PROCESSED:
            due.add(f"payment_refund:{refund.idempotency_key}:done")
        if (
            refund.idempotency_key.startswith("auto-")
            and number_of_try(refund.idempotency_key) == 1
        ):
            due.add(f"payment_refund:{refund.idempotency_key}:due")
    return due
