"""What a letter's templates are given: the message's facts in the reader's words, formatted once.

HTML and text are made from the same values, so they can't say different things. `_` is looked up once
a letter: asking Flask-Babel for the catalogue forty times costs more than the rest of the template.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from typing import Any
from weakref import WeakKeyDictionary

from babel.numbers import get_currency_precision
from babel.support import NullTranslations
from flask_babel import get_translations
from markupsafe import Markup, escape

from bookingapp import money
from bookingapp.email import wording_money, wording_moved, wording_receipt, wording_terms
from bookingapp.email.messages import (
    BookingCancellation,
    BookingConfirmation,
    EmailChanged,
    MailTest,
    Message,
    PaymentFailed,
    PaymentRefund,
    PaymentSuccess,
    SeatFacts,
    ShowtimeMoved,
    TaxLine,
    TicketFacts,
)
from bookingapp.terms import Until
from bookingapp.web import filters
from bookingapp.web.i18n import language

STOCK = {"front": "#bde5c8", "stalls": "#ffc4cc", "balcony": "#d6cbf5", "box": "#f3ddb3"}
# Characters of a title to its size; the display face may be missing, then it is a wider one.
SIZES = ((9, 104), (12, 76), (26, 56), (60, 40))
SMALLEST = 30
# Beyond this the letters are not Latin, Greek or Cyrillic and need their full height.
TALL = 0x590

Speak = Callable[..., str]
# what was said without values, by language; as many texts as the letters have
_known: WeakKeyDictionary[NullTranslations, dict[str, str]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Line:
    """One line of a bill: which seats, what they are, what they cost together."""

    seats: str
    words: str
    amount: str


def context(message: Message) -> dict[str, Any]:
    """Everything a letter of this message may name."""
    catalogue = get_translations()
    _ = speech(catalogue)
    values: dict[str, Any] = {
        "m": message, "_": _, "lang": language(), "number": "", "theater": "", "address": "", "phone": "",
    }  # fmt: skip
    if isinstance(message, MailTest):
        return values | {
            "theater": message.theater,
            "day": day(message.asked_at, message.zone, language()),
            "time": f"{hour(message.asked_at, message.zone, language())} {message.zone}",
        }
    if isinstance(message, EmailChanged):
        return values | {
            "theater": message.theater,
            "address": message.address,
            "phone": message.phone,
            "number": message.number,
            "day": day(message.changed_at, message.zone, language()),
            "time": hour(message.changed_at, message.zone, language()),
        }
    if isinstance(message, PaymentFailed):
        values["until"] = hour(message.hold_until, message.ticket.zone, language())
    values |= _ticket(message.ticket, _)
    if isinstance(message, BookingConfirmation):
        values["terms"] = _terms(message, _)
    if isinstance(message, PaymentSuccess):
        values |= wording_receipt.context(message, values["taxes"], _)
    if isinstance(message, PaymentRefund | BookingCancellation):
        values |= wording_money.context(message, _)
    if isinstance(message, ShowtimeMoved):
        values |= wording_moved.context(message, _)
    return values


def for_html(context: dict[str, Any]) -> dict[str, Any]:
    """The same, for a template that escapes: a translation is markup, what it is given is not."""
    plain = context["_"]

    def marked(text: str, **values: object) -> Markup:
        said = plain(text, **{name: escape(value) for name, value in values.items()})
        return Markup(said)  # noqa: S704 (our own catalogue, its values escaped)

    return {**context, "_": marked}


def speech(catalogue: NullTranslations) -> Speak:
    """Gettext in one language, without looking for it at every word."""
    known = _known.setdefault(catalogue, {})

    def say(text: str, **values: object) -> str:
        if values:
            return str(catalogue.ugettext(text) % values)
        if text not in known:
            known[text] = str(catalogue.ugettext(text)).replace("%%", "%")
        return known[text]

    return say


def _ticket(ticket: TicketFacts, _: Speak) -> dict[str, Any]:
    locale = language()
    begins = hour(ticket.starts_at, ticket.zone, locale)
    return {
        "t": ticket,
        "number": ticket.number,
        "movie": ticket.movie,
        "theater": ticket.theater,
        "address": ticket.address,
        "phone": ticket.phone,
        # under the label "Hall" the hall's own name needs no second one
        "hall": ticket.screen.removeprefix(_("Hall") + " "),
        "day": day(ticket.starts_at, ticket.zone, locale),
        "time": begins,
        "digits": begins.split(" ")[0],
        "doors": hour(ticket.doors_at, ticket.zone, locale),
        "several": len(ticket.seats) > 1,
        "seat_names": join([seat.name for seat in ticket.seats], _),
        "seat_row": " ".join(seat.name for seat in ticket.seats),
        "admit": admit(len(ticket.seats), _),
        "news": paid_and_confirmed(len(ticket.seats), _, free=not ticket.total),
        "total": sum_text(ticket.total, ticket.currency, locale),
        "lines": bill(ticket, _),
        "taxes": [_tax(line, ticket.currency, _) for line in ticket.tax_lines],
        "stock": stock(ticket.seats),
        "title_size": title_size(ticket.movie),
        "title_tall": any(ord(letter) > TALL for letter in ticket.movie),
    }


def _terms(message: BookingConfirmation, _: Speak) -> list[str]:
    ticket = message.ticket
    ahead = [Until(step.at, step.percent) for step in message.cancel]
    return wording_terms.sentences(
        ahead, price=ticket.total - ticket.fee, fee_kept=message.fee_kept,
        currency=ticket.currency, zone=ticket.zone, say=_,
    )  # fmt: skip


def bill(ticket: TicketFacts, _: Speak) -> list[Line]:
    """One line per ticket type and category, then the fee."""

    def kind(seat: SeatFacts) -> tuple[str, str]:
        return seat.category, seat.ticket_type

    found = []
    for (category, ticket_type), group in groupby(sorted(ticket.seats, key=kind), key=kind):
        seats = list(group)
        words = f"{len(seats)} × {ticket_type}, {category}"  # noqa: RUF001 (times, as on a bill)
        cost = sum_text(sum(seat.price for seat in seats), ticket.currency, language())
        found.append(Line(", ".join(seat.name for seat in seats) + ": ", words, cost))
    if ticket.fee:
        fee = sum_text(ticket.fee, ticket.currency, language())
        found.append(Line("", _("Booking fee"), fee))
    return found


def _tax(line: TaxLine, currency: str, _: Speak) -> Line:
    words = _("Includes GST at %(rate)s %%", rate=f"{line.rate_bp / 100:g}")
    return Line("", words, sum_text(line.amount, currency, language()))


def admit(seats: int, _: Speak) -> str:
    """The ticket's first word."""
    known = [
        _("Admit none"), _("Admit one"), _("Admit two"), _("Admit three"), _("Admit four"), _("Admit five"),
        _("Admit six"), _("Admit seven"), _("Admit eight"), _("Admit nine"), _("Admit ten"),
    ]  # fmt: skip
    return known[seats] if seats < len(known) else _("Admit %(count)s", count=seats)


def paid_and_confirmed(seats: int, _: Speak, *, free: bool) -> str:
    """The news in one sentence."""
    if seats == 1:
        return _("Your seat is confirmed.") if free else _("Your seat is paid and confirmed.")
    if free:
        return _("Your %(count)s seats are confirmed.", count=number(seats, _))
    return _("Your %(count)s seats are paid and confirmed.", count=number(seats, _))


def number(count: int, _: Speak) -> str:
    """Small numbers as words."""
    known = [
        "0", _("one"), _("two"), _("three"), _("four"), _("five"), _("six"), _("seven"), _("eight"),
        _("nine"), _("ten"),
    ]  # fmt: skip
    return known[count] if count < len(known) else str(count)


def join(names: list[str], _: Speak) -> str:
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


# The same showings and prices come again and again; formatting one costs a tenth of a letter.
# `_locale` is part of the key: the filters speak the language of the letter.
@lru_cache(maxsize=512)
def day(instant: datetime, zone: str, _locale: str) -> str:
    """Sun 22 Nov."""
    return filters.day_short(instant, zone)


@lru_cache(maxsize=512)
def hour(instant: datetime, zone: str, _locale: str) -> str:
    """2:30 pm."""
    return filters.clock_time(instant, zone)


@lru_cache(maxsize=512)
def sum_text(amount: int, currency: str, locale: str) -> str:
    """₹360.00."""
    return money.to_text(amount, currency, locale)


def plain_amount(amount: int, currency: str) -> str:
    """'360.00', for machines."""
    return str(Decimal(amount).scaleb(-get_currency_precision(currency)))
