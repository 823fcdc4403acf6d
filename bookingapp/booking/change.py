"""Steps that call a showing off or move it: off sale first, then one booking after the other.

`call_off` and `shift` write down what is to be done and take the showing off sale; `settle` does one
booking in a transaction of its own; `finish` closes the matter. Whoever dies in between leaves rows that
say what is left.

On PostgreSQL the showing's lock makes sure that no booking is confirmed for it unseen: who confirms one
reads the showing FOR SHARE (`settle.py`, `order.py`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bookingapp import audit
from bookingapp.booking import change_rules as rules
from bookingapp.booking import hold, move, moving
from bookingapp.booking.cancel import cancel_all, lock
from bookingapp.booking.cancel_rules import Cause
from bookingapp.booking.change_models import ChangedBooking, ChangeKind, Outcome, ShowingChange
from bookingapp.booking.models import Booking, BookingSeat, BookingState
from bookingapp.catalogue.models import Screen, Showtime, ShowtimeState
from bookingapp.errors import NotFound

OPEN = (BookingState.HELD, BookingState.CONFIRMED)
COPIED = (
    "movie_id", "price_card_id", "audio_language", "subtitles", "note", "format", "on_sale_from",
    "booking_fee",
)  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """Where to and why. `seen`: the mark of the plan that was looked at."""

    starts_at: datetime
    screen_id: int
    others: bool = False
    words: str = ""
    seen: str = ""


def call_off(
    session: Session, showtime_id: int, words: str, now: datetime, actor_id: int | None
) -> ShowingChange:
    """It does not take place: off sale at once; its bookings are cancelled one by one.

    Raises NotFound, WordsMissing, WordsTooLong, StillMoving, ShowingOver, ShowingNotSold, ShowingBegan.
    """
    said = rules.words_of(words, needed=True)
    show = _lock(session, showtime_id)
    rules.check_cancel(show.state, show.ends_at, now)
    before = show.state
    show.state = ShowtimeState.CANCELLED
    change = ShowingChange(
        kind=ChangeKind.CANCEL, showtime_id=show.id, words=said, asked_by_id=actor_id, asked_at=now,
    )  # fmt: skip
    session.add(change)
    session.flush()
    for booking_id in moving.sitting(session, show.id):
        _list(session, change, booking_id, {}, now)
    audit.note(
        session, "showing.cancel", ("showtime", show.id), actor_id=actor_id,
        before={"state": before.value}, after={"words": said},
    )  # fmt: skip
    return change


def shift(
    session: Session, showtime_id: int, wish: Wish, now: datetime, actor_id: int | None
) -> ShowingChange:
    """It becomes another showing, off sale until everybody is carried over.

    Raises NotFound, WordsTooLong, StillMoving, PlanChanged, and what `moving.target` raises.
    """
    said = rules.words_of(wish.words, needed=False)
    show = _lock(session, showtime_id)
    # two who move showings into one hall at once come one after the other
    session.get(Screen, wish.screen_id, with_for_update=True)
    to = moving.target(session, show, wish.starts_at, wish.screen_id, now)
    planned = moving.plan(session, show, to, others=wish.others)
    if planned.mark != wish.seen:
        raise rules.PlanChanged
    new = _new_showing(session, show, to)
    change = ShowingChange(
        kind=ChangeKind.MOVE, showtime_id=show.id, to_showtime_id=new.id, then_state=show.state,
        words=said, other_categories=wish.others, asked_by_id=actor_id, asked_at=now,
    )  # fmt: skip
    show.state = ShowtimeState.MOVED
    session.add(change)
    session.flush()
    for booking_id in planned.parties:
        _list(session, change, booking_id, planned.seats_of(booking_id), now)
    audit.note(
        session, "showing.move", ("showtime", show.id), actor_id=actor_id,
        before={"starts_at": show.starts_at.isoformat(), "seat_plan": show.seat_plan_id},
        after={"starts_at": new.starts_at.isoformat(), "seat_plan": to.plan_id, "showtime": new.id,
               "words": said},
    )  # fmt: skip
    return change


def settle(session: Session, row_id: int, now: datetime) -> bool:
    """Settle one booking, once. False: it is settled already, or another process has it in hand."""
    row = session.scalars(
        select(ChangedBooking)
        .where(ChangedBooking.id == row_id, ChangedBooking.outcome == Outcome.WAITING)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return False
    change = session.get_one(ShowingChange, row.change_id)
    booking = lock(session, row.booking_id)
    row.outcome = _settled(session, change, row, booking, now)
    row.letter = row.outcome in {Outcome.MOVED, Outcome.CANCELLED} and bool(booking.email)
    row.next_try_at, row.settled_at = None, now
    return True


def trouble(session: Session, row_id: int, why: str, now: datetime) -> None:
    """It could not be settled: later again, and in the end a person must look."""
    row = session.get_one(ChangedBooking, row_id, with_for_update=True)
    if row.outcome is not Outcome.WAITING:
        return
    row.attempts += 1
    row.note = why[:300]
    row.next_try_at = rules.next_try(row.attempts, now)
    if row.next_try_at is None:
        row.outcome = Outcome.FAILED


def hurry(session: Session, change_id: int, now: datetime, actor_id: int | None) -> None:
    """Somebody wants the rest tried now, what failed among it."""
    rows = session.scalars(
        select(ChangedBooking)
        .where(
            ChangedBooking.change_id == change_id,
            ChangedBooking.outcome.in_((Outcome.WAITING, Outcome.FAILED)),
        )
        .order_by(ChangedBooking.id)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        if row.outcome is Outcome.FAILED:
            row.outcome, row.attempts = Outcome.WAITING, 0
        row.next_try_at = now
    if rows:
        audit.note(session, "showing.go_on", ("showing_change", change_id), actor_id=actor_id)


def finish(session: Session, change_id: int, now: datetime) -> bool:
    """Close the matter when nothing is left: the new showing goes on sale as the old one was."""
    change = session.scalars(
        select(ShowingChange)
        .where(ShowingChange.id == change_id, ShowingChange.finished_at.is_(None))
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if change is None or _gathered(session, change, now) or _unsettled(session, change):
        return False
    change.finished_at = now
    if change.to_showtime_id is not None and change.then_state is not None:
        session.get_one(Showtime, change.to_showtime_id).state = change.then_state
    audit.note(session, "showing.changed", ("showing_change", change.id))
    return True


def _settled(
    session: Session, change: ShowingChange, row: ChangedBooking, booking: Booking, now: datetime
) -> Outcome:
    if booking.showtime_id != change.showtime_id or booking.state not in OPEN:
        return Outcome.GONE
    if booking.state is BookingState.HELD:
        hold.release(session, booking.id, now)
        return Outcome.RELEASED
    if change.kind is ChangeKind.MOVE and move.carry(session, change, row, booking, now):
        return Outcome.MOVED
    cause = Cause.NO_SEAT if change.kind is ChangeKind.MOVE else Cause.SHOWING
    done = cancel_all(
        session, booking, now, cause=cause, words=change.words, asked_by=change.asked_by_id
    )
    row.back = done.back
    return Outcome.CANCELLED


def _lock(session: Session, showtime_id: int) -> Showtime:
    """The showing, locked. Raises NotFound, StillMoving."""
    show = None
    if 0 < showtime_id <= moving.LARGEST_ID:
        show = session.get(Showtime, showtime_id, with_for_update=True, populate_existing=True)
    if show is None:
        raise NotFound
    arriving = select(ShowingChange.id).where(
        ShowingChange.to_showtime_id == show.id, ShowingChange.finished_at.is_(None)
    )
    if session.scalar(arriving) is not None:
        raise rules.StillMoving
    return show


def _new_showing(session: Session, show: Showtime, to: moving.Target) -> Showtime:
    """The showing it becomes. Broken seats stay broken as long as the plan is the same."""
    later: timedelta = to.span.starts_at - show.starts_at
    new = Showtime(
        **{name: getattr(show, name) for name in COPIED},
        seat_plan_id=to.plan_id,
        starts_at=to.span.starts_at,
        ends_at=to.span.ends_at,
        on_sale_until=show.on_sale_until + later if show.on_sale_until else None,
        state=ShowtimeState.OFF_SALE,
        moved_from_id=show.id,
    )
    session.add(new)
    session.flush()
    if to.plan_id == show.seat_plan_id:
        _copy_house_seats(session, show, new)
    return new


def _copy_house_seats(session: Session, show: Showtime, new: Showtime) -> None:
    claims = session.scalars(
        select(BookingSeat)
        .where(
            BookingSeat.showtime_id == show.id,
            BookingSeat.booking_id.is_(None),
            BookingSeat.released_at.is_(None),
        )
        .order_by(BookingSeat.seat_id)
    ).all()
    session.add_all(
        BookingSeat(
            showtime_id=new.id, seat_id=c.seat_id, seat_plan_id=c.seat_plan_id, reason=c.reason
        )
        for c in claims
    )


def _list(
    session: Session, change: ShowingChange, booking_id: int, seats: dict[str, int], now: datetime
) -> None:
    row = ChangedBooking(
        change_id=change.id, booking_id=booking_id, seats=seats, outcome=Outcome.WAITING,
        next_try_at=now,
    )  # fmt: skip
    session.add(row)


def _gathered(session: Session, change: ShowingChange, now: datetime) -> int:
    """List whoever else still stands on the old showing: holds, mostly. How many there were.

    Not in the transaction that takes it off sale: somebody who confirms such a booking holds its lock
    and waits for the showing's.
    """
    listed = select(ChangedBooking.booking_id).where(ChangedBooking.change_id == change.id)
    others = session.scalars(
        select(Booking.id)
        .where(
            Booking.showtime_id == change.showtime_id,
            Booking.state.in_(OPEN),
            Booking.id.not_in(listed),
        )
        .order_by(Booking.id)
    ).all()
    for booking_id in others:
        _list(session, change, booking_id, {}, now)
    return len(others)


def _unsettled(session: Session, change: ShowingChange) -> bool:
    left = select(ChangedBooking.id).where(
        ChangedBooking.change_id == change.id,
        ChangedBooking.outcome.in_((Outcome.WAITING, Outcome.FAILED)),
    )
    return session.scalars(left.limit(1)).first() is not None
