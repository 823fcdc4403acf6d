"""Making tickets: one a seat, and one code that admits them together."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, insert, update
from sqlalchemy.orm import Session

from bookingapp.db import ask, table
from bookingapp.tickets.models import Ticket, TicketCode

SECRET_BYTES = 16  # 128 bits: 26 characters of base32
# Built once: most of a small statement's time is its building.
_code = TicketCode.__table__.c
_TICKETS, _CODE = insert(table(Ticket)), insert(table(TicketCode))
_REVOKE = (
    update(table(TicketCode))
    .where(_code.booking_id == bindparam("booking"), _code.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"))
    .returning(_code.revision)
)


def issue(session: Session, booking_id: int, booking_seat_ids: Sequence[int], now: datetime) -> str:
    """Tickets for these seats of a confirmed booking and a new code; the old code is revoked.

    Returns the code's secret. The booking's state must be flushed: the database refuses tickets for
    a hold.
    """
    tickets = [
        {"booking_id": booking_id, "booking_seat_id": seat, "created_at": now}
        for seat in booking_seat_ids
    ]
    if tickets:
        session.connection().execute(_TICKETS, tickets)
    return new_code(session, booking_id, now)


def new_secret() -> str:
    """What a code holds: upper case, so that the QR code stays small."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode().rstrip("=")


def new_code(session: Session, booking_id: int, now: datetime) -> str:
    """A fresh secret for the booking's QR code; whoever holds the old one is not let in with it."""
    # By the partial index of live codes; counting a booking's codes would read the whole table.
    before = ask(session, _REVOKE, booking=booking_id, now=now).scalar_one_or_none() or 0
    secret = new_secret()
    ask(
        session, _CODE, booking_id=booking_id, secret=secret, revision=before + 1, created_at=now,
    )  # fmt: skip
    return secret
