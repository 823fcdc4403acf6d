"""What people do to mails: send one now, try the set-up with a sample."""

import secrets
from email.utils import parseaddr

from sqlalchemy import select

from bookingapp import audit, clock
from bookingapp.db import on_commit, transaction
from bookingapp.email import outbox, prune, samples, wake
from bookingapp.email.messages import MailTest
from bookingapp.email.models import OutboxMessage, OutboxState
from bookingapp.errors import NotFound, Refused
from bookingapp.settings import current

# Failed: once more, with all its tries. Trying again: without the wait. Simulated: replayed.
SENDABLE = (OutboxState.DEAD, OutboxState.EXPIRED, OutboxState.RETRY, OutboxState.SIMULATED)


class NotSendable(Refused):
    """The mail is on its way, has arrived, or is no longer owed."""

    code = "not_sendable"


def retry(public_id: str, *, actor_id: int | None = None) -> None:
    """Owe this mail now: same Message-ID, same bytes. Raises NotFound, NotSendable, Pruned."""
    with transaction() as session:
        wanted = select(OutboxMessage).where(OutboxMessage.public_id == public_id)
        row = session.scalar(wanted.with_for_update())
        if row is None:
            raise NotFound
        prune.refuse_if_pruned(row)
        if row.state not in SENDABLE:
            raise NotSendable
        before = {"state": row.state.value, "attempts": row.attempts}
        if row.state is not OutboxState.RETRY:
            row.attempts = 0
        row.state, row.due_at, row.sent_at = OutboxState.QUEUED, clock.now(), None
        if row.expires_at is not None and row.expires_at <= clock.now():
            # a person wants it sent although its time is over
            row.expires_at = None
        noted = "outbox_message", row.public_id
        audit.note(session, "mail.retry", noted, actor_id=actor_id, before=before)
        on_commit(session, wake.wake)


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
