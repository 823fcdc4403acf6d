"""Whether a showing may be called off or moved, and where to: pure decisions, and the refusals."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bookingapp.catalogue.models import ShowtimeState
from bookingapp.errors import Refused

SOLD = (ShowtimeState.ON_SALE, ShowtimeState.OFF_SALE)
# A power cut in the middle of the film is dealt with the next day, or the one after.
LATE_CANCEL = timedelta(days=7)
FURTHEST = timedelta(days=730)
LONGEST_WORDS = 300
# A booking that can't be settled is tried again after so many seconds, then a person must look.
PAUSES = (5, 20, 60, 300)


class ShowingOver(Refused):
    """It is cancelled or moved already, perhaps a moment ago by somebody else."""

    code = "showing_over"


class ShowingNotSold(Refused):
    """A draft: nobody has a ticket, so it is edited, not moved."""

    code = "showing_not_sold"


class ShowingBegan(Refused):
    """What has begun can't be moved; what is over for long can't be called off."""

    code = "showing_began"


class StillMoving(Refused):
    """People are still being carried over to this showing."""

    code = "still_moving"


class WordsMissing(Refused):
    """Customers want to know why."""

    code = "showing_words_missing"


class WordsTooLong(Refused):
    """More than `limit` characters."""

    code = "words_too_long"


class NoSuchTime(Refused):
    """The clocks go forward that night and pass over this time."""

    code = "no_such_time"


class TimeMissing(Refused):
    """A day and a time, please."""

    code = "time_missing"


class TimeOver(Refused):
    """Nobody can come to the past."""

    code = "time_over"


class TimeTooFar(Refused):
    """Years away: a slip of the keyboard."""

    code = "time_too_far"


class NothingToMove(Refused):
    """The same time in the same hall."""

    code = "nothing_to_move"


class HallTaken(Refused):
    """`film` runs there from `begins` to `ends`."""

    code = "hall_taken"


class NoHall(Refused):
    """Not a hall of this theater, or none with a published plan."""

    code = "no_hall"


class PlanChanged(Refused):
    """Between the preview and the click somebody bought, cancelled, or another plan was published."""

    code = "plan_changed"


class TooLateForMoney(Refused):
    """The new showing has begun, or this booking was never moved."""

    code = "too_late_for_money"


@dataclass(frozen=True)
class Span:
    """From the beginning to the end."""

    starts_at: datetime
    ends_at: datetime

    def meets(self, other: "Span") -> bool:
        """Whether both need the hall at one time; one may begin when the other ends."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    def moved_to(self, starts_at: datetime) -> "Span":
        """As long as it was, from another beginning."""
        return Span(starts_at, starts_at + (self.ends_at - self.starts_at))


def words_of(typed: str, *, needed: bool) -> str:
    """Why, in a person's own words, on one line. Raises WordsMissing, WordsTooLong."""
    words = " ".join(typed.split())
    if needed and not words:
        raise WordsMissing
    if len(words) > LONGEST_WORDS:
        raise WordsTooLong(limit=LONGEST_WORDS)
    return words


def instant(day: str, time: str, zone: str) -> datetime:
    """The instant a wall clock of the theater shows this. Raises TimeMissing, NoSuchTime.

    Of an hour that comes twice the first is meant.
    """
    try:
        wall = datetime.fromisoformat(f"{day.strip()}T{time.strip()}")
    except ValueError:
        raise TimeMissing from None
    if wall.tzinfo is not None or not 2000 <= wall.year <= 9000:
        raise TimeMissing
    found = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    if found.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != wall:
        raise NoSuchTime(time=time.strip())
    return found


def comes_twice(starts_at: datetime, zone: str) -> bool:
    """Whether the wall clock shows this time once more, an hour later."""
    wall = starts_at.astimezone(ZoneInfo(zone))
    return wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset()


def check_cancel(state: ShowtimeState, ends_at: datetime, now: datetime) -> None:
    """Raises ShowingOver, ShowingNotSold, ShowingBegan."""
    _check_state(state)
    if now > ends_at + LATE_CANCEL:
        raise ShowingBegan


def check_move(state: ShowtimeState, starts_at: datetime, now: datetime) -> None:
    """Raises ShowingOver, ShowingNotSold, ShowingBegan."""
    _check_state(state)
    if now >= starts_at:
        raise ShowingBegan


def check_time(starts_at: datetime, now: datetime) -> None:
    """Raises TimeOver, TimeTooFar."""
    if starts_at <= now:
        raise TimeOver
    if starts_at > now + FURTHEST:
        raise TimeTooFar


def check_hall(span: Span, others: Iterable[tuple[Span, str]]) -> None:
    """`others`: what else runs in the hall, and its film. Raises HallTaken."""
    for other, film in others:
        if span.meets(other):
            raise HallTaken(film=film, begins=other.starts_at, ends=other.ends_at)


def next_try(attempts: int, now: datetime) -> datetime | None:
    """When a booking that could not be settled is tried again; None: a person must look."""
    return now + timedelta(seconds=PAUSES[attempts - 1]) if attempts <= len(PAUSES) else None


def _check_state(state: ShowtimeState) -> None:
    if state in {ShowtimeState.CANCELLED, ShowtimeState.MOVED}:
        raise ShowingOver
    if state not in SOLD:
        raise ShowingNotSold
