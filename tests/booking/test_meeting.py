"""Deeds that meet in the worst order: none ends in an error."""

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from bookingapp.booking import refund_job, service
from bookingapp.payments import refunds
from bookingapp.payments.models import Refund
from tests.booking import buyers, events
from tests.booking.buyers import go_to_pay, hold
from tests.booking.events import event
from tests.booking.meeting import meet
from tests.factories import Cinema
from tests.sandbox_process import Paid, SandboxProcess

pytestmark = pytest.mark.settings(razorpay_webhook_secret=events.SECRET)
# SQLite lets one writer in at a time, so nobody waits for anybody there
ON_POSTGRESQL = pytest.mark.engine("postgresql")


@pytest.fixture
def double(cinema: Cinema, sandbox: SandboxProcess) -> Paid:
    """A second payment of 360 rupees, owed back."""
    paying = go_to_pay(hold(cinema.showtime(), "C4", "C5"))
    service.settle(sandbox.pay(paying).payment_id)
    paid = sandbox.pay(paying)
    service.settle(paid.payment_id)
    return paid


def answers(*came_to: object) -> list[object]:
    return [a.status_code if isinstance(a, TestResponse) else a for a in came_to]


@ON_POSTGRESQL
def test_an_event_about_a_failed_refund_meets_the_job_that_tries_it_again(
    app: Flask, double: Paid, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.refunds_go("failed")
    refund_job.run()
    buyers.make_refunds_due()
    (made,) = sandbox.state()["refunds"]
    told = event("refund.failed", refund=made, payment=events.payment(sandbox, double.payment_id))
    due, answer = meet(
        app, monkeypatch, (refunds, "_follow"), service.claim_refund, lambda: told.to(app)
    )
    assert answers(answer) == [200]
    assert isinstance(due, refunds.Due)
    assert [row.state.value for row in buyers.rows(Refund)] == ["failed", "due"]
