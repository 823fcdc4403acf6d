"""Money goes back by itself, once, and its owner is told; whatever the gateway does meanwhile."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from bookingapp import clock
from bookingapp.accounts.models import Role, User
from bookingapp.booking import refund_job, service
from bookingapp.booking.models import BookingSeat
from bookingapp.db import in_transaction, transaction
from bookingapp.payments import gateway, refunds
from bookingapp.payments.answers import GatewayRefund
from bookingapp.payments.loose import money_without_ticket
from bookingapp.payments.models import Payment, Refund, RefundLine
from bookingapp.payments.refund_rules import RefundTooHigh
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.factories import Cinema
from tests.sandbox_process import Paid, SandboxProcess


@pytest.fixture
def double(cinema: Cinema, sandbox: SandboxProcess) -> Paid:
    """The second payment of a booking that has its ticket: 360 rupees nobody asked for."""
    token = hold(cinema.showtime(), "C4", "C5")
    order = go_to_pay(token)
    service.settle(sandbox.pay(order).payment_id)
    paid = sandbox.pay(order)
    service.settle(paid.payment_id)
    return paid


def states() -> list[str]:
    return [refund.state.value for refund in buyers.rows(Refund)]


def told(kind: str = "payment_refund") -> list[tuple[str, int]]:
    """The letters about it: on its way or done, and the sum."""
    return [
        ("done" if row.payload["done"] else "due", row.payload["amount"])
        for row in buyers.letters(kind)
    ]


def at_gateway(sandbox: SandboxProcess, paid: Paid) -> list[dict[str, Any]]:
    """Refunds of this payment there, oldest first."""
    return [r for r in sandbox.state()["refunds"] if r["payment_id"] == paid.payment_id]


def later(**span: float) -> time_machine.travel:
    return time_machine.travel(clock.now() + timedelta(**span), tick=True)


def test_money_that_bought_nothing_goes_back_and_its_owner_hears_of_it_twice(
    double: Paid, sandbox: SandboxProcess
) -> None:
    assert (states(), told()) == (["due"], [("due", 36000)])
    assert refund_job.run() == 1
    (refund,) = buyers.rows(Refund)
    (there,) = at_gateway(sandbox, double)
    assert (refund.state.value, refund.gateway_refund_id) == ("processed", there["id"])
    assert (there["amount"], there["receipt"]) == (36000, refund.idempotency_key)
    assert refund.processed_at is not None
    assert told() == [("due", 36000), ("done", 36000)]
    assert refund_job.run() == 0
    states_of_payments = [payment.state.value for payment in buyers.rows(Payment)]
    assert states_of_payments == ["captured", "refunded"]


def test_no_transaction_is_open_while_the_gateway_is_asked(
    double: Paid, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    real = gateway.Gateway.refund

    def watched(self: gateway.Gateway, *args: Any, **values: Any) -> Any:
        seen.append(in_transaction())
        return real(self, *args, **values)

    monkeypatch.setattr(gateway.Gateway, "refund", watched)
    refund_job.run()
    assert seen == [False]


@pytest.mark.settings(gateway_timeout_seconds=0.3)
@pytest.mark.parametrize(
    "mode", ["hang", "500", "502", "html500", "not_json", "429", "409", "timeout_after_work", "500_after_work"]
)  # fmt: skip
def test_whatever_the_gateway_answers_the_money_goes_back_once(
    double: Paid, sandbox: SandboxProcess, mode: str
) -> None:
    sandbox.fault("/v1/payments", mode, times=1, method="POST")
    refund_job.run()
    (refund,) = buyers.rows(Refund)
    assert refund.state.value == "due"
    assert refund.last_error
    assert refund_job.run() == 0, "not before its time"
    with later(minutes=2):
        assert refund_job.run() == 1
    assert states() == ["processed"]
    assert len(at_gateway(sandbox, double)) == 1
    assert told() == [("due", 36000), ("done", 36000)]


def test_a_refund_of_another_sum_is_asked_about_less_and_less_and_says_why(
    double: Paid, monkeypatch: pytest.MonkeyPatch
) -> None:
    def less(_: gateway.Gateway, payment_id: str, **asked: Any) -> GatewayRefund:
        return GatewayRefund("rfnd_Less", payment_id, 100, "INR", "processed", asked["key"])

    monkeypatch.setattr(gateway.Gateway, "refund", less)
    monkeypatch.setattr(gateway.Gateway, "refunds_of", lambda *_: [])
    asked = [_asked_within(minutes=n) for n in (0, 1, 2, 5, 8, 20, 21)]
    assert asked == [1, 1, 0, 1, 0, 1, 0]
    (money,) = money_without_ticket()
    assert (money.refund_state, money.last_error) == (
        "due",
        "the gateway gives back ₹1.00 under rfnd_Less",
    )


def _asked_within(**span: float) -> int:
    with later(**span):
        return refund_job.run()


def test_a_pending_refund_is_looked_at_until_the_bank_has_spoken(
    double: Paid, sandbox: SandboxProcess
) -> None:
    sandbox.refunds_go("pending")
    refund_job.run()
    assert (states(), told()) == (["pending"], [("due", 36000)])
    with later(minutes=6):
        refund_job.run()
        assert states() == ["pending"]
    sandbox.finish_refund(at_gateway(sandbox, double)[0]["id"])
    with later(hours=1):
        refund_job.run()
    assert (states(), told()[-1]) == (["processed"], ("done", 36000))
    assert len(at_gateway(sandbox, double)) == 1


def test_a_failed_refund_is_tried_anew_under_its_own_key_and_then_left_to_a_person(
    double: Paid, sandbox: SandboxProcess
) -> None:
    sandbox.refunds_go("failed")
    refund_job.run()
    assert states() == ["failed"]
    for hours, tries in ((2, 2), (9, 3), (34, 4), (300, 4)):
        with later(hours=hours):
            refund_job.run()
            assert states() == ["failed"] * tries
    keys = [refund.idempotency_key for refund in buyers.rows(Refund)]
    assert keys == [keys[0], *(f"{keys[0]}-r{n}" for n in (2, 3, 4))]
    assert len(at_gateway(sandbox, double)) == 4
    sandbox.refunds_go("processed")
    last = buyers.rows(Refund)[-1]
    service.try_refund_again(last.id, actor_id=someone())
    with later(hours=301):
        refund_job.run()
    assert states() == ["failed"] * 4 + ["processed"]
    assert told() == [("due", 36000), ("done", 36000)]


def someone() -> int:
    """A member of staff."""
    with transaction() as session:
        user = User(email="desk@cinema.test", name="Desk", role=Role.MANAGER, password_hash="x",
                    created_at=clock.now())  # fmt: skip
        session.add(user)
        session.flush()
        return user.id


def test_what_was_given_back_in_the_gateways_own_office_is_not_given_twice(
    double: Paid, sandbox: SandboxProcess
) -> None:
    sandbox.client().payment.refund(double.payment_id, {"amount": 36000}, timeout=10)
    refund_job.run()
    assert states() == ["processed"]
    assert len(at_gateway(sandbox, double)) == 1
    assert told()[-1] == ("done", 36000)


def test_two_jobs_at_once_ask_once(app: Flask, double: Paid, sandbox: SandboxProcess) -> None:
    results = buyers.together(app, [refund_job.run] * 4)
    assert sorted(map(str, results)) == ["0", "0", "0", "1"]
    assert len(at_gateway(sandbox, double)) == 1


def give(paid: Paid, amount: int, **values: Any) -> Refund:
    """Owe part of a payment, as a cancellation does."""
    with transaction() as session:
        payment = session.scalars(
            select(Payment).where(Payment.gateway_payment_id == paid.payment_id)
        ).one()
        return refunds.owe_refund(session, payment, amount, "customer", clock.now(), **values)


@pytest.fixture
def bought(cinema: Cinema, sandbox: SandboxProcess) -> Paid:
    """A ticket's payment of 360 rupees, with nothing owed back yet."""
    token = hold(cinema.showtime(), "C4", "C5")
    paid = sandbox.pay(go_to_pay(token))
    service.settle(paid.payment_id)
    return paid


def test_a_payment_goes_back_in_parts_and_never_beyond_itself(
    bought: Paid, sandbox: SandboxProcess
) -> None:
    give(bought, 10000)
    give(bought, 20000)
    with pytest.raises(RefundTooHigh) as refused:
        give(bought, 6001)
    assert refused.value.values == {"left": 6000, "currency": "INR"}
    give(bought, 6000)
    assert refund_job.run() == 3
    assert sorted(r["amount"] for r in at_gateway(sandbox, bought)) == [6000, 10000, 20000]
    assert [p.state.value for p in buyers.rows(Payment)] == ["refunded"]


@pytest.mark.settings(gateway_timeout_seconds=0.3)
@pytest.mark.parametrize("mode", ["timeout_after_work", "500_after_work"])
def test_part_of_a_payment_whose_answer_was_lost_is_not_given_back_twice(
    bought: Paid, sandbox: SandboxProcess, mode: str
) -> None:
    """The gateway would give back as much again: nothing but our look and our key prevents it."""
    give(bought, 10000)
    sandbox.fault("/v1/payments", mode, times=1, method="POST")
    refund_job.run()
    with later(minutes=2):
        assert refund_job.run() == 1
    assert [r["amount"] for r in at_gateway(sandbox, bought)] == [10000]
    assert states() == ["processed"]


def test_one_key_is_one_refund_even_if_nobody_looks(bought: Paid, sandbox: SandboxProcess) -> None:
    asked = {"amount": 10000, "key": f"cancel-2-{bought.payment_id}", "notes": {"reason": "x"}}
    made = [gateway.connect().refund(bought.payment_id, **asked).id for _ in range(3)]  # type: ignore[arg-type]
    assert len(set(made)) == len(at_gateway(sandbox, bought)) == 1


def test_the_same_purpose_is_owed_once(bought: Paid) -> None:
    first = give(bought, 10000, purpose="cancel-2")
    assert give(bought, 10000, purpose="cancel-2").id == first.id
    assert len(buyers.rows(Refund)) == 1


def test_a_refund_says_which_seats_it_is_for_and_a_new_try_says_it_too(
    bought: Paid, sandbox: SandboxProcess
) -> None:
    first, second = (claim.id for claim in buyers.rows(BookingSeat))
    give(bought, 30000, lines={first: 18000, second: 12000})
    with pytest.raises(ValueError, match="more than the whole"):
        give(bought, 100, lines={first: 101})
    sandbox.refunds_go("failed")
    refund_job.run()
    with later(hours=2):
        refund_job.run()
    parts = [(line.booking_seat_id, line.amount) for line in buyers.rows(RefundLine)]
    assert parts == [(first, 18000), (second, 12000)] * 2


def test_owing_at_once_never_owes_more_than_was_captured(app: Flask, bought: Paid) -> None:
    results = buyers.together(app, [lambda: give(bought, 10000)] * 6)
    assert sum(isinstance(result, RefundTooHigh) for result in results) == 3
    assert [refund.amount for refund in buyers.rows(Refund)] == [10000] * 3


def test_the_booking_page_counts_the_money_once_however_often_it_was_tried(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    show = cinema.showtime()
    token = hold(show, "C4")
    paid = sandbox.pay(go_to_pay(token))
    buyers.expire(token)
    hold(show, "C4", who="ravi")
    service.settle(paid.payment_id)
    sandbox.refunds_go("failed")
    refund_job.run()
    with later(hours=2):
        refund_job.run()
    assert states() == ["failed", "failed"]
    assert "All ₹180.00 is on its way back" in app.test_client().get(f"/b/{token}").text
