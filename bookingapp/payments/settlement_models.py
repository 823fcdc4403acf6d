"""What the gateway says it paid out: the days asked about, and the lines of its reports."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bookingapp.db import Base, Instant


class SettlementDay(Base):
    """A day of the gateway's whose report is read, more than once: settlements come late.

    `next_look_at` lets the job claim it; NULL: it was read often enough.
    """

    __tablename__ = "settlement_day"
    __table_args__ = (
        UniqueConstraint("day"),
        Index(
            "ix_settlement_day_next_look_at",
            "next_look_at",
            sqlite_where=text("next_look_at IS NOT NULL"),
            postgresql_where=text("next_look_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    next_look_at: Mapped[datetime | None] = mapped_column(Instant)
    read_at: Mapped[datetime | None] = mapped_column(Instant)
    looks: Mapped[int] = mapped_column(default=0)
    lines: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(String(300), default="")


class SettlementLine(Base):
    """One payment, refund or adjustment in a settlement, as the report tells it.

    `settlement_id` is empty while the money is on hold. `cleared_at`: somebody looked into a difference
    and says in `note` why it is none.
    """

    __tablename__ = "settlement_line"
    __table_args__ = (
        UniqueConstraint("entity_id", "settlement_id"),
        CheckConstraint(
            "amount >= 0 AND credit >= 0 AND debit >= 0 AND fee >= 0 AND tax >= 0", name="amounts"
        ),
        CheckConstraint("(cleared_at IS NULL) = (note = '')", name="cleared_says_why"),
        Index("ix_settlement_line_settlement_id", "settlement_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entity_id: Mapped[str] = mapped_column(String(40))
    settlement_id: Mapped[str] = mapped_column(String(40), default="")
    kind: Mapped[str] = mapped_column(String(30))
    amount: Mapped[int]
    credit: Mapped[int]
    debit: Mapped[int]
    fee: Mapped[int]
    tax: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    utr: Mapped[str] = mapped_column(String(60), default="")
    payment_ref: Mapped[str] = mapped_column(String(40), default="")
    order_ref: Mapped[str] = mapped_column(String(40), default="")
    receipt: Mapped[str] = mapped_column(String(40), default="")
    method: Mapped[str] = mapped_column(String(30), default="")
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    day: Mapped[date]
    noted_at: Mapped[datetime] = mapped_column(Instant)
    cleared_at: Mapped[datetime | None] = mapped_column(Instant)
    cleared_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="RESTRICT"))
    note: Mapped[str] = mapped_column(String(300), default="", server_default="")
