"""The calendar file, read back by a calendar library."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar

from bookingapp import ics

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
END = datetime(2026, 11, 22, 10, 6, tzinfo=UTC)


def event(**values: Any) -> Any:
    """A made event, parsed."""
    made = ics.event(
        **{
            "uid": "BK7Q4MXW2P@cinema.example",
            "sequence": 1,
            "title": "Sherlock Jr.",
            "starts_at": START,
            "ends_at": END,
            "zone": "Asia/Kolkata",
            "location": "The Lantern, Hall 1",
            "description": "Booking BK7Q4MXW2P",
            "url": "https://cinema.example/b/secret",
            **values,
        }
    )
    return Calendar.from_ical(made)


def test_the_event_is_at_the_theaters_time() -> None:
    (entry,) = event().walk("VEVENT")
    assert entry.decoded("dtstart") == START
    assert entry.decoded("dtstart").astimezone(ZoneInfo("Asia/Kolkata")).hour == 14
    assert entry.decoded("dtend") == END
    assert entry["dtstart"].params["TZID"] == "Asia/Kolkata"


def test_the_zones_rules_travel_along() -> None:
    assert [str(zone["tzid"]) for zone in event().walk("VTIMEZONE")] == ["Asia/Kolkata"]


def test_a_change_replaces_the_entry_of_the_same_booking() -> None:
    (entry,) = event(sequence=2).walk("VEVENT")
    assert (str(entry["uid"]), entry["sequence"]) == ("BK7Q4MXW2P@cinema.example", 2)


def test_a_cancelled_booking_leaves_the_calendar() -> None:
    calendar = event(cancelled=True)
    (entry,) = calendar.walk("VEVENT")
    assert (str(entry["status"]), str(calendar["method"])) == ("CANCELLED", "CANCEL")


def test_commas_quotes_and_lines_arrive_as_they_were_written() -> None:
    title, place, text = 'Nobody\'s; "Fool", 1986', "14, Harbour Lane; Kochi", "one\ntwo, three"
    (entry,) = event(title=title, location=place, description=text).walk("VEVENT")
    assert (str(entry["summary"]), str(entry["location"])) == (title, place)
    assert str(entry["description"]) == text


def test_lines_are_short_enough_for_strict_calendars() -> None:
    made = ics.event(
        uid="u", sequence=1, title="शिराज़ " * 30, starts_at=START, ends_at=END, zone="Asia/Kolkata",
        location="", description="", url="",
    )  # fmt: skip
    assert all(len(line) <= 75 for line in made.split(b"\r\n"))
