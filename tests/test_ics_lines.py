"""The lines of a calendar file: whole words, short lines, no fact that becomes a line of its own."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Event, vText

from bookingapp import ics

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
FACTS: dict[str, Any] = {
    "uid": "BK7Q4MXW2P@lantern.test",
    "sequence": 1,
    "title": "Sherlock Jr.",
    "starts_at": START,
    "ends_at": START + timedelta(minutes=45),
    "zone": "Asia/Kolkata",
    "location": "The Lantern, Hall 1, 14 Harbour Lane",
    "description": "BK7Q4MXW2P: H6, H7",
    "url": "https://lantern.test/b/token",
}
words = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Cf", "Cn", "Co"]), max_size=150
)
instants = st.integers(-3_000_000, 5_000_000).map(lambda m: START + timedelta(minutes=m))


def read(**changes: Any) -> tuple[Calendar, Event]:
    calendar = Calendar.from_ical(ics.event(**{**FACTS, **changes}))
    assert isinstance(calendar, Calendar)
    return calendar, calendar.events[0]


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Europe/Berlin", "America/New_York", "UTC"])
@pytest.mark.parametrize("month", [1, 3, 7, 10])
def test_the_rules_of_the_zone_travel_along(zone: str, month: int) -> None:
    start = datetime(2027, month, 28, 20, 0, tzinfo=ZoneInfo(zone))
    calendar, event = read(zone=zone, starts_at=start, ends_at=start + timedelta(hours=2))
    assert [str(rules["TZID"]) for rules in calendar.timezones] == [zone]
    known = calendar.timezones[0].to_tz(lookup_tzid=False)
    wall = event.decoded("DTSTART").replace(tzinfo=None)
    assert wall.replace(tzinfo=known).utcoffset() == start.utcoffset()


@settings(max_examples=150, deadline=None)
@given(title=words, place=words)
def test_any_words_come_back_whole(title: str, place: str) -> None:
    content = ics.event(**{**FACTS, "title": title, "location": place})
    event = read(title=title, location=place)[1]
    assert (event["SUMMARY"], event["LOCATION"]) == (title, place)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    content.decode()


def by_the_library(facts: dict[str, Any], now: datetime, *, cancelled: bool) -> bytes:
    """The same event, put together and written by icalendar alone; without the zone's rules."""
    entry = Event()
    entry.add("uid", facts["uid"])
    entry.add("sequence", facts["sequence"])
    entry.add("dtstamp", now)
    for name in ("starts_at", "ends_at"):
        key = "dtstart" if name == "starts_at" else "dtend"
        entry.add(key, facts[name].astimezone(ZoneInfo(facts["zone"])))
    entry.add("summary", facts["title"])
    entry["location"] = vText(facts["location"])
    entry.add("description", facts["description"])
    entry.add("url", facts["url"])
    entry.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    entry.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
    calendar = Calendar()
    calendar.add("prodid", ics.PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "CANCEL" if cancelled else "PUBLISH")
    calendar.add_component(entry)
    return bytes(calendar.to_ical())


@settings(max_examples=150, deadline=None)
@given(
    facts=st.fixed_dictionaries(
        dict.fromkeys(("title", "location", "description", "uid", "url"), words)
        | {
            "sequence": st.integers(0, 99),
            "starts_at": instants,
            "ends_at": instants,
            "zone": st.sampled_from(["Asia/Kolkata", "Europe/Berlin", "America/New_York", "UTC"]),
        }
    ),
    cancelled=st.booleans(),
)
def test_every_byte_is_the_librarys(facts: dict[str, Any], cancelled: bool) -> None:
    with time_machine.travel(START, tick=False):
        made = ics.event(**facts, cancelled=cancelled)
        its = by_the_library(facts, START, cancelled=cancelled)
    head, _, rest = made.partition(b"BEGIN:VTIMEZONE")
    assert head + b"BEGIN:VEVENT" + rest.partition(b"BEGIN:VEVENT")[2] == its


def test_no_fact_begins_a_line_of_its_own() -> None:
    event = read(title="One\r\nATTENDEE:mailto:eve@example.org\x00")[1]
    assert "ATTENDEE" not in event
    assert event["SUMMARY"] == "One\nATTENDEE:mailto:eve@example.org"
