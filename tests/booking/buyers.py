"""Buyers for tests about money: they hold seats, go to pay, and come back, or don't."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask
from sqlalchemy import func, select, update

from bookingapp import clock
from bookingapp.booking import service
from bookingapp.booking.models import Booking, BookingSeat
from bookingapp.db import db, transaction
from bookingapp.email.models import OutboxMessage
from bookingapp.payments import gateway
from bookingapp.payments.gateway import GatewayPayment
from bookingapp.payments.models import Payment, PaymentOrder, Refund
from bookingapp.tickets.models import Ticket, TicketCode

EMAIL = "asha@example.com"


def hold(showtime_id: int, *seats: str, who: str = "asha", email: str = EMAIL) -> str:
    """Seats held by somebody who has said where the ticket goes. The manage token."""
    held = service.hold_seats(
        showtime_id, seats, buyer_key=who, client_key=f"address of {who}", locale="en"
    )
    service.set_details(held.token, email=email, name="Asha Menon", phone="", types={})
    return held.token


def go_to_pay(token: str) -> str:
    """The gateway's order id."""
    page = service.start_payment(token)
    assert page.gateway_order_id is not None
    return page.gateway_order_id


def booking(token: str) -> Booking:
    """The booking as it stands now, with its seats."""
    db.session.rollback()
    found = db.session.scalars(select(Booking).where(Booking.manage_token == token)).one()
    db.session.refresh(found)
    return found


def state(token: str) -> str:
    return booking(token).state.value


def rows(model: type[Any]) -> list[Any]:
    """All rows of a table, oldest first."""
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(model).order_by(model.id)))


def letters(kind: str) -> list[OutboxMessage]:
    return [letter for letter in rows(OutboxMessage) if letter.kind == kind]


def counts() -> dict[str, int]:
    """How much there is of everything that must exist once."""
    db.session.rollback()
    tables = {
        "orders": PaymentOrder, "payments": Payment, "refunds": Refund, "tickets": Ticket,
        "codes": TicketCode,
    }  # fmt: skip
    found = {
        name: db.session.scalar(select(func.count()).select_from(table)) or 0
        for name, table in tables.items()
    }
    return {**found, "letters": len(letters("booking_confirmation"))}


def live_seats(showtime_id: int) -> list[int]:
    """Seats of a showing with a live claim, one entry a claim."""
    db.session.rollback()
    live = select(BookingSeat.seat_id).where(
        BookingSeat.showtime_id == showtime_id, BookingSeat.released_at.is_(None)
    )
    return list(db.session.scalars(live.order_by(BookingSeat.seat_id)))


def let_lapse(token: str) -> None:
    """The hold's time is over; nothing has tidied yet."""
    with transaction() as session:
        session.execute(
            update(Booking).where(Booking.manage_token == token).values(hold_expires_at=clock.now())
        )


def expire(token: str) -> None:
    """The hold is over and its seats are on sale again."""
    let_lapse(token)
    service.expire_lapsed()
    assert state(token) == "expired"


def make_due(*, order_id: str | None = None) -> None:
    """Every order's turn with the reconciler is now."""
    with transaction() as session:
        turn = update(PaymentOrder).values(next_poll_at=clock.now())
        if order_id:
            turn = turn.where(PaymentOrder.gateway_order_id == order_id)
        session.execute(turn)


def make_refunds_due() -> None:
    """Every refund's turn with its job is now, as it would be after a while."""
    with transaction() as session:
        waits = Refund.next_try_at.is_not(None)
        session.execute(update(Refund).where(waits).values(next_try_at=clock.now()))


def fact(payment_id: str) -> GatewayPayment:
    """The gateway's answer about a payment."""
    return gateway.connect().payment(payment_id)


def wait_for_capture(payment_id: str) -> None:
    """Until the sandbox's bank says yes."""
    for _ in range(200):
        if fact(payment_id).status == "captured":
            return
        threading.Event().wait(0.05)
    raise AssertionError("never captured")


def together(app: Flask, deeds: Sequence[Callable[[], object]]) -> list[object]:
    """Do these in threads that start at one moment; errors come back as results."""
    gate, results = threading.Barrier(len(deeds)), [object()] * len(deeds)

    def one(place: int, deed: Callable[[], object]) -> None:
        with app.app_context():
            gate.wait(20)
            try:
                results[place] = deed()
            except Exception as error:  # noqa: BLE001 (the test looks at it)
                results[place] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results
