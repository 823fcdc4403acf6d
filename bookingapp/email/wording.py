"""What a letter's templates are given: the message's facts, and the words that need counting."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from babel.numbers import get_currency_precision
from flask_babel import gettext

from bookingapp.email.messages import Message, SeatFacts, TicketFacts

STOCK = {"front": "#bde5c8", "stalls": "#ffc4cc", "balcony": "#d6cbf5", "box": "#f3ddb3"}
# Characters of a title to its size; the display face may be missing, then it is a wider one.
SIZES = ((9, 104), (12, 76), (26, 56), (60, 40))
SMALLEST = 30
# Beyond this the letters are not Latin, Greek or Cyrillic and need their full height.
TALL = 0x590


def _(text: str, **values: object) -> str:
    return str(gettext(text, **values))


@dataclass(frozen=True)
class Line:
    """Seats of one category and ticket type, and what they cost together."""

    seats: str
    words: str
    look: str
    amount: int


def context(message: Message) -> dict[str, Any]:
    """Everything a letter of this message may name."""
    ticket: TicketFacts | None = getattr(message, "ticket", None)
    values: dict[str, Any] = {"m": message, "number": ""}
    if ticket is None:
        return {**values, "theater": getattr(message, "theater", ""), "address": "", "phone": ""}
    return values | {
        "t": ticket,
        "number": ticket.number,
        "movie": ticket.movie,
        "theater": ticket.theater,
        "address": ticket.address,
        "phone": ticket.phone,
        "zone": ticket.zone,
        "currency": ticket.currency,
        # under the label "Hall" the hall's own name needs no second one
        "hall": ticket.screen.removeprefix(_("Hall") + " "),
        "seats": ticket.seats,
        "seat_names": join([seat.name for seat in ticket.seats]),
        "admit": admit(len(ticket.seats)),
        "paid_and_confirmed": paid_and_confirmed(len(ticket.seats), free=not ticket.total),
        "lines": lines(ticket.seats),
        "stock": stock(ticket.seats),
        "title_size": title_size(ticket.movie),
        "title_height": "1.25" if any(ord(letter) > TALL for letter in ticket.movie) else ".9",
    }


def admit(seats: int) -> str:
    """The ticket's first word."""
    known = [
        _("Admit none"), _("Admit one"), _("Admit two"), _("Admit three"), _("Admit four"), _("Admit five"),
        _("Admit six"), _("Admit seven"), _("Admit eight"), _("Admit nine"), _("Admit ten"),
    ]  # fmt: skip
    return known[seats] if seats < len(known) else _("Admit %(count)s", count=seats)


def paid_and_confirmed(seats: int, *, free: bool) -> str:
    """The news in one sentence."""
    if free:
        return _("Your seat is confirmed.") if seats == 1 else _("Your %(count)s seats are confirmed.", count=number(seats))  # fmt: skip
    if seats == 1:
        return _("Your seat is paid and confirmed.")
    return _("Your %(count)s seats are paid and confirmed.", count=number(seats))


def number(count: int) -> str:
    """Small numbers as words."""
    known = [
        "0", _("one"), _("two"), _("three"), _("four"), _("five"), _("six"), _("seven"), _("eight"),
        _("nine"), _("ten"),
    ]  # fmt: skip
    return known[count] if count < len(known) else str(count)


def lines(seats: tuple[SeatFacts, ...]) -> list[Line]:
    """'H6, H7: 2 times Adult, Stalls' with what they cost, one line per ticket type and category."""

    def kind(seat: SeatFacts) -> tuple[str, str]:
        return seat.category, seat.ticket_type

    found = []
    for (category, ticket_type), group in groupby(sorted(seats, key=kind), key=kind):
        these = list(group)
        words = f"{len(these)} × {ticket_type}, {category}"  # noqa: RUF001 (times, as on a bill)
        names = ", ".join(seat.name for seat in these)
        found.append(Line(names, words, these[0].look, sum(seat.price for seat in these)))
    return found


def join(names: list[str]) -> str:
    """'H6 and H7'; 'H6, H7 and H8'."""
    if len(names) < 2:
        return "".join(names)
    return _("%(some)s and %(last)s", some=", ".join(names[:-1]), last=names[-1])


def stock(seats: tuple[SeatFacts, ...]) -> str:
    """The paper of the category most of the seats are in."""
    looks = [seat.look for seat in seats]
    return STOCK.get(max(looks, key=looks.count, default=""), STOCK["stalls"])


def title_size(title: str) -> int:
    """Pixels: a short title is a poster, a long one still fits."""
    return next((size for most, size in SIZES if len(title) <= most), SMALLEST)


def plain_amount(amount: int, currency: str) -> str:
    """'360.00', for machines."""
    return str(Decimal(amount).scaleb(-get_currency_precision(currency)))
