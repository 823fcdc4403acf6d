"""Webhooks: what is told, signed with the webhook's own secret, until it is taken."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.conftest import wait_until
from tests.sandbox.merchant import Merchant, Received, merchant
from tests.sandbox_process import WEBHOOK_SECRET, SandboxProcess


@pytest.fixture
def told() -> Iterator[Merchant]:
    with merchant() as running:
        yield running


@pytest.fixture
def telling(tmp_path: Path, told: Merchant) -> Iterator[SandboxProcess]:
    """A sandbox that sends webhooks to `told`."""
    url = f"{told.url}/webhook"
    process = SandboxProcess.start(tmp_path / "sandbox.sqlite3", "--webhook-url", url)
    yield process
    process.stop()


def events(told: Merchant) -> list[dict[str, Any]]:
    return [json.loads(received.body) for received in told.at("/webhook")]


def names(told: Merchant) -> list[str]:
    return [event["event"] for event in events(told)]


def header(received: Received, name: str) -> str:
    return next(v for n, v in received.headers.items() if n.lower() == name.lower())


def test_a_captured_payment_is_told_in_three_signed_events(
    telling: SandboxProcess, told: Merchant
) -> None:
    order = telling.order()
    paid = telling.pay(order["id"])
    wait_until(lambda: len(told.received) == 3)
    assert names(told) == ["payment.authorized", "payment.captured", "order.paid"]
    verify = telling.client().utility.verify_webhook_signature
    for received in told.at("/webhook"):
        signature = header(received, "X-Razorpay-Signature")
        assert verify(received.body.decode(), signature, WEBHOOK_SECRET)
    assert len({header(r, "x-razorpay-event-id") for r in told.received}) == 3
    last = events(told)[-1]
    assert last["contains"] == ["payment", "order"]
    assert last["payload"]["payment"]["entity"]["id"] == paid.payment_id
    assert last["payload"]["order"]["entity"]["status"] == "paid"


def test_an_event_carries_the_state_of_its_moment(telling: SandboxProcess, told: Merchant) -> None:
    telling.pay(telling.order()["id"])
    wait_until(lambda: len(told.received) == 3)
    statuses = [e["payload"]["payment"]["entity"]["status"] for e in events(told)]
    assert statuses == ["authorized", "captured", "captured"]


def test_a_failure_and_its_late_money_are_both_told(
    telling: SandboxProcess, told: Merchant
) -> None:
    telling.pay(telling.order()["id"], "failed_then_captured", seconds=0.05)
    wait_until(lambda: len(told.received) == 4)
    assert names(told) == [
        "payment.failed",
        "payment.authorized",
        "payment.captured",
        "order.paid",
    ]


def test_refunds_are_told_when_they_are_final(telling: SandboxProcess, told: Merchant) -> None:
    paid = telling.pay(telling.order(45000)["id"])
    refund = telling.client().payment.refund
    refund(paid.payment_id, {"amount": 1000})
    telling.refunds_go("pending")
    pending = refund(paid.payment_id, {"amount": 2000})
    telling.finish_refund(pending["id"], "failed")
    wait_until(lambda: len(told.received) == 5)
    processed, failed = events(told)[3:]
    assert (processed["event"], failed["event"]) == ("refund.processed", "refund.failed")
    assert processed["contains"] == ["refund", "payment"]
    assert failed["payload"]["refund"]["entity"]["amount"] == 2000
    assert failed["payload"]["payment"]["entity"]["amount_refunded"] == 1000


def test_an_event_not_taken_comes_again_with_the_same_id(
    telling: SandboxProcess, told: Merchant
) -> None:
    told.answers = [500, 302]
    telling.pay(telling.order()["id"], "authorized")
    wait_until(lambda: len(told.received) == 3)
    assert len({header(r, "x-razorpay-event-id") for r in told.received}) == 1
    assert len({r.body for r in told.received}) == 1
    wait_until(lambda: telling.state()["events"][0]["delivered_at"])
    (event,) = telling.state()["events"]
    assert (event["attempts"], event["last_answer"]) == (3, "200")


def test_an_event_taken_is_not_sent_again(telling: SandboxProcess, told: Merchant) -> None:
    telling.pay(telling.order()["id"], "authorized")
    telling.pay(telling.order()["id"], "authorized")
    wait_until(lambda: all(e["delivered_at"] for e in telling.state()["events"]))
    assert len(told.received) == 2


def test_without_a_webhook_nothing_is_kept_for_later(sandbox: SandboxProcess) -> None:
    sandbox.pay(sandbox.order()["id"])
    assert sandbox.state()["events"] == []
