"""What of a payment is back, on its way or owed, and for which seats. The caller's lock holds."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from bookingapp.payments.models import Payment, Refund, RefundLine


@dataclass(frozen=True)
class Given:
    """`seats`: booking_seat -> its part; what is for no seat (a fee) is in `total` alone."""

    total: int
    seats: Mapping[int, int]

    @property
    def for_no_seat(self) -> int:
        """The fee's part, and what went back without a word what for."""
        return self.total - sum(self.seats.values())


def given(session: Session, payment: Payment) -> Given:
    """A debt counts once, however often it was tried: a failed try by the one that followed it."""
    later = aliased(Refund)
    counted = (
        select(Refund.id, Refund.amount)
        .outerjoin(later, later.retry_of_id == Refund.id)
        .where(Refund.payment_id == payment.id, later.id.is_(None))
    )
    amounts = {row.id: row.amount for row in session.execute(counted)}
    lines = select(RefundLine.booking_seat_id, RefundLine.amount).where(
        RefundLine.refund_id.in_(amounts)
    )
    seats: defaultdict[int, int] = defaultdict(int)
    for seat, amount in session.execute(lines):
        seats[seat] += amount
    return Given(sum(amounts.values()), dict(seats))
