"""The last word about a refund comes as an event: once, twice, early, of a refund we never asked for."""

from collections.abc import Callable
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from flask import Flask

from bookingapp.booking import refund_job, service
from bookingapp.payments import gateway
from bookingapp.payments.models import Payment, Refund, WebhookEvent
from tests.booking import buyers, events
from tests.booking.buyers import go_to_pay, hold
from tests.booking.events import Delivery, captured, event
from tests.factories import Cinema
from tests.sandbox_process import Paid, SandboxProcess

pytestmark = pytest.mark.settings(razorpay_webhook_secret=events.SECRET)


@pytest.fixture
def double(cinema: Cinema, sandbox: SandboxProcess) -> Paid:
    """A second payment of 360 rupees, owed back."""
    token = hold(cinema.showtime(), "C4", "C5")
    order = go_to_pay(token)
    service.settle(sandbox.pay(order).payment_id)
    paid = sandbox.pay(order)
    service.settle(paid.payment_id)
    return paid


def refund_at(sandbox: SandboxProcess, paid: Paid) -> dict[str, Any]:
    (found,) = [r for r in sandbox.state()["refunds"] if r["payment_id"] == paid.payment_id]
    return found  # type: ignore[no-any-return]


def finished(sandbox: SandboxProcess, paid: Paid, status: str) -> Delivery:
    """The bank's word about a refund, as an event."""
    made = refund_at(sandbox, paid)
    return event(
        f"refund.{status}",
        refund={**made, "status": status},
        payment=events.payment(sandbox, paid.payment_id),
    )


def states() -> list[str]:
    return [refund.state.value for refund in buyers.rows(Refund)]


def done_letters() -> int:
    return sum(row.payload["done"] for row in buyers.letters("payment_refund"))


@pytest.mark.parametrize(("status", "letters"), [("processed", 1), ("failed", 0)])
def test_an_event_ends_a_pending_refund(
    app: Flask, double: Paid, sandbox: SandboxProcess, status: str, letters: int
) -> None:
    sandbox.refunds_go("pending")
    refund_job.run()
    told = finished(sandbox, double, status)
    assert [told.to(app).text for _ in range(2)] == ["taken\n", "known\n"]
    assert told.but(event_id="evt_once_more").to(app).status_code == 200
    assert (states(), done_letters()) == ([status], letters)


def test_the_event_may_come_before_the_answer(
    app: Flask, double: Paid, sandbox: SandboxProcess
) -> None:
    key = buyers.rows(Refund)[0].idempotency_key
    sandbox.client().payment.refund(
        double.payment_id, {"amount": 36000, "speed": "normal", "receipt": key, "notes": {"reason": "double"}},
        headers={"X-Refund-Idempotency": key}, timeout=10,
    )  # fmt: skip
    finished(sandbox, double, "processed").to(app)
    assert (states(), done_letters()) == (["processed"], 1)
    assert refund_job.run() == 0


def test_a_refund_from_the_gateways_own_office_enters_the_books_and_its_owner_is_told(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4", "C5")
    paid = sandbox.pay(go_to_pay(token))
    service.settle(paid.payment_id)
    sandbox.client().payment.refund(paid.payment_id, {"amount": 5000}, timeout=10)
    finished(sandbox, paid, "processed").to(app)
    (refund,) = buyers.rows(Refund)
    assert (refund.state.value, refund.amount, refund.reason) == ("processed", 5000, "elsewhere")
    assert done_letters() == 1
    assert buyers.state(token) == "confirmed"


def test_events_of_money_and_of_its_refund_may_come_in_any_order(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    show = cinema.showtime()
    for number, order in enumerate(permutations(range(3)), 1):
        token = hold(show, f"A{number}", who=str(number), email=f"guest{number}@example.com")
        paid = sandbox.pay(go_to_pay(token))
        money = captured(sandbox, paid.payment_id)
        late = {**events.payment(sandbox, paid.payment_id)}
        service.release(token)
        sandbox.client().payment.refund(paid.payment_id, {"amount": 12000}, timeout=10)
        told = [
            money,
            event("payment.authorized", payment={**late, "status": "authorized"}),
            finished(sandbox, paid, "processed"),
        ]
        for place in order:
            assert told[place].to(app).status_code == 200
    assert states() == ["processed"] * 6
    assert refund_job.run() == 0
    assert {payment.state.value for payment in buyers.rows(Payment)} == {"refunded"}


def test_an_event_of_another_sum_moves_nothing(
    app: Flask, double: Paid, sandbox: SandboxProcess
) -> None:
    sandbox.refunds_go("pending")
    refund_job.run()
    made = {**refund_at(sandbox, double), "status": "processed", "amount": 100}
    assert event("refund.processed", refund=made).to(app).status_code == 200
    assert states() == ["pending"]
    assert "gives back ₹1.00 under rfnd_" in buyers.rows(Refund)[0].last_error
    # the gateway itself, once asked, names the right one
    buyers.make_refunds_due()
    refund_job.run()
    assert buyers.rows(Refund)[0].last_error == ""


def test_a_refund_of_somebody_elses_payment_is_counted_and_left(
    app: Flask, double: Paid, sandbox: SandboxProcess
) -> None:
    other = sandbox.pay(sandbox.order()["id"])
    sandbox.client().payment.refund(other.payment_id, {}, timeout=10)
    finished(sandbox, other, "processed").to(app)
    assert states() == ["due"]
    assert buyers.rows(WebhookEvent)[-1].outcome.value == "not_ours"


def test_event_and_job_at_once_tell_the_owner_once(
    app: Flask, double: Paid, sandbox: SandboxProcess
) -> None:
    sandbox.refunds_go("pending")
    refund_job.run()
    told = finished(sandbox, double, "processed")
    made = refund_at(sandbox, double)["id"]
    sandbox.finish_refund(made)
    fact = gateway.connect().refund_made(made)
    copies = [told.but(event_id=f"evt_copy_{n}") for n in range(6)]
    deeds: list[Callable[[], object]] = [partial(Delivery.to, copy, app) for copy in copies]
    deeds += [partial(service.settle_refund, fact)] * 3
    answers = buyers.together(app, deeds)[:6]
    assert [answer.status_code for answer in answers] == [200] * 6  # type: ignore[attr-defined]
    assert (states(), done_letters()) == (["processed"], 1)
