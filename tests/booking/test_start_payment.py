"""Going to pay: one order for one basket, a hold long enough, and a gateway that may be slow."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import update

from bookingapp import clock
from bookingapp.booking import service
from bookingapp.booking.rules import AlreadyPaid, HoldOver, NowhereToSend
from bookingapp.catalogue.models import Price
from bookingapp.db import transaction
from bookingapp.errors import NotFound
from bookingapp.payments.models import PaymentOrder
from bookingapp.payments.rules import GatewayDown, PaymentSlow
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

QUICK = pytest.mark.settings(gateway_timeout_seconds=0.4)


def at_gateway(sandbox: SandboxProcess, receipt: str) -> list[str]:
    """Orders the gateway made under this receipt."""
    return [o["id"] for o in sandbox.state()["orders"] if o["receipt"] == receipt]


def the_order() -> PaymentOrder:
    (order,) = buyers.rows(PaymentOrder)
    return order  # type: ignore[no-any-return]


def test_the_order_says_what_the_booking_costs(cinema: Cinema, sandbox: SandboxProcess) -> None:
    token = hold(cinema.showtime(booking_fee=500), "C4", "C5")
    page = service.start_payment(token)
    order, booking = the_order(), buyers.booking(token)
    assert (page.amount, page.currency, page.number) == (36500, "INR", booking.number)
    assert (order.amount, order.seats, order.revision) == (36500, ["C4", "C5"], 1)
    assert order.receipt == f"{booking.number}-1"
    made = sandbox.client().order.fetch(page.gateway_order_id, {}, timeout=10)
    assert (made["amount"], made["receipt"]) == (36500, order.receipt)
    assert made["notes"] == {"booking": booking.number}


def test_pressing_twice_is_one_order_and_stretches_the_hold_once(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4")
    first = go_to_pay(token)
    until = buyers.booking(token).hold_expires_at
    with time_machine.travel(clock.now() + timedelta(minutes=5), tick=True):
        assert go_to_pay(token) == first
    assert buyers.booking(token).hold_expires_at == until
    assert len(buyers.rows(PaymentOrder)) == 1


def test_going_to_pay_gives_thirteen_more_minutes(cinema: Cinema, sandbox: SandboxProcess) -> None:
    token = hold(cinema.showtime(), "C4")
    with time_machine.travel(clock.now() + timedelta(minutes=10), tick=False):
        go_to_pay(token)
        booking = buyers.booking(token)
        assert booking.hold_expires_at == clock.now() + timedelta(minutes=13)
        assert booking.extended_at == clock.now()


def test_a_changed_basket_is_a_new_order_and_stretches_again_but_not_beyond_thirty_minutes(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    taken = clock.now()
    token = hold(cinema.showtime(), "C4")
    with time_machine.travel(taken + timedelta(minutes=10), tick=True):
        first = go_to_pay(token)
    with time_machine.travel(taken + timedelta(minutes=20), tick=True):
        child = {"C4": cinema.ticket_type("Child")}
        service.set_details(token, email=buyers.EMAIL, name="", phone="", types=child)
        assert go_to_pay(token) != first
    booking = buyers.booking(token)
    assert booking.hold_expires_at == booking.created_at + timedelta(minutes=30)
    assert [o.receipt[-2:] for o in buyers.rows(PaymentOrder)] == ["-1", "-2"]


def test_back_to_the_first_basket_is_the_first_order_again(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4")
    first = go_to_pay(token)
    for kind in ("Child", "Adult"):
        types = {"C4": cinema.ticket_type(kind)}
        service.set_details(token, email=buyers.EMAIL, name="", phone="", types=types)
    assert go_to_pay(token) == first


def test_what_costs_nothing_is_confirmed_without_a_gateway(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    show = cinema.showtime()
    with transaction() as session:
        session.execute(update(Price).values(amount=0))
    token = hold(show, "C4")
    page = service.start_payment(token)
    assert (page.amount, page.gateway_order_id) == (0, None)
    assert buyers.state(token) == "confirmed"
    assert buyers.counts() == {
        "orders": 0, "payments": 0, "refunds": 0, "tickets": 1, "codes": 1, "letters": 1,
    }  # fmt: skip
    with pytest.raises(AlreadyPaid):
        service.start_payment(token)


def test_nobody_pays_for_what_is_not_held(cinema: Cinema, sandbox: SandboxProcess) -> None:
    show = cinema.showtime()
    lapsed, released = hold(show, "C4", who="a"), hold(show, "C5", who="b")
    buyers.let_lapse(lapsed)
    service.release(released)
    for token in (lapsed, released):
        with pytest.raises(HoldOver):
            service.start_payment(token)
    for unknown in ("x" * 32, "", "\x00", "é"):
        with pytest.raises(NotFound):
            service.start_payment(unknown)
    assert buyers.rows(PaymentOrder) == []


def test_nobody_pays_before_saying_where_the_ticket_goes(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    held = service.hold_seats(cinema.showtime(), ["C4"], buyer_key="a", client_key="a", locale="en")
    with pytest.raises(NowhereToSend):
        service.start_payment(held.token)


@QUICK
@pytest.mark.parametrize("mode", ["timeout_after_work", "500_after_work"])
def test_an_order_whose_answer_was_lost_is_found_again(
    cinema: Cinema, sandbox: SandboxProcess, mode: str
) -> None:
    token = hold(cinema.showtime(), "C4")
    sandbox.fault("/v1/orders", mode, times=1, method="POST")
    page = service.start_payment(token)
    assert at_gateway(sandbox, the_order().receipt) == [page.gateway_order_id]


@QUICK
def test_a_press_after_a_time_out_goes_on_with_the_same_order(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4")
    sandbox.fault("/v1/orders", "timeout_after_work", times=1, method="POST")
    sandbox.fault("/v1/orders", "hang", times=1, method="GET")
    with pytest.raises(PaymentSlow):
        service.start_payment(token)
    assert buyers.state(token) == "held"
    page = service.start_payment(token)
    assert at_gateway(sandbox, the_order().receipt) == [page.gateway_order_id]
    assert the_order().gateway_order_id == page.gateway_order_id


@QUICK
@pytest.mark.parametrize(
    ("mode", "refusal"),
    [
        ("hang", PaymentSlow), ("500", PaymentSlow), ("html500", PaymentSlow),
        ("429", PaymentSlow), ("not_json", PaymentSlow), ("409", GatewayDown),
    ],
)  # fmt: skip
def test_a_gateway_in_trouble_is_a_kind_no_and_the_seats_are_kept(
    cinema: Cinema, sandbox: SandboxProcess, mode: str, refusal: type[Exception]
) -> None:
    token = hold(cinema.showtime(), "C4")
    sandbox.fault("/v1/orders", mode)
    with pytest.raises(refusal):
        service.start_payment(token)
    assert buyers.state(token) == "held"
    sandbox.clear_faults()
    assert go_to_pay(token)
    assert len(buyers.rows(PaymentOrder)) == 1


@pytest.mark.settings(
    payment_gateway="razorpay", razorpay_key_id="k", razorpay_key_secret="s",
    razorpay_base_url="http://127.0.0.1:9",
)  # fmt: skip
def test_a_gateway_that_is_not_there_is_a_kind_no(cinema: Cinema) -> None:
    with pytest.raises(GatewayDown):
        service.start_payment(hold(cinema.showtime(), "C4"))


def test_ten_presses_at_once_are_one_order_of_ours(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4")
    results = buyers.together(app, [lambda: service.start_payment(token).gateway_order_id] * 6)
    assert len(buyers.rows(PaymentOrder)) == 1
    assert set(results) == {the_order().gateway_order_id}
