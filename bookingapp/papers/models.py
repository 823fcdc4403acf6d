"""An invoice a confirmed booking that cost something, a credit note a refund of it; a counter for both.

A paper is frozen: `content` holds all it says but its reader's name. Nothing is ever changed or deleted.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bookingapp.db import Base, Instant, states


class Series(StrEnum):
    """What is counted for itself."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class PaperCounter(Base):
    """The last number given in a series and fiscal year; locked until its transaction ends."""

    __tablename__ = "paper_counter"
    __table_args__ = (CheckConstraint("last > 0", name="last"),)

    series: Mapped[Series] = mapped_column(states(Series, "series"), primary_key=True)
    fiscal_year: Mapped[str] = mapped_column(String(7), primary_key=True)
    last: Mapped[int]


class Invoice(Base):
    """What a booking cost, and the tax in it. One a booking."""

    __tablename__ = "invoice"
    __table_args__ = (
        UniqueConstraint("fiscal_year", "sequence"),
        CheckConstraint("sequence > 0", name="sequence"),
        CheckConstraint("total > 0 AND tax >= 0 AND tax <= total", name="amounts"),
        Index("ix_invoice_issued_at", "issued_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    fiscal_year: Mapped[str] = mapped_column(String(7))
    sequence: Mapped[int]
    booking_id: Mapped[int] = mapped_column(
        ForeignKey("booking.id", ondelete="RESTRICT"), unique=True
    )
    issued_at: Mapped[datetime] = mapped_column(Instant)
    currency: Mapped[str] = mapped_column(String(3))
    total: Mapped[int]
    tax: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)


class CreditNote(Base):
    """What of an invoice is taken back, with the tax in it. One a refund, however often it is tried."""

    __tablename__ = "credit_note"
    __table_args__ = (
        UniqueConstraint("fiscal_year", "sequence"),
        CheckConstraint("sequence > 0", name="sequence"),
        CheckConstraint("total > 0 AND tax >= 0 AND tax <= total", name="amounts"),
        Index("ix_credit_note_issued_at", "issued_at"),
        Index("ix_credit_note_invoice_id", "invoice_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    fiscal_year: Mapped[str] = mapped_column(String(7))
    sequence: Mapped[int]
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id", ondelete="RESTRICT"))
    refund_id: Mapped[int] = mapped_column(
        ForeignKey("refund.id", ondelete="RESTRICT"), unique=True
    )
    issued_at: Mapped[datetime] = mapped_column(Instant)
    currency: Mapped[str] = mapped_column(String(3))
    total: Mapped[int]
    tax: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
