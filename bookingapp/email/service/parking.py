"""Hold a mail, let it go again, or strike it off the list."""

from bookingapp import clock
from bookingapp.db import on_commit, transaction
from bookingapp.email import rules, wake
from bookingapp.email.models import OutboxState
from bookingapp.email.rowlock import locked, note, park


def hold(public_id: str, *, actor_id: int | None = None) -> bool:
    """Keep a waiting mail back. False: it is held already.

    Raises NotFound, BeingSent, NotWaiting.
    """
    with transaction() as session:
        row = locked(session, public_id)
        before = row.state
        if before is OutboxState.HELD:
            return False
        if before is OutboxState.SENDING:
            raise rules.BeingSent
        if before not in rules.HOLDABLE:
            raise rules.NotWaiting
        park(row, OutboxState.HELD)
        note(session, "mail.hold", row, before, actor_id)
        return True


def release(public_id: str, *, actor_id: int | None = None) -> bool:
    """Let a held mail go, now. False: it is on its way already. Raises NotFound, NotHeld."""
    with transaction() as session:
        row = locked(session, public_id)
        before = row.state
        if before in rules.ON_ITS_WAY:
            return False
        if before is not OutboxState.HELD:
            raise rules.NotHeld
        row.state = OutboxState.RETRY if row.attempts else OutboxState.QUEUED
        row.due_at = clock.now()
        note(session, "mail.release", row, before, actor_id)
        on_commit(session, wake.wake)
        return True


def cancel(public_id: str, *, actor_id: int | None = None) -> bool:
    """This mail is no longer owed. False: it is cancelled already.

    Raises NotFound, BeingSent, NotOwed.
    """
    with transaction() as session:
        row = locked(session, public_id)
        before = row.state
        if before is OutboxState.CANCELLED:
            return False
        if before is OutboxState.SENDING:
            raise rules.BeingSent
        if before not in rules.CANCELLABLE:
            raise rules.NotOwed
        park(row, OutboxState.CANCELLED)
        note(session, "mail.cancel", row, before, actor_id)
        return True
