"""Pure decisions about the gateway's report as a file: its columns' names, its cells, and what is refused.

Two layouts are known, both of the gateway's dashboard: the combined report, named as its API names things, and
the settlement recon report. Both give sums in whole units with decimals and days in the gateway's own zone.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bookingapp import money
from bookingapp.errors import Refused
from bookingapp.payments.answers import CURRENCY, ID, MOST
from bookingapp.payments.settlement_rules import ZONE

# What each column may be called in the file. Without these a line can't be told.
NEEDED: Mapping[str, tuple[str, ...]] = {
    "entity_id": ("entity_id",),
    "type": ("type", "transaction_entity"),
    "amount": ("amount",),
    "currency": ("currency",),
    "fee": ("fee", "fee (exclusive tax)"),
    "tax": ("tax",),
    "debit": ("debit",),
    "credit": ("credit",),
    "settlement_id": ("settlement_id",),
    "settled_at": ("settled_at",),
}
WELCOME: Mapping[str, tuple[str, ...]] = {
    "created_at": ("created_at", "entity_created_at"),
    "settlement_utr": ("settlement_utr",),
    "payment_id": ("payment_id",),
    "order_id": ("order_id",),
    "order_receipt": ("order_receipt",),
    "method": ("method", "payment_method"),
}
# The recon report tells the fee without its tax; the API, and so our books, with it.
WITHOUT_TAX = "fee (exclusive tax)"
# A line that only adds up the others of a settlement.
SUM_OF_OTHERS = "settlement"
_KIND = re.compile(r"[a-z_ ]{1,30}", re.ASCII)
# 180, 180.5, 1,180.00, 1,00,180.00; not 180,50, which would be a hundred times as much without its comma
_SUM = re.compile(r"(\d{1,12}|\d{1,3}(,\d{2,3}){0,4},\d{3})(\.\d{1,4})?", re.ASCII)
_INDIAN = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})(.*)", re.ASCII)
_ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?)?", re.ASCII
)


class ReportMissing(Refused):
    """The button was pressed without a file."""

    code = "report_missing"


class ReportNoText(Refused):
    """Bytes that are no UTF-8: a spreadsheet, a picture, another encoding."""

    code = "report_no_text"


class ReportWithoutColumns(Refused):
    """`columns`: those the first line does not name."""

    code = "report_without_columns"


class ReportEmpty(Refused):
    """Column names and nothing under them."""

    code = "report_empty"


class ReportTooLong(Refused):
    """`most`: how many lines are read at once."""

    code = "report_too_long"


class ReportRowBroken(Refused):
    """`line`: other cells than columns, or quotes that never end."""

    code = "report_row_broken"


class ReportCellOdd(Refused):
    """`line`, `column`, `said`: no id, kind or currency of the gateway's."""

    code = "report_cell_odd"


class ReportCellNoSum(ReportCellOdd):
    """A sum that is none, or finer than the currency."""

    code = "report_cell_no_sum"


class ReportCellNoDay(ReportCellOdd):
    """A day that is none; seconds since 1970 are the API's, whose sums are in the smallest unit."""

    code = "report_cell_no_day"


def columns(head: Sequence[str]) -> dict[str, int]:
    """Where each column stands; the fee without its tax under that name. Raises ReportWithoutColumns."""
    names = [" ".join(cell.split()).lower() for cell in head]
    found = {
        column: names.index(known)
        for column, called in {**NEEDED, **WELCOME}.items()
        if (known := next((each for each in called if each in names), None))
    }
    if lacking := [column for column in NEEDED if column not in found]:
        raise ReportWithoutColumns(columns=lacking)
    if "fee" not in names:
        found[WITHOUT_TAX] = found.pop("fee")
    return found


def one_id(text: str) -> str | None:
    """An id of the gateway's."""
    return text if ID.fullmatch(text) else None


def one_kind(text: str) -> str | None:
    """payment, refund, adjustment …"""
    return text.lower() if _KIND.fullmatch(text.lower()) else None


def one_currency(text: str) -> str | None:
    """INR."""
    return text if CURRENCY.fullmatch(text) else None


def one_sum(text: str, currency: str) -> int | None:
    """'180.00' in minor units; an empty cell is nothing."""
    if not text:
        return 0
    minor = money.from_number(text.replace(",", ""), currency) if _SUM.fullmatch(text) else None
    return minor if minor is not None and minor <= MOST else None


def one_day(text: str) -> datetime | None:
    """'2026-06-07T13:33:57', '07/06/2026 13:33:57' or '07-06-2026', as a clock in the gateway's zone shows it.

    A day alone is its noon: that is the same day in the cinema's zone too.
    """
    if parts := _INDIAN.fullmatch(text):
        text = f"{parts[3]}-{parts[2]:0>2}-{parts[1]:0>2}{parts[4]}"
    if not _ISO.fullmatch(text):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not 2000 < at.year < 2100:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=ZONE)
    return at if ":" in text else at + timedelta(hours=12)
