"""What may go back when seats are cancelled: pure decisions about money, and the refusals."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from bookingapp import money
from bookingapp.errors import Refused
from bookingapp.terms import returned

# Beside the numbers of seats, which begin at 1.
FEE = 0


class AlreadyCancelled(Refused):
    """The booking is cancelled: a second click, or the showing was."""

    code = "already_cancelled"


class NotToCancel(Refused):
    """Only a confirmed booking can be cancelled; a hold is given back."""

    code = "not_to_cancel"


class SeatsChanged(Refused):
    """A seat named is not the booking's, or not any more."""

    code = "seats_changed"


class NoSeatsToCancel(Refused):
    """Cancel which?"""

    code = "no_seats_to_cancel"


class BackTooHigh(Refused):
    """More than is left of what was paid. `left` minor units of `currency` may go back."""

    code = "back_too_high"


class BackTooSmall(Refused):
    """Less than the gateway can send."""

    code = "back_too_small"


class TooLateToCancel(Refused):
    """Cancelling closed at `closed_at`, which is None where it never was open."""

    code = "too_late_to_cancel"


class BackChanged(Refused):
    """Less goes back than the buyer has seen: a step of the terms passed meanwhile."""

    code = "back_changed"


class WordsMissing(Refused):
    """Staff say why; the customer reads it."""

    code = "words_missing"


class NothingLeft(Refused):
    """No money of this booking is left to give back."""

    code = "nothing_left"


class Cause(StrEnum):
    """Whose wish it was; a refund's reason and the letter say it."""

    CUSTOMER = "customer"
    CINEMA = "cinema"
    SHOWING = "showing"
    # the customer's, who does not want the new time or hall
    MOVED = "moved"
    # the showing was moved, and there was no room for this booking
    NO_SEAT = "no_seat"


@dataclass(frozen=True)
class Back:
    """What goes back: for each seat (booking_seat id), and of the booking fee."""

    seats: Mapping[int, int]
    fee: int = 0

    @property
    def total(self) -> int:
        """One sum, one refund."""
        return sum(self.seats.values()) + self.fee

    @property
    def lines(self) -> dict[int, int]:
        """The seats that get anything, as a refund's lines want them."""
        return {seat: amount for seat, amount in self.seats.items() if amount}


@dataclass(frozen=True)
class Left:
    """What of a booking's money is neither back nor owed: per live seat, of the fee, in all.

    `total` may be less than its parts: some may have gone back without a word what for.
    """

    seats: Mapping[int, int]
    fee: int
    total: int

    @property
    def most(self) -> int:
        """What may go back of all these together."""
        return min(self.total, sum(self.seats.values()) + self.fee)

    def whole(self, chosen: Collection[int]) -> bool:
        """Whether nothing of the booking stays when these seats go."""
        return set(chosen) >= set(self.seats)

    def of(self, chosen: Collection[int]) -> "Left":
        """What stands on some of the seats; the fee belongs to the last of them."""
        seats = {seat: amount for seat, amount in self.seats.items() if seat in set(chosen)}
        fee = self.fee if self.whole(chosen) else 0
        return Left(seats, fee, Left(seats, fee, self.total).most)

    def kept(self, back: "Back") -> int:
        """What the house keeps of it; a fee given back for seats that stay is no part of it."""
        return max(self.total - sum(back.seats.values()) - min(back.fee, self.fee), 0)


def check_seats(live: Collection[int], chosen: Collection[int]) -> None:
    """Raises NoSeatsToCancel, SeatsChanged."""
    if not chosen:
        raise NoSeatsToCancel
    if not set(chosen) <= set(live):
        raise SeatsChanged


def check_back(left: Left, chosen: Collection[int], back: Back, currency: str) -> None:
    """No seat gives back more than was paid for it, no seat that stays gives back anything.

    Raises BackTooHigh, BackTooSmall.
    """
    stays = [seat for seat in back.lines if seat not in set(chosen)]
    over = [seat for seat, amount in back.seats.items() if amount > left.seats.get(seat, 0)]
    negative = back.fee < 0 or any(amount < 0 for amount in back.seats.values())
    if stays or over or negative or back.fee > left.fee or back.total > left.total:
        raise BackTooHigh(left=left.of(chosen).total, currency=currency)
    if money.too_small(back.total):
        raise BackTooSmall


def everything(left: Left, chosen: Collection[int]) -> Back:
    """All that is left of these seats; with the last of them the fee too."""
    part = left.of(chosen)
    return _sendable(within(Back(part.seats, part.fee), part.total), part)


def by_terms(left: Left, chosen: Collection[int], percent: int, *, fee_back: bool) -> Back:
    """As `shared_by_terms`; a sum too small to be sent is raised, or nothing where not so much is left."""
    part = left.of(chosen)
    shared = shared_by_terms(left, chosen, percent, fee_back=fee_back)
    return _sendable(shared, part if fee_back else replace(part, fee=0))


def shared_by_terms(left: Left, chosen: Collection[int], percent: int, *, fee_back: bool) -> Back:
    """What goes back when `percent` of what is left of each seat is kept; the fee likewise, or whole."""
    part = left.of(chosen)
    seats = {seat: returned(amount, percent) for seat, amount in part.seats.items()}
    return within(Back(seats, returned(part.fee, percent) if fee_back else 0), part.total)


def _sendable(back: Back, part: Left) -> Back:
    """A sum that the gateway sends: in the customer's favour if `part` has so much, otherwise none."""
    if not money.too_small(back.total):
        return back
    parts = {**part.seats, FEE: part.fee}
    if min(sum(parts.values()), part.total) < money.LEAST:
        return Back(dict.fromkeys(back.seats, 0))
    raised = {**back.seats, FEE: back.fee}
    for place, most in parts.items():
        raised[place] += min(most - raised[place], money.LEAST - sum(raised.values()))
    fee = raised.pop(FEE)
    return Back(raised, fee)


def gift(left: Left, amount: int, currency: str) -> Back:
    """As `shared`, for a sum that somebody wants to give. Raises NothingLeft, BackTooHigh, BackTooSmall."""
    back = shared(left, amount, currency)
    if money.too_small(amount):
        raise BackTooSmall
    return back


def shared(left: Left, amount: int, currency: str) -> Back:
    """A sum that somebody gives back, spread over the seats as they cost; what is more than them is fee.

    Every seat gets its part rounded down, and the paise that remain go one by one to the first seats
    that have room. Raises NothingLeft, BackTooHigh.
    """
    if left.most <= 0:
        raise NothingLeft
    if not 0 < amount <= left.most:
        raise BackTooHigh(left=left.most, currency=currency)
    whole = sum(left.seats.values())
    of_seats = min(amount, whole)
    seats = {seat: of_seats * part // whole if whole else 0 for seat, part in left.seats.items()}
    rest = of_seats - sum(seats.values())
    for seat in [seat for seat, part in seats.items() if part < left.seats[seat]][:rest]:
        seats[seat] += 1
    return Back(seats, amount - of_seats)


def within(back: Back, most: int) -> Back:
    """No more than `most`: the fee gives way first, then the last seats."""
    room = max(most, 0)
    parts = dict(_filled(back.seats, room))
    return Back(parts, min(back.fee, room - sum(parts.values())))


def _filled(seats: Mapping[int, int], room: int) -> Iterator[tuple[int, int]]:
    for seat, amount in seats.items():
        part = min(amount, room)
        room -= part
        yield seat, part
