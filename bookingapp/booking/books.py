"""The books: money in = valid tickets + given back + waiting on the money page + kept. Always.

Each payment's money is told once: what it confirmed still stands for valid tickets (their prices, and
the fee while one is left), the rest of what the booking cost is back, owed back, or kept as the rules
of cancellation have it. Money that confirmed nothing is back, owed back, or waits. What does not add
up is a gap, named with its payment; without one, the books balance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Subquery, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from bookingapp.booking.models import Booking, BookingSeat, BookingState
from bookingapp.payments.elsewhere import ELSEWHERE
from bookingapp.payments.loose import live
from bookingapp.payments.models import Payment, PaymentOrder, PaymentState, Refund, RefundState
from bookingapp.tickets.models import Ticket, TicketState

MONEY = (PaymentState.CAPTURED, PaymentState.REFUNDED)
# So many are named; the sums count all.
MOST_GAPS = 50


@dataclass(frozen=True)
class Entry:
    """One payment with money, and what is known of it.

    `cost`: of the booking it confirmed, 0 if none; `standing`: of that, what valid tickets are worth;
    `back` and `owed`: by refunds; `asked`: of both, what somebody here or the customer asked for;
    `all_back`: the gateway says so; `cancelled`: some of its tickets are void, and no move did it.
    """

    amount: int
    cost: int = 0
    standing: int = 0
    back: int = 0
    owed: int = 0
    asked: int = 0
    confirms: bool = False
    all_back: bool = False
    cancelled: bool = False


KIND = tuple(field.name for field in fields(Entry))


@dataclass(frozen=True)
class Sums:
    """Where the money is, in minor units of one currency."""

    came_in: int = 0
    tickets: int = 0
    back: int = 0
    owed: int = 0
    idle: int = 0
    kept: int = 0

    @property
    def waiting(self) -> int:
        """What stands on the money page."""
        return self.owed + self.idle

    @property
    def out_by(self) -> int:
        """What is missing (positive), or stands twice."""
        return self.came_in - self.tickets - self.back - self.waiting - self.kept

    def __add__(self, other: "Sums") -> "Sums":
        """Of both."""
        return Sums(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Sums)))

    def __mul__(self, times: int) -> "Sums":
        """Of so many alike."""
        return Sums(*(getattr(self, f.name) * times for f in fields(Sums)))


@dataclass(frozen=True)
class Gap:
    """A payment that does not add up. `why` is one of the reasons of `gap`; `amount` by how much."""

    why: str
    amount: int
    currency: str
    gateway_payment_id: str
    number: str
    came_at: datetime


@dataclass(frozen=True)
class Books:
    """The sums of each currency, and what does not add up."""

    sums: Mapping[str, Sums]
    gaps: Sequence[Gap]

    @property
    def balance(self) -> bool:
        """Whether every rupee has its place."""
        return not self.gaps and all(sums.out_by == 0 for sums in self.sums.values())


def sort(entry: Entry) -> Sums:
    """Where one payment's money is."""
    given = entry.back + entry.owed
    if not entry.confirms:
        idle = max(0, entry.amount - given)
        return Sums(entry.amount, back=entry.back, owed=entry.owed, idle=idle)
    left = entry.cost - given
    tickets = min(entry.standing, max(0, left))
    kept = max(0, left - entry.standing)
    return Sums(entry.amount, tickets, entry.back, entry.owed, kept=kept)


def gap(entry: Entry) -> tuple[str, int] | None:
    """What is wrong with one payment, and by how much; None when all is well.

    sum: its parts are not what came in. gone: the gateway says all is back, we gave and owe less (it
    says so while a refund is still under way, or even fails: such a one is on the money page).
    given_back: the gateway gave money back that nobody here asked for, and its tickets are valid.
    """
    sums = sort(entry)
    never = sums.kept if not entry.cancelled else 0
    wrong = sums.out_by or min(0, entry.cost - entry.standing) or never
    if wrong:
        return "sum", wrong
    if entry.all_back and (unknown := entry.amount - entry.back - entry.owed) > 0:
        return "gone", unknown
    unbacked = entry.standing - sums.tickets
    unasked = min(unbacked, entry.back + entry.owed - entry.asked)
    return ("given_back", unasked) if unasked > 0 else None


def read(session: Session) -> Books:
    """The books as they stand. Payments that are alike are sorted together: prices are few."""
    sums: dict[str, Sums] = {}
    gaps = _without_money(session)
    book = _book()
    kinds = [book.c[name] for name in (*KIND, "currency")]
    for *kind, currency, number in session.execute(select(*kinds, func.count()).group_by(*kinds)):
        entry = Entry(*kind)
        sums[currency] = sums.get(currency, Sums()) + sort(entry) * number
        if found := gap(entry):
            gaps += _named(session, book, (*kind, currency), found)
    return Books(sums, gaps[:MOST_GAPS])


def _named(
    session: Session, book: Subquery, kind: tuple[Any, ...], found: tuple[str, int]
) -> list[Gap]:
    """The payments of a kind that does not add up."""
    same = [book.c[name] == value for name, value in zip((*KIND, "currency"), kind, strict=True)]
    rows = session.execute(
        select(book.c.currency, book.c.payment, book.c.number, book.c.came_at)
        .where(*same)
        .order_by(book.c.came_at)
        .limit(MOST_GAPS)
    )
    return [Gap(*found, *row) for row in rows]


def _book() -> Subquery:
    """Every payment with money, as an entry."""
    refunds, tickets = _refunds(), _tickets()
    confirms = Payment.confirms_id.is_not(None)
    fee = case((tickets.c.valid > 0, Booking.fee), else_=0)
    return (
        select(
            Payment.amount.label("amount"),
            case((confirms, Booking.total), else_=0).label("cost"),
            func.coalesce(tickets.c.worth + fee, 0).label("standing"),
            *(func.coalesce(refunds.c[n], 0).label(n) for n in ("back", "owed", "asked")),
            confirms.label("confirms"),
            (Payment.state == PaymentState.REFUNDED).label("all_back"),
            (func.coalesce(tickets.c.void, 0) > 0).label("cancelled"),
            Payment.currency.label("currency"),
            Payment.gateway_payment_id.label("payment"),
            Booking.number.label("number"),
            func.coalesce(Payment.captured_at, Payment.created_at).label("came_at"),
        )
        .join(PaymentOrder, PaymentOrder.id == Payment.payment_order_id)
        .join(Booking, Booking.id == PaymentOrder.booking_id)
        .outerjoin(refunds, refunds.c.payment_id == Payment.id)
        .outerjoin(tickets, tickets.c.booking_id == Payment.confirms_id)
        .where(Payment.state.in_(MONEY))
        .subquery("book")
    )


def _refunds() -> Subquery:
    """What is back and what is owed back, by payment."""
    done = Refund.state == RefundState.PROCESSED

    def total(what: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((what, Refund.amount), else_=0))

    return (
        select(
            Refund.payment_id,
            total(done).label("back"),
            total(~done).label("owed"),
            total(Refund.reason != ELSEWHERE).label("asked"),
        )
        .where(live())
        .group_by(Refund.payment_id)
        .subquery("refunds")
    )


def _tickets() -> Subquery:
    """What valid tickets are worth, by booking. One that only went on to a moved showing is none."""
    valid = Ticket.state == TicketState.VALID
    later = aliased(BookingSeat)
    carried = select(later.id).where(later.carried_from_id == BookingSeat.id).exists()
    return (
        select(
            Ticket.booking_id,
            func.sum(case((valid, BookingSeat.price), else_=0)).label("worth"),
            func.sum(case((valid, 1), else_=0)).label("valid"),
            func.sum(case((valid, 0), else_=1)).label("void"),
        )
        .join(BookingSeat, BookingSeat.id == Ticket.booking_seat_id)
        .where(or_(valid, ~carried))
        .group_by(Ticket.booking_id)
        .subquery("tickets")
    )


def _without_money(session: Session) -> list[Gap]:
    """Confirmed bookings that cost something and that no payment confirmed."""
    paid = select(Payment.id).where(Payment.confirms_id == Booking.id).exists()
    rows = session.execute(
        select(
            Booking.total,
            Booking.currency,
            Booking.number,
            func.coalesce(Booking.confirmed_at, Booking.created_at),
        )
        .where(Booking.state == BookingState.CONFIRMED, Booking.total > 0, ~paid)
        .order_by(Booking.id)
        .limit(MOST_GAPS)
    )
    return [Gap("unpaid", total, currency, "", number, at) for total, currency, number, at in rows]
