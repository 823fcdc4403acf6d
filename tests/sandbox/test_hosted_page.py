"""The hosted checkout over plain HTTP: what it refuses and what its answers carry."""

import json
import re
from html import unescape
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import wait_until
from tests.sandbox_process import SandboxProcess

Fields = dict[str, str]


def open_page(sandbox: SandboxProcess, fields: Fields) -> requests.Response:
    return requests.post(f"{sandbox.base_url}/v1/checkout/embedded", data=fields, timeout=10)


def answer_of(page: requests.Response) -> Fields:
    """The hidden fields of the form that goes back to the merchant."""
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return {unescape(name): unescape(value) for name, value in found}


def test_the_page_says_that_no_real_money_moves(sandbox: SandboxProcess, fields: Fields) -> None:
    page = open_page(sandbox, fields)
    assert page.status_code == 200
    assert "Sandbox: no real money." in page.text
    assert "INR 450.00" in page.text
    assert "The Roxy" in page.text


def test_the_page_allows_no_inline_code_and_no_frame(
    sandbox: SandboxProcess, fields: Fields
) -> None:
    page = open_page(sandbox, fields)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert " style=" not in page.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key_id", "rzp_test_somebody_else"),
        ("order_id", "order_nowhere"),
        ("amount", "1"),
        ("currency", "USD"),
        ("callback_url", "javascript:alert(1)"),
        ("callback_url", ""),
        ("cancel_url", "data:text/html,hello"),
    ],
)
def test_a_checkout_that_does_not_fit_its_order_does_not_open(
    sandbox: SandboxProcess, fields: Fields, field: str, value: str
) -> None:
    page = open_page(sandbox, {**fields, field: value})
    assert page.status_code == 400
    assert "This checkout cannot open" in page.text
    assert "<form" not in page.text


def test_the_merchants_words_cannot_become_markup(sandbox: SandboxProcess, fields: Fields) -> None:
    page = open_page(sandbox, {**fields, "name": "<script>alert(1)</script>"})
    assert "<script>alert" not in page.text


def test_paying_answers_with_a_signature_the_sdk_accepts(
    sandbox: SandboxProcess, sdk: Any, fields: Fields
) -> None:
    page = sandbox.choose(fields, "pay")
    answer = answer_of(page)
    assert f'action="{fields["callback_url"]}"' in page.text
    assert sdk.utility.verify_payment_signature(answer)
    payment = sdk.payment.fetch(answer["razorpay_payment_id"])
    assert (payment["status"], payment["method"]) == ("captured", "upi")
    assert payment["email"] == "asha@example.com"
    assert payment["description"] == "Metropolis, 2 seats"


def test_pressing_pay_twice_pays_once(sandbox: SandboxProcess, sdk: Any, fields: Fields) -> None:
    first, second = sandbox.choose(fields, "pay"), sandbox.choose(fields, "pay")
    assert answer_of(first) == answer_of(second)
    assert sdk.order.payments(fields["order_id"])["count"] == 1


def test_opening_the_page_of_a_paid_order_leads_back(
    sandbox: SandboxProcess, fields: Fields
) -> None:
    paid = sandbox.pay(fields["order_id"])
    page = open_page(sandbox, fields)
    assert "Pay by UPI" not in page.text
    assert answer_of(page) == paid.fields


def test_failing_answers_with_razorpays_error_fields(
    sandbox: SandboxProcess, sdk: Any, fields: Fields
) -> None:
    answer = answer_of(sandbox.choose(fields, "fail", reason="insufficient_funds"))
    assert answer["error[code]"] == "BAD_REQUEST_ERROR"
    assert answer["error[reason]"] == "insufficient_funds"
    assert answer["error[source]"] == "customer"
    assert answer["error[step]"] == "payment_authorization"
    assert "insufficient" in answer["error[description]"]
    metadata = json.loads(answer["error[metadata]"])
    assert metadata["order_id"] == fields["order_id"]
    assert sdk.payment.fetch(metadata["payment_id"])["status"] == "failed"
    assert "razorpay_signature" not in answer


def test_a_late_answer_sends_the_browser_back_before_the_money(
    sandbox: SandboxProcess, sdk: Any, fields: Fields
) -> None:
    answer = answer_of(sandbox.choose(fields, "late", late_seconds="3600"))
    assert sdk.utility.verify_payment_signature(answer)
    assert sdk.payment.fetch(answer["razorpay_payment_id"])["status"] == "authorized"


def test_the_late_money_comes_by_itself(sandbox: SandboxProcess, sdk: Any, fields: Fields) -> None:
    payment_id = answer_of(sandbox.choose(fields, "late", late_seconds="0.05"))[
        "razorpay_payment_id"
    ]
    wait_until(lambda: sdk.payment.fetch(payment_id)["status"] == "captured")


def test_a_browser_that_closes_brings_no_answer(
    sandbox: SandboxProcess, sdk: Any, fields: Fields
) -> None:
    page = sandbox.choose(fields, "silent")
    assert "close this tab" in page.text
    assert "<form" not in page.text
    assert sdk.order.fetch(fields["order_id"])["status"] == "paid"


@pytest.mark.parametrize(
    "more",
    [
        {"choice": "steal"},
        {"choice": "fail", "reason": "bad mood"},
        {"choice": "late", "late_seconds": "soon"},
        {"choice": "late", "late_seconds": "nan"},
        {"choice": "late", "late_seconds": "9999999"},
    ],
)
def test_a_choice_the_page_does_not_offer_pays_nothing(
    sandbox: SandboxProcess, sdk: Any, fields: Fields, more: Fields
) -> None:
    assert sandbox.choose({**fields, **more}, more["choice"]).status_code == 400
    assert sdk.order.payments(fields["order_id"])["count"] == 0


def test_the_framed_page_may_be_framed_by_its_merchant_only(
    sandbox: SandboxProcess, fields: Fields
) -> None:
    url = f"{sandbox.base_url}/v1/checkout/modal"
    page = requests.get(url, params={**fields, "origin": "http://shop.example:8080"}, timeout=10)
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors http://shop.example:8080")


@pytest.mark.parametrize("origin", ["", "http://a; script-src *", "http://a/path", "file://x"])
def test_an_origin_that_is_none_opens_no_frame(
    sandbox: SandboxProcess, fields: Fields, origin: str
) -> None:
    url = f"{sandbox.base_url}/v1/checkout/modal"
    page = requests.get(url, params={**fields, "origin": origin}, timeout=10)
    assert page.status_code == 400
    assert page.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")
