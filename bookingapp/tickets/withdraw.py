"""Taking tickets back: they let nobody in any more. The rows stay, for they are history."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from bookingapp.tickets.models import Ticket, TicketCode, TicketState


def void(session: Session, booking_seat_ids: Sequence[int]) -> None:
    """The tickets of these seats are void."""
    session.execute(
        update(Ticket)
        .where(Ticket.booking_seat_id.in_(booking_seat_ids), Ticket.state == TicketState.VALID)
        .values(state=TicketState.VOID)
    )


def revoke(session: Session, booking_id: int, now: datetime) -> None:
    """The booking's code is no longer good, and none takes its place."""
    session.execute(
        update(TicketCode)
        .where(TicketCode.booking_id == booking_id, TicketCode.revoked_at.is_(None))
        .values(revoked_at=now)
    )
