"""Orders, as the real SDK makes and finds them."""

from typing import Any

import pytest
import requests
from razorpay.errors import BadRequestError

from tests.sandbox_process import SandboxProcess


def test_a_new_order_has_razorpays_fields(sdk: Any) -> None:
    order = sdk.order.create(
        {"amount": 45000, "currency": "INR", "receipt": "MT-1", "notes": {"film": "Metropolis"}}
    )
    assert order["id"].startswith("order_")
    assert len(order["id"]) == len("order_") + 14
    assert order["entity"] == "order"
    assert (order["amount"], order["amount_paid"], order["amount_due"]) == (45000, 0, 45000)
    assert (order["status"], order["attempts"]) == ("created", 0)
    assert order["notes"] == {"film": "Metropolis"}
    assert sdk.order.fetch(order["id"]) == order


def test_empty_notes_come_back_as_a_list_as_razorpay_sends_them(sandbox: SandboxProcess) -> None:
    assert sandbox.order(notes={})["notes"] == []


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"currency": "INR"}, "amount"),
        ({"amount": 99, "currency": "INR"}, "amount"),
        ({"amount": 450.5, "currency": "INR"}, "amount"),
        ({"amount": "45000", "currency": "INR"}, "amount"),
        ({"amount": True, "currency": "INR"}, "amount"),
        ({"amount": 45000}, "currency"),
        ({"amount": 45000, "currency": "rupees"}, "currency"),
        ({"amount": 45000, "currency": "INR", "receipt": "x" * 41}, "receipt"),
        ({"amount": 45000, "currency": "INR", "notes": {str(n): "" for n in range(16)}}, "notes"),
        ({"amount": 45000, "currency": "INR", "notes": {"long": "x" * 257}}, "notes"),
        ({"amount": 45000, "currency": "INR", "colour": "red"}, "colour"),
    ],
)
def test_an_order_razorpay_would_refuse_is_refused(
    sandbox: SandboxProcess, sdk: Any, data: dict[str, object], field: str
) -> None:
    with pytest.raises(BadRequestError):
        sdk.order.create(data)
    auth = (sandbox.key_id, sandbox.key_secret)
    answer = requests.post(f"{sandbox.base_url}/v1/orders", json=data, auth=auth, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == field


def test_the_longest_receipt_and_the_smallest_amount_are_taken(sandbox: SandboxProcess) -> None:
    order = sandbox.order(amount=100, receipt="x" * 40)
    assert (order["amount"], order["receipt"]) == (100, "x" * 40)


def test_an_order_is_found_by_its_receipt(sandbox: SandboxProcess, sdk: Any) -> None:
    wanted = sandbox.order(receipt="MT-find-me")
    sandbox.order(receipt="MT-another")
    found = sdk.order.all({"receipt": "MT-find-me"})
    assert found == {"entity": "collection", "count": 1, "items": [wanted]}
    assert sdk.order.all({"receipt": "MT-nobody"})["items"] == []


def test_orders_are_listed_newest_first_and_in_pages(sandbox: SandboxProcess, sdk: Any) -> None:
    made = [sandbox.order(receipt="MT-paged")["id"] for _ in range(3)]
    listed = sdk.order.all({"receipt": "MT-paged", "count": 2})["items"]
    rest = sdk.order.all({"receipt": "MT-paged", "count": 2, "skip": 2})["items"]
    assert [order["id"] for order in listed + rest] == made[::-1]


def test_an_unknown_id_is_a_bad_request_not_a_404(sandbox: SandboxProcess, sdk: Any) -> None:
    with pytest.raises(BadRequestError, match="does not exist"):
        sdk.order.fetch("order_nowhere")
    auth = (sandbox.key_id, sandbox.key_secret)
    url = f"{sandbox.base_url}/v1/orders/order_nowhere"
    assert requests.get(url, auth=auth, timeout=10).status_code == 400


@pytest.mark.parametrize("auth", [None, ("rzp_test_Matinee", "wrong"), ("wrong", "wrong")])
def test_a_wrong_key_is_told_so_in_razorpays_form(
    sandbox: SandboxProcess, auth: tuple[str, str] | None
) -> None:
    answer = requests.get(f"{sandbox.base_url}/v1/orders", auth=auth, timeout=10)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "BAD_REQUEST_ERROR"
    assert answer.json()["error"]["description"] == "Authentication failed"


def test_an_address_that_is_not_there_still_answers_json(sdk: Any) -> None:
    with pytest.raises(BadRequestError):
        sdk.settlement.all({})
