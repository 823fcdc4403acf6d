"""From rows to views: how a booking is put together for the pages. `queries.py` asks for it."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, and_, select

from bookingapp.booking import rules
from bookingapp.booking.models import Booking, BookingSeat
from bookingapp.booking.views import (
    BookingView,
    PaidView,
    RefundView,
    SeatLine,
    ShowView,
    TaxLine,
)
from bookingapp.catalogue.models import (
    Movie,
    Screen,
    Seat,
    SeatCategory,
    SeatPlan,
    Showtime,
    Theater,
    TicketType,
)
from bookingapp.db import db
from bookingapp.payments.models import Payment, PaymentOrder, Refund
from bookingapp.settings import current
from bookingapp.tickets.models import TicketCode

SHOW = (
    Showtime.id, Showtime.state, Movie.id, Movie.title, Movie.slug, Movie.certificate,
    Movie.duration_minutes, Theater.name, Theater.address, Theater.phone, Theater.entry_note,
    Theater.doors_minutes, Screen.name, Showtime.starts_at, Showtime.ends_at, Theater.time_zone,
)  # fmt: skip
COPIED = (
    "id", "number", "state", "sold", "revision", "created_at", "hold_expires_at",
    "confirmed_at", "cancelled_at", "email", "name", "phone", "locale", "currency",
    "subtotal", "fee", "fee_tax", "discount", "tax", "total",
)  # fmt: skip


def with_show(statement: Any) -> Any:  # noqa: ANN401 (a Select of any columns)
    """Join what SHOW names onto a statement that has Showtime."""
    return (
        statement.join(Movie, Movie.id == Showtime.movie_id)
        .join(SeatPlan, SeatPlan.id == Showtime.seat_plan_id)
        .join(Screen, Screen.id == SeatPlan.screen_id)
        .join(Theater, Theater.id == Screen.theater_id)
    )


def show(row: Row[Any]) -> ShowView:
    """The showing; its columns stand second in every row read here."""
    return ShowView(*row[1 : 1 + len(SHOW)])


def view(condition: Any) -> BookingView | None:  # noqa: ANN401 (a condition on Booking)
    """The one booking that meets a condition, whole."""
    row = db.session.execute(
        with_show(
            select(Booking, *SHOW, TicketCode.secret)
            .join(Showtime, Showtime.id == Booking.showtime_id)
            .outerjoin(
                TicketCode,
                and_(TicketCode.booking_id == Booking.id, TicketCode.revoked_at.is_(None)),
            )
        )
        .where(condition)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        return None
    booking: Booking = row[0]
    seats = seats_of([booking.id]).get(booking.id, [])
    return BookingView(
        **{name: getattr(booking, name) for name in COPIED},
        token=booking.manage_token,
        show=show(row),
        seats=tuple(seats),
        tax_lines=tax_lines(seats, booking.fee_tax, booking.currency),
        ticket_secret=row[-1],
        ticket_url=ticket_url(row[-1]) if row[-1] else None,
        manage_url=f"{current().url}/b/{booking.manage_token}",
        **_money(booking.id),
    )


def tax_lines(seats: Iterable[SeatLine], fee_tax: int, currency: str) -> tuple[TaxLine, ...]:
    """Tax per rate, the fee's among it."""
    parts = [(seat.tax_rate, seat.tax) for seat in seats]
    parts.append((rules.fee_rate(currency), fee_tax))
    return tuple(TaxLine(rate, amount) for rate, amount in rules.tax_by_rate(parts))


def seats_of(booking_ids: Sequence[int]) -> dict[int | None, list[SeatLine]]:
    """Each booking's seats by place; the live ones, or all it had when none is live any more."""
    rows = db.session.execute(
        select(
            BookingSeat.booking_id, BookingSeat.released_at,
            Seat.name, SeatCategory.name, SeatCategory.id, SeatCategory.look, Seat.kind,
            TicketType.id, TicketType.name, BookingSeat.price, BookingSeat.tax, BookingSeat.tax_rate,
        )
        .join(Booking, Booking.id == BookingSeat.booking_id)
        .join(Seat, Seat.id == BookingSeat.seat_id)
        .join(SeatCategory, SeatCategory.id == Seat.category_id)
        .join(TicketType, TicketType.id == BookingSeat.ticket_type_id)
        .where(Booking.id.in_(booking_ids), BookingSeat.showtime_id == Booking.showtime_id)
        .order_by(Seat.y, Seat.x)
    ).all()  # fmt: skip
    live: dict[int | None, list[SeatLine]] = {}
    past: dict[int | None, list[SeatLine]] = {}
    for booking_id, released_at, *facts in rows:
        into = live if released_at is None else past
        into.setdefault(booking_id, []).append(SeatLine(*facts))
    return {**past, **live}


def _money(booking_id: int) -> dict[str, Any]:
    """`paid` and `refunds` of a booking."""
    rows = db.session.execute(
        select(
            Payment.confirms_id, Payment.gateway_payment_id, Payment.method, Payment.amount,
            Payment.captured_at, Payment.created_at, Refund.amount, Refund.reason, Refund.state,
        )
        .join(PaymentOrder, PaymentOrder.id == Payment.payment_order_id)
        .outerjoin(Refund, Refund.payment_id == Payment.id)
        .where(PaymentOrder.booking_id == booking_id)
        .order_by(Payment.id, Refund.id)
    ).all()  # fmt: skip
    paid = (PaidView(r[1], r[2], r[3], r[4] or r[5]) for r in rows if r[0] == booking_id)
    refunds = tuple(RefundView(r[6], r[7], r[8]) for r in rows if r[6] is not None)
    return {"paid": next(paid, None), "refunds": refunds}


def ticket_url(secret: str) -> str:
    """What the QR code holds."""
    return f"{current().url}/t/{secret}"
