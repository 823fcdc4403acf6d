"""An order the gateway refuses: said as it is, over at once, and nobody is told to wait for it."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import update

from bookingapp import clock, money
from bookingapp.booking import reconcile
from bookingapp.catalogue.models import Price
from bookingapp.db import transaction
from bookingapp.payments.models import OrderState, PaymentOrder
from bookingapp.sandbox import validate
from tests.booking import buyers
from tests.booking.guests import Guest, guest
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

SAID = "The payment service does not take this order"


@pytest.fixture
def asha(app: Flask, cinema: Cinema, sandbox: SandboxProcess) -> Guest:
    """At the checkout with a seat that somebody priced at half a rupee, past the office."""
    show = cinema.showtime()
    with transaction() as session:
        session.execute(update(Price).values(amount=50))
    person = guest(app)
    person.hold(show, "C3")
    return person


def test_pressing_pay_says_so_and_keeps_what_was_typed(asha: Guest) -> None:
    refused = asha.pays(name="Asha Menon")
    assert refused.status_code == 409
    assert SAID in refused.text
    assert 'value="Asha Menon"' in refused.text
    assert buyers.state(asha.token) == "held"


def test_pay_pressed_elsewhere_leads_back_and_says_so(asha: Guest) -> None:
    asha.press("update", email="asha@example.com")
    assert asha.client.post(f"/b/{asha.token}/pay").location == asha.checkout
    assert SAID in asha.see()


def test_the_page_that_tries_by_itself_stops_and_says_so(asha: Guest) -> None:
    """It was slow at the press, and refused when it was asked again."""
    asha.pays()
    with transaction() as session:
        waits = {"state": OrderState.OPEN, "next_poll_at": clock.now()}
        session.execute(update(PaymentOrder).values(**waits))
    assert asha.client.get(f"/b/{asha.token}/trying?n=1").location == asha.checkout
    assert SAID in asha.see()


def test_it_is_over_nobody_asks_for_it_again_or_writes_of_an_outage(asha: Guest) -> None:
    asha.pays()
    (order,) = buyers.rows(PaymentOrder)
    assert (order.state.value, order.next_poll_at) == ("dead", None)
    with time_machine.travel(clock.now() + timedelta(minutes=5), tick=True):
        assert reconcile.run() == 0
    assert buyers.letters("payment_failed") == []


@pytest.mark.engine("sqlite")  # two numbers
def test_the_sandbox_refuses_what_we_know_to_be_too_small() -> None:
    assert money.LEAST == validate.MINIMUM
