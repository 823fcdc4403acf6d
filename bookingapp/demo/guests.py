"""Invented people who bought at the counter for cash: bookings with tickets, paid in full.

Rows go in by the thousand, so they are written in bulk and not one deed at a time; prices, taxes and
numbers come from the rules that every booking follows.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from bookingapp.booking import rules
from bookingapp.booking.models import Booking, BookingSeat, BookingState, Channel
from bookingapp.catalogue import taxes
from bookingapp.catalogue.tax import Law
from bookingapp.demo.crowd import parties
from bookingapp.demo.halls import HALLS, SeatDraft
from bookingapp.demo.house import House
from bookingapp.demo.names import FIRST, LAST
from bookingapp.demo.week import ZONE, Show
from bookingapp.payments.models import OrderState, Payment, PaymentOrder, PaymentState
from bookingapp.tickets.issue import new_secret
from bookingapp.tickets.models import Ticket, TicketCode

GATEWAY = "cash"
ADULT, CHILD, SENIOR = range(3)
LONGEST_BEFORE = 6 * 24 * 60  # minutes before now that the first guest bought
SEATS = {hall.name: hall.seats for hall in HALLS}

Row = dict[str, Any]


@dataclass(frozen=True)
class Purchase:
    """One party's booking as it is to be written."""

    show: Show
    showtime_id: int
    party: list[SeatDraft]
    kinds: list[int]  # adult, child or senior, by seat
    lines: list[rules.Line]
    booking: Row


@dataclass(frozen=True)
class Terms:
    """What every price is in, and the law of a day."""

    currency: str
    law: Callable[[date], Law]


@dataclass(frozen=True)
class Sale:
    """A showing with seats to sell: its row, its card and what share of it is sold."""

    show: Show
    showtime_id: int
    card_id: int
    share: float


def sell(
    session: Session, house: House, sales: Sequence[Sale], currency: str, now: datetime
) -> int:
    """Write the bookings of some showings; gives how many."""
    terms = Terms(currency, lambda day: taxes.law(session, day))
    purchases = [
        _purchase(house, sale, party, terms, now)
        for sale in sales
        for party in parties(SEATS[sale.show.hall], sale.share, str(sale.show.starts))
    ]
    if not purchases:
        return 0
    statement = insert(Booking).returning(Booking.id, sort_by_parameter_order=True)
    ids = session.scalars(statement, [purchase.booking for purchase in purchases]).all()
    numbered = list(zip(ids, purchases, strict=True))
    _write_tickets(session, house, numbered)
    _write_payments(session, numbered)
    return len(numbered)


def _purchase(
    house: House, sale: Sale, party: list[SeatDraft], terms: Terms, now: datetime
) -> Purchase:
    chance = random.Random(f"{sale.show.starts} {sale.show.hall} {party[0].name}")
    bought = _bought_at(sale.show, chance, now)
    kinds = _kinds(len(party), chance)
    amounts = [
        house.prices[sale.card_id, seat.category][kind]
        for seat, kind in zip(party, kinds, strict=True)
    ]
    law = terms.law(bought.astimezone(ZONE).date())
    lines = [rules.line(amount, law) for amount in amounts]
    booking = _booking(sale.showtime_id, bought, chance)
    booking |= {"currency": terms.currency, **vars(rules.totals(lines, 0, law.fee_rate))}
    return Purchase(sale.show, sale.showtime_id, party, kinds, lines, booking)


def _bought_at(show: Show, chance: random.Random, now: datetime) -> datetime:
    """Some days to some minutes ago, and not after the film began."""
    latest = min(now, show.starts)
    return latest - timedelta(minutes=4 + LONGEST_BEFORE * chance.random() ** 2)


def _kinds(people: int, chance: random.Random) -> list[int]:
    """Who they are: mostly grown-ups, families with children, a few of sixty and over."""
    if people >= 3 and chance.random() < 0.5:
        return [ADULT, ADULT, *[CHILD] * (people - 2)]
    kind = SENIOR if chance.random() < 0.15 else ADULT
    return [kind] * people


def _booking(showtime_id: int, bought: datetime, chance: random.Random) -> Row:
    first, last = chance.choice(FIRST), chance.choice(LAST)
    return {
        "number": rules.new_number(),
        "showtime_id": showtime_id,
        "state": BookingState.CONFIRMED,
        "sold": True,
        "channel": Channel.COUNTER,
        "created_at": bought,
        "confirmed_at": bought,
        "email": f"{first}.{last}@example.com".lower(),
        "name": f"{first} {last}",
        "manage_token": rules.new_token(),
    }


def _write_tickets(
    session: Session, house: House, numbered: Sequence[tuple[int, Purchase]]
) -> None:
    """The claims on the seats, a ticket each, and a code for each booking."""
    claims = [claim for entry in numbered for claim in _claims(house, *entry)]
    statement = insert(BookingSeat).returning(BookingSeat.id, sort_by_parameter_order=True)
    ids = session.scalars(statement, claims).all()
    bought = {booking_id: purchase.booking["created_at"] for booking_id, purchase in numbered}
    tickets = [
        {
            "booking_id": claim["booking_id"],
            "booking_seat_id": claim_id,
            "created_at": bought[claim["booking_id"]],
        }
        for claim_id, claim in zip(ids, claims, strict=True)
    ]
    session.execute(insert(Ticket), tickets)
    codes = [
        {"booking_id": booking_id, "secret": new_secret(), "revision": 1, "created_at": at}
        for booking_id, at in bought.items()
    ]
    session.execute(insert(TicketCode), codes)


def _claims(house: House, booking_id: int, purchase: Purchase) -> list[Row]:
    hall = purchase.show.hall
    return [
        {
            "booking_id": booking_id,
            "showtime_id": purchase.showtime_id,
            "seat_id": house.seats[hall, seat.name],
            "seat_plan_id": house.plans[hall],
            "ticket_type_id": house.ticket_types[kind],
            **vars(line),
        }
        for seat, kind, line in zip(purchase.party, purchase.kinds, purchase.lines, strict=True)
    ]


def _write_payments(session: Session, numbered: Sequence[tuple[int, Purchase]]) -> None:
    orders = [_order(*entry) for entry in numbered]
    statement = insert(PaymentOrder).returning(PaymentOrder.id, sort_by_parameter_order=True)
    ids = session.scalars(statement, orders).all()
    payments = [_payment(order_id, order) for order_id, order in zip(ids, orders, strict=True)]
    session.execute(insert(Payment), payments)


def _order(booking_id: int, purchase: Purchase) -> Row:
    return {
        "booking_id": booking_id,
        "gateway": GATEWAY,
        "receipt": f"{GATEWAY}-{purchase.booking['number']}",
        "amount": purchase.booking["total"],
        "currency": purchase.booking["currency"],
        "state": OrderState.PAID,
        "revision": 1,
        "seats": [seat.name for seat in purchase.party],
        "created_at": purchase.booking["created_at"],
    }


def _payment(order_id: int, order: Row) -> Row:
    return {
        "confirms_id": order["booking_id"],
        "payment_order_id": order_id,
        "gateway_payment_id": order["receipt"],
        "state": PaymentState.CAPTURED,
        "amount": order["amount"],
        "currency": order["currency"],
        "method": GATEWAY,
        "created_at": order["created_at"],
        "captured_at": order["created_at"],
    }
