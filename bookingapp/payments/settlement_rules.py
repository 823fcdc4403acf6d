"""Pure decisions about the gateway's reports: which days to read, when again, and what a line means."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bookingapp.errors import Refused

# The gateway's day, whose reports are asked for by date.
ZONE = ZoneInfo("Asia/Kolkata")
# A house that begins to read has its last three months read.
FIRST_DAYS = 90
# Settlements lag, and are corrected: a day is read again while it is so young.
YOUNG = timedelta(days=8)
AGAIN = timedelta(hours=6)
_MINUTES_AFTER_TROUBLE = (5, 30, 120, 360)
PAYMENT, REFUND = "payment", "refund"


class LineNotFound(Refused):
    """Somebody cleared a line that is not there, or has been cleared."""

    code = "settlement_line_gone"


class ClearingNoteMissing(Refused):
    """Why is it no difference? The books need a word."""

    code = "clearing_note_missing"


class Match(StrEnum):
    """What a line is beside our books. other: no payment or refund (an adjustment, a fee)."""

    MATCHED = "matched"
    UNKNOWN = "unknown"
    OTHER_AMOUNT = "other_amount"
    NOT_CAPTURED = "not_captured"
    NOT_PROCESSED = "not_processed"
    OTHER = "other"


DIFFERENT = (Match.UNKNOWN, Match.OTHER_AMOUNT, Match.NOT_CAPTURED, Match.NOT_PROCESSED)


@dataclass(frozen=True)
class Ours:
    """What we know of the payment or refund a line is about."""

    amount: int
    currency: str
    state: str


def match(kind: str, amount: int, currency: str, ours: Ours | None) -> Match:
    """Hold a line of the report against what we know."""
    if kind not in {PAYMENT, REFUND}:
        return Match.OTHER
    if ours is None:
        return Match.UNKNOWN
    if (amount, currency) != (ours.amount, ours.currency):
        return Match.OTHER_AMOUNT
    if kind == PAYMENT:
        return Match.MATCHED if ours.state in {"captured", "refunded"} else Match.NOT_CAPTURED
    return Match.MATCHED if ours.state in {"processed", "pending"} else Match.NOT_PROCESSED


def today(now: datetime) -> date:
    """The gateway's date."""
    return now.astimezone(ZONE).date()


def days_to_plan(first_money: datetime, known: date | None, now: datetime) -> list[date]:
    """Days that have no row yet, from the first money or the last day known up to today."""
    last = today(now)
    begin = known + timedelta(days=1) if known else today(first_money)
    begin = max(begin, last - timedelta(days=FIRST_DAYS)) if known is None else begin
    return [begin + timedelta(days=n) for n in range((last - begin).days + 1)]


def look_again(day: date, now: datetime) -> datetime | None:
    """When a day that was read is read again; None: it is old enough to be final."""
    ended = datetime(day.year, day.month, day.day, tzinfo=ZONE) + timedelta(days=1)
    return now + AGAIN if now - ended < YOUNG else None


def after_trouble(looks: int) -> timedelta:
    """How long to wait when the gateway gave no answer."""
    steps = _MINUTES_AFTER_TROUBLE
    return timedelta(minutes=steps[min(max(looks, 1), len(steps)) - 1])
