"""What people do to mails: send one now."""

from sqlalchemy import select

from bookingapp import audit, clock
from bookingapp.db import on_commit, transaction
from bookingapp.email import wake
from bookingapp.email.models import OutboxMessage, OutboxState
from bookingapp.errors import NotFound, Refused

# Failed: once more, with all its tries. Trying again: without the wait. Simulated: replayed.
SENDABLE = (OutboxState.DEAD, OutboxState.RETRY, OutboxState.SIMULATED)


class NotSendable(Refused):
    """The mail is on its way, has arrived, or is no longer owed."""

    code = "not_sendable"


def retry(public_id: str, *, actor_id: int | None = None) -> None:
    """Owe this mail now: same Message-ID, same bytes. Raises NotFound, NotSendable."""
    with transaction() as session:
        wanted = select(OutboxMessage).where(OutboxMessage.public_id == public_id)
        row = session.scalar(wanted.with_for_update())
        if row is None:
            raise NotFound
        if row.state not in SENDABLE:
            raise NotSendable
        before = {"state": row.state.value, "attempts": row.attempts}
        if row.state is not OutboxState.RETRY:
            row.attempts = 0
        row.state, row.due_at, row.sent_at = OutboxState.QUEUED, clock.now(), None
        noted = "outbox_message", row.public_id
        audit.note(session, "mail.retry", noted, actor_id=actor_id, before=before)
        on_commit(session, wake.wake)
