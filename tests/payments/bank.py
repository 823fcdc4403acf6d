"""Money on its way to the house's bank, for tests of settlements."""

from datetime import timedelta

from sqlalchemy import select, update

from bookingapp import clock
from bookingapp.booking import service
from bookingapp.db import db, transaction
from bookingapp.payments import settlement_job
from bookingapp.payments.models import Payment, Refund
from bookingapp.payments.settlement_models import SettlementDay
from bookingapp.payments.settlement_queries import Line, differences
from tests.booking.buyers import go_to_pay, hold
from tests.sandbox_process import SandboxProcess


def sale(sandbox: SandboxProcess, showtime: int, seat: str, *, told: bool = True) -> str:
    """The gateway's id of a payment for a seat. `told`: Matinee heard of it."""
    paid = sandbox.pay(go_to_pay(hold(showtime, seat, who=seat, email=f"{seat}@example.com")))
    if told:
        service.settle(paid.payment_id)
    return paid.payment_id


def days_pass(days: int) -> None:
    """All money came, and went back, so many days earlier."""
    span = timedelta(days=days)
    with transaction() as session:
        for payment in session.scalars(select(Payment)):
            payment.captured_at = payment.captured_at and payment.captured_at - span
        for refund in session.scalars(select(Refund)):
            refund.processed_at = refund.processed_at and refund.processed_at - span


def read() -> int:
    """The reports are read, whether it is their time or not."""
    with transaction() as session:
        session.execute(update(SettlementDay).values(next_look_at=clock.now()))
    return settlement_job.run()


def differ() -> list[tuple[str, str]]:
    """What differs: the gateway's id, and how."""
    return [(line.entity_id, line.match.value) for line in found()]


def found() -> list[Line]:
    """The lines that differ, as a fresh page would read them."""
    db.session.rollback()
    return differences()
