"""Deeds that meet in the worst order: none ends in an error, and no limit is passed."""

from functools import partial

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from bookingapp.booking import order, refund_job, service, settle
from bookingapp.booking.rules import TooManyFree
from bookingapp.booking.service import NewCode
from bookingapp.catalogue.models import Price
from bookingapp.db import transaction
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
    (made,) = [r for r in sandbox.state()["refunds"] if r["payment_id"] == double.payment_id]
    told = event("refund.failed", refund=made, payment=events.payment(sandbox, double.payment_id))
    due, answer = meet(
        app, monkeypatch, (refunds, "_follow"), service.claim_refund, lambda: told.to(app)
    )
    assert answers(answer) == [200]
    assert isinstance(due, refunds.Due)
    assert [row.state.value for row in buyers.rows(Refund)] == ["failed", "due"]


@ON_POSTGRESQL
def test_late_money_meets_late_money_of_who_sits_there_with_the_same_code(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    cinema.staff("manager")
    show = cinema.showtime()
    service.add_code(NewCode("FRIENDS", percent=10), 1)
    late, paid = pays_with_the_code(sandbox, hold(show, "C4", "C5", who="asha"))
    buyers.expire(late)
    sits_there, his = pays_with_the_code(sandbox, hold(show, "C5", who="ravi"))
    buyers.let_lapse(sits_there)
    fact = buyers.fact(paid.payment_id)
    settled, answer = meet(
        app, monkeypatch, (settle, "reclaim"),
        lambda: service.settle_fact(fact).outcome,
        lambda: app.test_client().post("/b/return", data=his.fields),
    )  # fmt: skip
    assert answers(settled, answer) == ["confirmed", 303]
    assert (buyers.state(late), buyers.state(sits_there)) == ("confirmed", "expired")
    assert [row.reason for row in buyers.rows(Refund)] == ["late"]


def pays_with_the_code(sandbox: SandboxProcess, token: str) -> tuple[str, Paid]:
    service.use_code(token, "FRIENDS")
    return token, sandbox.pay(go_to_pay(token))


@pytest.mark.settings(limit_free_bookings=1)
def test_two_free_bookings_of_one_address_at_once_are_not_one_too_many(
    app: Flask, cinema: Cinema, monkeypatch: pytest.MonkeyPatch
) -> None:
    shows = [cinema.showtime(), cinema.showtime()]
    with transaction() as session:
        session.execute(update(Price).values(amount=0))
    tokens = [hold(show, "C4") for show in shows]
    first, second = (partial(service.start_payment, token) for token in tokens)
    _, refused = meet(app, monkeypatch, (order, "confirm"), first, second)
    assert isinstance(refused, TooManyFree), refused
    assert [buyers.state(token) for token in tokens] == ["confirmed", "held"]
