"""The tax inside a price: dated laws with rates by bands. Pure: values in, a rate or a refusal out.

A law looks at the price without tax: up to its first limit it takes one rate, above it the next. Prices
here include the tax, so between two bands lie prices that fit neither rate: 100 rupees and 5 % are
105.00, the next possible price is 100.01 and 18 %, 118.01. Nothing is sold at what lies between.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from bookingapp import money
from bookingapp.errors import Refused

HIGHEST_RATE = 10_000  # basis points: as much again as the price
# Far above any price; it keeps the search for a band's edge short.
DEAREST = 2**31 - 1


class PriceFitsNoRate(Refused):
    """`price` can't be split into a price and its tax; `below` and `above` are the nearest that can."""

    code = "price_fits_no_rate"


class LawUsed(Refused):
    """Something was sold under the law of that day: `since` can't be changed any more."""

    code = "tax_law_used"


class LawThere(Refused):
    """A law begins on `since` already."""

    code = "tax_law_there"


class LawUnclear(Refused):
    """Limits must rise and rates be between 0 and 100 %."""

    code = "tax_law_unclear"


@dataclass(frozen=True)
class Band:
    """Prices without tax up to and with `upto` (None: all that is dearer) carry `rate` basis points."""

    upto: int | None
    rate: int


@dataclass(frozen=True)
class Law:
    """From `since`: bands by rising limit, the last without one; `fee_rate` is a booking fee's."""

    since: date
    fee_rate: int
    bands: tuple[Band, ...]


NO_TAX = Law(date.min, 0, (Band(None, 0),))


def law_of(laws: Sequence[Law], day: date) -> Law:
    """The law that holds on a day: the newest that has begun. None has: no tax is invented."""
    begun = [law for law in laws if law.since <= day]
    return max(begun, key=lambda law: law.since, default=NO_TAX)


def net(price: int, rate: int) -> int:
    """A price without the tax inside it."""
    return price - money.included_tax(price, rate)


def rate_of(law: Law, price: int) -> int | None:
    """The rate inside a price; None when it fits neither of two bands."""
    spans = zip(law.bands, _spans(law), strict=True)
    return next((band.rate for band, (first, last) in spans if first <= price <= last), None)


def rate_for_sale(law: Law, price: int) -> int:
    """As `rate_of`, for a price that stands on a card and fits none: the rate of the band above.

    A law may change under a price that was right. The sale goes on, and the state loses nothing.
    """
    spans = zip(law.bands, _spans(law), strict=True)
    return next((band.rate for band, (_, last) in spans if price <= last), law.bands[-1].rate)


def check_price(law: Law, price: int) -> None:
    """Raises PriceFitsNoRate with the nearest prices on both sides."""
    if rate_of(law, price) is None:
        raise PriceFitsNoRate(price=price, below=fitting(law, price), above=_above(law, price))


def fitting(law: Law, price: int) -> int:
    """The price itself, or the nearest one below it that fits a rate."""
    if rate_of(law, price) is not None:
        return price
    return max((last for first, last in _spans(law) if first <= last < price), default=0)


def highest_rate(laws: Sequence[Law], day: date) -> int:
    """The highest rate of what holds on a day or is written down for later; 0: nothing is taxed."""
    ahead = [law_of(laws, day), *(law for law in laws if law.since > day)]
    return max(max(law.fee_rate, *(band.rate for band in law.bands)) for law in ahead)


def check_law(law: Law) -> None:
    """Raises LawUnclear."""
    limits = [band.upto for band in law.bands]
    rates = [law.fee_rate, *(band.rate for band in law.bands)]
    known = [limit for limit in limits[:-1] if limit is not None]
    rising = all(a < b for a, b in zip([0, *known], known, strict=False))
    whole = bool(limits) and limits[-1] is None and len(known) == len(limits) - 1
    if not (whole and rising and all(0 <= rate <= HIGHEST_RATE for rate in rates)):
        raise LawUnclear


def _above(law: Law, price: int) -> int:
    return min(first for first, last in _spans(law) if price < first <= last)


@lru_cache(maxsize=64)
def _spans(law: Law) -> tuple[tuple[int, int], ...]:
    """Of each band the first and the last price, tax included. Every seat that is sold asks."""
    spans, limit = [], -1
    for band in law.bands:
        last = DEAREST if band.upto is None else _last(band.upto, band.rate)
        spans.append((_last(limit, band.rate) + 1, last))
        limit = band.upto if band.upto is not None else limit
    return tuple(spans)


def _last(limit: int, rate: int) -> int:
    """The highest price that is at most `limit` without its tax; -1 below the first band."""
    # 2 * limit + 2: no rate is higher than 100 %
    return bisect_right(range(2 * limit + 2), limit, key=lambda price: net(price, rate)) - 1
