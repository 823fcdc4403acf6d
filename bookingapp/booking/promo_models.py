"""Codes that make a booking cheaper, and who used them.

A use is a row from the moment a code is applied. It counts while its booking is held in time or
confirmed, so a hold reserves it, and one that lapses gives it back without a sweeper.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bookingapp.db import Base, Instant


class PromoCode(Base):
    """Exactly one of `percent` and `amount`. `weekdays` has a bit a day, Monday's is 1; NULL: any."""

    __tablename__ = "promo_code"
    __table_args__ = (
        CheckConstraint("(percent IS NULL) <> (amount IS NULL)", name="percent_or_amount"),
        CheckConstraint("percent IS NULL OR percent BETWEEN 1 AND 100", name="percent"),
        CheckConstraint("amount IS NULL OR amount > 0", name="amount"),
        CheckConstraint("max_uses IS NULL OR max_uses > 0", name="max_uses"),
        CheckConstraint("max_per_email IS NULL OR max_per_email > 0", name="max_per_email"),
        CheckConstraint("weekdays IS NULL OR weekdays BETWEEN 1 AND 127", name="weekdays"),
        CheckConstraint("code = upper(code)", name="upper"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(30), unique=True)
    percent: Mapped[int | None]
    amount: Mapped[int | None]
    max_uses: Mapped[int | None]
    max_per_email: Mapped[int | None]
    valid_from: Mapped[datetime | None] = mapped_column(Instant)
    valid_until: Mapped[datetime | None] = mapped_column(Instant)
    movie_id: Mapped[int | None] = mapped_column(ForeignKey("movie.id", ondelete="RESTRICT"))
    weekdays: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(Instant)
    stopped_at: Mapped[datetime | None] = mapped_column(Instant)


class PromoUse(Base):
    """The code a booking was made cheaper by: one a booking."""

    __tablename__ = "promo_use"
    __table_args__ = (Index("ix_promo_use_promo_code_id", "promo_code_id"),)

    booking_id: Mapped[int] = mapped_column(
        ForeignKey("booking.id", ondelete="RESTRICT"), primary_key=True, autoincrement=False
    )
    promo_code_id: Mapped[int] = mapped_column(ForeignKey("promo_code.id", ondelete="RESTRICT"))
    used_at: Mapped[datetime] = mapped_column(Instant)
