"""A mail that was sent, sent once more; a mail of no booking, sent to another address."""

from bookingapp.db import transaction
from bookingapp.email import copies
from bookingapp.email.rowlock import locked, note


def resend(public_id: str, *, actor_id: int | None = None) -> str | None:
    """Owe a sent or cancelled mail again, as a new one; its public id. None: a copy is on its way already.

    Raises NotFound, NotSendable, Pruned, AddressSuppressed.
    """
    with transaction() as session:
        row = locked(session, public_id)
        before = row.state
        made = copies.again(session, row)
        if made:
            note(session, "mail.resend", row, before, actor_id, copy=made)
        return made


def send_elsewhere(public_id: str, address: str, *, actor_id: int | None = None) -> str | None:
    """Owe a mail of no booking to another address; the new one's public id. None: it is already.

    A booking's mails follow its address: see the booking room's `correct_address`. Raises NotFound,
    BeingSent, Pruned, SameAddress, AddressSuppressed.
    """
    with transaction() as session:
        row = locked(session, public_id)
        before = row.state
        made = copies.elsewhere(session, row, address)
        if made:
            note(session, "mail.elsewhere", row, before, actor_id, to=address, copy=made)
        return made
