"""A booking and its claims on seats.

States: `held` (unpaid, its seats are nobody else's until hold_expires_at) -> `confirmed` | `expired` |
`released`; `confirmed` -> `cancelled`; `expired` -> `confirmed` (late money, seats still free).
`booking_seat` is the claim for holds and sales alike; house and broken seats are claims without a
booking, so one partial unique index guards everything that is scarce here.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bookingapp.catalogue.models import Seat, Showtime, TicketType
from bookingapp.db import Base, Instant, states


class BookingState(StrEnum):
    """See the module docstring for what may follow what."""

    HELD = "held"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    RELEASED = "released"
    CANCELLED = "cancelled"


class Channel(StrEnum):
    """Where a booking was made."""

    WEB = "web"
    COUNTER = "counter"


class Booking(Base):
    """Seats for one showtime under one number. Totals are copied here and never looked up again.

    `sold` is true once money or the counter confirmed it (confirmed, cancelled); tickets point at it
    by a composite foreign key, so there is no ticket for a hold. `buyer_key` and `client_key` are
    keyed hashes of the browser session and the address, for the limits; nothing personal.
    """

    __tablename__ = "booking"
    __table_args__ = (
        UniqueConstraint("id", "sold"),
        CheckConstraint("(state = 'held') = (hold_expires_at IS NOT NULL)", name="hold_has_an_end"),
        CheckConstraint("sold = (state IN ('confirmed', 'cancelled'))", name="sold_is_confirmed"),
        CheckConstraint(
            "subtotal >= 0 AND fee >= 0 AND fee_tax >= 0 AND discount >= 0 AND tax >= 0 AND total >= 0",
            name="amounts",
        ),
        CheckConstraint("total = subtotal + fee - discount", name="total"),
        Index("ix_booking_showtime_id_state", "showtime_id", "state"),
        Index("ix_booking_hold_expires_at", "hold_expires_at", sqlite_where=text("hold_expires_at IS NOT NULL"), postgresql_where=text("hold_expires_at IS NOT NULL")),
        Index("uq_booking_one_hold", "buyer_key", "showtime_id", unique=True, sqlite_where=text("hold_expires_at IS NOT NULL AND buyer_key <> ''"), postgresql_where=text("hold_expires_at IS NOT NULL AND buyer_key <> ''")),
        Index("ix_booking_buyer_key", "buyer_key"),
        Index("ix_booking_client_key", "client_key", sqlite_where=text("hold_expires_at IS NOT NULL"), postgresql_where=text("hold_expires_at IS NOT NULL")),
        Index("ix_booking_email", "email"),
        Index("ix_booking_created_at", "created_at"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(10), unique=True)
    showtime_id: Mapped[int] = mapped_column(ForeignKey("showtime.id", ondelete="RESTRICT"))
    state: Mapped[BookingState] = mapped_column(
        states(BookingState, "state"), default=BookingState.HELD
    )
    sold: Mapped[bool] = mapped_column(default=False)
    channel: Mapped[Channel] = mapped_column(states(Channel, "channel"), default=Channel.WEB)
    created_at: Mapped[datetime] = mapped_column(Instant)
    hold_expires_at: Mapped[datetime | None] = mapped_column(Instant)
    extended_at: Mapped[datetime | None] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)
    email: Mapped[str] = mapped_column(String(254), default="")
    name: Mapped[str] = mapped_column(String(200), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    locale: Mapped[str] = mapped_column(String(12), default="en")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="RESTRICT"))
    currency: Mapped[str] = mapped_column(String(3))
    subtotal: Mapped[int] = mapped_column(default=0)
    fee: Mapped[int] = mapped_column(default=0)
    fee_tax: Mapped[int] = mapped_column(default=0)
    fee_rate: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    discount: Mapped[int] = mapped_column(default=0)
    tax: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    manage_token: Mapped[str] = mapped_column(String(64), unique=True)
    revision: Mapped[int] = mapped_column(default=1)
    # what the buyer was shown (bookingapp/terms.py); empty: sold before there were any
    cancel_terms: Mapped[str] = mapped_column(String(120), default="", server_default="")
    buyer_key: Mapped[str] = mapped_column(String(64), default="")
    client_key: Mapped[str] = mapped_column(String(64), default="")
    showtime: Mapped[Showtime] = relationship()
    seats: Mapped[list["BookingSeat"]] = relationship(
        back_populates="booking", order_by="BookingSeat.id"
    )


class BookingSeat(Base):
    """A claim on one seat of one showtime; live while released_at is NULL. Price incl. tax, copied.

    `carried_from_id`: the claim it was before its showing was moved; what went back of that went back
    of this.
    """

    __tablename__ = "booking_seat"
    __table_args__ = (
        UniqueConstraint("id", "booking_id"),
        Index(
            "uq_booking_seat_live_claim",
            "showtime_id",
            "seat_id",
            unique=True,
            sqlite_where=text("released_at IS NULL"),
            postgresql_where=text("released_at IS NULL"),
        ),
        Index("ix_booking_seat_booking_id", "booking_id"),
        Index("uq_booking_seat_carried_from_id", "carried_from_id", unique=True),
        ForeignKeyConstraint(
            ["seat_id", "seat_plan_id"],
            ["seat.id", "seat.seat_plan_id"],
            name="fk_booking_seat_seat_of_plan",
            ondelete="RESTRICT",
        ),
        ForeignKeyConstraint(
            ["showtime_id", "seat_plan_id"],
            ["showtime.id", "showtime.seat_plan_id"],
            name="fk_booking_seat_plan_of_showtime",
            ondelete="RESTRICT",
        ),
        CheckConstraint("(booking_id IS NULL) = (reason IS NOT NULL)", name="booking_or_reason"),
        CheckConstraint("(booking_id IS NULL) = (ticket_type_id IS NULL)", name="ticket_type"),
        CheckConstraint(
            "list_price >= 0 AND discount >= 0 AND price >= 0 AND tax >= 0", name="amounts"
        ),
        CheckConstraint("price = list_price - discount", name="price"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id", ondelete="RESTRICT"))
    showtime_id: Mapped[int]
    seat_id: Mapped[int]
    seat_plan_id: Mapped[int]
    ticket_type_id: Mapped[int | None] = mapped_column(
        ForeignKey("ticket_type.id", ondelete="RESTRICT")
    )
    reason: Mapped[str | None] = mapped_column(String(60))
    list_price: Mapped[int] = mapped_column(default=0)
    discount: Mapped[int] = mapped_column(default=0)
    price: Mapped[int] = mapped_column(default=0)
    tax_rate: Mapped[int] = mapped_column(default=0)
    tax: Mapped[int] = mapped_column(default=0)
    released_at: Mapped[datetime | None] = mapped_column(Instant)
    # NO ACTION refuses as RESTRICT does; an option on a column's own key can't be read back on SQLite
    carried_from_id: Mapped[int | None] = mapped_column(
        ForeignKey("booking_seat.id", name="fk_booking_seat_carried_from_id")
    )
    booking: Mapped[Booking | None] = relationship(back_populates="seats")
    seat: Mapped[Seat] = relationship(
        primaryjoin="BookingSeat.seat_id == Seat.id",
        foreign_keys="BookingSeat.seat_id",
        viewonly=True,
    )
    ticket_type: Mapped[TicketType | None] = relationship()
