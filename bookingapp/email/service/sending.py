"""Send one mail now; try the set-up with a sample."""

import secrets
from datetime import datetime
from email.utils import parseaddr

from sqlalchemy import select
from sqlalchemy.orm import Session

from bookingapp import clock
from bookingapp.db import on_commit, transaction
from bookingapp.email import outbox, prune, rules, samples, suppressions, wake
from bookingapp.email.messages import MailTest
from bookingapp.email.models import OutboxMessage, OutboxState
from bookingapp.email.rowlock import locked, note
from bookingapp.settings import current


def retry(public_id: str, *, actor_id: int | None = None) -> None:
    """Owe this mail now: same Message-ID, same bytes.

    Raises NotFound, NotSendable, Pruned, AddressSuppressed.
    """
    with transaction() as session:
        row = locked(session, public_id)
        before, now = row.state, clock.now()
        if before not in rules.SENDABLE:
            raise rules.NotSendable
        _check(session, row)
        note(session, "mail.retry", row, before, actor_id)
        if before is not OutboxState.RETRY:
            row.attempts = 0
        owe_now(row, now)
        if row.expires_at is not None and row.expires_at <= now:
            # a person wants it sent although its time is over
            row.expires_at = None
        on_commit(session, wake.wake)


def owe_now(row: OutboxMessage, now: datetime) -> None:
    """The row is due at once."""
    row.state, row.due_at, row.sent_at = OutboxState.QUEUED, now, None


def _check(session: Session, row: OutboxMessage) -> None:
    prune.refuse_if_pruned(row)
    if found := suppressions.find(session, row.recipient, row.kind):
        raise rules.AddressSuppressed(address=row.recipient, reason=found.reason)


def send_sample(kind: str, address: str) -> str:
    """Owe a letter with made-up facts to an operator's address; its public id."""
    settings, now = current(), clock.now()
    message = samples.samples(now, settings.url)[kind]
    if isinstance(message, MailTest):
        house = parseaddr(settings.mail_default_sender)[0] or "Matinee"
        message = MailTest(house, now, "UTC", settings.mail_transport)
    key = f"sample:{kind}:{secrets.token_hex(8)}"
    with transaction() as session:
        outbox.put(session, message, recipient=address, locale=settings.locale, dedupe_key=key)
        made = select(OutboxMessage.public_id).where(OutboxMessage.dedupe_key == key)
        return session.scalars(made).one()
