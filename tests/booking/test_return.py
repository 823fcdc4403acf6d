"""The way back from the gateway, through HTTP: signed, forged, failed, early, or into trouble."""

import json
import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bookingapp.booking import reconcile, service
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.factories import Cinema
from tests.sandbox_process import Paid, SandboxProcess


@pytest.fixture
def token(cinema: Cinema, sandbox: SandboxProcess) -> str:
    """A booking held, with an address, worth 360 rupees."""
    return hold(cinema.showtime(), "C4", "C5")


def bring_back(client: FlaskClient, paid: Paid) -> TestResponse:
    return client.post("/b/return", data=paid.fields)


def flashed(client: FlaskClient, token: str) -> str:
    """The notice on the next page."""
    return client.get(f"/b/{token}/checkout").text


def test_coming_back_paid_shows_the_ticket(
    client: FlaskClient, token: str, sandbox: SandboxProcess
) -> None:
    answer = bring_back(client, sandbox.pay(go_to_pay(token)))
    assert (answer.status_code, answer.location) == (303, f"/b/{token}")
    assert buyers.state(token) == "confirmed"


def test_the_return_needs_no_cookie_and_sets_none(
    app: Flask, token: str, sandbox: SandboxProcess
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    stranger = app.test_client(use_cookies=False)
    order = go_to_pay(token)
    for outcome in ("authorized", "captured"):
        answer = bring_back(stranger, sandbox.pay(order, outcome))
        assert answer.status_code == 303
        assert "Set-Cookie" not in answer.headers


def test_coming_back_twice_is_as_good_as_once(
    client: FlaskClient, token: str, sandbox: SandboxProcess
) -> None:
    paid = sandbox.pay(go_to_pay(token))
    locations = {bring_back(client, paid).location for _ in range(3)}
    assert locations == {f"/b/{token}"}
    assert buyers.counts()["letters"] == 1


def failure_fields(paid: Paid, **more: object) -> dict[str, str]:
    """As the gateway posts a failed attempt."""
    metadata = {"payment_id": paid.payment_id, "order_id": paid.order_id, **more}
    return {"error[code]": "BAD_REQUEST_ERROR", "error[metadata]": json.dumps(metadata)}


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("payment_declined", "Your bank said no, and no money was taken."),
        ("insufficient_funds", "There was not enough money in the account"),
        ("payment_timed_out", "The bank waited for your approval"),
        ("payment_cancelled", "The payment was cancelled"),
        ("gateway_technical_error", "The bank could not be reached"),
        ("international_transaction_not_allowed", "Cards from other countries"),
        ("moon_in_the_wrong_house", "we were not told why"),
    ],
)
def test_a_failed_payment_says_why_and_keeps_the_seats(
    client: FlaskClient, token: str, sandbox: SandboxProcess, reason: str, words: str
) -> None:
    failed = sandbox.pay(go_to_pay(token), "failed", reason=reason)
    answer = client.post("/b/return", data=failure_fields(failed))
    assert answer.status_code == 303
    assert client.get(answer.location).location == f"/b/{token}/checkout"
    page = flashed(client, token)
    assert words in page
    assert "C4, C5 are yours until" in page
    assert reason not in page
    assert buyers.state(token) == "held"


def test_a_failure_that_became_a_success_is_not_told_to_a_stranger(
    client: FlaskClient, token: str, sandbox: SandboxProcess
) -> None:
    paid = sandbox.pay(go_to_pay(token))
    answer = client.post("/b/return", data=failure_fields(paid))
    assert answer.location == "/my"
    # but the money was seen
    assert buyers.state(token) == "confirmed"


def test_a_failure_of_another_order_opens_no_booking(
    client: FlaskClient, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    show = cinema.showtime()
    mine, yours = hold(show, "A1", who="me"), hold(show, "A2", who="you")
    my_order, failed = go_to_pay(mine), sandbox.pay(go_to_pay(yours), "failed")
    answer = client.post("/b/return", data=failure_fields(failed, order_id=my_order))
    assert answer.location == "/my"


def test_not_captured_yet_leads_to_a_page_that_waits_by_itself(
    client: FlaskClient, token: str, sandbox: SandboxProcess
) -> None:
    paid = sandbox.pay(go_to_pay(token), "authorized")
    answer = bring_back(client, paid)
    assert answer.location == f"/b/{token}/checking?payment={paid.payment_id}"
    page = client.get(answer.location)
    assert "We are checking your payment" in page.text
    seconds, _, address = page.headers["Refresh"].partition("; url=")
    later = client.get(address)
    assert int(later.headers["Refresh"].split(";")[0]) >= int(seconds) == 3
    assert f'action="/b/{token}/pay"' not in page.text
    # while the bank thinks, the pay page does not ask again either
    assert client.get(f"/b/{token}/pay").location == answer.location


def test_the_waiting_page_ends_at_the_ticket(
    client: FlaskClient, token: str, sandbox: SandboxProcess
) -> None:
    paid = sandbox.pay(go_to_pay(token), "authorized")
    waiting = bring_back(client, paid).location
    sandbox.capture(paid.payment_id)
    service.settle(paid.payment_id)
    assert client.get(waiting).location == f"/b/{token}"


def test_the_waiting_page_ends_at_another_try_only_for_its_own_payment(
    client: FlaskClient, token: str, sandbox: SandboxProcess
) -> None:
    order = go_to_pay(token)
    failed = sandbox.pay(order, "failed")
    service.settle(failed.payment_id)
    unknown = "pay_" + "x" * 14
    assert client.get(f"/b/{token}/checking?payment={unknown}").status_code == 200
    ended = client.get(f"/b/{token}/checking?payment={failed.payment_id}")
    assert ended.location == f"/b/{token}/left?payment={failed.payment_id}"


@pytest.mark.settings(gateway_timeout_seconds=0.3)
@pytest.mark.parametrize("mode", ["hang", "500", "502", "html500", "not_json", "429"])
def test_a_gateway_in_trouble_makes_nobody_pay_twice(
    client: FlaskClient, token: str, sandbox: SandboxProcess, mode: str
) -> None:
    paid = sandbox.pay(go_to_pay(token))
    sandbox.fault("/v1/payments", mode)
    answer = bring_back(client, paid)
    assert answer.location == f"/b/{token}/checking?payment={paid.payment_id}"
    assert client.get(answer.location).status_code == 200
    sandbox.clear_faults()
    assert reconcile.run() == 1, "the reconciler's turn came at once"
    assert client.get(answer.location).location == f"/b/{token}"


def forged(paid: Paid) -> list[dict[str, str]]:
    """Returns that are not the gateway's."""
    good = paid.fields
    return [
        {},
        {"razorpay_order_id": paid.order_id},
        {**good, "razorpay_signature": "0" * 64},
        {**good, "razorpay_signature": ""},
        {**good, "razorpay_signature": "é" * 64},
        {**good, "razorpay_signature": paid.signature.upper()},
        {**good, "razorpay_payment_id": "pay_" + "A" * 14},
        {**good, "razorpay_payment_id": "zahlung-ü"},
        {**good, "razorpay_payment_id": "\x00"},
        {**good, "razorpay_order_id": "order_" + "A" * 14},
        {**good, "razorpay_order_id": "' OR 1=1 --"},
        {**good, "razorpay_order_id": "x" * 5000},
        {**good, "razorpay_order_id": "order\x00_A"},
        {"error[metadata]": "{"},
        {"error[metadata]": "[" * 5000},
        {"error[metadata]": "null"},
        {"error[metadata]": '{"order_id": 5}'},
        {"error[metadata]": '{"order_id": {"a": "b"}}'},
        {"error[code]": "BAD"},
    ]


def test_what_is_not_the_gateways_word_is_refused_and_changes_nothing(
    client: FlaskClient, token: str, sandbox: SandboxProcess, caplog: pytest.LogCaptureFixture
) -> None:
    paid = sandbox.pay(go_to_pay(token))
    before = buyers.counts()
    with caplog.at_level(logging.INFO):
        for fields in forged(paid):
            answer = client.post("/b/return", data=fields)
            assert answer.status_code == 400, fields
    assert buyers.counts() == before
    assert buyers.state(token) == "held"
    log = caplog.text
    assert paid.signature not in log
    assert token not in log
    assert sandbox.key_secret not in log
    assert "Traceback" not in log


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"x" * 20_000, "application/x-www-form-urlencoded", 413),
        (b"\xff\xfe\x00%%%", "application/x-www-form-urlencoded", 400),
        (b"{}", "application/json", 400),
        (b"--x\r\nrubbish", "multipart/form-data; boundary=x", 400),
    ],
)
def test_rubbish_is_refused_kindly(
    client: FlaskClient, cinema: Cinema, body: bytes, kind: str, status: int
) -> None:
    assert client.post("/b/return", data=body, content_type=kind).status_code == status


def test_a_signed_payment_of_another_booking_settles_that_one(
    client: FlaskClient, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    show = cinema.showtime()
    mine, yours = hold(show, "A1", who="me"), hold(show, "A2", who="you")
    go_to_pay(mine)
    assert bring_back(client, sandbox.pay(go_to_pay(yours))).location == f"/b/{yours}"
    assert (buyers.state(mine), buyers.state(yours)) == ("held", "confirmed")


def test_money_of_a_wrong_amount_is_said_to_go_back(
    client: FlaskClient, token: str, sandbox: SandboxProcess
) -> None:
    answer = bring_back(client, sandbox.pay(go_to_pay(token), amount=100))
    assert client.get(answer.location).location == f"/b/{token}/checkout"
    assert "₹1.00 arrived, which is not what these seats cost" in flashed(client, token)


def test_a_second_payment_is_said_to_go_back(
    client: FlaskClient, token: str, sandbox: SandboxProcess
) -> None:
    order = go_to_pay(token)
    bring_back(client, sandbox.pay(order))
    answer = bring_back(client, sandbox.pay(order))
    after = client.get(answer.location)
    assert after.location == f"/b/{token}"
    page = client.get(after.location)
    assert "This booking was paid already." in page.text
    assert "The second ₹360.00 goes back" in page.text


def test_goodwill_on_the_one_payment_is_no_second_payment(
    client: FlaskClient, cinema: Cinema, token: str, sandbox: SandboxProcess
) -> None:
    cinema.staff("manager")
    paid = sandbox.pay(go_to_pay(token))
    bring_back(client, paid)
    left = buyers.booking(token).total
    service.give_goodwill(buyers.booking(token).id, 1_000, "Sorry.", left=left, actor_id=1)
    back = client.get(f"/b/{token}/left?payment={paid.payment_id}")
    assert back.location == f"/b/{token}"
    assert "paid already" not in client.get(back.location).text


def test_late_money_without_seats_leads_to_the_page_that_says_so(
    client: FlaskClient, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    show = cinema.showtime()
    token = hold(show, "C4")
    paid = sandbox.pay(go_to_pay(token))
    buyers.expire(token)
    hold(show, "C4", who="ravi")
    first = bring_back(client, paid)
    second = client.get(first.location)
    assert second.location == f"/b/{token}"
    assert "on its way back" in client.get(second.location).text
