"""A showing called off or moved, and what became of each of its bookings.

The rows are the work that is left: whoever reads them can go on where another died. A booking's row
is settled in the transaction that changes the booking, so it is done once.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bookingapp.catalogue.models import ShowtimeState
from bookingapp.db import Base, Instant, states


class ChangeKind(StrEnum):
    """cancel: it does not take place; move: another time or hall, as another showing."""

    CANCEL = "cancel"
    MOVE = "move"


class Outcome(StrEnum):
    """What became of a booking.

    waiting: not its turn yet. moved: seated in the new showing. cancelled: its money goes back.
    released: an unpaid hold, given up. gone: nothing was left to do. failed: a person must look.
    """

    WAITING = "waiting"
    MOVED = "moved"
    CANCELLED = "cancelled"
    RELEASED = "released"
    GONE = "gone"
    FAILED = "failed"


class ShowingChange(Base):
    """One for a showing, ever: what is cancelled or moved is over. `then_state`: the new showing's."""

    __tablename__ = "showing_change"
    __table_args__ = (
        UniqueConstraint("showtime_id"),
        UniqueConstraint("to_showtime_id"),
        CheckConstraint("(kind = 'move') = (to_showtime_id IS NOT NULL)", name="where_to"),
        CheckConstraint("(kind = 'move') = (then_state IS NOT NULL)", name="what_then"),
        CheckConstraint("kind = 'move' OR words <> ''", name="says_why"),
        Index(
            "ix_showing_change_open",
            "id",
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ChangeKind] = mapped_column(states(ChangeKind, "kind"))
    showtime_id: Mapped[int] = mapped_column(ForeignKey("showtime.id", ondelete="RESTRICT"))
    to_showtime_id: Mapped[int | None] = mapped_column(
        ForeignKey("showtime.id", ondelete="RESTRICT")
    )
    then_state: Mapped[ShowtimeState | None] = mapped_column(states(ShowtimeState, "then_state"))
    words: Mapped[str] = mapped_column(String(300), default="")
    # who finds no place in their category may sit in another one
    other_categories: Mapped[bool] = mapped_column(default=False)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="RESTRICT"))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)


class ChangedBooking(Base):
    """A booking of such a showing. `seats`: its claims and the seats planned for them, by id.

    `back` is what it gets back, `letter` whether a mail is owed for it; `note` says why it failed.
    """

    __tablename__ = "changed_booking"
    __table_args__ = (
        UniqueConstraint("change_id", "booking_id"),
        CheckConstraint(
            "(outcome = 'waiting') = (next_try_at IS NOT NULL)", name="next_try_while_waiting"
        ),
        CheckConstraint("back >= 0 AND attempts >= 0", name="counts"),
        Index("ix_changed_booking_booking_id", "booking_id"),
        Index(
            "ix_changed_booking_next_try_at",
            "next_try_at",
            sqlite_where=text("next_try_at IS NOT NULL"),
            postgresql_where=text("next_try_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    change_id: Mapped[int] = mapped_column(ForeignKey("showing_change.id", ondelete="RESTRICT"))
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id", ondelete="RESTRICT"))
    seats: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    outcome: Mapped[Outcome] = mapped_column(states(Outcome, "outcome"), default=Outcome.WAITING)
    next_try_at: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)
    back: Mapped[int] = mapped_column(default=0)
    letter: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(String(300), default="")
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
