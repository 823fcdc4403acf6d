"""Payments: what each outcome does to the payment and to its order."""

from typing import Any

import pytest
from razorpay.errors import BadRequestError, SignatureVerificationError

from tests.sandbox.conftest import wait_until
from tests.sandbox_process import SandboxProcess


def test_a_captured_payment_pays_its_order(sandbox: SandboxProcess, sdk: Any) -> None:
    order = sandbox.order(45000, notes={"booking": "MT-7"})
    paid = sandbox.pay(order["id"], email="asha@example.com", contact="+919800000000")
    payment = sdk.payment.fetch(paid.payment_id)
    assert payment["id"].startswith("pay_")
    assert len(payment["id"]) == len("pay_") + 14
    assert (payment["status"], payment["captured"]) == ("captured", True)
    assert (payment["amount"], payment["currency"], payment["order_id"]) == (
        45000,
        "INR",
        order["id"],
    )
    assert (payment["email"], payment["contact"]) == ("asha@example.com", "+919800000000")
    assert (payment["fee"], payment["tax"]) == (1062, 162)
    assert payment["notes"] == {"booking": "MT-7"}
    after = sdk.order.fetch(order["id"])
    assert (after["status"], after["amount_paid"], after["amount_due"], after["attempts"]) == (
        "paid",
        45000,
        0,
        1,
    )
    assert sdk.order.payments(order["id"])["items"] == [payment]


def test_the_sdk_accepts_the_signature(sandbox: SandboxProcess, sdk: Any) -> None:
    paid = sandbox.pay(sandbox.order()["id"])
    assert sdk.utility.verify_payment_signature(paid.fields)


def test_the_signature_belongs_to_one_order_only(sandbox: SandboxProcess, sdk: Any) -> None:
    paid, other = sandbox.pay(sandbox.order()["id"]), sandbox.order()
    with pytest.raises(SignatureVerificationError):
        sdk.utility.verify_payment_signature({**paid.fields, "razorpay_order_id": other["id"]})


def test_a_failed_attempt_leaves_the_order_to_be_paid(sandbox: SandboxProcess, sdk: Any) -> None:
    order = sandbox.order()
    failed = sandbox.pay(order["id"], "failed", reason="insufficient_funds")
    payment = sdk.payment.fetch(failed.payment_id)
    assert (payment["status"], payment["captured"]) == ("failed", False)
    assert payment["error_code"] == "BAD_REQUEST_ERROR"
    assert payment["error_reason"] == "insufficient_funds"
    assert "insufficient account balance" in payment["error_description"]
    assert sdk.order.fetch(order["id"])["status"] == "attempted"
    sandbox.pay(order["id"])
    after = sdk.order.fetch(order["id"])
    assert (after["status"], after["attempts"]) == ("paid", 2)
    assert [p["status"] for p in sdk.order.payments(order["id"])["items"]] == [
        "captured",
        "failed",
    ]


def test_an_authorized_payment_waits_for_its_capture(sandbox: SandboxProcess, sdk: Any) -> None:
    order = sandbox.order()
    paid = sandbox.pay(order["id"], "authorized")
    assert sdk.payment.fetch(paid.payment_id)["status"] == "authorized"
    assert sdk.order.fetch(order["id"])["status"] == "attempted"
    with pytest.raises(BadRequestError, match="equal to the amount authorized"):
        sdk.payment.capture(paid.payment_id, 44999, {})
    assert sandbox.capture(paid.payment_id)["status"] == "captured"
    assert sdk.order.fetch(order["id"])["status"] == "paid"
    with pytest.raises(BadRequestError, match="already been captured"):
        sdk.payment.capture(paid.payment_id, order["amount"], {})


def test_a_failed_payment_cannot_be_captured_by_hand(sandbox: SandboxProcess, sdk: Any) -> None:
    order = sandbox.order()
    failed = sandbox.pay(order["id"], "failed")
    with pytest.raises(BadRequestError, match="authorized"):
        sdk.payment.capture(failed.payment_id, order["amount"], {})


def test_a_created_payment_hangs_at_the_bank(sandbox: SandboxProcess, sdk: Any) -> None:
    paid = sandbox.pay(sandbox.order()["id"], "created")
    assert sdk.payment.fetch(paid.payment_id)["status"] == "created"


@pytest.mark.parametrize(
    ("outcome", "first"), [("late", "authorized"), ("failed_then_captured", "failed")]
)
def test_a_late_answer_captures_by_itself(
    sandbox: SandboxProcess, sdk: Any, outcome: str, first: str
) -> None:
    order = sandbox.order()
    waiting = sandbox.pay(order["id"], outcome, seconds=3600)
    assert sdk.payment.fetch(waiting.payment_id)["status"] == first
    paid = sandbox.pay(order["id"], outcome, seconds=0.05)
    wait_until(lambda: sdk.payment.fetch(paid.payment_id)["status"] == "captured")
    payment = sdk.payment.fetch(paid.payment_id)
    assert (payment["captured"], payment["error_code"]) == (True, None)
    assert sdk.order.fetch(order["id"])["status"] == "paid"
    assert sdk.payment.fetch(waiting.payment_id)["status"] == first


def test_late_money_is_taken_once(sandbox: SandboxProcess, sdk: Any) -> None:
    first, second = sandbox.order(45000), sandbox.order(45000)
    sandbox.pay(first["id"], "late", seconds=0)
    wait_until(lambda: sdk.order.fetch(first["id"])["status"] == "paid")
    sandbox.pay(second["id"], "late", seconds=0)
    wait_until(lambda: sdk.order.fetch(second["id"])["status"] == "paid")
    assert sdk.order.fetch(first["id"])["amount_paid"] == 45000


def test_a_test_may_pay_the_wrong_sum_in_the_wrong_currency(
    sandbox: SandboxProcess, sdk: Any
) -> None:
    order = sandbox.order(45000)
    paid = sandbox.pay(order["id"], amount=44000, currency="USD")
    payment = sdk.payment.fetch(paid.payment_id)
    assert (payment["amount"], payment["currency"]) == (44000, "USD")
    after = sdk.order.fetch(order["id"])
    assert (after["status"], after["amount_due"]) == ("attempted", 1000)


def test_a_test_may_pay_an_order_twice(sandbox: SandboxProcess, sdk: Any) -> None:
    order = sandbox.order()
    first, second = sandbox.pay(order["id"]), sandbox.pay(order["id"])
    assert first.payment_id != second.payment_id
    assert sdk.order.payments(order["id"])["count"] == 2


def test_no_payment_entity_knows_a_card(sandbox: SandboxProcess, sdk: Any) -> None:
    payment = sdk.payment.fetch(sandbox.pay(sandbox.order()["id"]).payment_id)
    assert payment["card_id"] is None
    assert "card" not in payment
