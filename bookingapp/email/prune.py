"""Age: a finished mail's exact bytes go after some weeks, its address and contents after a year.

The row stays, with its state, counts and instants, and each try with its end (DECISIONS 56); only what
says who and what goes. Never touched: a mail still owed, one a person holds, and one that was tried,
sent or owed within those days. Small batches, each a transaction of its own, found by index, so that
nobody waits behind the broom.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from bookingapp import clock
from bookingapp.db import transaction
from bookingapp.email.models import OutboxAttempt, OutboxMessage, OutboxMime, OutboxState
from bookingapp.errors import Refused
from bookingapp.settings import current

BATCH = 200
# One round of the job ends after so many batches; the next comes minutes later.
BATCHES_A_ROUND = 20
Step = Callable[[Session, datetime], int]


class Pruned(Refused):
    """The mail's address and contents were removed for its age: nothing is left to send."""

    code = "mail_pruned"


@dataclass(frozen=True)
class Swept:
    """How many mails lost their bytes, and how many their address and contents."""

    bytes: int
    contents: int


def run(batches: int | None = BATCHES_A_ROUND) -> Swept:
    """One round. `batches`: at most so many of each kind; None: until nothing is left to do."""
    settings, now = current(), clock.now()
    return Swept(
        _sweep(_bytes, now - timedelta(days=settings.outbox_keep_bytes_days), batches),
        _sweep(_contents, now - timedelta(days=settings.outbox_keep_days), batches),
    )


def refuse_if_pruned(row: OutboxMessage) -> None:
    """Raises Pruned when there is nothing left to send."""
    if row.pruned_at is not None:
        raise Pruned


def _sweep(step: Step, before: datetime, batches: int | None) -> int:
    """Batch by batch, until one is not full."""
    total, done = 0, 0
    while batches is None or done < batches:
        with transaction() as session:
            number = step(session, before)
        total, done = total + number, done + 1
        if number < BATCH:
            break
    return total


def _bytes(session: Session, before: datetime) -> int:
    """The bytes of the oldest finished mails. How many there were.

    Numbers grow with time, so the newest old mail's number bounds the search.
    """
    newest = session.scalar(
        select(OutboxMessage.id)
        .where(OutboxMessage.pruned_at.is_(None), OutboxMessage.created_at < before)
        .order_by(OutboxMessage.created_at.desc())
        .limit(1)
    )
    if newest is None:
        return 0
    ids = session.scalars(
        select(OutboxMime.message_id)
        .join(OutboxMessage, OutboxMessage.id == OutboxMime.message_id)
        .where(OutboxMime.message_id <= newest, *_over_since(before))
        .order_by(OutboxMime.message_id)
        .limit(BATCH)
        .with_for_update(of=OutboxMessage, skip_locked=True)
    ).all()
    _without_bytes(session, ids)
    return len(ids)


def _contents(session: Session, before: datetime) -> int:
    """All that says who and what of the oldest finished mails. How many there were."""
    ids = session.scalars(
        select(OutboxMessage.id)
        .where(OutboxMessage.pruned_at.is_(None), *_over_since(before))
        .order_by(OutboxMessage.created_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    if ids:
        _without_bytes(session, ids)
        session.execute(
            update(OutboxMessage).where(OutboxMessage.id.in_(ids)).values(
                recipient="", payload={}, pruned_at=clock.now(),
                # a server's words name the address, too
                last_error="", delivery_words="", provider_ref="",
            ).execution_options(synchronize_session=False)
        )  # fmt: skip
        session.execute(
            update(OutboxAttempt)
            .where(OutboxAttempt.message_id.in_(ids))
            .values(reply="")
            .execution_options(synchronize_session=False)
        )
    return len(ids)


def _without_bytes(session: Session, ids: Sequence[int]) -> None:
    session.execute(
        delete(OutboxMime)
        .where(OutboxMime.message_id.in_(ids))
        .execution_options(synchronize_session=False)
    )


def _over_since(before: datetime) -> tuple[ColumnElement[bool], ...]:
    """Finished, and nothing happened to it since.

    The last try by a scalar subquery: PostgreSQL would hash all tries for an EXISTS.
    """
    last_try = (
        select(func.max(OutboxAttempt.at))
        .where(OutboxAttempt.message_id == OutboxMessage.id)
        .scalar_subquery()
    )
    made = OutboxMessage.created_at
    return (
        OutboxMessage.due_at.is_(None),
        OutboxMessage.state != OutboxState.HELD,
        made < before,
        func.coalesce(OutboxMessage.sent_at, made) < before,
        func.coalesce(last_try, made) < before,
    )
