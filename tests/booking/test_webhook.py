"""The gateway tells what happened: twice, late, out of order, to the wrong house."""

import json
from itertools import permutations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bookingapp.booking import reconcile
from bookingapp.payments.models import Payment, Refund, WebhookEvent
from tests.booking import buyers, events
from tests.booking.buyers import go_to_pay, hold
from tests.booking.events import Delivery, captured, event
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.settings(
    razorpay_webhook_secret=events.SECRET, razorpay_webhook_secret_old=events.OLD_SECRET
)
ONCE = {"orders": 1, "payments": 1, "refunds": 0, "tickets": 2, "codes": 1, "letters": 1}


@pytest.fixture
def token(cinema: Cinema, sandbox: SandboxProcess) -> str:
    """A booking held, with an address, worth 360 rupees."""
    return hold(cinema.showtime(), "C4", "C5")


def outcomes() -> list[tuple[str, str]]:
    return [(row.kind, row.outcome.value) for row in buyers.rows(WebhookEvent)]


def test_an_event_of_captured_money_confirms_without_asking_the_gateway(
    app: Flask, token: str, sandbox: SandboxProcess
) -> None:
    delivery = captured(sandbox, sandbox.pay(go_to_pay(token)).payment_id)
    sandbox.fault("/v1/", "500")
    answer = delivery.to(app)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert buyers.state(token) == "confirmed"
    assert buyers.counts() == ONCE
    assert outcomes() == [("payment.captured", "settled")]


def test_the_same_event_again_changes_nothing(
    app: Flask, token: str, sandbox: SandboxProcess
) -> None:
    delivery = captured(sandbox, sandbox.pay(go_to_pay(token)).payment_id)
    assert [delivery.to(app).text for _ in range(3)] == ["taken\n", "known\n", "known\n"]
    # nor does the same body under another id: the signature does not cover it
    assert delivery.but(event_id="evt_another").to(app).status_code == 200
    assert buyers.counts() == ONCE


def test_the_order_in_which_events_come_does_not_matter(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    show = cinema.showtime()
    seats = [f"{row}{number}" for row in "ABCD" for number in range(1, 7)]
    for seat, order in zip(seats, permutations(range(4)), strict=True):
        token = hold(show, seat, who=seat, email=f"{seat}@example.com")
        told = an_order_s_life(sandbox, go_to_pay(token))
        assert {told[place].to(app).status_code for place in order} == {200}
        assert buyers.state(token) == "confirmed", order
    once = dict.fromkeys(("orders", "tickets", "codes", "letters"), 24)
    assert buyers.counts() == {**once, "payments": 48, "refunds": 0}


def an_order_s_life(sandbox: SandboxProcess, order_id: str) -> list[Delivery]:
    """All that is told of an order which was paid at the second attempt."""
    failed = events.payment(sandbox, sandbox.pay(order_id, "failed").payment_id)
    good = events.payment(sandbox, sandbox.pay(order_id).payment_id)
    return [
        event("payment.failed", payment=failed),
        event("payment.authorized", payment={**good, "status": "authorized", "captured": False}),
        event("payment.captured", payment=good),
        event("order.paid", payment=good, order={"id": order_id}),
    ]


def test_webhook_return_and_reconciler_are_one_confirmation(
    app: Flask, client: FlaskClient, token: str, sandbox: SandboxProcess
) -> None:
    paid = sandbox.pay(go_to_pay(token))
    client.post("/b/return", data=paid.fields)
    captured(sandbox, paid.payment_id).to(app)
    buyers.make_due()
    reconcile.run()
    assert buyers.counts() == ONCE


def test_a_hundred_deliveries_and_the_browser_confirm_once(
    app: Flask, token: str, sandbox: SandboxProcess
) -> None:
    """Small here; tests/torture has the hundred."""
    paid = sandbox.pay(go_to_pay(token))
    delivery = captured(sandbox, paid.payment_id)

    def come_back() -> object:
        return app.test_client().post("/b/return", data=paid.fields).status_code

    def deliver() -> object:
        return delivery.to(app).status_code

    answers = buyers.together(app, [*[deliver] * 12, come_back, come_back])
    assert answers == [200] * 12 + [303] * 2
    assert buyers.counts() == ONCE
    assert len(outcomes()) == 1


def test_late_money_told_by_an_event_goes_back(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    show = cinema.showtime()
    token = hold(show, "C4")
    paid = sandbox.pay(go_to_pay(token))
    buyers.expire(token)
    hold(show, "C4", who="ravi")
    captured(sandbox, paid.payment_id).to(app)
    (refund,) = buyers.rows(Refund)
    assert (refund.reason, refund.amount) == ("late", 18000)


def test_an_event_carries_the_amount_that_was_really_paid(
    app: Flask, token: str, sandbox: SandboxProcess
) -> None:
    captured(sandbox, sandbox.pay(go_to_pay(token), amount=100).payment_id).to(app)
    assert buyers.state(token) == "held"
    assert [refund.reason for refund in buyers.rows(Refund)] == ["wrong_amount"]


def test_an_event_for_somebody_elses_order_is_taken_and_counted(
    app: Flask, token: str, sandbox: SandboxProcess
) -> None:
    stranger = sandbox.pay(sandbox.order()["id"]).payment_id
    assert captured(sandbox, stranger).to(app).status_code == 200
    link = events.payment(sandbox, stranger, order_id=None)
    assert event("payment.captured", payment=link).to(app).status_code == 200
    assert outcomes() == [("payment.captured", "not_ours")] * 2
    assert buyers.rows(Payment) == []


@pytest.mark.parametrize("kind", ["payment.dispute.created", "invoice.paid", "x"])
def test_an_unknown_event_is_kept_and_passed_over(
    app: Flask, token: str, sandbox: SandboxProcess, kind: str
) -> None:
    go_to_pay(token)
    before = buyers.counts()
    assert event(kind, dispute={"id": "disp_1"}).to(app).status_code == 200
    assert outcomes() == [(kind, "ignored")]
    assert buyers.counts() == before


def test_no_card_and_nobodys_address_is_kept(
    app: Flask, token: str, sandbox: SandboxProcess
) -> None:
    paid = sandbox.pay(go_to_pay(token))
    entity = events.payment(
        sandbox, paid.payment_id, email="asha@example.com", contact="+919999999999", vpa="asha@upi",
        card={"last4": "4242", "name": "ASHA"}, bank={"card": "4242"},
    )  # fmt: skip
    event("payment.captured", payment=entity).to(app)
    (row,), (payment,) = buyers.rows(WebhookEvent), buyers.rows(Payment)
    for kept in (json.dumps(row.payload), json.dumps(payment.raw)):
        assert paid.payment_id in kept
        for private in ("4242", "asha", "ASHA", "9999"):
            assert private not in kept


def test_the_old_secret_counts_while_it_is_changed(
    app: Flask, token: str, sandbox: SandboxProcess
) -> None:
    delivery = captured(sandbox, sandbox.pay(go_to_pay(token)).payment_id)
    old = events.sign(delivery.body, events.OLD_SECRET)
    assert delivery.but(signature=old).to(app).status_code == 200
    assert buyers.state(token) == "confirmed"
