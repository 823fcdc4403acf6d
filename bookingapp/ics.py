"""A calendar file with one event in it. Knows nothing of cinemas."""

from datetime import datetime
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vText

from bookingapp import clock

PRODUCT = "-//Matinee//Tickets//EN"


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
    entry.add("summary", title)
    entry["location"] = vText(location)
    entry.add("description", description)
    entry.add("url", url)
    entry.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    entry.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
    return _calendar(entry, cancelled=cancelled)


def _calendar(entry: Event, *, cancelled: bool) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "CANCEL" if cancelled else "PUBLISH")
    calendar.add_component(entry)
    # calendars disagree about zones they only know by name, so the rules travel along
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())
