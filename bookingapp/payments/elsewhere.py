"""Refunds made in the gateway's own office, past the house: they pay what we owe, or are one more row.

Nobody asks us before; the books must take them as they come, and never owe what is back already.
"""

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from bookingapp.payments import refund_rules as rules
from bookingapp.payments.answers import GatewayRefund
from bookingapp.payments.models import Payment, Refund, RefundState
from bookingapp.payments.refunds import of_payment, owe

log = logging.getLogger(__name__)
ELSEWHERE = "elsewhere"


class Elsewhere(NamedTuple):
    """The row of such a refund. `more`: of it, what nobody here owed; no paper knows of that yet."""

    refund: Refund
    more: int


def from_elsewhere(
    session: Session, payment: Payment, fact: GatewayRefund, now: datetime
) -> Elsewhere | None:
    """What we owe of that very sum is paid by it; a greater debt becomes less. None: not to be believed."""
    session.refresh(payment, with_for_update=True)
    made = of_payment(session, payment)
    debts = [refund for refund, followed in made if not followed and _certain(refund)]
    same = [debt for debt in debts if debt.amount == fact.amount]
    for debt in same:
        if debt.state is RefundState.DUE:
            return Elsewhere(debt, 0)
    if fact.status == RefundState.FAILED or fact.amount <= 0 or fact.currency != payment.currency:
        return None
    if same:
        return Elsewhere(_instead_of(session, payment, same[0], fact, now, rest=0), 0)
    free = rules.left(payment.amount, [(r.state, r.amount, followed) for r, followed in made])
    if fact.amount <= free:
        extra = owe(session, payment, fact.amount, ELSEWHERE, now, key=_key(fact))
        return Elsewhere(extra, fact.amount)
    large = next((debt for debt in debts if debt.amount + free >= fact.amount), None)
    if large is None:
        # one of ours may be at the gateway: once that is known, this is looked at again
        log.error("refund %s: more than was captured, as far as we know", fact.id)
        return None
    rest = large.amount + free - fact.amount
    return Elsewhere(_instead_of(session, payment, large, fact, now, rest=rest), free)


def _key(fact: GatewayRefund) -> str:
    return f"gateway-{fact.id}"


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
    """The gateway's refund takes the place of a debt's next attempt; the rest is owed anew.

    What the debt was for, seat by seat, is what both of them are for.
    """
    debt.state, debt.next_try_at = RefundState.FAILED, None
    debt.last_error = f"{fact.id} went back in the gateway's own office instead"
    session.flush()
    parts = {part.booking_seat_id: part.amount for part in debt.lines}
    later = dict(_within(parts, rest))
    gone = {seat: part - later.get(seat, 0) for seat, part in parts.items()}
    made = owe(
        session, payment, fact.amount, ELSEWHERE, now, key=_key(fact),
        lines={seat: part for seat, part in gone.items() if part},
    )  # fmt: skip
    made.retry_of_id = debt.id
    session.flush()
    if rest:
        owe(
            session, payment, rest, debt.reason, now, key=rules.next_key(debt.idempotency_key),
            lines=later, asked_by=debt.asked_by_id, note=debt.note,
        )  # fmt: skip
    return made


def _within(parts: Mapping[int, int], most: int) -> Iterator[tuple[int, int]]:
    """The seats' parts as far as a smaller sum goes."""
    for seat, amount in parts.items():
        part = min(amount, most)
        most -= part
        if part:
            yield seat, part
