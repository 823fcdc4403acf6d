"""Money given back in the gateway's own office pays what the house owes: never twice, never too little."""

from typing import Any

import pytest

from bookingapp.booking import books, refund_job, service
from bookingapp.booking.models import BookingSeat
from bookingapp.db import db
from bookingapp.payments.models import Refund, RefundLine
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.booking.test_refund import give
from tests.factories import Cinema
from tests.sandbox_process import Paid, SandboxProcess


@pytest.fixture
def double(cinema: Cinema, sandbox: SandboxProcess) -> Paid:
    """A second payment of 360 rupees, owed back and not asked for yet."""
    order = go_to_pay(hold(cinema.showtime(), "C4", "C5"))
    service.settle(sandbox.pay(order).payment_id)
    paid = sandbox.pay(order)
    service.settle(paid.payment_id)
    return paid


def past_the_house(sandbox: SandboxProcess, paid: Paid, amount: int) -> None:
    """Somebody gives money back there, and the house comes to know of it."""
    sandbox.client().payment.refund(paid.payment_id, {"amount": amount}, timeout=10)
    service.look_up(paid.payment_id)


def rows() -> list[tuple[str, int, str]]:
    return [(r.reason, r.amount, r.state.value) for r in buyers.rows(Refund)]


def back_there(sandbox: SandboxProcess, paid: Paid) -> int:
    return sum(
        r["amount"] for r in sandbox.state()["refunds"] if r["payment_id"] == paid.payment_id
    )


def balance() -> Any:
    db.session.rollback()
    found = books.read(db.session())
    assert found.balance, found.gaps
    return found.sums["INR"]


def test_a_part_given_back_there_leaves_the_rest_owed(
    double: Paid, sandbox: SandboxProcess
) -> None:
    past_the_house(sandbox, double, 5000)
    assert rows() == [
        ("double", 36000, "failed"), ("elsewhere", 5000, "processed"), ("double", 31000, "due"),
    ]  # fmt: skip
    assert balance().owed == 31000
    refund_job.run()
    assert back_there(sandbox, double) == 36000
    assert (balance().owed, balance().back) == (0, 36000)


def test_the_same_sum_given_back_there_pays_the_debt(double: Paid, sandbox: SandboxProcess) -> None:
    past_the_house(sandbox, double, 36000)
    assert rows() == [("double", 36000, "processed")]
    assert refund_job.run() == 0


def test_a_debt_the_bank_refused_is_paid_there_instead(
    double: Paid, sandbox: SandboxProcess
) -> None:
    sandbox.refunds_go("failed")
    refund_job.run()
    sandbox.refunds_go("processed")
    past_the_house(sandbox, double, 36000)
    assert rows() == [("double", 36000, "failed"), ("elsewhere", 36000, "processed")]
    buyers.make_refunds_due()
    assert refund_job.run() == 0
    assert balance().back == 36000


def test_what_the_gateway_may_have_of_ours_is_not_given_up(
    double: Paid, sandbox: SandboxProcess
) -> None:
    sandbox.fault("/v1/payments", "timeout_after_work", seconds=0, times=1, method="POST")
    refund_job.run()
    service.look_up(double.payment_id)
    assert rows() == [("double", 36000, "processed")]


def test_the_seats_parts_are_divided_between_what_is_back_and_the_rest(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    paid = sandbox.pay(go_to_pay(hold(cinema.showtime(), "C4", "C5")))
    service.settle(paid.payment_id)
    first, second = (claim.id for claim in buyers.rows(BookingSeat))
    give(paid, 36000, lines={first: 18000, second: 18000})
    past_the_house(sandbox, paid, 20000)
    parts = [(line.booking_seat_id, line.amount) for line in buyers.rows(RefundLine)]
    owed, back, rest = parts[:2], parts[2:4], parts[4:]
    assert owed == [(first, 18000), (second, 18000)]
    assert back == [(first, 2000), (second, 18000)]
    assert rest == [(first, 16000)]
    refund_job.run()
    assert back_there(sandbox, paid) == 36000


def test_more_than_is_left_is_not_believed(double: Paid, sandbox: SandboxProcess) -> None:
    past_the_house(sandbox, double, 36000)
    service.look_up(double.payment_id)
    assert [row[1] for row in rows()] == [36000]
