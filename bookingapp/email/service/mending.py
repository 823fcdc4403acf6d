"""After something was mended: try a transport now, write to an address again."""

from sqlalchemy import select

from bookingapp import audit, clock
from bookingapp.db import on_commit, transaction
from bookingapp.email import rules, suppressions, transport_state, wake
from bookingapp.email.models import MailTransport
from bookingapp.email.rowlock import locked, note
from bookingapp.errors import NotFound


def try_now(name: str, *, actor_id: int | None = None) -> None:
    """Let one mail try a transport at once, whatever its breaker would wait.

    Raises NotFound, BreakerClosed.
    """
    with transaction() as session:
        known = session.scalar(select(MailTransport.id).where(MailTransport.name == name))
        if known is None:
            raise NotFound
        if not transport_state.try_now(session, name, clock.now()):
            raise rules.BreakerClosed
        audit.note(session, "transport.try_now", ("mail_transport", name), actor_id=actor_id)
        on_commit(session, wake.wake)


def lift(public_id: str, *, actor_id: int | None = None) -> None:
    """The address of this mail may be written to again. Raises NotFound, NotSuppressed."""
    with transaction() as session:
        row = locked(session, public_id)
        found = suppressions.find(session, row.recipient)
        if found is None or not suppressions.lift(session, row.recipient, clock.now()):
            raise rules.NotSuppressed(address=row.recipient)
        note(session, "mail.lift", row, row.state, actor_id, reason=found.reason)
