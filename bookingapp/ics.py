"""A calendar file with one event in it. Knows nothing of cinemas."""

import re
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vText

from bookingapp import clock

PRODUCT = "-//Matinee//Tickets//EN"
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
    entry = Event()
    entry.add("uid", uid)
    entry.add("sequence", sequence)
    entry.add("dtstamp", clock.now())
    entry.add("dtstart", starts_at.astimezone(ZoneInfo(zone)))
    entry.add("dtend", ends_at.astimezone(ZoneInfo(zone)))
    entry.add("summary", _plain(title))
    entry["location"] = vText(_plain(location))
    entry.add("description", _plain(description))
    entry.add("url", url)
    entry.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    entry.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
    return _calendar(entry, _rules(zone, starts_at.year), cancelled=cancelled)


def _calendar(entry: Event, rules: bytes, *, cancelled: bool) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "CANCEL" if cancelled else "PUBLISH")
    calendar.add_component(entry)
    return bytes(calendar.to_ical()).replace(b"BEGIN:VEVENT", rules + b"BEGIN:VEVENT", 1)


@lru_cache(maxsize=32)
def _rules(zone: str, year: int) -> bytes:
    """A zone's rules about a year: calendars disagree about zones they only know by name.

    Kept as text, because finding the changes of clocks costs a hundred times what the event does.
    """
    about = Timezone.from_tzid(
        zone, first_date=date(year - 1, 1, 1), last_date=date(year + 2, 1, 1)
    )
    return bytes(about.to_ical())


def _plain(words: str) -> str:
    """Without control characters, which a calendar file may not hold; line breaks stay."""
    return _CONTROL.sub("", words)
