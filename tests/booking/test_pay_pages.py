"""Page 3 and the way back, through HTTP, with the real gateway sandbox behind it."""

from html.parser import HTMLParser
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bookingapp.booking import service
from bookingapp.payments.models import Payment, PaymentOrder
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.factories import Cinema
from tests.sandbox_process import Paid, SandboxProcess


class Fields(HTMLParser):
    """The gateway form's action and its hidden fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action, self.values = "", dict[str, str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form" and "data-gateway" in found:
            self.action = found["action"] or ""
        if tag == "input" and found.get("type") == "hidden":
            self.values[str(found["name"])] = found["value"] or ""


@pytest.fixture
def token(cinema: Cinema, sandbox: SandboxProcess) -> str:
    """A booking held, with an address, worth 360 rupees."""
    return hold(cinema.showtime(), "C4", "C5")


def bring_back(client: FlaskClient, paid: Paid) -> TestResponse:
    return client.post("/b/return", data=paid.fields)


def flashed(client: FlaskClient, token: str) -> str:
    """The notice on the next page."""
    return client.get(f"/b/{token}/checkout").text


def test_pay_leads_to_a_form_that_the_gateway_takes(
    client: FlaskClient, token: str, sandbox: SandboxProcess
) -> None:
    answer = client.post(f"/b/{token}/pay")
    assert (answer.status_code, answer.location) == (303, f"/b/{token}/pay")
    page = client.get(f"/b/{token}/pay")
    form = Fields(page.text)
    assert form.action == sandbox.base_url + "/v1/checkout/embedded"
    assert form.values["callback_url"] == "http://cinema.test/b/return"
    assert form.values["cancel_url"] == f"http://cinema.test/b/{token}/left"
    assert form.values["amount"] == "36000"
    assert form.values["prefill[email]"] == buyers.EMAIL
    assert "csrf_token" not in form.values
    assert "Pay INR 360.00" in hosted(sandbox, form)


def hosted(sandbox: SandboxProcess, form: Fields) -> str:
    """What the gateway shows for a posted form."""
    answer = requests.post(form.action, data=form.values, timeout=10)
    assert answer.ok
    return answer.text


def test_only_the_pay_page_may_send_forms_and_load_scripts_elsewhere(
    client: FlaskClient, token: str, sandbox: SandboxProcess
) -> None:
    client.post(f"/b/{token}/pay")
    policy = client.get(f"/b/{token}/pay").headers["Content-Security-Policy"]
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives["form-action"] == f"'self' {sandbox.base_url} http://cinema.test"
    assert directives["script-src"] == f"'self' {sandbox.base_url}"
    assert directives["frame-src"] == sandbox.base_url
    assert "unsafe" not in directives["script-src"]
    other = client.get(f"/b/{token}/checking").headers["Content-Security-Policy"]
    assert sandbox.base_url not in other


def test_no_page_of_a_booking_tells_its_address_to_others(client: FlaskClient, token: str) -> None:
    client.post(f"/b/{token}/pay")
    for path in ("pay", "checking"):
        assert client.get(f"/b/{token}/{path}").headers["Referrer-Policy"] == "no-referrer"


def test_leaving_the_gateway_keeps_the_seats_and_says_so(client: FlaskClient, token: str) -> None:
    go_to_pay(token)
    assert client.get(f"/b/{token}/left").location == f"/b/{token}/checkout"
    page = flashed(client, token)
    assert "Nothing was paid." in page
    assert "C4, C5 are yours until" in page
    assert buyers.state(token) == "held"


def test_leaving_by_a_posted_form_goes_the_same_way(app: Flask, token: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    answer = app.test_client().post(f"/b/{token}/left")
    assert (answer.status_code, answer.location) == (303, f"/b/{token}/left")


@pytest.mark.parametrize("path", ["pay", "left", "checking"])
def test_an_unknown_link_is_nothing(client: FlaskClient, cinema: Cinema, path: str) -> None:
    assert client.get(f"/b/{'x' * 32}/{path}").status_code == 404


def test_a_paid_booking_has_no_way_to_pay(
    client: FlaskClient, token: str, sandbox: SandboxProcess
) -> None:
    service.settle(sandbox.pay(go_to_pay(token)).payment_id)
    for answer in (client.get(f"/b/{token}/pay"), client.post(f"/b/{token}/pay")):
        assert (answer.status_code, answer.location) == (303, f"/b/{token}")
    assert client.get(f"/b/{token}/checking").location == f"/b/{token}"


def test_a_hold_that_is_over_can_not_be_paid(client: FlaskClient, token: str) -> None:
    go_to_pay(token)
    buyers.let_lapse(token)
    assert client.get(f"/b/{token}/pay").location == f"/b/{token}"
    assert client.post(f"/b/{token}/pay").location == f"/b/{token}/checkout"


def test_without_an_order_the_pay_page_leads_back_to_checkout(
    client: FlaskClient, token: str
) -> None:
    assert client.get(f"/b/{token}/pay").location == f"/b/{token}/checkout"


@pytest.mark.settings(gateway_timeout_seconds=0.3)
@pytest.mark.parametrize(
    ("mode", "words"), [("hang", "Payment is slow just now"), ("500", "Payment is slow just now")]
)
def test_a_slow_gateway_is_said_and_the_seats_are_kept(
    client: FlaskClient, token: str, sandbox: SandboxProcess, mode: str, words: str
) -> None:
    sandbox.fault("/v1/orders", mode)
    answer = client.post(f"/b/{token}/pay")
    assert answer.location == f"/b/{token}/trying"
    assert words in client.get(answer.location).text
    assert buyers.state(token) == "held"
    sandbox.clear_faults()
    assert client.post(f"/b/{token}/pay").location == f"/b/{token}/pay"
    assert len(buyers.rows(PaymentOrder)) == 1


def test_nothing_personal_and_no_card_is_kept_of_a_payment(
    cinema: Cinema, token: str, sandbox: SandboxProcess
) -> None:
    paid = sandbox.pay(go_to_pay(token), email="asha@example.com", contact="+919999999999")
    service.settle(paid.payment_id)
    kept: dict[str, Any] = buyers.rows(Payment)[0].raw
    assert kept["id"] == paid.payment_id
    assert not {"email", "contact", "vpa", "card_id", "card", "notes"} & kept.keys()
