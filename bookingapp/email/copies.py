"""A mail once more as a row of its own: another key, another Message-ID, perhaps another address."""

from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bookingapp.email import outbox, prune, rules, suppressions
from bookingapp.email.messages import KINDS
from bookingapp.email.models import OutboxMessage, OutboxState
from bookingapp.email.payload import from_payload
from bookingapp.email.rowlock import locked, park


def elsewhere(session: Session, row: OutboxMessage, address: str) -> str | None:
    """Owe the mail to another address; the public id. None: it was owed there before.

    The old row is no longer owed, but what was sent stays sent. Raises BeingSent, Pruned,
    SameAddress, AddressSuppressed.
    """
    if row.state is OutboxState.SENDING:
        raise rules.BeingSent
    if same(row.recipient, address):
        raise rules.SameAddress(address=address)
    if found := suppressions.find(session, address, row.kind):
        raise rules.AddressSuppressed(address=address, reason=found.reason)
    # an address may be longer than a key
    name = sha256(address.lower().encode()).hexdigest()[:32]
    made = _copy(session, row, address, f"elsewhere:{row.public_id}:{name}")
    if row.state in rules.CANCELLABLE:
        park(row, OutboxState.CANCELLED)
    return made


def follow(session: Session, booking_id: int, old: str, new: str) -> None:
    """What a booking's old address is still owed goes to the new one: of each kind the newest letter.

    A held letter stays held. What is being sent this moment can't be called back.
    """
    rows = session.scalars(
        select(OutboxMessage)
        .where(
            OutboxMessage.booking_id == booking_id,
            func.lower(OutboxMessage.recipient) == old.lower(),
            OutboxMessage.state.in_(rules.CANCELLABLE),
        )
        .order_by(OutboxMessage.id)
        .with_for_update()
    ).all()
    newest = {row.kind: row.id for row in rows}
    for row in rows:
        before = row.state
        useless = before is OutboxState.EXPIRED or row.pruned_at is not None
        if row.id != newest[row.kind] or useless or row.kind == "email_changed":
            park(row, OutboxState.CANCELLED)
            continue
        made = elsewhere(session, row, new)
        if made and before is OutboxState.HELD:
            park(locked(session, made), before)


def again(session: Session, row: OutboxMessage) -> str | None:
    """Owe a mail that was sent or cancelled once more; the public id. None: a copy is on its way.

    Raises NotSendable, Pruned, AddressSuppressed.
    """
    if row.state not in rules.AGAIN:
        raise rules.NotSendable
    if found := suppressions.find(session, row.recipient, row.kind):
        raise rules.AddressSuppressed(address=row.recipient, reason=found.reason)
    mine = OutboxMessage.recipient == row.recipient, OutboxMessage.resend_of_id == row.id
    waiting = session.scalar(
        select(OutboxMessage.id).where(*mine, OutboxMessage.state.in_(rules.ON_ITS_WAY)).limit(1)
    )
    if waiting is not None:
        return None
    count = session.scalar(select(func.count(OutboxMessage.id)).where(*mine)) or 0
    return _copy(session, row, row.recipient, f"again:{row.public_id}:{count + 1}")


def same(one: str, other: str) -> bool:
    """Whether two addresses are one."""
    return one.strip().lower() == other.strip().lower()


def _copy(session: Session, row: OutboxMessage, address: str, key: str) -> str | None:
    prune.refuse_if_pruned(row)
    if row.kind not in KINDS:
        # written by another version: nobody here knows how to write it anew
        raise rules.NotSendable
    put = outbox.put(
        session,
        from_payload(row.kind, row.payload),
        recipient=address,
        locale=row.locale,
        dedupe_key=key,
        booking_id=row.booking_id,
        payment_id=row.payment_id,
        user_id=row.user_id,
        resend_of_id=row.id,
    )
    if not put:
        return None
    made = select(OutboxMessage.public_id).where(OutboxMessage.dedupe_key == key)
    return session.scalars(made).one()
