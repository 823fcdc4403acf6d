"""A booking's papers: what its invoice says, and what a refund takes back of it, line by line."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from bookingapp.booking.letters import Said
from bookingapp.booking.models import Booking, BookingSeat
from bookingapp.papers import issue, rules
from bookingapp.papers.rules import PaperLine


def invoice(session: Session, booking: Booking, said: Said, now: datetime) -> str:
    """The invoice of a booking that is just being confirmed; empty when it costs nothing."""
    if not booking.total:
        return ""
    show = said.show
    lines = [
        PaperLine(seat, category, kind or "", price, discount, rate, tax)
        for seat, category, _look, kind, price, rate, tax, _id, discount in said.seats
    ]
    if booking.fee:
        lines.append(_fee(booking))
    supply = {
        "booking": booking.number,
        "movie": show.movie,
        "theater": show.theater,
        "screen": show.screen,
        "starts_at": show.starts_at.isoformat(),
    }
    facts = {
        "theater": show.theater, "address": show.address, "zone": show.zone,
        "currency": booking.currency, "supply": supply,
    }  # fmt: skip
    return issue.invoice(session, booking.id, lines, facts, now)


def credit_note(
    session: Session,
    booking: Booking,
    refund_id: int,
    parts: Mapping[BookingSeat | None, tuple[int, int]],
    now: datetime,
) -> str:
    """Take back what a refund gives back. `parts`: claim (None: the fee) -> (back before, back now)."""
    lines = [
        rules.credited(_fee(booking) if claim is None else _line(claim), before, amount)
        for claim, (before, amount) in parts.items()
        if amount
    ]
    return issue.credit_note(session, booking.id, refund_id, lines, now)


def _line(claim: BookingSeat) -> PaperLine:
    kind = claim.ticket_type.name if claim.ticket_type else ""
    return PaperLine(
        claim.seat.name, claim.seat.category.name, kind,
        claim.price, claim.discount, claim.tax_rate, claim.tax,
    )  # fmt: skip


def _fee(booking: Booking) -> PaperLine:
    return PaperLine("", "", "", booking.fee, 0, booking.fee_rate, booking.fee_tax)
