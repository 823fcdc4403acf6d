"""What a customer gets back for each seat at this instant, by the terms that were shown before paying.

The page asks for it with the request's session, the deed once more under the booking's lock.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bookingapp import money, terms
from bookingapp.booking import cancel, money_back
from bookingapp.booking import cancel_rules as rules
from bookingapp.booking.cancel_rules import Back, Left
from bookingapp.booking.models import Booking, BookingSeat
from bookingapp.booking.policy import terms_of
from bookingapp.catalogue.models import Showtime, ShowtimeState
from bookingapp.payments.models import Payment
from bookingapp.terms import Until


@dataclass(frozen=True)
class SeatOffer:
    """One seat: what is left of its price, and what of that comes back now."""

    id: int
    name: str
    look: str
    category: str
    ticket_type: str
    left: int
    back: int


@dataclass(frozen=True)
class Offer:
    """A booking's seats with what they give back until `until`; `revision` says of which booking."""

    revision: int
    currency: str
    seats: tuple[SeatOffer, ...]
    money: Left
    until: Until
    fee_back: bool
    method: str

    def ids(self, names: Iterable[str]) -> list[int]:
        """The seats by name. Raises NoSeatsToCancel, SeatsChanged."""
        known = {seat.name: seat.id for seat in self.seats}
        chosen = [known.get(name, 0) for name in dict.fromkeys(names)]
        rules.check_seats(self.money.seats, chosen)
        return chosen

    def back(self, chosen: Collection[int]) -> Back:
        """What comes back for these."""
        return rules.by_terms(self.money, chosen, self.until.percent, fee_back=self.fee_back)

    def too_small(self, chosen: Collection[int]) -> int:
        """What the terms alone would give for these, if nobody can send so little; otherwise 0."""
        plain = rules.shared_by_terms(
            self.money, chosen, self.until.percent, fee_back=self.fee_back
        )
        return plain.total if money.too_small(plain.total) else 0


def offer(session: Session, booking: Booking, now: datetime) -> Offer:
    """Raises AlreadyCancelled, NotToCancel, TooLateToCancel."""
    cancel.check_confirmed(booking)
    until, fee_back = step(session, booking, now)
    claims = cancel.live_seats(session, booking)
    left = cancel.money_left(session, booking, claims)
    method = session.scalar(select(Payment.method).where(Payment.confirms_id == booking.id))
    seats = tuple(_seat(claim, left, until.percent) for claim in claims)
    return Offer(booking.revision, booking.currency, seats, left, until, fee_back, method or "")


def step(session: Session, booking: Booking, now: datetime) -> tuple[Until, bool]:
    """The step of the terms that holds now. A showing that is called off keeps nothing, at any time.

    Nor does one that was moved, from who was carried over to it, until it begins. Raises TooLateToCancel.
    """
    show = session.get_one(Showtime, booking.showtime_id)
    if show.state in {ShowtimeState.CANCELLED, ShowtimeState.MOVED}:
        return Until(max(now, show.starts_at), 0), True
    moved = money_back.offer(session, booking.id) if booking.revision > 1 else None
    if moved and now < moved.until:
        return Until(moved.until, 0), True
    own = terms_of(booking.cancel_terms)
    ahead = own.ahead(show.starts_at, now)
    if not ahead:
        raise rules.TooLateToCancel(closed_at=own.closes_at(show.starts_at))
    return ahead[0], own.fee_back


def _seat(claim: BookingSeat, left: Left, percent: int) -> SeatOffer:
    amount = left.seats[claim.id]
    kind = claim.ticket_type.name if claim.ticket_type else ""
    return SeatOffer(
        claim.id, claim.seat.name, claim.seat.category.look, claim.seat.category.name, kind,
        amount, terms.returned(amount, percent),
    )  # fmt: skip
