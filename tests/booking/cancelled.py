"""A booking of three seats, cancelled step by step, and what is left of it then: for tests of cancelling."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from bookingapp import clock
from bookingapp.booking import cancel, service
from bookingapp.booking.cancel import Cancelled
from bookingapp.booking.cancel_rules import Back, Cause, everything
from bookingapp.db import transaction
from bookingapp.payments import refunds
from bookingapp.payments.models import Payment, Refund
from bookingapp.tickets.models import Ticket, TicketCode
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess


@pytest.fixture
def show(cinema: Cinema) -> int:
    return cinema.showtime(booking_fee=2000)


@pytest.fixture
def token(show: int, sandbox: SandboxProcess) -> str:
    """C4, C5 and A1 bought online: 180, 180, 120 and a fee of 20 rupees."""
    token = hold(show, "C4", "C5", "A1")
    service.settle(sandbox.pay(go_to_pay(token)).payment_id)
    return token


def claims(token: str) -> dict[str, int]:
    """The booking's live seats: name to booking_seat id."""
    booking = buyers.booking(token)
    with transaction() as session:
        return {c.seat.name: c.id for c in cancel.live_seats(session, booking)}


def take_back(token: str, *names: str, back: Mapping[str, int] | None = None, fee: int = 0,
              **values: Any) -> Cancelled:  # fmt: skip
    """Cancel these seats; `back` says what each gives back, all of it unless told."""
    ids = claims(token)
    with transaction() as session:
        booking = cancel.lock(session, buyers.booking(token).id)
        chosen = [ids.get(name, 0) for name in names]
        live = cancel.live_seats(session, booking)
        part = everything(cancel.money_left(session, booking, live), chosen)
        if back is not None:
            part = Back({ids[name]: amount for name, amount in back.items()}, fee)
        values = {"cause": Cause.CUSTOMER, **values}
        return cancel.cancel(session, booking, chosen, part, clock.now(), **values)


def cancel_whole(token: str, **values: Any) -> Cancelled:
    with transaction() as session:
        booking = cancel.lock(session, buyers.booking(token).id)
        return cancel.cancel_all(
            session, booking, clock.now(), **{"cause": Cause.SHOWING, **values}
        )


def tickets() -> list[str]:
    return [ticket.state.value for ticket in buyers.rows(Ticket)]


def codes() -> list[tuple[int, bool]]:
    """Each code's revision, and whether it still opens the door."""
    return [(code.revision, code.revoked_at is None) for code in buyers.rows(TicketCode)]


def owed() -> list[tuple[int, str]]:
    return [(refund.amount, refund.reason) for refund in buyers.rows(Refund)]


def told() -> list[dict[str, Any]]:
    return [letter.payload for letter in buyers.letters("booking_cancellation")]


def give(token: str, amount: int, lines: Mapping[str, int]) -> None:
    """Money that went back before, as a goodwill does."""
    ids = claims(token)
    with transaction() as session:
        booking = cancel.lock(session, buyers.booking(token).id)
        payment = session.scalars(select(Payment).where(Payment.confirms_id == booking.id)).one()
        parts = {ids[name]: part for name, part in lines.items()}
        refunds.owe_refund(session, payment, amount, "goodwill", clock.now(), lines=parts)
