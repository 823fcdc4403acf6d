"""Owing a mail: one row, in the transaction that makes it owed. Nothing is sent here."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from email.utils import parseaddr
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from bookingapp import clock
from bookingapp.db import ask, is_sqlite, on_commit, table
from bookingapp.email import wake
from bookingapp.email.messages import Message, kind_of
from bookingapp.email.models import OutboxMessage, OutboxState
from bookingapp.email.payload import to_payload
from bookingapp.ready import Ready, beside
from bookingapp.settings import current

UNSENT = (OutboxState.QUEUED, OutboxState.RETRY, OutboxState.HELD)
GONE = (OutboxState.SENT, OutboxState.SIMULATED)
# RETURNING tells what was inserted; the row count of an insert means nothing on PostgreSQL.
_TABLE = table(OutboxMessage)
_GIVEN = (
    "public_id", "kind", "dedupe_key", "resend_of_id", "booking_id", "payment_id", "user_id", "recipient",
    "locale", "payload", "priority", "due_at", "expires_at", "created_at", "message_id",
)  # fmt: skip
# A new row's other columns, as the model has them by default.
_NEW = {
    column.name: column.default.arg
    for column in _TABLE.c
    if isinstance(column.default, ScalarElementColumnDefault)
}
_OWE = {
    on_sqlite: Ready(
        insert(_TABLE)
        .values(_NEW | {name: bindparam(name, type_=_TABLE.c[name].type) for name in _GIVEN})
        .on_conflict_do_nothing(index_elements=["dedupe_key"])
        .returning(_TABLE.c.id)
    )
    for on_sqlite, insert in ((True, sqlite.insert), (False, postgresql.insert))
}

_CANCEL = (
    update(_TABLE)
    .where(
        _TABLE.c.booking_id == bindparam("booking"),
        _TABLE.c.kind.in_(bindparam("kinds", expanding=True)),
        _TABLE.c.state.in_(UNSENT),
    )
    .values(state=OutboxState.CANCELLED, due_at=None)
)


def put(
    session: Session,
    message: Message,
    *,
    recipient: str,
    locale: str,
    dedupe_key: str,
    booking_id: int | None = None,
    payment_id: int | None = None,
    user_id: int | None = None,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
    resend_of_id: int | None = None,
) -> bool:
    """Owe one mail, inside the caller's transaction. False: this dedupe_key is owed already.

    Due at once unless `due_at` says later; of no use after `expires_at`, by default what the kind
    says. The drain is woken when the transaction has committed.
    """
    kind = kind_of(message)
    now = clock.now()
    public_id = secrets.token_hex(8)
    values: dict[str, Any] = {
        "public_id": public_id,
        "kind": kind.name,
        "dedupe_key": dedupe_key,
        "resend_of_id": resend_of_id,
        "booking_id": booking_id,
        "payment_id": payment_id,
        "user_id": user_id,
        "recipient": recipient,
        "locale": locale,
        "payload": to_payload(message),
        "priority": kind.priority,
        "due_at": due_at or now,
        "expires_at": expires_at or kind.expiry(message),
        "created_at": now,
        "message_id": f"<{kind.name}.{public_id}@{mail_domain()}>",
    }
    if not _OWE[is_sqlite(session)].finds(beside(session), **values):
        return False
    on_commit(session, wake.wake)
    return True


def cancel_unsent(session: Session, booking_id: int, kinds: Sequence[str]) -> int:
    """Letters of these kinds not yet on their way are no longer owed. How many were."""
    return ask(session, _CANCEL, booking=booking_id, kinds=list(kinds)).rowcount


def letters_today(session: Session, recipient: str, kind: str, since: datetime) -> int:
    """Letters of a kind owed to one recipient since an instant, whatever became of them.

    For LIMIT_UNPAID_LETTERS: the caller says when its day began.
    """
    counted = select(func.count(OutboxMessage.id)).where(
        OutboxMessage.recipient == recipient,
        OutboxMessage.kind == kind,
        OutboxMessage.created_at >= since,
        OutboxMessage.state != OutboxState.CANCELLED,
    )
    return session.scalar(counted) or 0


def mail_domain() -> str:
    """The domain of the sender's address, which Message-IDs and threads are made with."""
    return _domain(current().mail_default_sender)


@lru_cache(maxsize=8)
def _domain(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost.localdomain"
