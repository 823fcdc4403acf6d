"""Refunds: parts, limits, and the key that makes asking twice safe."""

import threading
from typing import Any

import pytest
from razorpay.errors import BadRequestError

from tests.sandbox_process import SandboxProcess

KEY = "X-Refund-Idempotency"


@pytest.fixture
def payment_id(sandbox: SandboxProcess) -> str:
    """45000 paise, captured."""
    return sandbox.pay(sandbox.order(45000)["id"]).payment_id


def refund(sdk: Any, payment_id: str, key: str | None = None, **data: object) -> Any:
    headers = {} if key is None else {KEY: key}
    return sdk.payment.refund(payment_id, data, headers=headers)


def test_a_refund_in_full_closes_the_payment(sdk: Any, payment_id: str) -> None:
    made = refund(sdk, payment_id, receipt="R-1", notes={"why": "late"})
    assert made["id"].startswith("rfnd_")
    assert (made["entity"], made["payment_id"]) == ("refund", payment_id)
    assert (made["amount"], made["status"], made["receipt"]) == (45000, "processed", "R-1")
    payment = sdk.payment.fetch(payment_id)
    assert (payment["status"], payment["refund_status"]) == ("refunded", "full")
    assert payment["captured"] is True
    assert sdk.refund.fetch(made["id"]) == made


def test_parts_add_up_and_never_exceed_the_payment(sdk: Any, payment_id: str) -> None:
    first = refund(sdk, payment_id, amount=20000)
    payment = sdk.payment.fetch(payment_id)
    assert (payment["status"], payment["refund_status"]) == ("captured", "partial")
    with pytest.raises(BadRequestError, match="greater than"):
        refund(sdk, payment_id, amount=25001)
    second = refund(sdk, payment_id, amount=25000)
    assert sdk.payment.fetch(payment_id)["status"] == "refunded"
    listed = sdk.payment.fetch_multiple_refund(payment_id)
    assert [r["id"] for r in listed["items"]] == [second["id"], first["id"]]
    with pytest.raises(BadRequestError, match="fully refunded already"):
        refund(sdk, payment_id, amount=100)


@pytest.mark.parametrize(
    "data",
    [{"amount": 99}, {"amount": 1.5}, {"speed": "warp"}, {"receipt": "x" * 41}, {"colour": "red"}],
)
def test_a_refund_razorpay_would_refuse_is_refused(
    sdk: Any, payment_id: str, data: dict[str, object]
) -> None:
    with pytest.raises(BadRequestError):
        sdk.payment.refund(payment_id, data)
    assert sdk.payment.fetch(payment_id)["amount_refunded"] == 0


def test_a_bare_number_is_no_refund(sdk: Any, payment_id: str) -> None:
    """The SDK sends what it is given; 500 instead of a dict must not refund everything."""
    with pytest.raises(BadRequestError):
        sdk.payment.refund(payment_id, 500)


@pytest.mark.parametrize("outcome", ["failed", "authorized"])
def test_only_captured_money_goes_back(sandbox: SandboxProcess, sdk: Any, outcome: str) -> None:
    unpaid = sandbox.pay(sandbox.order()["id"], outcome)
    with pytest.raises(BadRequestError, match="should be captured"):
        refund(sdk, unpaid.payment_id)


def test_the_same_key_and_body_refund_once(sdk: Any, payment_id: str) -> None:
    first = refund(sdk, payment_id, key=f"once-{payment_id}", amount=1000)
    again = refund(sdk, payment_id, key=f"once-{payment_id}", amount=1000)
    assert again == first
    assert sdk.payment.fetch(payment_id)["amount_refunded"] == 1000


def test_many_askers_at_once_refund_once_for_each_key(
    sandbox: SandboxProcess, payment_id: str
) -> None:
    keys = [f"race-{number:02d}-{payment_id}" for number in range(12)]
    answers: list[tuple[str, str]] = []
    ready = threading.Barrier(6)

    def ask() -> None:
        sdk = sandbox.client()
        ready.wait(10)
        answers.extend((key, refund(sdk, payment_id, key=key, amount=1000)["id"]) for key in keys)

    askers = [threading.Thread(target=ask) for _ in range(6)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(30)
    assert len(answers) == 6 * len(keys)
    assert len(set(answers)) == len(keys)
    assert sandbox.client().payment.fetch(payment_id)["amount_refunded"] == 12000


def test_the_same_key_with_another_body_is_refused(sdk: Any, payment_id: str) -> None:
    refund(sdk, payment_id, key=f"same-{payment_id}", amount=1000)
    with pytest.raises(BadRequestError, match="Different request body"):
        refund(sdk, payment_id, key=f"same-{payment_id}", amount=2000)


@pytest.mark.parametrize("key", ["short", "has spaces in it", "ten.dots.x"])
def test_a_key_razorpay_would_not_take_is_refused(sdk: Any, payment_id: str, key: str) -> None:
    with pytest.raises(BadRequestError, match="idempotency key"):
        refund(sdk, payment_id, key=key, amount=1000)


def test_a_pending_refund_is_finished_later(
    sandbox: SandboxProcess, sdk: Any, payment_id: str
) -> None:
    sandbox.refunds_go("pending")
    made = refund(sdk, payment_id, amount=1000)
    assert (made["status"], made["speed_processed"]) == ("pending", None)
    sandbox.finish_refund(made["id"])
    assert sdk.refund.fetch(made["id"])["status"] == "processed"


def test_a_failed_refund_gives_its_sum_back(
    sandbox: SandboxProcess, sdk: Any, payment_id: str
) -> None:
    sandbox.refunds_go("failed")
    assert refund(sdk, payment_id)["status"] == "failed"
    payment = sdk.payment.fetch(payment_id)
    assert (payment["status"], payment["amount_refunded"]) == ("captured", 0)
    sandbox.refunds_go("processed")
    assert refund(sdk, payment_id)["status"] == "processed"
