"""How the office names kinds of mail, states, deeds and lengths of time."""

from collections.abc import Callable
from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from bookingapp import clock
from bookingapp.booking.words import method
from bookingapp.web import filters

KINDS = {
    "welcome": _l("Welcome"),
    "password_reset": _l("New password"),
    "booking_confirmation": _l("Booking confirmation"),
    "payment_success": _l("Payment receipt"),
    "payment_failed": _l("Payment failed"),
    "booking_cancellation": _l("Cancellation"),
    "payment_refund": _l("Refund"),
    "showtime_reminder": _l("Showtime reminder"),
    "showtime_moved": _l("Showing moved"),
    "email_changed": _l("Address changed"),
    "announcement": _l("Announcement"),
    "mail_test": _l("Test mail"),
}
# How old a mail held after a restore may be, in hours; the last one stands for all of them.
AGES = (
    ("1", _l("1 hour")),
    ("6", _l("6 hours")),
    ("24", _l("1 day")),
    ("72", _l("3 days")),
    ("0", _l("a moment: all of them")),
)


def kind(name: str) -> str:
    """A kind of mail in words."""
    return str(KINDS.get(name, name))


# Who takes the money, and why some of it goes back: short, for the middle of a line.
GATEWAYS = {
    "razorpay": _l("online"),
    "sandbox": _l("in the sandbox"),
    "cash": _l("cash"),
    "terminal": _l("card at the counter"),
}
REASONS = {
    "late": _l("paid too late"),
    "double": _l("paid twice"),
    "wrong_amount": _l("another sum than asked"),
    "cancelled": _l("no longer on sale"),
    "customer": _l("the customer cancelled"),
    "cinema": _l("we cancelled"),
    "showing": _l("the showing is off"),
    "moved": _l("the new time does not suit"),
    "no_seat": _l("no room after the move"),
    "goodwill": _l("as a courtesy"),
    "elsewhere": _l("in the gateway's office"),
}


def how(what: str, word: str) -> str:
    """How money moved, in words: by the gateway of an order, the method of a payment, a refund's reason."""
    if what == "payment":
        return method(word)
    return str((GATEWAYS if what == "order" else REASONS).get(word, word.replace("_", " ")))


def span(length: timedelta) -> str:
    """How long, roughly: 9 s, 4 min, 2 h, 3 days. Never below zero."""
    seconds = max(0, round(length.total_seconds()))
    if seconds < 90:
        return str(_("%(n)s s", n=seconds))
    if seconds < 90 * 60:
        return str(_("%(n)s min", n=round(seconds / 60)))
    if seconds < 36 * 3600:
        return str(_("%(n)s h", n=round(seconds / 3600)))
    days = round(seconds / 86400)
    return str(ngettext("%(num)s day", "%(num)s days", days))


def moment(instant: datetime, zone: str) -> str:
    """When, as short as it can be told today: 1:52 pm; Mon 3:00 pm within a week; 22 Nov 3:00 pm."""
    at = filters.clock_time(instant, zone)
    away = abs((clock.local(instant, zone).date() - clock.local(clock.now(), zone).date()).days)
    if away == 0:
        return at
    day: Callable[[datetime, str], str] = filters.weekday_short if away < 7 else filters.day_medium
    return f"{day(instant, zone)} {at}"
