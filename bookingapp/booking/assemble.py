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
from bookingapp.db import db
from bookingapp.payments.models import Payment, PaymentOrder, Refund
from bookingapp.settings import current
from bookingapp.tickets.models import TicketCode

# Built once, over the bare tables: most of a small read's time is the building of its statement.
_B, _BS, _H, _F, _T, _R, _L = (
    t.__table__.c for t in (Booking, BookingSeat, Showtime, Movie, Theater, Screen, SeatPlan)
)
_S, _C, _K, _Q = (t.__table__.c for t in (Seat, SeatCategory, TicketType, TicketCode))
_O, _P, _X = (t.__table__.c for t in (PaymentOrder, Payment, Refund))
SHOW = (
    _H.id, _H.state, _F.id, _F.title, _F.slug, _F.certificate, _F.duration_minutes, _T.name,
    _T.address, _T.phone, _T.entry_note, _T.doors_minutes, _R.name, _H.starts_at, _H.ends_at,
    _T.time_zone,
)  # fmt: skip
COPIED = (
    "id", "number", "state", "sold", "revision", "created_at", "hold_expires_at",
    "confirmed_at", "cancelled_at", "email", "name", "phone", "locale", "currency",
    "subtotal", "fee", "fee_tax", "discount", "tax", "total",
)  # fmt: skip


def with_show(statement: Any) -> Any:  # noqa: ANN401 (a Select of any columns)
    """Join what SHOW names onto a statement that has Showtime."""
    return (
        statement.join(Movie.__table__, _F.id == _H.movie_id)
        .join(SeatPlan.__table__, _L.id == _H.seat_plan_id)
        .join(Screen.__table__, _R.id == _L.screen_id)
        .join(Theater.__table__, _T.id == _R.theater_id)
    )


_VIEW = with_show(
    select(_B.manage_token, *SHOW, *(_B[name].label(f"of_{name}") for name in COPIED), _Q.secret)
    .join_from(Booking.__table__, Showtime.__table__, _H.id == _B.showtime_id)
    .outerjoin(TicketCode.__table__, and_(_Q.booking_id == _B.id, _Q.revoked_at.is_(None)))
)
_BY_TOKEN = _VIEW.where(_B.manage_token == bindparam("token"))
_BY_ID = _VIEW.where(_B.id == bindparam("booking"))
_SEATS = (
    select(
        _BS.booking_id, _BS.released_at, _S.name, _C.name, _C.id, _C.look, _S.kind,
        _K.id, _K.name, _BS.price, _BS.tax, _BS.tax_rate,
    )
    .join_from(BookingSeat.__table__, Booking.__table__, _B.id == _BS.booking_id)
    .join(Seat.__table__, _S.id == _BS.seat_id)
    .join(SeatCategory.__table__, _C.id == _S.category_id)
    .join(TicketType.__table__, _K.id == _BS.ticket_type_id)
    .where(_B.id.in_(bindparam("bookings", expanding=True)), _BS.showtime_id == _B.showtime_id)
    .order_by(_S.y, _S.x)
)  # fmt: skip
_MONEY = (
    select(
        _P.confirms_id, _P.gateway_payment_id, _P.method, _P.amount, _P.captured_at, _P.created_at,
        _X.amount, _X.reason, _X.state,
    )
    .join_from(Payment.__table__, PaymentOrder.__table__, _O.id == _P.payment_order_id)
    .outerjoin(Refund.__table__, _X.payment_id == _P.id)
    .where(_O.booking_id == bindparam("booking"))
    .order_by(_P.id, _X.id)
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
    row = db.session.execute(statement, which).one_or_none()
    if row is None:
        return None
    copied = dict(zip(COPIED, row[1 + len(SHOW) : -1], strict=True))
    seats = seats_of([copied["id"]]).get(copied["id"], [])
    return BookingView(
        **copied,
        token=row[0],
        show=show(row),
        seats=tuple(seats),
        tax_lines=tax_lines(seats, copied["fee_tax"], copied["currency"]),
        ticket_secret=row[-1],
        ticket_url=ticket_url(row[-1]) if row[-1] else None,
        manage_url=f"{current().url}/b/{row[0]}",
        **_money(copied["id"]),
    )


def tax_lines(seats: Iterable[SeatLine], fee_tax: int, currency: str) -> tuple[TaxLine, ...]:
    """Tax per rate, the fee's among it."""
    parts = [(seat.tax_rate, seat.tax) for seat in seats]
    parts.append((rules.fee_rate(currency), fee_tax))
    return tuple(TaxLine(rate, amount) for rate, amount in rules.tax_by_rate(parts))


def seats_of(booking_ids: Sequence[int]) -> dict[int | None, list[SeatLine]]:
    """Each booking's seats by place; the live ones, or all it had when none is live any more."""
    rows = db.session.execute(_SEATS, {"bookings": list(booking_ids)})
    live: dict[int | None, list[SeatLine]] = {}
    past: dict[int | None, list[SeatLine]] = {}
    for booking_id, released_at, *facts in rows:
        into = live if released_at is None else past
        into.setdefault(booking_id, []).append(SeatLine(*facts))
    return {**past, **live}


def _money(booking_id: int) -> dict[str, Any]:
    """`paid` and `refunds` of a booking."""
    rows = db.session.execute(_MONEY, {"booking": booking_id}).all()
    paid = (PaidView(r[1], r[2], r[3], r[4] or r[5]) for r in rows if r[0] == booking_id)
    refunds = tuple(RefundView(r[6], r[7], r[8]) for r in rows if r[6] is not None)
    return {"paid": next(paid, None), "refunds": refunds}


def ticket_url(secret: str) -> str:
    """What the QR code holds."""
    return f"{current().url}/t/{secret}"
