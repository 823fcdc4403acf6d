"""No events: by choice, or because they stopped coming. The money is found all the same."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import update

from bookingapp import clock
from bookingapp.booking import reconcile, service
from bookingapp.db import transaction
from bookingapp.payments.models import Payment
from tests.booking import buyers, events
from tests.booking.buyers import go_to_pay, hold
from tests.booking.events import captured
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess


@pytest.fixture
def token(cinema: Cinema, sandbox: SandboxProcess) -> str:
    """A booking held, with an address."""
    return hold(cinema.showtime(), "C4", "C5")


def doctor(app: Flask) -> str:
    """What `flask doctor` says of webhooks."""
    output: str = app.test_cli_runner().invoke(args=["doctor"]).output
    return next(line for line in output.splitlines() if " webhooks" in line)


def test_without_a_secret_nothing_is_believed_and_the_reconciler_finds_the_money(
    app: Flask, token: str, sandbox: SandboxProcess
) -> None:
    delivery = captured(sandbox, sandbox.pay(go_to_pay(token)).payment_id)
    for signature in (None, "", events.sign(delivery.body, "")):
        assert delivery.but(signature=signature).to(app).status_code == 404
    assert buyers.state(token) == "held"
    buyers.make_due()
    reconcile.run()
    assert buyers.state(token) == "confirmed"


def test_the_doctor_names_the_missing_secret_but_does_not_call_it_bad(
    app: Flask, sandbox: SandboxProcess
) -> None:
    said = doctor(app)
    assert said.startswith("ok")
    assert "RAZORPAY_WEBHOOK_SECRET is not set" in said


@pytest.mark.settings(razorpay_webhook_secret=events.SECRET)
def test_the_doctor_says_when_events_have_stopped_coming(
    app: Flask, token: str, sandbox: SandboxProcess
) -> None:
    paid = sandbox.pay(go_to_pay(token))
    service.settle(paid.payment_id)
    assert doctor(app).startswith("ok"), "it may still come"
    with time_machine.travel(clock.now() + timedelta(hours=2), tick=True):
        assert "BAD webhooks" in doctor(app)
        assert "http://cinema.test/webhooks/razorpay" in doctor(app)
        captured(sandbox, paid.payment_id).to(app)
        captured(sandbox, sandbox.pay(sandbox.order()["id"]).payment_id).to(app)
        said = doctor(app)
    assert said.startswith("ok")
    assert "1 of orders that are not ours" in said


@pytest.mark.settings(razorpay_webhook_secret=events.SECRET)
def test_nobody_waits_for_an_event_of_what_was_paid_at_the_counter(
    app: Flask, token: str, sandbox: SandboxProcess
) -> None:
    service.settle(sandbox.pay(go_to_pay(token)).payment_id)
    with transaction() as session:
        session.execute(update(Payment).values(method="cash"))
    with time_machine.travel(clock.now() + timedelta(hours=2), tick=True):
        assert doctor(app).startswith("ok")
