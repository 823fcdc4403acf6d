"""Making tickets: one a seat, and one code that admits them together."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from bookingapp.tickets.models import Ticket, TicketCode

SECRET_BYTES = 16  # 128 bits: 26 characters of base32


def issue(session: Session, booking_id: int, booking_seat_ids: Sequence[int], now: datetime) -> str:
    """Tickets for these seats of a confirmed booking and a new code; the old code is revoked.

    Returns the code's secret. The booking's state must be flushed: the database refuses tickets for
    a hold.
    """
    session.add_all(
        Ticket(booking_id=booking_id, booking_seat_id=seat, created_at=now)
        for seat in booking_seat_ids
    )
    return new_code(session, booking_id, now)


def new_secret() -> str:
    """What a code holds: upper case, so that the QR code stays small."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode().rstrip("=")


def new_code(session: Session, booking_id: int, now: datetime) -> str:
    """A fresh secret for the booking's QR code; whoever holds the old one is not let in with it."""
    # By the partial index of live codes; counting a booking's codes would read the whole table.
    before = session.scalar(
        update(TicketCode)
        .where(TicketCode.booking_id == booking_id, TicketCode.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(TicketCode.revision)
    )
    revision = (before or 0) + 1
    secret = new_secret()
    session.add(TicketCode(booking_id=booking_id, secret=secret, revision=revision, created_at=now))
    session.flush()
    return secret
