"""What templates may call: money, times, versioned static addresses. Only templates format."""

import hashlib
import re
from datetime import date, datetime, time
from functools import cache, lru_cache
from pathlib import Path

from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal
from flask import Flask, current_app, request, url_for

from bookingapp import clock, money
from bookingapp.web.access import may, me
from bookingapp.web.i18n import language

# a full stop (also of Hindi, Chinese), a blank, and a beginning: not the dot of "2 p.m. today"
SENTENCE_ENDS = re.compile(r"(?<=[.?!।。])\s+(?=[^\W\d_a-z])")


def install(app: Flask) -> None:
    """Register every filter and global under its own name."""
    for name in (clock_time, clock_digits, clock_half, day_short, day_long, day_medium, weekday,
                 weekday_short, day_number, iso, money_text, money_short, duration, first_sentence,
                 clock_seconds, number):  # fmt: skip
        app.jinja_env.filters[name.__name__] = name
    app.jinja_env.filters["money"] = money_text
    app.jinja_env.filters["money_plain"] = money_plain
    app.jinja_env.globals.update(asset=asset, lang=language, may=may, me=me, now=clock.now)


def money_text(amount: int, currency: str) -> str:
    """₹360.00."""
    return _money_text(amount, currency, language())


def money_short(amount: int, currency: str) -> str:
    """₹360, or ₹360.50 when there are paise."""
    return _money_short(amount, currency, language())


def money_plain(amount: int, currency: str) -> str:
    """360.00, as somebody would type it."""
    return str(money.to_number(amount, currency))


def clock_time(instant: datetime, zone: str) -> str:
    """2:30 pm on the theater's wall."""
    wall = clock.local(instant, zone)
    return _clock_text(wall.hour, wall.minute, language())


def clock_digits(instant: datetime, zone: str) -> str:
    """The digits alone: 2:30."""
    return clock_time(instant, zone).split(" ")[0]


def clock_half(instant: datetime, zone: str) -> str:
    """am, pm, or nothing where the clock has 24 hours."""
    return clock_time(instant, zone).partition(" ")[2]


def clock_seconds(instant: datetime, zone: str) -> str:
    """2:30:05 pm: when exactly a page was drawn."""
    text = format_time(clock.local(instant, zone).time(), "medium", locale=language())
    return _small_halves(text)


def number(value: int) -> str:
    """1,082."""
    return format_decimal(value, locale=language())


def day_short(instant: datetime | date, zone: str) -> str:
    """Sun 22 Nov."""
    return _day(instant, zone, "EEE d MMM")


def day_medium(instant: datetime | date, zone: str) -> str:
    """22 Nov."""
    return _day(instant, zone, "d MMM")


def day_long(instant: datetime | date, zone: str) -> str:
    """Sunday 22 November."""
    return _day(instant, zone, "EEEE d MMMM")


def weekday(instant: datetime | date, zone: str) -> str:
    """Sunday."""
    return _day(instant, zone, "EEEE")


def weekday_short(instant: datetime | date, zone: str) -> str:
    """Sun."""
    return _day(instant, zone, "EEE")


def day_number(instant: datetime | date, zone: str) -> str:
    """22."""
    return _day(instant, zone, "d")


def iso(instant: datetime, zone: str = "UTC") -> str:
    """For a `datetime` attribute."""
    return clock.local(instant, zone).isoformat(timespec="seconds")


def duration(minutes: int) -> str:
    """45 min, 1 h 06, in the measure's short form of the language."""
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02d}" if hours else f"{rest} min"


def first_sentence(text: str) -> tuple[str, str]:
    """What happened, and what to do: the first sentence, and the others."""
    first, *rest = SENTENCE_ENDS.split(text, maxsplit=1)
    return first, "".join(rest)


def _day(instant: datetime | date, zone: str, pattern: str) -> str:
    day = clock.local(instant, zone).date() if isinstance(instant, datetime) else instant
    return _day_text(day, pattern, language())


# A page writes the same few times and prices over and over, and Babel takes its time for each.


@lru_cache(maxsize=2048)
def _clock_text(hour: int, minute: int, locale: str) -> str:
    text = format_time(time(hour, minute), "short", locale=locale)
    return _small_halves(text)


def _small_halves(text: str) -> str:
    return text.replace("\u202f", " ").replace(" AM", " am").replace(" PM", " pm")


@lru_cache(maxsize=2048)
def _day_text(day: date, pattern: str, locale: str) -> str:
    if locale.startswith("en"):
        return format_date(day, pattern, locale=locale)
    return format_skeleton(pattern.replace(" ", ""), day, locale=locale)


@lru_cache(maxsize=1024)
def _money_text(amount: int, currency: str, locale: str) -> str:
    return money.to_text(amount, currency, locale)


@lru_cache(maxsize=1024)
def _money_short(amount: int, currency: str, locale: str) -> str:
    return money.to_short_text(amount, currency, locale)


def asset(name: str) -> str:
    """A static file's address with its content's hash, so that it may be cached for ever."""
    return _asset(name, request.script_root if request else "", bool(current_app.debug))


@lru_cache(maxsize=256)
def _asset(name: str, _root: str, debug: bool) -> str:
    return url_for("static", filename=name, v=_hash(name, debug))


@cache
def _hash(name: str, _debug: bool) -> str:
    path = Path(current_app.static_folder or "") / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10] if path.is_file() else "0"
