"""A calendar file with one event in it. Knows nothing of cinemas.

Every line is as icalendar writes it; what is the same in many files is kept, a short plain one is not asked for. Tests hold the whole against what
it writes of a whole event, byte by byte.
"""

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vText, vUri
from icalendar.parser import Contentline, Parameters

from bookingapp import clock

PRODUCT = "-//Matinee//Tickets//EN"
# A line has 75 bytes; ASCII without what the library escapes needs neither it nor folding.
ROOM = 75
_AS_IT_IS = re.compile(r"[ !#-+./0-:<-\[\]-~-]*").fullmatch
# what a calendar file may not hold; line breaks stay
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def event(
    *,
    uid: str,
    sequence: int,
    title: str,
    starts_at: datetime,
    ends_at: datetime,
    zone: str,
    location: str,
    description: str,
    url: str,
    cancelled: bool = False,
) -> bytes:
    """The file's bytes. The same `uid` with a higher `sequence` replaces what a calendar holds."""
    lines = (
        _text("SUMMARY", title),
        _when("DTSTART", starts_at, zone),
        _when("DTEND", ends_at, zone),
        _when("DTSTAMP", clock.now().replace(microsecond=0), "UTC"),
        _text("UID", uid),
        _text("SEQUENCE", str(sequence)),
        _text("DESCRIPTION", description),
        _text("LOCATION", location),
        _text("STATUS", "CANCELLED" if cancelled else "CONFIRMED"),
        _text("TRANSP", "TRANSPARENT" if cancelled else "OPAQUE"),
        _short("URL", url) or _written("URL", vUri(url)),
    )
    before, after = _frame(zone, starts_at.year, cancelled=cancelled)
    return before + b"".join(lines) + after


def _text(name: str, text: str) -> bytes:
    """A property whose value is text."""
    return _short(name, text) or _written(name, vText(_CONTROL.sub("", text)))


def _short(name: str, text: str) -> bytes:
    """A line that needs neither escaping nor folding; else nothing."""
    if len(name) + len(text) >= ROOM or not _AS_IT_IS(text):
        return b""
    return f"{name}:{text}\r\n".encode()


@lru_cache(maxsize=256)
def _written(name: str, value: Any) -> bytes:  # noqa: ANN401 (one of the library's own values)
    """One property, escaped and folded by the library. Films and places come again and again."""
    return bytes(Contentline.from_parts(name, Parameters(), value).to_ical()) + b"\r\n"


@lru_cache(maxsize=256)
def _when(name: str, instant: datetime, zone: str) -> bytes:
    """An instant as the wall clocks of a zone show it."""
    entry = Event()
    entry.add(name, instant.astimezone(ZoneInfo(zone)))
    return bytes(entry.to_ical()).removeprefix(b"BEGIN:VEVENT\r\n").removesuffix(b"END:VEVENT\r\n")


@lru_cache(maxsize=32)
def _frame(zone: str, year: int, *, cancelled: bool) -> tuple[bytes, bytes]:
    """A calendar around an event: what stands before its lines, and after."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "CANCEL" if cancelled else "PUBLISH")
    calendar.add_component(Event())
    before, end, after = bytes(calendar.to_ical()).partition(b"END:VEVENT")
    return before.replace(b"BEGIN:VEVENT", _rules(zone, year) + b"BEGIN:VEVENT"), end + after


def _rules(zone: str, year: int) -> bytes:
    """A zone's rules about a year: calendars disagree about zones they only know by name.

    Kept as text, because finding the changes of clocks costs a hundred times what the event does.
    """
    about = Timezone.from_tzid(
        zone, first_date=date(year - 1, 1, 1), last_date=date(year + 2, 1, 1)
    )
    return bytes(about.to_ical())
