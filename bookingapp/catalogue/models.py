"""What can be sold: theaters, screens, seats, movies, showtimes, prices.

A showtime names its seat plan, so a redrawn hall never moves a sold seat. Ticket types and seat
categories are rows, not enums: a cinema names its own.
"""

from datetime import date, datetime, time
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bookingapp.db import Base, Instant, states


class SeatKind(StrEnum):
    """What a place is: a seat, room for a wheelchair, or the seat beside one."""

    STANDARD = "standard"
    WHEELCHAIR = "wheelchair"
    COMPANION = "companion"


class ShowtimeState(StrEnum):
    """draft: seen by staff only; on_sale; off_sale: seen, not sold; moved and cancelled: over."""

    DRAFT = "draft"
    ON_SALE = "on_sale"
    OFF_SALE = "off_sale"
    MOVED = "moved"
    CANCELLED = "cancelled"


class Theater(Base):
    """A cinema site. `day_starts_at` is wall-clock: a 00:15 show belongs to the night before."""

    __tablename__ = "theater"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(String(300))
    phone: Mapped[str] = mapped_column(String(40), default="")
    time_zone: Mapped[str] = mapped_column(String(60))
    day_starts_at: Mapped[time] = mapped_column(default=time(4, 0))
    opening_note: Mapped[str] = mapped_column(String(300), default="")
    entry_note: Mapped[str] = mapped_column(String(500), default="")
    doors_minutes: Mapped[int] = mapped_column(default=20)


class Screen(Base):
    """A hall."""

    __tablename__ = "screen"
    __table_args__ = (UniqueConstraint("theater_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    theater_id: Mapped[int] = mapped_column(ForeignKey("theater.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(60))
    theater: Mapped[Theater] = relationship()


class SeatPlan(Base):
    """One version of a hall's seats; never changed once published."""

    __tablename__ = "seat_plan"
    __table_args__ = (UniqueConstraint("screen_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    screen_id: Mapped[int] = mapped_column(ForeignKey("screen.id", ondelete="RESTRICT"))
    version: Mapped[int] = mapped_column(default=1)
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    screen: Mapped[Screen] = relationship()


class SeatCategory(Base):
    """Front, stalls, balcony … `look` picks the stock colour and shape of LOOK.md."""

    __tablename__ = "seat_category"
    __table_args__ = (
        UniqueConstraint("theater_id", "name"),
        CheckConstraint("look IN ('front', 'stalls', 'balcony', 'box')", name="look"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    theater_id: Mapped[int] = mapped_column(ForeignKey("theater.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(60))
    look: Mapped[str] = mapped_column(String(10))
    position: Mapped[int] = mapped_column(default=0)


class Seat(Base):
    """A place of a plan. `x`, `y` are half-seat units; a seat spans x and x + 1."""

    __tablename__ = "seat"
    __table_args__ = (
        UniqueConstraint("seat_plan_id", "name"),
        UniqueConstraint("seat_plan_id", "x", "y"),
        # the target of the composite foreign key that ties a claim to the showtime's plan
        UniqueConstraint("id", "seat_plan_id"),
        CheckConstraint("x >= 0 AND y >= 0", name="on_the_plan"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    seat_plan_id: Mapped[int] = mapped_column(ForeignKey("seat_plan.id", ondelete="RESTRICT"))
    category_id: Mapped[int] = mapped_column(ForeignKey("seat_category.id", ondelete="RESTRICT"))
    row: Mapped[str] = mapped_column(String(4))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(8))
    x: Mapped[int]
    y: Mapped[int]
    kind: Mapped[SeatKind] = mapped_column(states(SeatKind, "kind"), default=SeatKind.STANDARD)
    category: Mapped[SeatCategory] = relationship()


class Movie(Base):
    """A film. `poster` names the picture files in the instance folder; empty: drawn from the title."""

    __tablename__ = "movie"
    __table_args__ = (CheckConstraint("duration_minutes > 0", name="duration"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(220), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    short_title: Mapped[str] = mapped_column(String(60), default="")
    original_title: Mapped[str] = mapped_column(String(200), default="")
    genre: Mapped[str] = mapped_column(String(60), default="")
    duration_minutes: Mapped[int]
    certificate: Mapped[str] = mapped_column(String(12), default="")
    language: Mapped[str] = mapped_column(String(60), default="")
    year: Mapped[int | None]
    director: Mapped[str] = mapped_column(String(120), default="")
    cast_names: Mapped[str] = mapped_column(String(300), default="")
    tagline: Mapped[str] = mapped_column(String(300), default="")
    synopsis: Mapped[str] = mapped_column(Text, default="")
    rights: Mapped[str] = mapped_column(String(200), default="")
    poster: Mapped[str] = mapped_column(String(80), default="")
    colour: Mapped[str] = mapped_column(String(7), default="#5c0f2a")
    colour_ink: Mapped[str] = mapped_column(String(7), default="#ffffff")


class TicketType(Base):
    """Adult, child, senior … the first by position is what a seat starts with."""

    __tablename__ = "ticket_type"
    __table_args__ = (UniqueConstraint("theater_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    theater_id: Mapped[int] = mapped_column(ForeignKey("theater.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(60))
    position: Mapped[int] = mapped_column(default=0)


class PriceCard(Base):
    """A named set of prices; a showtime points at one."""

    __tablename__ = "price_card"
    __table_args__ = (UniqueConstraint("theater_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    theater_id: Mapped[int] = mapped_column(ForeignKey("theater.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(60))


class Price(Base):
    """What a ticket type costs in a seat category, tax included, in minor units."""

    __tablename__ = "price"
    __table_args__ = (
        UniqueConstraint("price_card_id", "ticket_type_id", "category_id"),
        CheckConstraint("amount >= 0", name="amount"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    price_card_id: Mapped[int] = mapped_column(ForeignKey("price_card.id", ondelete="RESTRICT"))
    ticket_type_id: Mapped[int] = mapped_column(ForeignKey("ticket_type.id", ondelete="RESTRICT"))
    category_id: Mapped[int] = mapped_column(ForeignKey("seat_category.id", ondelete="RESTRICT"))
    amount: Mapped[int]
    ticket_type: Mapped[TicketType] = relationship()


class TaxRule(Base):
    """The tax law from a day on; `bands` say what it takes. `fee_rate` is a booking fee's.

    Never changed once something was sold under it: a new law is a new row.
    """

    __tablename__ = "tax_rule"
    __table_args__ = (
        UniqueConstraint("currency", "since"),
        CheckConstraint("fee_rate BETWEEN 0 AND 10000", name="fee_rate"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(String(3))
    since: Mapped[date]
    fee_rate: Mapped[int]


class TaxBand(Base):
    """Prices without tax up to and with `upto` (NULL: all dearer ones) carry `rate` basis points."""

    __tablename__ = "tax_band"
    __table_args__ = (
        UniqueConstraint("tax_rule_id", "upto"),
        CheckConstraint("upto IS NULL OR upto > 0", name="upto"),
        CheckConstraint("rate BETWEEN 0 AND 10000", name="rate"),
        Index(
            "uq_tax_band_without_limit",
            "tax_rule_id",
            unique=True,
            sqlite_where=text("upto IS NULL"),
            postgresql_where=text("upto IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tax_rule_id: Mapped[int] = mapped_column(ForeignKey("tax_rule.id", ondelete="RESTRICT"))
    upto: Mapped[int | None]
    rate: Mapped[int]


class Showtime(Base):
    """One movie on one screen at one instant. A sold one is never edited in place."""

    __tablename__ = "showtime"
    __table_args__ = (
        UniqueConstraint("id", "seat_plan_id"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("booking_fee >= 0", name="booking_fee"),
        CheckConstraint("format IN ('2D', '3D')", name="format"),
        Index("ix_showtime_starts_at", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    movie_id: Mapped[int] = mapped_column(ForeignKey("movie.id", ondelete="RESTRICT"), index=True)
    seat_plan_id: Mapped[int] = mapped_column(ForeignKey("seat_plan.id", ondelete="RESTRICT"))
    price_card_id: Mapped[int] = mapped_column(ForeignKey("price_card.id", ondelete="RESTRICT"))
    moved_from_id: Mapped[int | None] = mapped_column(
        ForeignKey("showtime.id", ondelete="RESTRICT")
    )
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    audio_language: Mapped[str] = mapped_column(String(60), default="")
    subtitles: Mapped[str] = mapped_column(String(60), default="")
    note: Mapped[str] = mapped_column(String(60), default="")
    format: Mapped[str] = mapped_column(String(2), default="2D", server_default=text("'2D'"))
    state: Mapped[ShowtimeState] = mapped_column(
        states(ShowtimeState, "state"), default=ShowtimeState.DRAFT
    )
    on_sale_from: Mapped[datetime | None] = mapped_column(Instant)
    on_sale_until: Mapped[datetime | None] = mapped_column(Instant)
    booking_fee: Mapped[int] = mapped_column(default=0)
    movie: Mapped[Movie] = relationship()
    seat_plan: Mapped[SeatPlan] = relationship()
