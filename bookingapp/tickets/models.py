"""One ticket per seat of a confirmed booking; one code per booking, which admits them together."""

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
from sqlalchemy.orm import Mapped, mapped_column

from bookingapp.db import Base, Instant, states


class TicketState(StrEnum):
    """valid: lets one person in, once; void: cancelled, moved or taken back."""

    VALID = "valid"
    VOID = "void"


class Ticket(Base):
    """`sold` is always true and is part of a foreign key: a hold can't have tickets."""

    __tablename__ = "ticket"
    __table_args__ = (
        UniqueConstraint("booking_seat_id"),
        CheckConstraint("sold", name="sold"),
        ForeignKeyConstraint(
            ["booking_id", "sold"],
            ["booking.id", "booking.sold"],
            name="fk_ticket_sold_booking",
            ondelete="RESTRICT",
        ),
        ForeignKeyConstraint(
            ["booking_seat_id", "booking_id"],
            ["booking_seat.id", "booking_seat.booking_id"],
            name="fk_ticket_seat_of_booking",
            ondelete="RESTRICT",
        ),
        Index("ix_ticket_booking_id", "booking_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int]
    booking_seat_id: Mapped[int]
    sold: Mapped[bool] = mapped_column(default=True)
    state: Mapped[TicketState] = mapped_column(
        states(TicketState, "state"), default=TicketState.VALID
    )
    created_at: Mapped[datetime] = mapped_column(Instant)


class TicketCode(Base):
    """The secret in the QR code, 128 bits in upper-case base32. A new revision revokes the old one.

    Kept readable, since the booking page and later mails show it again.
    """

    __tablename__ = "ticket_code"
    __table_args__ = (
        Index(
            "uq_ticket_code_live",
            "booking_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id", ondelete="RESTRICT"))
    secret: Mapped[str] = mapped_column(String(32), unique=True)
    revision: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
