"""Steps that give money back: owe it, ask for it, write down what became of it. Forward only.

Each takes the caller's session; the caller has locked the booking the payment is of. The payment's row
is locked here before its refunds are added up, so two who owe at once can't owe more than was captured.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from bookingapp import audit
from bookingapp.money import to_text
from bookingapp.payments import refund_rules as rules
from bookingapp.payments.answers import GatewayRefund
from bookingapp.payments.models import (
    Payment,
    PaymentOrder,
    PaymentState,
    Refund,
    RefundLine,
    RefundState,
)

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=1)
# Money that no gateway can send back: somebody hands it over.
AT_THE_COUNTER = ("cash", "terminal")
NO_LINES: Mapping[int, int] = {}


@dataclass(frozen=True)
class Due:
    """A refund to ask about. `again`: it was asked for before, perhaps in vain, perhaps not."""

    id: int
    key: str
    gateway_payment_id: str
    gateway_refund_id: str | None
    amount: int
    reason: str
    again: bool


def owe_refund(
    session: Session,
    payment: Payment,
    amount: int,
    reason: str,
    now: datetime,
    *,
    lines: Mapping[int, int] = NO_LINES,
    asked_by: int | None = None,
    note: str = "",
    purpose: str = "",
) -> Refund:
    """Owe a customer `amount` of this payment; the job does the rest. `lines`: booking_seat -> amount.

    The same `purpose` (at most 14 of A-Z a-z 0-9 _ -, such as "cancel-2") is owed once a payment.
    Raises RefundTooHigh.
    """
    # what was learnt of it in this transaction would be forgotten otherwise
    session.flush()
    session.refresh(payment, with_for_update=True)
    made = of_payment(session, payment)
    # with the gateway's own id: our row numbers begin anew in a new database, its memory does not
    key = f"{purpose or f'refund-{len(made) + 1}'}-{payment.gateway_payment_id}"
    known = next((refund for refund, _ in made if refund.idempotency_key == key), None)
    if known is not None:
        return known
    free = rules.left(payment.amount, [(r.state, r.amount, followed) for r, followed in made])
    if amount > free:
        raise rules.RefundTooHigh(left=free, currency=payment.currency)
    return owe(
        session, payment, amount, reason, now, key=key, lines=lines, asked_by=asked_by, note=note
    )


def owe_all(session: Session, payment: Payment, reason: str, now: datetime) -> Refund | None:
    """All that is left of a payment nobody asked for goes back. None: it is owed already."""
    key = f"auto-{payment.gateway_payment_id}"
    # what was learnt of it in this transaction would be forgotten otherwise
    session.flush()
    session.refresh(payment, with_for_update=True)
    made = of_payment(session, payment)
    free = rules.left(payment.amount, [(r.state, r.amount, followed) for r, followed in made])
    if free <= 0 or any(refund.idempotency_key == key for refund, _ in made):
        return None
    return owe(session, payment, free, reason, now, key=key)


def claim(session: Session, now: datetime) -> Due | None:
    """Take the refund that has waited longest; a failed one is followed by a new attempt first.

    Its payment is locked along with it: an attempt that follows points at the payment, and who writes
    down what became of a refund has the payment first. Neither waits here for the other.
    """
    found = session.execute(
        select(Refund, Payment)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Refund.next_try_at <= now)
        .order_by(Refund.next_try_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if found is None:
        return None
    row, payment = found
    if row.state is RefundState.FAILED:
        row = _follow(session, row, now)
    # asked for, unless the answer says for certain that nothing was done
    again = row.attempts > 0
    row.requested_at = row.requested_at or now
    row.next_try_at = now + LEASE
    row.attempts += 1
    return Due(
        row.id, row.idempotency_key, payment.gateway_payment_id, row.gateway_refund_id, row.amount,
        row.reason, again,
    )  # fmt: skip


def find(session: Session, payment: Payment, fact: GatewayRefund) -> Refund | None:
    """The row a refund of the gateway's is: by its id, else by the key we sent along as receipt."""
    mine = select(Refund).where(Refund.payment_id == payment.id).with_for_update()
    by_id = session.scalars(mine.where(Refund.gateway_refund_id == fact.id)).one_or_none()
    if by_id is not None or not fact.receipt:
        return by_id
    return session.scalars(mine.where(Refund.idempotency_key == fact.receipt)).one_or_none()


def note(session: Session, refund: Refund, fact: GatewayRefund, now: datetime) -> bool:
    """Write down the gateway's word. True: the refund moved on."""
    if (fact.amount, fact.currency) != (refund.amount, refund.currency):
        log.error("refund %s: the gateway gives back another sum", refund.idempotency_key)
        named = to_text(fact.amount, fact.currency, "en")
        trouble(refund, f"the gateway gives back {named} under {fact.id}", now, certain=False)
        return False
    state = RefundState(fact.status)
    if state is refund.state is RefundState.PENDING:
        refund.next_try_at = now + rules.while_pending(refund.attempts)
        refund.last_error = ""
    if not rules.may_move(refund.state, state):
        return False
    before = {"state": refund.state.value}
    refund.state, refund.raw, refund.last_error = state, fact.kept, ""
    refund.gateway_refund_id = refund.gateway_refund_id or fact.id
    refund.requested_at = refund.requested_at or now
    _plan(refund, now)
    audit.note(session, f"refund_{state}", ("refund", refund.id), before=before)
    session.flush()
    if state is RefundState.PROCESSED:
        _close(session, refund)
    return True


def trouble(refund: Refund, why: str, now: datetime, *, certain: bool) -> None:
    """No answer, or no. `certain`: nothing was done there, so a person may pay in another way."""
    if refund.state not in {RefundState.DUE, RefundState.PENDING}:
        return
    refund.last_error = why[:300]
    pause = rules.while_pending if refund.state is RefundState.PENDING else rules.after_trouble
    refund.next_try_at = now + pause(refund.attempts)
    if certain and refund.state is RefundState.DUE:
        refund.requested_at = None


def hurry(session: Session, refund: Refund, now: datetime, actor_id: int) -> None:
    """Somebody wants it tried now. Raises RefundOver, RefundAtTheCounter."""
    if refund.state is RefundState.PROCESSED or _followed(session, refund):
        raise rules.RefundOver
    if _gateway(session, refund.payment_id) in AT_THE_COUNTER:
        raise rules.RefundAtTheCounter
    audit.note(session, "refund_again", ("refund", refund.id), actor_id=actor_id)
    refund.next_try_at = now


def by_hand(session: Session, refund: Refund, words: str, now: datetime, actor_id: int) -> None:
    """Somebody paid it back in another way and says how. Raises NoteMissing, RefundOver, RefundUnderWay."""
    if not words.strip():
        raise rules.NoteMissing
    if refund.state is RefundState.PROCESSED or _followed(session, refund):
        raise rules.RefundOver
    asked = refund.state is RefundState.DUE and refund.requested_at is not None
    if refund.state not in rules.BY_HAND or asked:
        raise rules.RefundUnderWay
    before = {"state": refund.state.value}
    refund.note, refund.by_hand = words.strip()[:300], True
    refund.state, refund.processed_at, refund.next_try_at = RefundState.PROCESSED, now, None
    said = {"state": refund.state.value, "note": refund.note}
    audit.note(session, "refund_by_hand", ("refund", refund.id), actor_id=actor_id, before=before, after=said)  # fmt: skip
    session.flush()
    _close(session, refund)


def owe(
    session: Session,
    payment: Payment,
    amount: int,
    reason: str,
    now: datetime,
    *,
    key: str,
    lines: Mapping[int, int] = NO_LINES,
    asked_by: int | None = None,
    note: str = "",
) -> Refund:
    """The row of a debt; the caller holds the payment's lock and knows that so much is left."""
    if sum(lines.values()) > amount:
        raise ValueError("the seats' parts are more than the whole")
    gateway = session.get_one(PaymentOrder, payment.payment_order_id).gateway
    refund = Refund(
        payment_id=payment.id, idempotency_key=key, amount=amount, currency=payment.currency,
        reason=reason, asked_by_id=asked_by, note=note[:300], created_at=now,
        state=RefundState.DUE, next_try_at=None if gateway in AT_THE_COUNTER else now,
        lines=[RefundLine(booking_seat_id=seat, amount=part) for seat, part in sorted(lines.items())],
    )  # fmt: skip
    session.add(refund)
    session.flush()
    told: dict[str, Any] = {"amount": amount, "currency": payment.currency, "reason": reason}
    audit.note(session, "refund_due", ("payment", payment.id), actor_id=asked_by, after=told)
    return refund


def also_for(session: Session, refund: Refund, lines: Mapping[int, int]) -> None:
    """So much of a refund is for these seats, beside what it is for already."""
    known = {line.booking_seat_id: line for line in refund.lines}
    for seat, part in sorted(lines.items()):
        if seat in known:
            known[seat].amount += part
        else:
            refund.lines.append(RefundLine(booking_seat_id=seat, amount=part))
    session.flush()


def _gateway(session: Session, payment_id: int) -> str:
    order_id = select(Payment.payment_order_id).where(Payment.id == payment_id).scalar_subquery()
    return session.scalars(select(PaymentOrder.gateway).where(PaymentOrder.id == order_id)).one()


def _follow(session: Session, failed: Refund, now: datetime) -> Refund:
    """The next attempt at what a failed one owed; the failed row stays as it is."""
    failed.next_try_at = None
    following = Refund(
        payment_id=failed.payment_id, idempotency_key=rules.next_key(failed.idempotency_key),
        amount=failed.amount, currency=failed.currency, reason=failed.reason, note=failed.note,
        asked_by_id=failed.asked_by_id, created_at=now, state=RefundState.DUE, attempts=0,
        retry_of_id=failed.id,
        lines=[RefundLine(booking_seat_id=p.booking_seat_id, amount=p.amount) for p in failed.lines],
    )  # fmt: skip
    session.add(following)
    session.flush()
    return following


def _plan(refund: Refund, now: datetime) -> None:
    """When to look at it next, by the state it has come to."""
    refund.processed_at = now if refund.state is RefundState.PROCESSED else None
    pause: timedelta | None = None
    if refund.state is RefundState.PENDING:
        pause = rules.while_pending(refund.attempts)
    elif refund.state is RefundState.FAILED:
        pause = rules.after_failure(refund.idempotency_key)
    refund.next_try_at = now + pause if pause else None


def _close(session: Session, refund: Refund) -> None:
    """A payment all of which is back is refunded."""
    payment = session.get_one(Payment, refund.payment_id, with_for_update=True)
    back = [r.amount for r, _ in of_payment(session, payment) if r.state is RefundState.PROCESSED]
    if sum(back) >= payment.amount:
        payment.state = PaymentState.REFUNDED


def of_payment(session: Session, payment: Payment) -> list[tuple[Refund, bool]]:
    """All attempts at giving a payment back, and whether another followed."""
    later = aliased(Refund)
    rows = session.execute(
        select(Refund, later.id)
        .outerjoin(later, later.retry_of_id == Refund.id)
        .where(Refund.payment_id == payment.id)
        .order_by(Refund.id)
    )
    return [(refund, following is not None) for refund, following in rows]


def _followed(session: Session, refund: Refund) -> bool:
    return session.scalar(select(Refund.id).where(Refund.retry_of_id == refund.id)) is not None
