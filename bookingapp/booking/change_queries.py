"""Reads of showings called off or moved: what is left to do, how far it is, what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, case, cast, func, literal, or_, select
from sqlalchemy.orm import aliased

from bookingapp import clock
from bookingapp.accounts.models import User
from bookingapp.booking import moving
from bookingapp.booking.cancel import everything
from bookingapp.booking.change_models import ChangedBooking, ChangeKind, Outcome, ShowingChange
from bookingapp.booking.models import Booking, BookingSeat, BookingState
from bookingapp.booking.moving import Planned
from bookingapp.catalogue.models import Showtime
from bookingapp.db import db
from bookingapp.email import outbox
from bookingapp.email.models import OutboxMessage, OutboxState
from bookingapp.payments.models import Payment, Refund, RefundState

AT_ONCE = 100
MOVED, CANCELLED = "showtime_moved", "booking_cancellation"


@dataclass(frozen=True)
class Change:
    """How a change of a showing stands. `outcomes` counts bookings; `back` is owed to customers.

    `letters`: outbox state to how many. `silent`: bookings without an address, to be rung up.
    """

    id: int
    kind: ChangeKind
    showtime_id: int
    to_showtime_id: int | None
    words: str
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    outcomes: Mapping[Outcome, int]
    back: int
    paid_back: int
    letters: Mapping[OutboxState, int]
    silent: int

    @property
    def total(self) -> int:
        """All bookings it is about."""
        return sum(self.outcomes.values())

    @property
    def left(self) -> int:
        """Not settled yet."""
        return self.outcomes.get(Outcome.WAITING, 0)

    @property
    def goes_on(self) -> bool:
        """Whether the job is at it; what failed waits for a person."""
        stuck = Outcome.FAILED in self.outcomes and not self.left
        return self.finished_at is None and not stuck

    @property
    def owed(self) -> int:
        """All letters that somebody is owed."""
        return sum(self.letters.values())

    @property
    def sent(self) -> int:
        """Letters that went."""
        return sum(self.letters.get(state, 0) for state in outbox.GONE)


@dataclass(frozen=True)
class Changed:
    """One booking that somebody should look at."""

    number: str
    name: str
    phone: str
    email: str
    outcome: Outcome
    note: str
    back: int


def unfinished() -> list[int]:
    """Changes that are not closed."""
    db.session.rollback()
    open_ = select(ShowingChange.id).where(ShowingChange.finished_at.is_(None))
    return list(db.session.scalars(open_.order_by(ShowingChange.id)))


def due() -> Sequence[int]:
    """Bookings whose turn it is, as they stand now."""
    db.session.rollback()
    return db.session.scalars(
        select(ChangedBooking.id)
        .where(ChangedBooking.next_try_at <= clock.now())
        .order_by(ChangedBooking.next_try_at, ChangedBooking.id)
        .limit(AT_ONCE)
    ).all()


def of_showing(showtime_id: int) -> Change | None:
    """What is being done, or was, to a showing."""
    row = db.session.execute(
        select(ShowingChange, func.coalesce(User.name, ""))
        .outerjoin(User, User.id == ShowingChange.asked_by_id)
        .where(ShowingChange.showtime_id == showtime_id)
    ).one_or_none()
    if row is None:
        return None
    change: ShowingChange = row[0]
    counted = db.session.execute(
        select(ChangedBooking.outcome, func.count())
        .where(ChangedBooking.change_id == change.id)
        .group_by(ChangedBooking.outcome)
    )
    return Change(
        change.id, change.kind, change.showtime_id, change.to_showtime_id, change.words, row[1],
        change.asked_at, change.finished_at, {row.outcome: row[1] for row in counted},
        **_money(change), letters=_letters(change), silent=_silent(change),
    )  # fmt: skip


def to_look_at(change_id: int) -> list[Changed]:
    """Bookings a person should know of: failed, without a seat in a move, without an address."""
    rows = db.session.execute(
        select(
            Booking.number, Booking.name, Booking.phone, Booking.email, ChangedBooking.outcome,
            ChangedBooking.note, ChangedBooking.back,
        )
        .join(ShowingChange, ShowingChange.id == ChangedBooking.change_id)
        .join(Booking, Booking.id == ChangedBooking.booking_id)
        .where(
            ChangedBooking.change_id == change_id,
            (ChangedBooking.outcome == Outcome.FAILED)
            | ((ChangedBooking.outcome == Outcome.WAITING) & (ChangedBooking.attempts > 0))
            | ((ChangedBooking.outcome == Outcome.CANCELLED) & (ShowingChange.kind == ChangeKind.MOVE))
            | (ChangedBooking.outcome.in_((Outcome.MOVED, Outcome.CANCELLED)) & (Booking.email == "")),
        )
        .order_by(ChangedBooking.outcome.desc(), Booking.number)
    )  # fmt: skip
    return [Changed(*row) for row in rows]


def arriving(showtime_id: int) -> bool:
    """Whether people are still being carried over to this showing."""
    found = select(ShowingChange.id).where(
        ShowingChange.to_showtime_id == showtime_id, ShowingChange.finished_at.is_(None)
    )
    return db.session.scalar(found) is not None


def preview(showtime_id: int, starts_at: datetime, screen_id: int, *, others: bool) -> Planned:
    """Who would sit where. Raises what `moving.target` raises."""
    session = db.session()
    show = session.get_one(Showtime, showtime_id)
    to = moving.target(session, show, starts_at, screen_id, clock.now())
    return moving.plan(session, show, to, others=others)


def at_stake(showtime_id: int) -> tuple[int, int, int]:
    """What calling it off would touch: paid bookings, what would go back, unpaid holds."""
    paid = Booking.state == BookingState.CONFIRMED
    row = db.session.execute(
        select(
            func.count().filter(paid),
            func.count().filter(Booking.hold_expires_at > clock.now()),
        ).where(Booking.showtime_id == showtime_id)
    ).one()
    return row[0], _would_go_back(showtime_id), row[1]


def _would_go_back(showtime_id: int) -> int:
    """Live seats and fees of whoever paid; who had money back before is counted one by one."""
    live = func.sum(BookingSeat.price).filter(BookingSeat.released_at.is_(None))
    some_back = select(Refund.id).where(Refund.payment_id == Payment.id).exists()
    rows = db.session.execute(
        select(Booking, live.label("seats"), some_back.label("some_back"))
        .join(Payment, Payment.confirms_id == Booking.id)
        .join(BookingSeat, BookingSeat.booking_id == Booking.id)
        .where(Booking.showtime_id == showtime_id, Booking.state == BookingState.CONFIRMED)
        .group_by(Booking.id, Payment.id)
    ).all()
    return sum(
        everything(db.session(), row.Booking).total
        if row.some_back
        else row.seats + row.Booking.fee
        for row in rows
    )


def _money(change: ShowingChange) -> dict[str, int]:
    """What goes back, and how much of it is there: all that is not owed any more.

    A cancellation is a booking's last revision, and its debt bears that in its key.
    """
    mine = ChangedBooking.change_id == change.id
    later = aliased(Refund)
    debt = literal("cancel-") + cast(Booking.revision, String) + "-" + Payment.gateway_payment_id
    back = db.session.scalar(select(func.coalesce(func.sum(ChangedBooking.back), 0)).where(mine))
    owed = db.session.scalar(
        select(func.coalesce(func.sum(Refund.amount), 0))
        .join(Payment, Payment.id == Refund.payment_id)
        .join(Booking, Booking.id == Payment.confirms_id)
        .join(ChangedBooking, ChangedBooking.booking_id == Booking.id)
        .outerjoin(later, later.retry_of_id == Refund.id)
        .where(
            mine, ChangedBooking.outcome == Outcome.CANCELLED, later.id.is_(None),
            Refund.state != RefundState.PROCESSED, Refund.idempotency_key.startswith(debt),
        )
    )  # fmt: skip
    return {"back": int(back or 0), "paid_back": int(back or 0) - int(owed or 0)}


def _letters(change: ShowingChange) -> dict[OutboxState, int]:
    """The letters that tell of this change, and of none before or after it; withdrawn ones are not owed."""
    again = aliased(ChangedBooking)
    moved_again = (
        select(func.min(again.settled_at))
        .where(again.booking_id == ChangedBooking.booking_id, again.id > ChangedBooking.id)
        .where(again.outcome == Outcome.MOVED)
        .scalar_subquery()
    )
    kind = case((ChangedBooking.outcome == Outcome.MOVED, MOVED), else_=CANCELLED)
    rows = db.session.execute(
        select(OutboxMessage.state, func.count())
        .join(ChangedBooking, ChangedBooking.booking_id == OutboxMessage.booking_id)
        .where(
            ChangedBooking.change_id == change.id,
            ChangedBooking.letter,
            OutboxMessage.kind == kind,
            OutboxMessage.created_at >= ChangedBooking.settled_at,
            or_(moved_again.is_(None), OutboxMessage.created_at < moved_again),
            OutboxMessage.resend_of_id.is_(None),
            OutboxMessage.state != OutboxState.CANCELLED,
        )
        .group_by(OutboxMessage.state)
    )
    return {row.state: row[1] for row in rows}


def _silent(change: ShowingChange) -> int:
    return (
        db.session.scalar(
            select(func.count()).where(
                ChangedBooking.change_id == change.id,
                ChangedBooking.outcome.in_((Outcome.MOVED, Outcome.CANCELLED)),
                ~ChangedBooking.letter,
            )
        )
        or 0
    )
