"""What a code takes off, and when it may: pure decisions, and the refusals."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from bookingapp import money
from bookingapp.booking import rules
from bookingapp.booking.rules import Line
from bookingapp.catalogue import tax
from bookingapp.catalogue.tax import Law
from bookingapp.errors import Refused

CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{2,29}", re.ASCII)


class PromoUnknown(Refused):
    """There is no such code, or it was stopped."""

    code = "promo_unknown"


class PromoNotYet(Refused):
    """The code holds from `since` on."""

    code = "promo_not_yet"


class PromoOver(Refused):
    """The code's time is over."""

    code = "promo_over"


class PromoNotThisFilm(Refused):
    """The code is for another film: `film`."""

    code = "promo_not_this_film"


class PromoNotThisDay(Refused):
    """The code is not for showings on this day of the week."""

    code = "promo_not_this_day"


class PromoUsedUp(Refused):
    """All its uses are taken, some perhaps by holds that will lapse."""

    code = "promo_used_up"


class PromoUsedByYou(Refused):
    """This e-mail address has used it as often as it may."""

    code = "promo_used_by_you"


class PromoNeedsAddress(Refused):
    """A code with a limit an address has to know the address."""

    code = "promo_needs_address"


class PromoNothing(Refused):
    """The booking costs nothing as it is."""

    code = "promo_nothing"


class PromoUnclear(Refused):
    """A new code that says nothing, or two things: `field` names where."""

    code = "promo_unclear"


class PromoThere(Refused):
    """There is such a code already."""

    code = "promo_there"


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What a code takes off, for what and how often. Exactly one of `percent` and `amount`."""

    percent: int | None = None
    amount: int | None = None
    max_uses: int | None = None
    max_per_email: int | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    movie_id: int | None = None
    weekdays: int | None = None


@dataclass(frozen=True, kw_only=True)
class Promo(Offer):
    """A code as far as a booking is concerned. `film` is the name of its film, for a refusal."""

    film: str = ""
    stopped: bool = False


def normal(code: str) -> str:
    """As it is kept: upper case, without blanks. Codes are told by telephone."""
    return "".join(code.split()).upper()


def check(promo: Promo, movie_id: int, day: date, now: datetime) -> None:
    """Whether the code is for this showing, now. `day`: the programme day of the showing.

    Raises PromoUnknown, PromoNotYet, PromoOver, PromoNotThisFilm, PromoNotThisDay.
    """
    if promo.stopped:
        raise PromoUnknown
    if promo.valid_from and now < promo.valid_from:
        raise PromoNotYet
    if promo.valid_until and now >= promo.valid_until:
        raise PromoOver
    if promo.movie_id is not None and promo.movie_id != movie_id:
        raise PromoNotThisFilm(film=promo.film)
    if promo.weekdays is not None and not promo.weekdays >> day.weekday() & 1:
        raise PromoNotThisDay


def check_uses(promo: Promo, used: int, used_by_email: int) -> None:
    """`used` counts the others' uses. Raises PromoUsedUp, PromoUsedByYou."""
    if promo.max_uses is not None and used >= promo.max_uses:
        raise PromoUsedUp
    if promo.max_per_email is not None and used_by_email >= promo.max_per_email:
        raise PromoUsedByYou


def lines(promo: Promo, list_prices: Sequence[int], law: Law, fee: int = 0) -> list[Line]:
    """Each seat's money with the code. Discounts lower the price that is taxed, and so may the rate.

    A price that would lie between two rates is lowered to the next that fits: in the buyer's favour,
    never more than was promised. So is a total, with the booking's `fee`, that nobody could pay.
    """
    discounts = [
        price - tax.fitting(law, price - off) if off else 0
        for price, off in zip(list_prices, _off(promo, list_prices), strict=True)
    ]
    if money.too_small(sum(list_prices) - sum(discounts) + fee):
        discounts = list(list_prices)
    pairs = zip(list_prices, discounts, strict=True)
    return [rules.line(price, law, discount) for price, discount in pairs]


def _off(promo: Promo, prices: Sequence[int]) -> list[int]:
    """Per cent are rounded half up a seat; an amount is split by price, exact to the last paisa."""
    if promo.percent is not None:
        return [(2 * price * promo.percent + 100) // 200 for price in prices]
    whole = sum(prices)
    amount = min(promo.amount or 0, whole)
    if not whole:
        return [0 for _ in prices]
    # the running sum is rounded, so that the parts add up and none is above its price
    edges, running = [0], 0
    for price in prices:
        running += price
        edges.append(amount * running // whole)
    return [after - before for before, after in pairwise(edges)]
