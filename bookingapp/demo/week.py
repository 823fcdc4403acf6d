"""The programme: a week that rolls. Each weekday has its own bill, so any coming day is known.

Pure: a day in, showings out.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bookingapp.demo.films import BY_KEY

ZONE = ZoneInfo("Asia/Kolkata")
CLEANING = timedelta(minutes=20)
DAYS_AHEAD = 7

# Monday first. A star is a showing with live music.
BILLS: tuple[dict[str, str], ...] = (
    {
        "Hall 1": "11:00 general, 15:00 shiraz, 19:15 general*, 21:00 sunrise",
        "Studio": "16:00 camera, 17:45 caligari, 19:45 camera, 21:15 sherlock, 23:15 caligari",
    },
    {
        "Hall 1": "11:00 safety, 16:45 metropolis, 19:45 safety, 21:30 caligari*",
        "Studio": "16:30 moon, 17:15 achmed, 19:45 sherlock, 21:15 sherlock, 23:15 caligari",
    },
    {
        "Hall 1": "11:00 dice, 16:30 general, 19:00 nosferatu*, 21:00 sunrise",
        "Studio": "16:00 camera, 17:30 sunrise, 19:45 dice, 21:30 camera, 23:15 nosferatu",
    },
    {
        "Hall 1": "11:00 safety, 15:00 shiraz, 17:15 safety, 19:00 metropolis, 22:00 sherlock",
        "Studio": "16:00 moon, 17:00 caligari, 19:45 shiraz, 23:15 caligari",
    },
    {
        "Hall 1": "11:00 achmed, 16:30 general, 18:15 dice*, 20:00 nosferatu*, 22:00 sunrise",
        "Studio": "17:45 sunrise, 19:45 general, 21:30 camera, 23:15 nosferatu",
    },
    {
        "Hall 1": "11:00 safety, 14:00 sherlock*, 15:30 metropolis, 18:45 shiraz*, 21:00 safety",
        "Studio": "12:00 moon, 19:45 sherlock, 21:15 caligari, 23:15 caligari",
    },
    {
        "Hall 1": "14:30 sherlock*, 16:00 metropolis, 19:00 dice*, 21:15 sunrise",
        "Studio": "11:00 achmed, 17:00 achmed, 19:45 sherlock, 21:00 nosferatu, 23:15 nosferatu",
    },
)


@dataclass(frozen=True)
class Show:
    """One showing on the bill."""

    starts: datetime  # on the cinema's wall clock
    hall: str
    film: str
    live: bool = False

    @property
    def ends(self) -> datetime:
        """When the lights go up."""
        return self.starts + timedelta(minutes=BY_KEY[self.film].minutes)


def programme(first: date, days: int = DAYS_AHEAD) -> list[Show]:
    """All showings of some days, in the order in which they start."""
    shows = [show for ahead in range(days) for show in _day(first + timedelta(days=ahead))]
    return sorted(shows, key=lambda show: (show.starts, show.hall))


def _day(day: date) -> list[Show]:
    bill = BILLS[day.weekday()]
    return [_show(day, hall, entry) for hall, line in bill.items() for entry in line.split(", ")]


def _show(day: date, hall: str, entry: str) -> Show:
    at, film = entry.split()
    starts = datetime.combine(day, time.fromisoformat(at), ZONE)
    return Show(starts, hall, film.removesuffix("*"), live=film.endswith("*"))
