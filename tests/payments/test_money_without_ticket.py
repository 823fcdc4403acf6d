"""What the manager's money page reads: every rupee that bought no ticket and is not back yet."""

from sqlalchemy import update

from bookingapp.booking import service
from bookingapp.db import db, transaction
from bookingapp.payments.loose import LooseMoney, money_without_ticket
from bookingapp.payments.models import Refund, RefundState
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess


def loose() -> list[LooseMoney]:
    """As a fresh page would read it."""
    db.session.rollback()
    return money_without_ticket()


def test_money_that_bought_a_ticket_is_not_loose(cinema: Cinema, sandbox: SandboxProcess) -> None:
    token = hold(cinema.showtime(), "C4")
    order = go_to_pay(token)
    service.settle(sandbox.pay(order, "failed").payment_id)
    service.settle(sandbox.pay(order).payment_id)
    assert loose() == []


def test_each_sum_says_whose_it_is_and_what_happened(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    show = cinema.showtime()
    double, wrong = hold(show, "A1", who="a"), hold(show, "A2", who="b")
    order = go_to_pay(double)
    for _ in range(2):
        service.settle(sandbox.pay(order).payment_id)
    service.settle(sandbox.pay(go_to_pay(wrong), amount=777).payment_id)

    found = loose()

    assert [(m.reason, m.amount, m.number, m.booking_state) for m in found] == [
        ("double", 12000, buyers.booking(double).number, "confirmed"),
        ("wrong_amount", 777, buyers.booking(wrong).number, "held"),
    ]
    assert {(m.email, m.currency, m.refund_state) for m in found} == {
        (buyers.EMAIL, "INR", RefundState.DUE)
    }


def test_late_money_is_loose_until_it_is_back(cinema: Cinema, sandbox: SandboxProcess) -> None:
    show = cinema.showtime()
    token = hold(show, "C4")
    paid = sandbox.pay(go_to_pay(token))
    buyers.expire(token)
    hold(show, "C4", who="ravi")
    service.settle(paid.payment_id)
    for state, count in (("pending", 1), ("failed", 1), ("processed", 0)):
        with transaction() as session:
            session.execute(update(Refund).values(state=RefundState(state)))
        assert len(loose()) == count, state
