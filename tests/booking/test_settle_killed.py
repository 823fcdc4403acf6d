"""SIGKILL at every commit on the way from "pay" to the ticket: the next start finishes it, once."""

from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask

from bookingapp.booking import reconcile, service
from bookingapp.payments import webhooks
from bookingapp.payments.models import Payment, PaymentOrder, WebhookEvent
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.booking.events import captured
from tests.booking.killing import die_at_every_commit, killed_at
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

ONCE = {"orders": 1, "payments": 1, "refunds": 0, "tickets": 2, "codes": 1, "letters": 1}
Deed = Callable[[], object]


def by_return(_sandbox: SandboxProcess, payment_id: str) -> Deed:
    return partial(service.settle, payment_id)


def by_webhook(sandbox: SandboxProcess, payment_id: str) -> Deed:
    delivery = captured(sandbox, payment_id)
    return lambda: service.hear(webhooks.read(delivery.event_id, delivery.body))


def by_reconciler(_sandbox: SandboxProcess, _payment_id: str) -> Deed:
    return reconcile.run


@pytest.mark.parametrize("way", [by_return, by_webhook, by_reconciler])
def test_killed_at_any_commit_of_a_confirmation_there_is_one_in_the_end(
    app: Flask,
    cinema: Cinema,
    sandbox: SandboxProcess,
    way: Callable[[SandboxProcess, str], Deed],
) -> None:
    token = hold(cinema.showtime(), "C4", "C5")
    paid = sandbox.pay(go_to_pay(token))
    deed = way(sandbox, paid.payment_id)
    kills = die_at_every_commit(app, deed)
    assert kills >= 2
    # whoever else had something to tell says it again
    for again in (by_return, by_webhook, by_reconciler):
        again(sandbox, paid.payment_id)()
    assert buyers.state(token) == "confirmed"
    assert buyers.counts() == ONCE
    assert [row.confirms_id for row in buyers.rows(Payment)] == [buyers.booking(token).id]
    assert all(event.handled_at for event in buyers.rows(WebhookEvent))


def test_killed_before_the_commit_nothing_of_an_event_is_left_and_it_may_come_again(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4", "C5")
    deed = by_webhook(sandbox, sandbox.pay(go_to_pay(token)).payment_id)
    assert buyers.state(token) == "held"
    assert killed_at(app, deed, 1, "before")
    assert buyers.rows(WebhookEvent) == []
    assert buyers.state(token) == "held"
    deed()
    assert buyers.counts() == ONCE


def test_killed_at_any_commit_of_going_to_pay_there_is_one_order(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4", "C5")
    assert die_at_every_commit(app, partial(service.start_payment, token)) >= 4
    (order,) = buyers.rows(PaymentOrder)
    there = sandbox.client().order.all({"receipt": order.receipt}, timeout=10)["items"]
    assert [one["id"] for one in there] == [order.gateway_order_id]
