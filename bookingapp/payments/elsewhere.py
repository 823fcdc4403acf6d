"""Refunds made in the gateway's own office, past the house: they pay what we owe, or are one more row.

Nobody asks us before; the books must take them as they come, and never owe what is back already.
"""

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from bookingapp.payments import refund_rules as rules
from bookingapp.payments.answers import GatewayRefund
from bookingapp.payments.models import Payment, Refund, RefundState
from bookingapp.payments.refunds import of_payment, owe

log = logging.getLogger(__name__)
ELSEWHERE = "elsewhere"


def from_elsewhere(
    session: Session, payment: Payment, fact: GatewayRefund, now: datetime
) -> Refund | None:
    """The row of such a refund. What we owe of that very sum is paid by it; a greater debt becomes less."""
    session.refresh(payment, with_for_update=True)
    made = of_payment(session, payment)
    debts = [refund for refund, followed in made if not followed and _certain(refund)]
    for debt in debts:
        if debt.state is RefundState.DUE and debt.amount == fact.amount:
            return debt
    if fact.status == RefundState.FAILED or fact.amount <= 0:
        return None
    free = rules.left(payment.amount, [(r.state, r.amount, followed) for r, followed in made])
    key = f"gateway-{fact.id}"
    if fact.amount <= free:
        return owe(session, payment, fact.amount, ELSEWHERE, now, key=key)
    large = [debt for debt in debts if debt.amount + free >= fact.amount]
    if not large:
        # one of ours may be at the gateway: once that is known, this is looked at again
        log.error("refund %s: more than was captured, as far as we know", fact.id)
        return None
    rest = large[0].amount + free - fact.amount
    return _instead_of(session, payment, large[0], fact, now, rest=rest)


def _certain(refund: Refund) -> bool:
    """Whether the gateway certainly does not work on it, and it is still owed."""
    due = refund.state is RefundState.DUE and refund.gateway_refund_id is None
    return refund.state is RefundState.FAILED or (due and refund.requested_at is None)


def _instead_of(
    session: Session,
    payment: Payment,
    debt: Refund,
    fact: GatewayRefund,
    now: datetime,
    *,
    rest: int,
) -> Refund:
    """The gateway's refund takes the place of a debt's next attempt; the rest is owed anew."""
    debt.state, debt.next_try_at = RefundState.FAILED, None
    debt.last_error = f"{fact.id} went back in the gateway's own office instead"
    session.flush()
    made = owe(session, payment, fact.amount, ELSEWHERE, now, key=f"gateway-{fact.id}")
    made.retry_of_id = debt.id
    session.flush()
    if rest:
        parts = {part.booking_seat_id: part.amount for part in debt.lines}
        owe(
            session, payment, rest, debt.reason, now, key=rules.next_key(debt.idempotency_key),
            lines=dict(_within(parts, rest)), asked_by=debt.asked_by_id, note=debt.note,
        )  # fmt: skip
    return made


def _within(parts: Mapping[int, int], most: int) -> Iterator[tuple[int, int]]:
    """The seats' parts as far as a smaller sum goes."""
    for seat, amount in parts.items():
        part = min(amount, most)
        most -= part
        if part:
            yield seat, part
