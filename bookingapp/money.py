"""Money is an integer of minor units (paise, cents) beside an ISO 4217 currency. Never a float."""

import re
from decimal import Decimal

from babel import Locale
from babel.numbers import format_currency, get_currency_precision

# Razorpay takes no order and sends no refund below 100 minor units, such as 1 rupee: "Order amount less
# than minimum amount allowed" (POST /v1/orders), "The amount must be atleast INR 1.00" (refunds).
LEAST = 100  # codespell:ignore atleast


def too_small(amount: int) -> bool:
    """Whether it is a sum that the gateway neither takes nor gives back. Nothing at all needs no gateway."""
    return 0 < amount < LEAST


def to_text(amount: int, currency: str, locale: str) -> str:
    """36000 INR -> '₹360.00' in the reader's language."""
    return format_currency(_major(amount, currency), currency, locale=locale)


def to_short_text(amount: int, currency: str, locale: str) -> str:
    """As `to_text`, but whole sums lose their zeros: '₹360'."""
    digits = get_currency_precision(currency)
    if amount % 10**digits:
        return to_text(amount, currency, locale)
    return format_currency(
        _major(amount, currency),
        currency,
        locale=locale,
        currency_digits=False,
        format=_whole_format(locale),
    )


def to_number(amount: int, currency: str) -> Decimal:
    """36000 INR -> 360.00, for a spreadsheet."""
    return _major(amount, currency)


def from_text(text: str, currency: str) -> int | None:
    """'180', '1,180.50', '₹180' -> minor units; None for what is no sum of money, or has too fine a part."""
    bare = re.sub(r"[\s,\u00a0]|^[^\d.\-]+", "", text.strip())
    if not re.fullmatch(r"\d{1,9}(\.\d{1,4})?", bare, re.ASCII):
        return None
    return from_number(bare, currency)


def from_number(text: str, currency: str) -> int | None:
    """'1180.50' -> minor units; None when it has too fine a part. `text` is digits with at most one point."""
    exact = Decimal(text).scaleb(get_currency_precision(currency))
    return int(exact) if exact == int(exact) else None


def included_tax(price: int, rate_bp: int) -> int:
    """The tax inside a price that includes it, rounded half up. `rate_bp` is in basis points."""
    return (2 * price * rate_bp + 10_000 + rate_bp) // (2 * (10_000 + rate_bp))


def _major(amount: int, currency: str) -> Decimal:
    return Decimal(amount).scaleb(-get_currency_precision(currency))


def _whole_format(locale: str) -> str:
    pattern: str = Locale.parse(locale).currency_formats["standard"].pattern
    return pattern.replace(".00", "").replace(",00", "") if ".00" in pattern else pattern
