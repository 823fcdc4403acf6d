"""Showings called off and moved in tests: the office's deed, the job, and what is to be counted after it."""

from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import func, select

from bookingapp import clock
from bookingapp.booking import change_job
from bookingapp.booking import change_queries as changes
from bookingapp.booking.change import Wish
from bookingapp.booking.change_models import ChangedBooking, ShowingChange
from bookingapp.booking.models import Booking, BookingSeat
from bookingapp.booking.service import changing
from bookingapp.catalogue.models import Screen, Seat, SeatPlan, Showtime
from bookingapp.db import db
from bookingapp.email.models import OutboxMessage
from bookingapp.tickets.models import Ticket, TicketState
from tests.booking import buyers
from tests.booking.guests import pay_in_full

WORDS = "The projector is broken."


def sold(showing: int, *seats: str, who: str = "asha") -> str:
    """A booking that is confirmed; its manage token."""
    token = buyers.hold(showing, *seats, who=who, email=f"{who}@example.com")
    pay_in_full(token, f"{who}@example.com")
    return token


def row(showing: int) -> Showtime:
    """A showing as it stands now."""
    db.session.rollback()
    found = db.session.get_one(Showtime, showing)
    db.session.refresh(found)
    return found


def screen_of(plan: int) -> int:
    """The hall of a plan."""
    db.session.rollback()
    return db.session.scalars(select(SeatPlan.screen_id).where(SeatPlan.id == plan)).one()


def first_screen() -> int:
    db.session.rollback()
    return db.session.scalars(select(Screen.id).order_by(Screen.id)).first() or 0


def wish(
    showing: int,
    *,
    hours: float = 1,
    screen: int = 0,
    others: bool = False,
    words: str = "",
) -> Wish:
    """So many hours later, in a hall; with the mark of who would sit where."""
    at: datetime = row(showing).starts_at + timedelta(hours=hours)
    screen = screen or screen_of(row(showing).seat_plan_id)
    seen = changes.preview(showing, at, screen, others=others).mark
    return Wish(at, screen, others, words, seen)


def move(showing: int, *, settle: bool = True, **where: object) -> int:
    """Move it, and carry everybody over unless told otherwise. The new showing."""
    changing.shift(showing, wish(showing, **where))  # type: ignore[arg-type]
    if settle:
        change_job.run()
    return new_of(showing)


def call_off(showing: int, words: str = WORDS, *, settle: bool = True) -> None:
    """Cancel it, and everybody's booking unless told otherwise."""
    changing.call_off(showing, words)
    if settle:
        change_job.run()


def new_of(showing: int) -> int:
    """The showing it became."""
    db.session.rollback()
    which = ShowingChange.showtime_id == showing
    return db.session.scalars(select(ShowingChange.to_showtime_id).where(which)).one() or 0


def outcomes() -> dict[str, int]:
    """How many bookings came to what."""
    return dict(Counter(found.outcome.value for found in buyers.rows(ChangedBooking)))


def seats(token: str) -> list[str]:
    """The names of a booking's live seats, in the showing it is for."""
    db.session.rollback()
    statement = (
        select(Seat.name)
        .join(BookingSeat, BookingSeat.seat_id == Seat.id)
        .join(Booking, Booking.id == BookingSeat.booking_id)
        .where(
            Booking.manage_token == token, BookingSeat.released_at.is_(None),
            BookingSeat.showtime_id == Booking.showtime_id,
        )
        .order_by(Seat.y, Seat.x)
    )  # fmt: skip
    return list(db.session.scalars(statement))


def valid_tickets(token: str) -> int:
    """Tickets that let somebody in."""
    db.session.rollback()
    statement = (
        select(func.count(Ticket.id))
        .join(Booking, Booking.id == Ticket.booking_id)
        .where(Booking.manage_token == token, Ticket.state == TicketState.VALID)
    )
    return db.session.scalar(statement) or 0


def letters_of(token: str, *kinds: str) -> list[tuple[str, str]]:
    """Kind and state of a booking's letters, oldest first."""
    booking = buyers.booking(token).id
    kept = [mail for mail in buyers.rows(OutboxMessage) if mail.booking_id == booking]
    return [(m.kind, m.state.value) for m in kept if not kinds or m.kind in kinds]


def soon(hours: float) -> datetime:
    """So many hours from now."""
    return clock.now() + timedelta(hours=hours)
