"""Nobody comes back from the gateway: the reconciler asks, settles, and knows when to stop."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import update

from bookingapp import clock
from bookingapp.booking import reconcile, service
from bookingapp.db import transaction
from bookingapp.payments.models import OrderState, PaymentOrder, Refund
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

JOB_EVERY = timedelta(seconds=5)


def the_order() -> PaymentOrder:
    (order,) = buyers.rows(PaymentOrder)
    return order  # type: ignore[no-any-return]


def later(**span: float) -> time_machine.travel:
    return time_machine.travel(clock.now() + timedelta(**span), tick=True)


def rounds_for(span: timedelta) -> None:
    """The job's rounds, as the scheduler would run them, for a stretch of time."""
    now, until = clock.now(), clock.now() + span
    while now < until:
        now += JOB_EVERY
        with time_machine.travel(now, tick=True):
            reconcile.run()


@pytest.mark.parametrize("minutes", [0, 3, 11])
def test_a_browser_closed_after_paying_is_confirmed_within_a_minute(
    cinema: Cinema, sandbox: SandboxProcess, minutes: int
) -> None:
    token = hold(cinema.showtime(), "C4")
    order = go_to_pay(token)
    rounds_for(timedelta(minutes=minutes))
    assert buyers.state(token) == "held"
    sandbox.pay(order)
    with later(minutes=minutes):
        rounds_for(timedelta(minutes=1))
    assert buyers.state(token) == "confirmed"
    assert len(buyers.letters("booking_confirmation")) == 1


def test_what_is_not_due_is_not_asked(cinema: Cinema, sandbox: SandboxProcess) -> None:
    go_to_pay(hold(cinema.showtime(), "C4"))
    assert reconcile.run() == 0
    with later(seconds=25):
        assert reconcile.run() == 1
        assert reconcile.run() == 0


def test_each_attempt_at_an_order_is_settled(cinema: Cinema, sandbox: SandboxProcess) -> None:
    token = hold(cinema.showtime(), "C4")
    order = go_to_pay(token)
    for outcome in ("failed", "captured", "captured"):
        sandbox.pay(order, outcome)
    buyers.make_due()
    assert reconcile.run() == 1
    assert buyers.state(token) == "confirmed"
    assert [r.reason for r in buyers.rows(Refund)] == ["double"]


def test_a_late_second_payment_on_a_paid_order_is_found(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4")
    order = go_to_pay(token)
    service.settle(sandbox.pay(order).payment_id)
    second = sandbox.pay(order, "authorized")
    sandbox.capture(second.payment_id)
    with later(minutes=16):
        assert reconcile.run() == 1
    assert [r.reason for r in buyers.rows(Refund)] == ["double"]


def test_a_paid_order_is_left_alone_at_last(cinema: Cinema, sandbox: SandboxProcess) -> None:
    token = hold(cinema.showtime(clock.now() + timedelta(days=9)), "C4")
    service.settle(sandbox.pay(go_to_pay(token)).payment_id)
    for days in (1, 2, 3, 4):
        with later(days=days):
            reconcile.run()
    assert the_order().next_poll_at is None
    assert the_order().state is OrderState.PAID


def test_an_order_nobody_paid_is_dead_after_three_days(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(clock.now() + timedelta(days=9)), "C4")
    order = go_to_pay(token)
    buyers.expire(token)
    with later(days=2):
        reconcile.run()
    assert the_order().state is OrderState.OPEN
    with later(days=4):
        reconcile.run()
    assert (the_order().state, the_order().next_poll_at) == (OrderState.DEAD, None)
    # and should money come all the same, it is not lost
    with later(days=5):
        assert service.settle(sandbox.pay(order).payment_id).outcome == "confirmed"
    assert the_order().state is OrderState.PAID


def test_while_the_bank_thinks_it_is_asked_every_few_seconds(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4")
    paid = sandbox.pay(go_to_pay(token), "authorized")
    assert service.settle(paid.payment_id).outcome == "pending"
    with later(seconds=6):
        assert reconcile.run() == 1
    sandbox.capture(paid.payment_id)
    with later(seconds=12):
        assert reconcile.run() == 1
    assert buyers.state(token) == "confirmed"


@pytest.mark.settings(gateway_timeout_seconds=0.3)
@pytest.mark.parametrize("mode", ["hang", "500", "html500", "429", "not_json"])
def test_a_gateway_in_trouble_ends_the_round_and_no_turn_is_lost(
    cinema: Cinema, sandbox: SandboxProcess, mode: str
) -> None:
    show = cinema.showtime()
    tokens = [hold(show, seat, who=seat) for seat in ("A1", "A2", "A3")]
    for token in tokens:
        sandbox.pay(go_to_pay(token))
    buyers.make_due()
    sandbox.fault("/v1/orders", mode)
    assert reconcile.run() == 0
    sandbox.clear_faults()
    assert reconcile.run() == 2, "one was asked about in vain and keeps its place for a minute"
    with later(minutes=1.1):
        assert reconcile.run() == 1
    assert {buyers.state(token) for token in tokens} == {"confirmed"}


def test_an_order_the_gateway_does_not_know_holds_up_no_other(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    show = cinema.showtime()
    for seat in ("A1", "A2"):
        go_to_pay(hold(show, seat, who=seat))
    lost, good = buyers.rows(PaymentOrder)
    sandbox.pay(good.gateway_order_id)
    with transaction() as session:
        session.execute(
            update(PaymentOrder)
            .where(PaymentOrder.id == lost.id)
            .values(gateway_order_id="order_nobodyknows")
        )
    buyers.make_due()
    assert reconcile.run() == 2
    assert len(buyers.letters("booking_confirmation")) == 1


@pytest.mark.settings(gateway_timeout_seconds=0.4)
def test_an_order_whose_answer_was_lost_is_found_by_its_receipt(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4")
    sandbox.fault("/v1/orders", "timeout_after_work", times=1, method="POST")
    sandbox.fault("/v1/orders", "hang", times=1, method="GET")
    with pytest.raises(Exception, match="payment_slow"):
        service.start_payment(token)
    assert the_order().gateway_order_id is None
    buyers.make_due()
    assert reconcile.run() == 1
    assert the_order().gateway_order_id is not None


def test_return_and_reconciler_at_once_confirm_once(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4")
    paid = sandbox.pay(go_to_pay(token))
    buyers.make_due()

    def come_back() -> object:
        return app.test_client().post("/b/return", data=paid.fields).location

    results = buyers.together(app, [come_back, come_back, reconcile.run, reconcile.run])
    assert results[:2] == [f"/b/{token}"] * 2
    assert sorted(map(str, results[2:])) == ["0", "1"]
    assert buyers.counts() == {
        "orders": 1, "payments": 1, "refunds": 0, "tickets": 1, "codes": 1, "letters": 1,
    }  # fmt: skip


def test_two_reconcilers_never_ask_about_the_same_order(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    show = cinema.showtime()
    seats = [f"{row}{n}" for row in "AB" for n in (1, 2, 3, 4)]
    for seat in seats:
        sandbox.pay(go_to_pay(hold(show, seat, who=seat, email=f"{seat}@example.com")))
    buyers.make_due()
    results = buyers.together(app, [reconcile.run] * 4)
    assert sum(map(int, map(str, results))) == len(seats)
    assert all(order.polls == 0 for order in buyers.rows(PaymentOrder)), "counted anew when paid"
    assert buyers.counts()["letters"] == len(seats)
