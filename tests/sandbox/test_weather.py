"""Hard weather by hand: each case as a person plays it, seen through the real SDK."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import razorpay
import requests

from tests.sandbox.conftest import wait_until
from tests.sandbox.merchant import Merchant, merchant
from tests.sandbox.test_webhooks import events, header, names
from tests.sandbox_process import SandboxProcess

Fields = dict[str, str]


@pytest.fixture
def told() -> Iterator[Merchant]:
    with merchant() as running:
        yield running


@pytest.fixture
def telling(tmp_path: Path, told: Merchant) -> Iterator[SandboxProcess]:
    """A sandbox as the demo has it: with webhooks, without the tests' control door."""
    url = f"{told.url}/webhook"
    file = tmp_path / "sandbox.sqlite3"
    process = SandboxProcess.start(file, "--webhook-url", url, control=False)
    yield process
    process.stop()


def play(sandbox: SandboxProcess, order: dict[str, Any], case: str) -> requests.Response:
    """Choose a case on the hosted page."""
    form = {
        "key_id": sandbox.key_id, "order_id": order["id"], "amount": str(order["amount"]),
        "currency": "INR", "callback_url": "http://127.0.0.1:9/return",
    }  # fmt: skip
    answer = sandbox.choose(form, "weather", case=case)
    assert answer.ok, answer.text
    return answer


def payments(sandbox: SandboxProcess, order: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.client().order.payments(order["id"], {}, timeout=10)[
        "items"
    ]
    return found


def weather(sandbox: SandboxProcess, what: str, **fields: str) -> requests.Response:
    """Press a button on the weather page."""
    with requests.Session() as session:
        session.trust_env = False
        return session.post(f"{sandbox.base_url}/sandbox/weather{what}", fields, timeout=10)


def test_the_checkout_offers_every_case_and_leads_to_the_weather(
    sandbox: SandboxProcess, fields: Fields
) -> None:
    page = requests.post(f"{sandbox.base_url}/v1/checkout/embedded", fields, timeout=10).text
    cases = (
        "double_webhook",
        "out_of_order",
        "wrong_amount",
        "paid_twice",
        "refund_pending",
        "refund_failed",
    )
    for case in cases:
        assert f'<option value="{case}">' in page
    assert 'href="/sandbox/weather"' in page
    there = requests.get(f"{sandbox.base_url}/sandbox/weather", timeout=10).text
    assert "The weather is fine." in there
    for trouble in ("order_lost", "hang", "429", "500", "html", "not_json"):
        assert f'<option value="{trouble}">' in there


def test_a_webhook_that_comes_twice_has_one_id(telling: SandboxProcess, told: Merchant) -> None:
    page = play(telling, telling.order(), "double_webhook")
    assert "razorpay_signature" not in page.text, "the browser brings nothing"
    wait_until(lambda: len(told.received) == 6)
    ids = [header(received, "x-razorpay-event-id") for received in told.at("/webhook")]
    assert [ids.count(one) for one in set(ids)] == [2, 2, 2]


def test_webhooks_come_last_first(telling: SandboxProcess, told: Merchant) -> None:
    play(telling, telling.order(), "out_of_order")
    wait_until(lambda: len(told.received) == 3)
    assert names(told) == ["order.paid", "payment.captured", "payment.authorized"]
    assert events(told)[-1]["payload"]["payment"]["entity"]["status"] == "authorized"


def test_a_smaller_sum_leaves_the_order_unpaid(sandbox: SandboxProcess) -> None:
    order = sandbox.order(45000)
    page = play(sandbox, order, "wrong_amount")
    assert "razorpay_signature" in page.text
    assert [(p["amount"], p["status"]) for p in payments(sandbox, order)] == [(44900, "captured")]


def test_one_order_is_paid_twice(sandbox: SandboxProcess) -> None:
    order = sandbox.order(45000)
    play(sandbox, order, "paid_twice")
    assert [p["amount"] for p in payments(sandbox, order)] == [45000, 45000]


@pytest.mark.parametrize(("case", "status"), [("refund_pending", "pending"), ("refund_failed", "failed")])  # fmt: skip
def test_the_first_refund_of_that_payment_goes_as_chosen_and_no_other(
    sandbox: SandboxProcess, sdk: Any, case: str, status: str
) -> None:
    order = sandbox.order(45000)
    play(sandbox, order, case)
    (paid,) = payments(sandbox, order)

    def refund(key: str) -> str:
        answer = sdk.payment.refund(
            paid["id"], {"amount": 1000}, headers={"X-Refund-Idempotency": key}, timeout=10
        )
        return str(answer["status"])

    first = [refund(f"{paid['id']}-first-try") for _ in range(2)]
    assert first == [status] * 2
    assert refund(f"{paid['id']}-second-try") == "processed"


def test_a_pending_refund_is_finished_on_the_weather_page(
    telling: SandboxProcess, told: Merchant
) -> None:
    order = telling.order()
    play(telling, order, "refund_pending")
    (paid,) = payments(telling, order)
    sdk = telling.client()
    refund = sdk.payment.refund(paid["id"], {"amount": 1000}, timeout=10)
    assert refund["id"] in requests.get(f"{telling.base_url}/sandbox/weather", timeout=10).text
    assert weather(telling, f"/refunds/{refund['id']}", status="processed").ok
    assert sdk.refund.fetch(refund["id"], {}, timeout=10)["status"] == "processed"
    wait_until(lambda: "refund.processed" in names(told))


@pytest.mark.parametrize(
    ("trouble", "raises"),
    [
        ("429", razorpay.errors.BadRequestError), ("500", razorpay.errors.ServerError),
        ("html", ValueError), ("not_json", ValueError), ("hang", requests.ReadTimeout),
    ],
)  # fmt: skip
def test_trouble_lasts_until_the_weather_is_fine_again(
    sandbox: SandboxProcess, fields: Fields, trouble: str, raises: type[Exception]
) -> None:
    assert weather(sandbox, "/trouble", trouble=trouble).ok
    for _ in range(2):
        with pytest.raises(raises):
            sandbox.client().order.all({"receipt": "R"}, timeout=0.5)
    # people still reach the checkout
    assert requests.post(f"{sandbox.base_url}/v1/checkout/embedded", fields, timeout=5).ok
    assert "The weather is fine." in weather(sandbox, "/fine").text
    assert sandbox.client().order.all({"receipt": "R"}, timeout=10)["items"] == []


def test_an_order_is_made_and_its_answer_lost_once(sandbox: SandboxProcess) -> None:
    weather(sandbox, "/trouble", trouble="order_lost")
    with pytest.raises(requests.ReadTimeout):
        sandbox.client().order.create(
            {"amount": 100, "currency": "INR", "receipt": "R-lost"}, timeout=0.5
        )
    found = sandbox.client().order.all({"receipt": "R-lost"}, timeout=10)["items"]
    assert [order["receipt"] for order in found] == ["R-lost"]
    assert sandbox.order(receipt="R-next")["receipt"] == "R-next"


def test_how_all_refunds_go_is_chosen_there_too(sandbox: SandboxProcess) -> None:
    assert weather(sandbox, "/refunds", mode="pending").ok
    assert sandbox.state()["refund_mode"] == "pending"


@pytest.mark.parametrize(
    ("what", "fields"),
    [
        ("/trouble", {"trouble": "earthquake"}), ("/refunds", {"mode": "eaten"}), ("/refunds/rfnd_none", {"status": "x"}),
    ],
)  # fmt: skip
def test_what_the_page_does_not_offer_changes_nothing(
    sandbox: SandboxProcess, what: str, fields: Fields
) -> None:
    assert weather(sandbox, what, **fields).status_code == 400
    assert sandbox.state()["faults"] == []


def test_a_page_from_elsewhere_makes_no_weather(sandbox: SandboxProcess) -> None:
    answer = requests.post(
        f"{sandbox.base_url}/sandbox/weather/trouble", {"trouble": "500"},
        headers={"Origin": "https://elsewhere.example"}, timeout=10,
    )  # fmt: skip
    assert answer.status_code == 403
    assert sandbox.state()["faults"] == []


def test_a_file_of_an_earlier_version_is_taken_over(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.sqlite3"
    process = SandboxProcess.start(file)
    order = process.order()
    process.stop()
    with sqlite3.connect(file) as db:
        db.execute("ALTER TABLE payments DROP COLUMN refund_mode")
        db.execute("ALTER TABLE events DROP COLUMN copies")
    db.close()
    process = SandboxProcess.start(file)
    assert process.pay(order["id"]).order_id == order["id"]
    process.stop()
