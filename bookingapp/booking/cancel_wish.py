"""What staff want cancelled and given back, and what that comes to. Nothing is done here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from bookingapp.booking import cancel, cancel_offer
from bookingapp.booking import cancel_rules as rules
from bookingapp.booking.cancel_rules import Back, Left
from bookingapp.booking.models import Booking, BookingSeat
from bookingapp.booking.policy import terms_of

# What is kept once the terms are over, in percent.
TOO_LATE = 100


class How(StrEnum):
    """all: everything left; terms: as if the customer did it now; parts: so much a seat; none: nothing."""

    ALL = "all"
    TERMS = "terms"
    PARTS = "parts"
    NONE = "none"


@dataclass(frozen=True)
class Wish:
    """Seats by name; `parts` (seat name to sum) and `fee` count with How.PARTS alone."""

    seats: tuple[str, ...]
    how: How
    words: str
    parts: Mapping[str, int]
    fee: int = 0


@dataclass(frozen=True)
class Plan:
    """What a wish comes to for the booking as it is now."""

    claims: tuple[BookingSeat, ...]
    left: Left
    chosen: tuple[int, ...]
    back: Back

    @property
    def kept(self) -> int:
        """What the house keeps of the chosen seats."""
        return self.left.of(self.chosen).kept(self.back)


def wished(session: Session, booking: Booking, wish: Wish, now: datetime) -> Plan:
    """Raises AlreadyCancelled, NotToCancel, NoSeatsToCancel, SeatsChanged, BackTooHigh, WordsMissing."""
    cancel.check_confirmed(booking)
    claims = cancel.live_seats(session, booking)
    left = cancel.money_left(session, booking, claims)
    known = {claim.seat.name: claim.id for claim in claims}
    chosen = tuple(known.get(name, 0) for name in dict.fromkeys(wish.seats))
    rules.check_seats(left.seats, chosen)
    if not wish.words.strip():
        raise rules.WordsMissing
    back = _back(wish, left, known, _terms_now(session, booking, now))
    rules.check_back(left, chosen, back, booking.currency)
    return Plan(tuple(claims), left, chosen, back)


def _back(wish: Wish, left: Left, known: Mapping[str, int], terms: tuple[int, bool]) -> Back:
    chosen = [known[name] for name in wish.seats]
    if wish.how is How.ALL:
        return rules.everything(left, chosen)
    if wish.how is How.PARTS:
        return Back({known[name]: wish.parts.get(name, 0) for name in wish.seats}, wish.fee)
    if wish.how is How.NONE:
        return Back(dict.fromkeys(chosen, 0))
    percent, fee_back = terms
    return rules.by_terms(left, chosen, percent, fee_back=fee_back)


def _terms_now(session: Session, booking: Booking, now: datetime) -> tuple[int, bool]:
    """What is kept if the customer did it now, all of it when it is too late; and whether of the fee too."""
    try:
        until, fee_back = cancel_offer.step(session, booking, now)
    except rules.TooLateToCancel:
        return TOO_LATE, terms_of(booking.cancel_terms).fee_back
    return until.percent, fee_back
