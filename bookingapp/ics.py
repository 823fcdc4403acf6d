"""A calendar file with one event in it. Knows nothing of cinemas.

The event's dozen lines are written here, because every mail carries one and icalendar takes fifteen
times as long; a zone's rules come from icalendar, once a zone and year. Tests read the files back with
icalendar and hold them against its own.
"""

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Timezone

from bookingapp import clock

PRODUCT = "-//Matinee//Tickets//EN"
LINE = 75  # octets, RFC 5545
_ESCAPES = str.maketrans({"\\": r"\\", ";": r"\;", ",": r"\,", "\n": r"\n"})
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
        "BEGIN:VEVENT",
        f"UID:{_text(uid)}",
        f"SEQUENCE:{sequence}",
        f"DTSTAMP:{clock.now().astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;TZID={zone}:{_local(starts_at, zone)}",
        f"DTEND;TZID={zone}:{_local(ends_at, zone)}",
        f"SUMMARY:{_text(title)}",
        f"LOCATION:{_text(location)}",
        f"DESCRIPTION:{_text(description)}",
        f"URL:{url}",
        f"STATUS:{'CANCELLED' if cancelled else 'CONFIRMED'}",
        f"TRANSP:{'TRANSPARENT' if cancelled else 'OPAQUE'}",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    head = _head("CANCEL" if cancelled else "PUBLISH", zone, starts_at.year)
    return head + b"".join(map(_folded, lines))


@lru_cache(maxsize=32)
def _head(method: str, zone: str, year: int) -> bytes:
    """What stands before an event, with a zone's rules about a year.

    Calendars disagree about zones they only know by name; finding the changes of clocks is slow.
    """
    about = Timezone.from_tzid(
        zone, first_date=date(year - 1, 1, 1), last_date=date(year + 2, 1, 1)
    )
    head = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        f"METHOD:{method}",
    )
    return b"".join(map(_folded, head)) + bytes(about.to_ical())


def _local(instant: datetime, zone: str) -> str:
    return f"{instant.astimezone(ZoneInfo(zone)):%Y%m%dT%H%M%S}"


def _text(words: str) -> str:
    """A value of type TEXT: no control characters, and the four signs that mean something escaped."""
    return _CONTROL.sub("", words).translate(_ESCAPES)


def _folded(line: str) -> bytes:
    """A content line: longer ones go on after a line break and a space, never inside a character."""
    rest = line.encode()
    parts: list[bytes] = []
    while len(rest) > LINE:
        cut = LINE - bool(parts)
        while rest[cut] & 0xC0 == 0x80:
            cut -= 1
        parts.append(rest[:cut])
        rest = rest[cut:]
    return b"\r\n ".join([*parts, rest]) + b"\r\n"
