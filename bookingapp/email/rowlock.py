"""One mail's row, locked for a person's deed, and that deed written down."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bookingapp import audit
from bookingapp.email.models import OutboxMessage, OutboxState
from bookingapp.errors import NotFound


def locked(session: Session, public_id: str) -> OutboxMessage:
    """The row; whoever else wants it waits and then sees what became of it. Raises NotFound."""
    wanted = select(OutboxMessage).where(OutboxMessage.public_id == public_id)
    row = session.scalar(wanted.with_for_update())
    if row is None:
        raise NotFound
    return row


def park(row: OutboxMessage, state: OutboxState) -> None:
    """The row waits for nothing any more."""
    row.state, row.due_at, row.lease_token, row.phase = state, None, None, ""


def note(
    session: Session,
    action: str,
    row: OutboxMessage,
    before: OutboxState,
    actor_id: int | None,
    **more: Any,  # noqa: ANN401 (whatever tells the deed)
) -> None:
    """Write down what was done to a mail."""
    audit.note(
        session,
        action,
        ("outbox_message", row.public_id),
        actor_id=actor_id,
        before={"state": before.value, "attempts": row.attempts},
        after={"state": row.state.value, **more},
    )
