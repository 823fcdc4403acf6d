"""From rows to views: how a booking is put together for the pages. `queries.py` asks for it."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, and_, bindparam, select

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
from bookingapp.db import read
from bookingapp.papers.models import Invoice
from bookingapp.payments.models import Payment, PaymentOrder, Refund
from bookingapp.settings import current
from bookingapp.tickets.models import TicketCode

# Built once, over the bare tables: most of a small read's time is the building of its statement.
_booking, _claim, _showing, _movie, _theater, _screen, _plan = (
    table.__table__.c
    for table in (Booking, BookingSeat, Showtime, Movie, Theater, Screen, SeatPlan)
)
_seat, _category, _type, _code = (
    table.__table__.c for table in (Seat, SeatCategory, TicketType, TicketCode)
)
_order, _payment, _refund, _invoice = (
    table.__table__.c for table in (PaymentOrder, Payment, Refund, Invoice)
)
_next_try = Refund.__table__.alias("next_try")
SHOW = (
    _showing.id, _showing.state, _movie.id, _movie.title, _movie.slug, _movie.certificate,
    _movie.duration_minutes, _theater.name, _theater.address, _theater.phone, _theater.entry_note,
    _theater.doors_minutes, _screen.name, _showing.starts_at, _showing.ends_at, _theater.time_zone,
    _showing.price_card_id,
)  # fmt: skip
COPIED = (
    "id", "number", "state", "sold", "revision", "created_at", "hold_expires_at",
    "confirmed_at", "cancelled_at", "email", "name", "phone", "locale", "currency",
    "subtotal", "fee", "fee_tax", "fee_rate", "discount", "tax", "total", "cancel_terms",
)  # fmt: skip


def with_show(statement: Any) -> Any:  # noqa: ANN401 (a Select of any columns)
    """Join what SHOW names onto a statement that has Showtime."""
    return (
        statement.join(Movie.__table__, _movie.id == _showing.movie_id)
        .join(SeatPlan.__table__, _plan.id == _showing.seat_plan_id)
        .join(Screen.__table__, _screen.id == _plan.screen_id)
        .join(Theater.__table__, _theater.id == _screen.theater_id)
    )


_VIEW = with_show(
    select(
        _booking.manage_token,
        *SHOW,
        *(_booking[name].label(f"of_{name}") for name in COPIED),
        _invoice.number.label("invoice"),
        _code.secret,
    )
    .join_from(Booking.__table__, Showtime.__table__, _showing.id == _booking.showtime_id)
    .outerjoin(Invoice.__table__, _invoice.booking_id == _booking.id)
    .outerjoin(
        TicketCode.__table__, and_(_code.booking_id == _booking.id, _code.revoked_at.is_(None))
    )
)
_BY_TOKEN = _VIEW.where(_booking.manage_token == bindparam("token"))
_BY_ID = _VIEW.where(_booking.id == bindparam("booking"))
_SEATS = (
    select(
        _claim.booking_id, _claim.released_at, _seat.name, _category.name, _category.id,
        _category.look, _seat.kind, _type.id, _type.name, _claim.price, _claim.tax, _claim.tax_rate,
        _claim.list_price,
    )
    .join_from(BookingSeat.__table__, Booking.__table__, _booking.id == _claim.booking_id)
    .join(Seat.__table__, _seat.id == _claim.seat_id)
    .join(SeatCategory.__table__, _category.id == _seat.category_id)
    .join(TicketType.__table__, _type.id == _claim.ticket_type_id)
    .where(_booking.id.in_(bindparam("bookings", expanding=True)), _claim.showtime_id == _booking.showtime_id)
    .order_by(_seat.y, _seat.x)
)  # fmt: skip
_MONEY = (
    select(
        _payment.confirms_id, _payment.gateway_payment_id, _payment.method, _payment.amount,
        _payment.captured_at, _payment.created_at, _refund.amount, _refund.reason, _refund.state,
        _refund.created_at, _refund.processed_at, _refund.gateway_refund_id, _refund.by_hand,
    )
    .join_from(Payment.__table__, PaymentOrder.__table__, _order.id == _payment.payment_order_id)
    .outerjoin(Refund.__table__, _refund.payment_id == _payment.id)
    .outerjoin(_next_try, _next_try.c.retry_of_id == _refund.id)
    # a failed attempt is told by the one that followed it
    .where(_order.booking_id == bindparam("booking"), _next_try.c.id.is_(None))
    .order_by(_payment.id, _refund.id)
)  # fmt: skip


def show(row: Row[Any]) -> ShowView:
    """The showing; its columns stand second in every row read here."""
    return ShowView(*row[1 : 1 + len(SHOW)])


def by_token(token: str) -> BookingView | None:
    """The booking of a manage link, whole."""
    return _view(_BY_TOKEN, token=token)


def by_id(booking_id: int) -> BookingView | None:
    """One booking, whole."""
    return _view(_BY_ID, booking=booking_id)


def _view(statement: Any, **which: object) -> BookingView | None:  # noqa: ANN401
    row = read(statement, **which).one_or_none()
    if row is None:
        return None
    copied = dict(zip(COPIED, row[1 + len(SHOW) : -2], strict=True))
    seats = seats_of([copied["id"]]).get(copied["id"], [])
    return BookingView(
        **copied,
        token=row[0],
        show=show(row),
        seats=tuple(seats),
        tax_lines=tax_lines(seats, copied["fee_tax"], copied["fee_rate"]),
        invoice=row.invoice or "",
        ticket_secret=row[-1],
        ticket_url=ticket_url(row[-1]) if row[-1] else None,
        manage_url=f"{current().url}/b/{row[0]}",
        **_money(copied["id"]),
    )


def tax_lines(seats: Iterable[SeatLine], fee_tax: int, fee_rate: int) -> tuple[TaxLine, ...]:
    """Tax per rate, the fee's among it."""
    parts = [(seat.tax_rate, seat.tax) for seat in seats]
    parts.append((fee_rate, fee_tax))
    return tuple(TaxLine(rate, amount) for rate, amount in rules.tax_by_rate(parts))


def seats_of(booking_ids: Sequence[int]) -> dict[int | None, list[SeatLine]]:
    """Each booking's seats by place; the live ones, or all it had when none is live any more."""
    rows = read(_SEATS, bookings=list(booking_ids))
    live: dict[int | None, list[SeatLine]] = {}
    past: dict[int | None, list[SeatLine]] = {}
    for booking_id, released_at, *facts in rows:
        into = live if released_at is None else past
        into.setdefault(booking_id, []).append(SeatLine(*facts))
    return {**past, **live}


def _money(booking_id: int) -> dict[str, Any]:
    """`paid` and `refunds` of a booking."""
    rows = read(_MONEY, booking=booking_id).all()
    paid = (PaidView(r[1], r[2], r[3], r[4] or r[5]) for r in rows if r[0] == booking_id)
    refunds = tuple(_refund_view(r, booking_id) for r in rows if r[6] is not None)
    return {"paid": next(paid, None), "refunds": refunds}


def _refund_view(row: Row[Any], booking_id: int) -> RefundView:
    amount, reason, state, owed_at, sent_at, reference, by_hand = tuple[Any, ...](row[6:])
    return RefundView(
        amount, reason, state, owed_at, sent_at, reference,
        by_hand=by_hand, of_ticket=row[0] == booking_id,
    )  # fmt: skip


def ticket_url(secret: str) -> str:
    """What the QR code holds."""
    return f"{current().url}/t/{secret}"
