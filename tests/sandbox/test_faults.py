"""Trouble to order, as the real SDK meets it."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from razorpay.errors import BadRequestError, GatewayError, ServerError

from tests.sandbox.conftest import wait_until
from tests.sandbox_process import SandboxProcess

ORDER = {"amount": 45000, "currency": "INR"}


@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("500", ServerError),
        ("502", GatewayError),
        ("429", BadRequestError),
        ("409", BadRequestError),
        ("html500", requests.exceptions.JSONDecodeError),
        ("not_json", requests.exceptions.JSONDecodeError),
    ],
)
def test_a_fault_fails_the_call_and_does_no_work(
    sandbox: SandboxProcess, sdk: Any, mode: str, error: type[Exception]
) -> None:
    receipt = f"MT-{mode}"
    sandbox.fault("/v1/orders", mode, times=1)
    with pytest.raises(error):
        sdk.order.create({**ORDER, "receipt": receipt})
    assert sdk.order.all({"receipt": receipt})["count"] == 0


@pytest.mark.parametrize(("mode", "status"), [("500", 500), ("429", 429), ("409", 409)])
def test_a_fault_has_its_http_status(sandbox: SandboxProcess, mode: str, status: int) -> None:
    sandbox.fault("/v1/orders", mode, times=1)
    assert requests.get(f"{sandbox.base_url}/v1/orders", timeout=10).status_code == status


def test_a_hanging_gateway_does_no_work(sandbox: SandboxProcess, sdk: Any) -> None:
    sandbox.fault("/v1/orders", "hang", seconds=60, method="post")
    with pytest.raises(requests.exceptions.ReadTimeout):
        sdk.order.create({**ORDER, "receipt": "MT-hang"}, timeout=0.3)
    assert sdk.order.all({"receipt": "MT-hang"})["count"] == 0


def test_an_answer_lost_after_the_work_leaves_the_order_to_be_found(
    sandbox: SandboxProcess, sdk: Any
) -> None:
    sandbox.fault("/v1/orders", "timeout_after_work", seconds=60, times=1)
    with pytest.raises(requests.exceptions.ReadTimeout):
        sdk.order.create({**ORDER, "receipt": "MT-lost"}, timeout=0.5)
    assert sdk.order.all({"receipt": "MT-lost"})["count"] == 1


def test_a_refund_whose_answer_was_lost_is_not_made_twice(
    sandbox: SandboxProcess, sdk: Any
) -> None:
    paid = sandbox.pay(sandbox.order(45000)["id"])
    key = {"X-Refund-Idempotency": f"lost-{paid.payment_id}"}
    sandbox.fault("/v1/payments/", "500_after_work", times=1)
    with pytest.raises(ServerError):
        sdk.payment.refund(paid.payment_id, {"amount": 1000}, headers=dict(key))
    sdk.payment.refund(paid.payment_id, {"amount": 1000}, headers=dict(key))
    assert sdk.payment.fetch(paid.payment_id)["amount_refunded"] == 1000


def test_a_slow_gateway_still_works(sandbox: SandboxProcess, sdk: Any) -> None:
    sandbox.fault("/v1/orders", "slow", seconds=0.3, times=1)
    began = time.monotonic()
    assert sdk.order.create(dict(ORDER))["status"] == "created"
    assert time.monotonic() - began >= 0.3


def test_a_fault_ends_after_its_times(sandbox: SandboxProcess, sdk: Any) -> None:
    sandbox.fault("/v1/orders", "500", times=2)
    for _ in range(2):
        with pytest.raises(ServerError):
            sdk.order.all({})
    assert sdk.order.all({})["entity"] == "collection"


def test_a_fault_spoils_its_path_and_method_only(sandbox: SandboxProcess, sdk: Any) -> None:
    sandbox.fault("/v1/payments/", "500")
    sandbox.fault("/v1/orders", "500", method="POST")
    assert sdk.order.all({})["entity"] == "collection"
    with pytest.raises(ServerError):
        sdk.order.create(dict(ORDER))
    with pytest.raises(ServerError):
        sdk.payment.fetch("pay_any")


def test_clearing_lets_go_whoever_hangs(sandbox: SandboxProcess) -> None:
    sandbox.fault("/v1/orders", "hang", seconds=600, times=1)
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(requests.get, f"{sandbox.base_url}/v1/orders", timeout=15)
        wait_until(lambda: sandbox.state()["faults"] == [])
        sandbox.clear_faults()
        assert hanging.result(15).status_code == 504


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", {"mode": "earthquake"}),
        ("faults", {"mode": "hang", "seconds": "long"}),
        ("payments", {"order_id": "order_nowhere"}),
        ("refunds", {"mode": "lost"}),
    ],
)
def test_a_test_that_asks_for_nonsense_is_told(
    sandbox: SandboxProcess, path: str, body: dict[str, object]
) -> None:
    answer = requests.post(f"{sandbox.base_url}/sandbox/{path}", json=body, timeout=10)
    assert answer.status_code == 400


def test_a_web_page_cannot_drive_the_control_door(sandbox: SandboxProcess) -> None:
    """A form or a simple cross-site request is not JSON, so a browser would not send it for it."""
    order = sandbox.order()
    form = {"order_id": order["id"], "outcome": "captured"}
    answer = requests.post(f"{sandbox.base_url}/sandbox/payments", data=form, timeout=10)
    assert answer.status_code == 415
