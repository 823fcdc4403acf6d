"""Reads of the outbox for pages, `/healthz`, metrics and the command line. See listing.py, pulse.py too.

Nothing here grows with the history. Bookings are unknown here; who searches for one brings its ids.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select

from bookingapp.db import db, read, table
from bookingapp.email import listing
from bookingapp.email.lines import COLUMNS, Attempt, MailLine, OpenedMail
from bookingapp.email.listing import Search
from bookingapp.email.models import OutboxAttempt, OutboxMessage, OutboxMime, OutboxState

OWED = (OutboxState.QUEUED, OutboxState.SENDING, OutboxState.RETRY)
# What a manager must look at: given up, or stopped before it could arrive.
FAILED = (OutboxState.DEAD, OutboxState.SUPPRESSED, OutboxState.EXPIRED)
__all__ = ["Attempt", "MailLine", "OpenedMail", "Search"]
# Built once, over the bare table: every look at a booking asks for it.
_mail = table(OutboxMessage).c
_OF_BOOKING = (
    select(*(_mail[column.key] for column in COLUMNS))
    .where(_mail.booking_id == bindparam("booking"))
    .order_by(_mail.id.desc())
)


def counts(states: Iterable[OutboxState] = tuple(OutboxState)) -> dict[OutboxState, int]:
    """How many mails are in each of these states; 0 where none is."""
    wanted = tuple(states)
    each = [
        select(func.count()).where(OutboxMessage.state == state).scalar_subquery()
        for state in wanted
    ]
    return dict(zip(wanted, db.session.execute(select(*each)).one(), strict=True)) if each else {}


def oldest_waiting() -> datetime | None:
    """When the mail that is owed for longest was put into the outbox: rows are put in order."""
    first = [
        select(OutboxMessage.created_at)
        .where(OutboxMessage.state == state)
        .order_by(OutboxMessage.id)
        .limit(1)
        .scalar_subquery()
        for state in OWED
    ]
    found = db.session.execute(select(*first)).one()
    return min((at for at in found if at is not None), default=None)


def oldest_due(now: datetime) -> datetime | None:
    """Since when the most overdue mail could have been sent. A lease that ran out counts."""
    return db.session.scalar(
        select(func.min(OutboxMessage.due_at)).where(
            OutboxMessage.due_at.is_not(None), OutboxMessage.due_at <= now
        )
    )


def page(search: Search, *, before: int | None = None, size: int = 50) -> Sequence[MailLine]:
    """The newest mails that match, older than row `before`."""
    return listing.look(search, before=before, size=size).lines


def one(public_id: str) -> OpenedMail | None:
    """A mail with everything there is about it."""
    row = db.session.execute(
        select(*COLUMNS, OutboxMime.content, OutboxMime.sha256, OutboxMessage.payload)
        .join(OutboxMime, OutboxMime.message_id == OutboxMessage.id, isouter=True)
        .where(OutboxMessage.public_id == public_id)
    ).one_or_none()
    if row is None:
        return None
    line = MailLine(*row[: len(COLUMNS)])
    content, sha256, payload = row[len(COLUMNS) :]
    return OpenedMail(line, tuple(_attempts(line.id)), content, sha256 or "", payload)


def of_booking(booking_id: int) -> Sequence[MailLine]:
    """A booking's mails, newest first."""
    return [MailLine(*row) for row in read(_OF_BOOKING, booking=booking_id)]


def of_bookings(
    booking_ids: Sequence[int], kinds: Sequence[str]
) -> Sequence[tuple[MailLine, int | None]]:
    """These bookings' mails of some kinds, newest first, each with the payment it is about."""
    rows = db.session.execute(
        select(*COLUMNS, OutboxMessage.payment_id)
        .where(OutboxMessage.booking_id.in_(booking_ids), OutboxMessage.kind.in_(kinds))
        .order_by(OutboxMessage.id.desc())
    )
    return [(MailLine(*row[:-1]), row[-1]) for row in rows]


def _attempts(message_id: int) -> Iterable[Attempt]:
    columns = [getattr(OutboxAttempt, name) for name in Attempt.__dataclass_fields__]
    rows = db.session.execute(
        select(*columns).where(OutboxAttempt.message_id == message_id).order_by(OutboxAttempt.id)
    )
    return (Attempt(*row) for row in rows)
