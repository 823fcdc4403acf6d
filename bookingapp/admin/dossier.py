"""All that happened to one booking: its seats, its money, what staff did."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from bookingapp.accounts.models import User
from bookingapp.audit import AuditEntry
from bookingapp.booking import goodwill
from bookingapp.booking.cancel_rules import Cause
from bookingapp.booking.models import Booking, BookingSeat
from bookingapp.catalogue.models import Seat, SeatCategory, TicketType
from bookingapp.db import db
from bookingapp.payments.models import Payment, PaymentOrder, Refund
from bookingapp.payments.words import for_the_office


@dataclass(frozen=True)
class SeatLine:
    """One seat of a booking; released ones stay on record. `moved`: of the showing that was."""

    name: str
    category: str
    look: str
    ticket_type: str
    price: int
    released_at: datetime | None
    moved: bool


@dataclass(frozen=True)
class MoneyLine:
    """A payment or a refund, or an order nobody has paid yet."""

    what: str
    state: str
    amount: int
    currency: str
    reference: str
    how: str
    says: str
    at: datetime


@dataclass(frozen=True)
class Deed:
    """An entry of the audit. `says`: why, in the words of whoever did it; `own`: the customer did it."""

    at: datetime
    action: str
    who: str
    says: str = ""
    own: bool = False


def seats(booking_id: int) -> list[SeatLine]:
    """Every claim the booking ever had, by seat."""
    rows = db.session.execute(
        select(
            Seat.name, SeatCategory.name, SeatCategory.look, TicketType.name, BookingSeat.list_price,
            BookingSeat.released_at, BookingSeat.showtime_id != Booking.showtime_id,
        )
        .join(Booking, Booking.id == BookingSeat.booking_id)
        .join(Seat, Seat.id == BookingSeat.seat_id)
        .join(SeatCategory, SeatCategory.id == Seat.category_id)
        .join(TicketType, TicketType.id == BookingSeat.ticket_type_id)
        .where(BookingSeat.booking_id == booking_id)
        .order_by(BookingSeat.showtime_id != Booking.showtime_id, Seat.y, Seat.x)
    )  # fmt: skip
    return [SeatLine(*row) for row in rows]


def money(booking_id: int) -> list[MoneyLine]:
    """Orders, payments and refunds of a booking, in the order they happened."""
    mine = PaymentOrder.booking_id == booking_id
    orders = db.session.scalars(select(PaymentOrder).where(mine)).all()
    payments = db.session.scalars(
        select(Payment).join(PaymentOrder, PaymentOrder.id == Payment.payment_order_id).where(mine)
    ).all()
    refunds = db.session.scalars(
        select(Refund).where(Refund.payment_id.in_([payment.id for payment in payments]))
    ).all()
    lines = [
        *(_order(row) for row in orders),
        *(_payment(row) for row in payments),
        *(_refund(row) for row in refunds),
    ]
    return sorted(lines, key=lambda line: line.at)


def money_left(booking_id: int) -> int:
    """What of its payment can still go back."""
    return goodwill.all_left(db.session(), db.session.get_one(Booking, booking_id)).most


def _order(row: PaymentOrder) -> MoneyLine:
    reference = row.gateway_order_id or row.receipt
    return _line("order", row, reference, row.gateway)


def _payment(row: Payment) -> MoneyLine:
    says = for_the_office(row.error_code, row.error_reason)
    return _line("payment", row, row.gateway_payment_id, row.method, says)


def _refund(row: Refund) -> MoneyLine:
    reference = row.gateway_refund_id or row.idempotency_key
    return _line("refund", row, reference, row.reason, row.last_error)


def _line(
    what: str, row: PaymentOrder | Payment | Refund, reference: str, how: str, says: str = ""
) -> MoneyLine:
    return MoneyLine(
        what, row.state.value, row.amount, row.currency, reference, how, says, row.created_at
    )


def deeds(*rows: tuple[str, object]) -> list[Deed]:
    """What was done to these rows (table, id), newest first, and by whom."""
    told = [(AuditEntry.row_type == kind) & (AuditEntry.row_id == str(row)) for kind, row in rows]
    found = db.session.execute(
        select(AuditEntry.at, AuditEntry.action, func.coalesce(User.name, ""), AuditEntry.after)
        .join(User, User.id == AuditEntry.actor_id, isouter=True)
        .where(or_(*told))
        .order_by(AuditEntry.id.desc())
        .limit(100)
    )
    return [
        Deed(at, action, who, told.get("words", ""), told.get("cause") == Cause.CUSTOMER)
        for at, action, who, told in ((*row[:3], row[3] or {}) for row in found)
    ]
