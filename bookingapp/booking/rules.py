"""What a booking may be and do: pure decisions, and this room's refusals. No database, no page."""

import re
import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bookingapp import money
from bookingapp.booking.models import BookingState
from bookingapp.catalogue import tax
from bookingapp.catalogue.models import ShowtimeState
from bookingapp.catalogue.tax import Law
from bookingapp.errors import Refused

# Letters and digits that nobody mixes up on the telephone or in the dark; no vowels, so no words.
NUMBER_ALPHABET = "2346789BCDFGHJKMPQRTVWXY"
LONGEST_SEAT_NAME = 8
SECRET_BYTES = 24  # 192 bits; DATA.md asks for 128

MOVES: Mapping[BookingState, frozenset[BookingState]] = {
    BookingState.HELD: frozenset(
        {BookingState.CONFIRMED, BookingState.EXPIRED, BookingState.RELEASED}
    ),
    BookingState.CONFIRMED: frozenset({BookingState.CANCELLED}),
    # late money, and the seats are still free
    BookingState.EXPIRED: frozenset({BookingState.CONFIRMED}),
    BookingState.RELEASED: frozenset(),
    BookingState.CANCELLED: frozenset(),
}


class SeatsTaken(Refused):
    """`lost` seats belong to others; `free` is the rest of the choice. Nothing is held."""

    code = "seats_taken"


class NoSeatsChosen(Refused):
    """Hold what?"""

    code = "no_seats_chosen"


class UnknownSeat(Refused):
    """`name` is not a seat of this showing's plan."""

    code = "unknown_seat"


class TooManySeats(Refused):
    """More than `limit` seats in one booking."""

    code = "too_many_seats"


class TooManyHolds(Refused):
    """This browser session has `limit` live holds for other showings."""

    code = "too_many_holds"


class TooManyHoldsForEmail(Refused):
    """This e-mail address stands on `limit` live holds."""

    code = "too_many_holds_for_email"


class TooManyHoldsFromAddress(Refused):
    """`limit` live holds came from this IP address."""

    code = "too_many_holds_from_address"


class TooManyFree(Refused):
    """This e-mail address got `limit` bookings for nothing within a day."""

    code = "too_many_free"


class NotOnSale(Refused):
    """Draft, withdrawn, moved, cancelled, or not at this time."""

    code = "not_on_sale"


class ShowtimeStarted(Refused):
    """The film has begun."""

    code = "showtime_started"


class HoldOver(Refused):
    """The hold has lapsed or was given back."""

    code = "hold_over"


class AlreadyPaid(Refused):
    """A paid booking is no longer changed on the way to paying."""

    code = "already_paid"


class NowhereToSend(Refused):
    """Nobody pays before saying where the ticket goes."""

    code = "nowhere_to_send"


class UnknownTicketType(Refused):
    """`seat` can't be sold as that ticket type."""

    code = "unknown_ticket_type"


class NotConfirmed(Refused):
    """There is no ticket to send."""

    code = "not_confirmed"


class TooManyResends(Refused):
    """The ticket was sent again `limit` times within the hour."""

    code = "too_many_resends"


class TooManyCorrections(Refused):
    """The address was corrected `limit` times within the day."""

    code = "too_many_corrections"


class CannotReach(Refused):
    """No mail can reach `email`: that was tried, or somebody there wants none."""

    code = "cannot_reach"


def hint(email: str) -> str:
    """Enough of an address to know one's own by, too little to learn another's: r…@example.com."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"


def may_move(old: BookingState, new: BookingState) -> bool:
    """Whether a booking may go from one state to another."""
    return new in MOVES[old]


def new_number() -> str:
    """A booking number: BK and eight characters that survive a telephone."""
    return "BK" + "".join(secrets.choice(NUMBER_ALPHABET) for _ in range(8))


def new_token() -> str:
    """The secret of a manage link."""
    return secrets.token_urlsafe(SECRET_BYTES)


def is_token(text: str) -> bool:
    """Whether this may be a manage link's secret; anything else need not be looked up."""
    return bool(re.fullmatch(r"[A-Za-z0-9_-]{20,64}", text))


def is_ticket_secret(text: str) -> bool:
    """Whether this may be a ticket code's secret, in upper-case base32."""
    return bool(re.fullmatch(r"[A-Z2-7]{20,32}", text))


def wanted(seat_names: Iterable[str], limit: int) -> list[str]:
    """The chosen seats, once each. Raises NoSeatsChosen, TooManySeats, UnknownSeat."""
    names = list(dict.fromkeys(name.strip() for name in seat_names if name.strip()))
    if not names:
        raise NoSeatsChosen
    if len(names) > limit:
        raise TooManySeats(limit=limit)
    for name in names:
        if len(name) > LONGEST_SEAT_NAME or not name.isprintable():
            raise UnknownSeat(name=name[:LONGEST_SEAT_NAME])
    return names


def check_on_sale(
    state: ShowtimeState,
    starts_at: datetime,
    on_sale_from: datetime | None,
    on_sale_until: datetime | None,
    now: datetime,
) -> None:
    """Raises NotOnSale or ShowtimeStarted."""
    if state is not ShowtimeState.ON_SALE:
        raise NotOnSale
    if now >= starts_at:
        raise ShowtimeStarted
    if (on_sale_from and now < on_sale_from) or (on_sale_until and now >= on_sale_until):
        raise NotOnSale


def check_holds(live: int, limit: int, refusal: type[Refused]) -> None:
    """Raises the named refusal when one more hold would be one too many."""
    if live >= limit:
        raise refusal(limit=limit)


@dataclass(frozen=True)
class Line:
    """One seat's money: `price` = list price - discount, `tax` is inside the price."""

    list_price: int
    discount: int
    price: int
    tax_rate: int
    tax: int


def line(list_price: int, law: Law, discount: int = 0) -> Line:
    """Price one seat. The tax is rounded half up per line, so that part-refunds add up."""
    price = list_price - discount
    rate = tax.rate_for_sale(law, price)
    return Line(list_price, discount, price, rate, money.included_tax(price, rate))


@dataclass(frozen=True)
class Totals:
    """What is copied onto the booking: total = subtotal + fee - discount; `tax` is inside it."""

    subtotal: int
    fee: int
    fee_tax: int
    fee_rate: int
    discount: int
    tax: int
    total: int


def totals(lines: Sequence[Line], fee: int, fee_rate: int) -> Totals:
    """Add a booking up. A fee alone that is less than anybody can pay is not asked for."""
    subtotal = sum(part.list_price for part in lines)
    discount = sum(part.discount for part in lines)
    if subtotal == discount and money.too_small(fee):
        fee = 0
    fee_tax = money.included_tax(fee, fee_rate)
    inside = sum(part.tax for part in lines) + fee_tax
    return Totals(subtotal, fee, fee_tax, fee_rate, discount, inside, subtotal + fee - discount)


def tax_by_rate(lines: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """(rate, tax) of each line added up per rate, highest rate first, without empty ones."""
    sums: defaultdict[int, int] = defaultdict(int)
    for rate, amount in lines:
        sums[rate] += amount
    return [(rate, amount) for rate, amount in sorted(sums.items(), reverse=True) if amount]
