"""Where a showing may move to, and who would sit where: read, decided, nothing changed yet.

The office's preview and the move itself come this way, so what was shown is what is done.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bookingapp.booking import change_rules as rules
from bookingapp.booking import seating
from bookingapp.booking.change_rules import Span
from bookingapp.booking.models import Booking, BookingSeat, BookingState
from bookingapp.booking.seating import Seating, Sitting, Spot
from bookingapp.catalogue.models import Movie, Screen, Seat, SeatPlan, Showtime, ShowtimeState

OVER = (ShowtimeState.CANCELLED, ShowtimeState.MOVED)
LARGEST_ID = 2**31 - 1  # an INTEGER of PostgreSQL


@dataclass(frozen=True)
class Target:
    """Another time, another hall, or both; the hall's newest published plan."""

    span: Span
    screen_id: int
    screen: str
    plan_id: int


@dataclass(frozen=True)
class Planned:
    """Who would sit where. `mark` is the same as long as the plan is."""

    target: Target
    parties: dict[int, list[Sitting]]
    seating: Seating

    @property
    def mark(self) -> str:
        """Short, for a form's hidden field."""
        seats = sorted((claim, spot.id) for claim, spot in self.seating.seats.items())
        all_of_it = [self.target.plan_id, sorted(self.parties), seats, self.seating.left]
        return hashlib.sha256(json.dumps(all_of_it).encode()).hexdigest()[:16]

    def seats_of(self, booking_id: int) -> dict[str, int]:
        """The places of one booking, as its row keeps them; empty when it has none."""
        found = self.seating.seats
        return {str(s.key): found[s.key].id for s in self.parties[booking_id] if s.key in found}


def target(
    session: Session, show: Showtime, starts_at: datetime, screen_id: int, now: datetime
) -> Target:
    """The place a showing is to move to.

    Raises ShowingOver, ShowingNotSold, ShowingBegan, NoHall, NothingToMove, TimeOver, TimeTooFar,
    HallTaken.
    """
    rules.check_move(show.state, show.starts_at, now)
    rules.check_time(starts_at, now)
    plan_id, screen = _newest_plan(session, show, screen_id)
    if starts_at == show.starts_at and screen_id == _screen_of(session, show.seat_plan_id):
        raise rules.NothingToMove
    span = Span(show.starts_at, show.ends_at).moved_to(starts_at)
    rules.check_hall(span, _others(session, screen_id, span, but=show.id))
    return Target(span, screen_id, screen, plan_id)


def plan(session: Session, show: Showtime, to: Target, *, others: bool) -> Planned:
    """A place for everybody who has one now. `others`: also in another category."""
    parties = sitting(session, show.id)
    same = to.plan_id == show.seat_plan_id
    found = seating.seat(
        parties,
        spots(session, to.plan_id),
        house_seats(session, show.id) if same else (),
        old=spots(session, show.seat_plan_id),
        others=others,
    )
    return Planned(to, parties, found)


def sitting(
    session: Session, showtime_id: int, booking_ids: Collection[int] = ()
) -> dict[int, list[Sitting]]:
    """The sold seats of a showing, by booking; all, or those of some bookings."""
    statement = (
        select(Booking.id, BookingSeat.id, *_SPOT)
        .join(BookingSeat, BookingSeat.booking_id == Booking.id)
        .join(Seat, Seat.id == BookingSeat.seat_id)
        .where(
            Booking.showtime_id == showtime_id,
            Booking.state == BookingState.CONFIRMED,
            BookingSeat.showtime_id == showtime_id,
            BookingSeat.released_at.is_(None),
        )
        .order_by(Booking.id, BookingSeat.id)
    )
    if booking_ids:
        statement = statement.where(Booking.id.in_(booking_ids))
    parties: defaultdict[int, list[Sitting]] = defaultdict(list)
    for booking_id, claim, *spot in session.execute(statement):
        parties[booking_id].append(Sitting(claim, Spot._make(spot)))
    return dict(parties)


_SPOT = (Seat.id, Seat.name, Seat.x, Seat.y, Seat.category_id, Seat.kind)


def spots(session: Session, plan_id: int) -> Sequence[Spot]:
    """All places of a plan."""
    rows = session.execute(select(*_SPOT).where(Seat.seat_plan_id == plan_id))
    return [Spot._make(row) for row in rows]


def house_seats(session: Session, showtime_id: int) -> set[int]:
    """Seats that are not sold: broken, or the house's own."""
    return taken_seats(session, showtime_id, BookingSeat.booking_id.is_(None))


def taken_seats(session: Session, showtime_id: int, *which: object) -> set[int]:
    """Seats with a live claim."""
    live = select(BookingSeat.seat_id).where(
        BookingSeat.showtime_id == showtime_id,
        BookingSeat.released_at.is_(None),
        *which,  # type: ignore[arg-type]
    )
    return set(session.scalars(live))


def _newest_plan(session: Session, show: Showtime, screen_id: int) -> tuple[int, str]:
    """The plan people will sit by, and the hall's name. Raises NoHall."""
    of_old = select(Screen.theater_id).join(SeatPlan).where(SeatPlan.id == show.seat_plan_id)
    row = session.execute(
        select(SeatPlan.id, Screen.name)
        .join(Screen)
        .where(
            Screen.id == (screen_id if 0 < screen_id <= LARGEST_ID else 0),
            Screen.theater_id == of_old.scalar_subquery(),
            SeatPlan.published_at.is_not(None),
        )
        .order_by(SeatPlan.version.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        raise rules.NoHall
    return row.id, row.name


def _screen_of(session: Session, plan_id: int) -> int | None:
    return session.scalar(select(SeatPlan.screen_id).where(SeatPlan.id == plan_id))


def _others(session: Session, screen_id: int, span: Span, but: int) -> list[tuple[Span, str]]:
    """What else runs in the hall about that time."""
    rows = session.execute(
        select(Showtime.starts_at, Showtime.ends_at, Movie.title)
        .join(Movie, Movie.id == Showtime.movie_id)
        .join(SeatPlan, SeatPlan.id == Showtime.seat_plan_id)
        .where(
            SeatPlan.screen_id == screen_id,
            Showtime.id != but,
            Showtime.state.not_in(OVER),
            Showtime.starts_at < span.ends_at,
            Showtime.ends_at > span.starts_at,
        )
        .order_by(Showtime.starts_at)
    )
    return [(Span(row.starts_at, row.ends_at), row.title) for row in rows]
