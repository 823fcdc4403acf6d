"""The one clock. Everything in Matinee asks `now()`; nothing else reads the system's time.

Instants are aware and in UTC everywhere but on a page or in a letter, where `local()` shows them in
the theater's time zone. Tests move this clock with time-machine; the database's own clock is never
asked, so both engines agree.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def local(instant: datetime, zone: str) -> datetime:
    """The same instant on the wall clock of a theater (`zone` is an IANA name)."""
    return instant.astimezone(ZoneInfo(zone))


def from_local(day: date, at: time, zone: str) -> datetime:
    """The instant at which the theater's wall clock shows `day`, `at`. UTC."""
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


def cinema_day(instant: datetime, zone: str, day_starts_at: time) -> date:
    """The programme day an instant belongs to: a 00:15 show belongs to the night before."""
    wall = local(instant, zone)
    return wall.date() - timedelta(days=1) if wall.time() < day_starts_at else wall.date()


def day_span(day: date, zone: str, day_starts_at: time) -> tuple[datetime, datetime]:
    """First instant of a programme day and the first of the next, in UTC."""
    start = from_local(day, day_starts_at, zone)
    return start, from_local(day + timedelta(days=1), day_starts_at, zone)
