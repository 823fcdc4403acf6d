"""Reads of bookings, for pages. Lapsed holds count as free everywhere: truth needs no sweeper."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Select, bindparam, exists, func, or_, select

from bookingapp import clock
from bookingapp.booking import assemble, rules
from bookingapp.booking.models import Booking, BookingSeat, BookingState
from bookingapp.booking.views import (
    BookingLine,
    BookingView,
    OwnHold,
    SeatLine,
    ShowView,
    TicketView,
)
from bookingapp.catalogue.kept import read_afresh
from bookingapp.catalogue.models import Seat, Showtime
from bookingapp.db import db, read
from bookingapp.payments.models import Payment, PaymentOrder, Refund
from bookingapp.tickets.models import TicketCode

LIST_AT_MOST = 50
# Built once, over the bare tables: most of a small read's time is the building of its statement.
_claim, _booking, _showing, _seat, _code = (
    table.__table__.c for table in (BookingSeat, Booking, Showtime, Seat, TicketCode)
)
_CODE = select(_code.booking_id, _code.revoked_at).where(_code.secret == bindparam("secret"))
_CLAIMS = (
    select(_claim.seat_id, _claim.booking_id, _booking.buyer_key, _booking.hold_expires_at)
    .join_from(
        BookingSeat.__table__, Booking.__table__, _booking.id == _claim.booking_id, isouter=True
    )
    .where(_claim.showtime_id == bindparam("showtime"), _claim.released_at.is_(None))
)
_OWN_HOLD = (
    select(_booking.manage_token, _booking.hold_expires_at)
    .where(
        _booking.showtime_id == bindparam("showtime"),
        _booking.buyer_key == bindparam("buyer"),
        _booking.hold_expires_at > bindparam("now"),
    )
    .order_by(_booking.id.desc())
    .limit(1)
)


def _taken_counts() -> Select[int, int]:
    """The claims of each showtime, without those of lapsed holds."""
    claims = (
        select(func.count())
        .where(_claim.showtime_id == _showing.id, _claim.released_at.is_(None))
        .scalar_subquery()
    )
    # by the few holds of one showing: starting from all lapsed ones would read the whole history
    lapsed = (
        select(func.count())
        .join_from(Booking.__table__, BookingSeat.__table__, _claim.booking_id == _booking.id)
        .where(
            _booking.showtime_id == _showing.id,
            _booking.state == BookingState.HELD,
            _booking.hold_expires_at <= bindparam("now"),
            _claim.released_at.is_(None),
        )
        .scalar_subquery()
    )
    return select(_showing.id, claims - lapsed).where(
        _showing.id.in_(bindparam("showtimes", expanding=True))
    )


_TAKEN = _taken_counts()


def by_token(token: str) -> BookingView | None:
    """The booking of a manage link."""
    if not rules.is_token(token):
        return None
    return assemble.by_token(token)


def row(booking_id: int) -> Booking:
    """A booking as it stands, for reading alone."""
    return db.session.get_one(Booking, booking_id)


def by_ticket_secret(secret: str) -> TicketView | None:
    """The ticket of a QR code, however it is typed; also of a code that was revoked."""
    secret = secret.strip().upper()
    if not rules.is_ticket_secret(secret):
        return None
    code = read(_CODE, secret=secret).one_or_none()
    booking = assemble.by_id(code.booking_id) if code else None
    if code is None or booking is None:
        return None
    return TicketView(
        number=booking.number,
        show=booking.show,
        seats=booking.seats,
        secret=secret,
        url=assemble.ticket_url(secret),
        revoked=code.revoked_at is not None,
        cancelled=booking.state is BookingState.CANCELLED,
    )


def of_buyer(buyer_key: str) -> list[BookingLine]:
    """This browser session's bookings, the next showing first: live holds, and all that cost money."""
    if not buyer_key:
        return []
    live = Booking.hold_expires_at > clock.now()
    paid = exists().where(
        PaymentOrder.booking_id == Booking.id,
        Payment.payment_order_id == PaymentOrder.id,
        Refund.payment_id == Payment.id,
    )
    found = (
        assemble.with_show(
            select(Booking, *assemble.SHOW).join(Showtime, Showtime.id == Booking.showtime_id)
        )
        .where(Booking.buyer_key == buyer_key, or_(live, Booking.sold, paid))
        .order_by(Showtime.starts_at, Booking.id)
        .limit(LIST_AT_MOST)
    )
    rows = db.session.execute(found).all()
    seats = assemble.seats_of([row[0].id for row in rows])
    return [_line(row[0], assemble.show(row), seats.get(row[0].id, [])) for row in rows]


def taken(showtime_id: int, buyer_key: str) -> dict[int, str]:
    """Seat id to `taken`, `yours` (this buyer's live hold) or `house` (not sold to customers)."""
    now = clock.now()
    rows = read(_CLAIMS, showtime=showtime_id)
    found: dict[int, str] = {}
    for seat_id, booking_id, holder, until in rows:
        if until is not None and until <= now:
            continue
        yours = until is not None and holder != "" and holder == buyer_key
        found[seat_id] = "house" if booking_id is None else "yours" if yours else "taken"
    return found


def own_hold(showtime_id: int, buyer_key: str) -> OwnHold | None:
    """This buyer's live hold for a showing; there is at most one."""
    if not buyer_key:
        return None
    row = read(_OWN_HOLD, showtime=showtime_id, buyer=buyer_key, now=clock.now()).one_or_none()
    return OwnHold._make(row) if row else None


def free_counts(capacities: Mapping[int, int]) -> dict[int, int]:
    """How many seats each showtime has left of so many, in one statement that reads indexes only."""
    if not capacities:
        return {}
    rows = read(_TAKEN, showtimes=list(capacities), now=clock.now())
    return {showtime: capacities[showtime] - taken for showtime, taken in rows}


def see_own_write() -> None:
    """Forget what this request has read: on SQLite a reader keeps its snapshot after our own write."""
    db.session.rollback()


def refresh() -> None:
    """After a refusal: as `see_own_write`, and from here on nothing that was kept is believed."""
    see_own_write()
    read_afresh()


def still_free(view: BookingView) -> bool:
    """Whether all seats of a lapsed or given back booking could be held again now."""
    claims = db.session.execute(
        select(BookingSeat.booking_id, Booking.hold_expires_at)
        .outerjoin(Booking, Booking.id == BookingSeat.booking_id)
        .join(Seat, Seat.id == BookingSeat.seat_id)
        .where(
            BookingSeat.showtime_id == view.show.showtime_id,
            BookingSeat.released_at.is_(None),
            Seat.name.in_(view.seat_names),
        )
    ).all()
    now = clock.now()
    return all(until is not None and until <= now for _, until in claims)


def _line(booking: Booking, show: ShowView, seats: Sequence[SeatLine]) -> BookingLine:
    return BookingLine(
        booking.number, booking.manage_token, booking.state, booking.hold_expires_at, show.movie,
        show.screen, show.starts_at, show.ends_at, show.zone,
        tuple(seat.name for seat in seats), seats[0].look if seats else "stalls",
        booking.total, booking.currency,
    )  # fmt: skip
