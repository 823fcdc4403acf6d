"""The sandbox pays out as Razorpay does: a report by day, less the fee, and wrongly if somebody wants."""

from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from tests.sandbox_process import SandboxProcess

AT = datetime(2026, 3, 1, 20, tzinfo=UTC)  # the second of March in India


@pytest.fixture(autouse=True)
def nothing_paid_out(sandbox: SandboxProcess) -> None:
    sandbox.forget_settlements()


def report(sandbox: SandboxProcess, **asked: int) -> list[dict[str, Any]]:
    """The lines the real SDK brings."""
    answer = sandbox.client().settlement.report(asked, timeout=10)
    assert answer["entity"] == "collection"
    items: list[dict[str, Any]] = answer["items"]
    return items


def paid(sandbox: SandboxProcess, receipt: str = "BK1-1") -> str:
    return sandbox.pay(sandbox.order(10000, receipt=receipt)["id"]).payment_id


def test_a_payment_is_paid_out_less_two_percent_and_the_tax_on_that(
    sandbox: SandboxProcess,
) -> None:
    payment = paid(sandbox)
    settlement = sandbox.settle(payment, at=AT.timestamp())
    (line,) = report(sandbox, year=2026, month=3, day=2)
    assert (line["entity_id"], line["type"], line["settlement_id"]) == (
        payment,
        "payment",
        settlement,
    )
    assert (line["amount"], line["fee"], line["tax"], line["credit"]) == (10000, 236, 36, 9764)
    assert (line["settled"], line["on_hold"], line["order_receipt"]) == (True, False, "BK1-1")
    assert line["settlement_utr"]


def test_a_refund_is_taken_off(sandbox: SandboxProcess) -> None:
    payment = paid(sandbox)
    refund = sandbox.client().payment.refund(payment, {"amount": 4000}, timeout=10)
    sandbox.settle(payment, refund["id"], at=AT.timestamp())
    line = next(each for each in report(sandbox, year=2026, month=3) if each["type"] == "refund")
    assert (line["debit"], line["credit"], line["fee"], line["payment_id"]) == (4000, 0, 0, payment)


def test_a_report_is_of_one_day_and_comes_in_pages(sandbox: SandboxProcess) -> None:
    payments = [paid(sandbox) for _ in range(3)]
    sandbox.settle(*payments, at=AT.timestamp())
    assert report(sandbox, year=2026, month=3, day=1) == []
    pages = [report(sandbox, year=2026, month=3, day=2, count=2, skip=skip) for skip in (0, 2)]
    assert [len(page) for page in pages] == [2, 1]
    assert {line["entity_id"] for page in pages for line in page} == set(payments)


def test_nothing_is_paid_out_twice(sandbox: SandboxProcess) -> None:
    payment = paid(sandbox)
    sandbox.settle(payment)
    assert sandbox.settle(payment) == "None"


def test_a_report_can_be_wrong_in_every_way(sandbox: SandboxProcess) -> None:
    left_out, changed = paid(sandbox), paid(sandbox)
    sandbox.settle(left_out, changed, at=AT.timestamp(), leave_out=[left_out],
                   amounts={changed: 9000}, stranger=True)  # fmt: skip
    told = {line["entity_id"]: line["amount"] for line in report(sandbox, year=2026, month=3)}
    assert left_out not in told
    assert told.pop(changed) == 9000
    assert len(told) == 1


def test_a_person_settles_by_hand_on_a_page(sandbox: SandboxProcess) -> None:
    payment = paid(sandbox)
    page = f"{sandbox.base_url}/v1/settlements/play"
    assert payment in requests.get(page, timeout=10).text
    said = requests.post(page, data={"other_amount": payment}, timeout=10).text
    assert "Settled as setl_" in said
    assert payment not in requests.get(page, timeout=10).text
    today = datetime.now(UTC)
    told = {
        line["entity_id"]: line["amount"]
        for line in report(sandbox, year=today.year, month=today.month, count=1000)
    }
    assert told[payment] == 10100


def test_another_site_can_t_press_the_button(sandbox: SandboxProcess) -> None:
    page = f"{sandbox.base_url}/v1/settlements/play"
    answer = requests.post(page, headers={"Sec-Fetch-Site": "cross-site"}, timeout=10)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "odd", [{"year": 2026, "month": 13}, {"year": 2026, "month": 2, "day": 30}]
)
def test_a_day_that_does_not_exist_is_refused(sandbox: SandboxProcess, odd: dict[str, int]) -> None:
    with pytest.raises(Exception, match=r"must be between|does not exist"):
        report(sandbox, **odd)
