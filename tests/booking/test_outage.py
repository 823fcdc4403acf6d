"""The gateway is down: seats are kept longer, sales go on, everybody is told, and it ends by itself."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from bookingapp import clock, heartbeat
from bookingapp.booking import outage, reconcile, refund_job, service
from bookingapp.payments import gateway
from bookingapp.payments.gateway import GatewayError, GatewayLeftAlone
from bookingapp.payments.models import GatewayHealth, PaymentOrder
from bookingapp.settings import Settings
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

SignIn = Callable[[FlaskClient, str], FlaskClient]
BANNER = "Payment is not working just now"
pytestmark = pytest.mark.settings(gateway_timeout_seconds=0.3)


def later(**span: float) -> time_machine.travel:
    return time_machine.travel(clock.now() + timedelta(**span), tick=True)


def goes_down(sandbox: SandboxProcess, mode: str = "500") -> None:
    """Three calls in a row come to nothing."""
    sandbox.fault("/v1/", mode)
    while not gateway.connect().health.down:
        with pytest.raises(GatewayError):
            gateway.connect().probe()


def comes_back(sandbox: SandboxProcess) -> None:
    """It works again, and the job's next turn finds out."""
    sandbox.clear_faults()
    with later(seconds=11):
        assert outage.run()


def minutes_kept(token: str) -> float:
    """From the taking of the seats to the end of the hold."""
    row = buyers.booking(token)
    assert row.hold_expires_at is not None
    return (row.hold_expires_at - row.created_at).total_seconds() / 60


@pytest.mark.parametrize("mode", ["hang", "500", "502", "html500", "429", "not_json"])
def test_three_failed_calls_and_nobody_waits_for_it_any_more(
    app: Flask, sandbox: SandboxProcess, mode: str
) -> None:
    goes_down(sandbox, mode)
    assert [row.failures for row in buyers.rows(GatewayHealth)] == [3]
    sandbox.clear_faults()
    # it would answer now, but nobody asks before the job has
    with pytest.raises(GatewayLeftAlone):
        gateway.connect().order_by_receipt("R-1")
    comes_back(sandbox)
    assert gateway.connect().order_by_receipt("R-1") is None


@pytest.mark.settings(
    payment_gateway="razorpay", razorpay_key_id="k", razorpay_key_secret="s",
    razorpay_base_url="http://127.0.0.1:9",
)  # fmt: skip
def test_nobody_there_counts_too(cinema: Cinema) -> None:
    for _ in range(3):
        with pytest.raises(GatewayError):
            gateway.connect().probe()
    assert gateway.connect().health.down


def test_one_good_answer_makes_two_faults_forgotten(app: Flask, sandbox: SandboxProcess) -> None:
    sandbox.fault("/v1/", "500", times=2)
    for _ in range(2):
        with pytest.raises(GatewayError):
            gateway.connect().probe()
    gateway.connect().probe()
    assert [row.failures for row in buyers.rows(GatewayHealth)] == [0]


def test_another_process_knows_within_a_second(
    app: Flask, settings: Settings, sandbox: SandboxProcess
) -> None:
    other = gateway.Gateway(settings, str(app.secret_key))
    assert not other.health.down
    goes_down(sandbox)
    with later(seconds=1.5):
        assert other.health.down


def test_of_many_processes_one_probes(app: Flask, sandbox: SandboxProcess) -> None:
    goes_down(sandbox)
    with later(seconds=11):
        assert buyers.together(app, [outage.run] * 4).count(True) == 1


def test_who_presses_pay_keeps_the_seats_as_long_as_a_hold_may_be(
    client: FlaskClient, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4")
    goes_down(sandbox)
    assert client.post(f"/b/{token}/pay").location == f"/b/{token}/trying"
    assert minutes_kept(token) == pytest.approx(30)
    # pressed again it is not longer than that
    client.post(f"/b/{token}/pay")
    assert minutes_kept(token) == pytest.approx(30)


def test_all_on_the_way_to_pay_are_kept_longer_and_nobody_else(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    show = cinema.showtime()
    known, lapsed = hold(show, "A1", who="known"), hold(show, "A2", who="lapsed")
    looking = service.hold_seats(show, ["A3"], buyer_key="l", client_key="l", locale="en").token
    buyers.let_lapse(lapsed)
    goes_down(sandbox)
    outage.run()
    outage.run()
    assert minutes_kept(known) == pytest.approx(30)
    assert minutes_kept(looking) == pytest.approx(12)
    assert minutes_kept(lapsed) < 1


def test_new_sales_are_taken_and_paid_when_it_is_back(
    client: FlaskClient, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    goes_down(sandbox)
    token = hold(cinema.showtime(), "C4")
    page = client.get(f"/b/{token}/checkout").text
    assert BANNER in page
    seen = buyers.booking(token).total
    form = {"action": "pay", "email": buyers.EMAIL, "seen": seen}
    answer = client.post(f"/b/{token}/checkout", data=form)
    assert answer.location == f"/b/{token}/trying"
    first = client.get(answer.location)
    assert "Payment is not working just now" in first.text
    assert "C4 is held for you until" in first.text
    address = first.headers["Refresh"].partition("; url=")[2]
    assert client.get(address).status_code == 200, "still down"
    comes_back(sandbox)
    assert client.get(address).location == f"/b/{token}/pay"
    paying = client.get(f"/b/{token}/pay").text
    assert BANNER not in paying
    assert BANNER not in client.get(f"/b/{token}/checkout").text
    (order,) = buyers.rows(PaymentOrder)
    service.settle(sandbox.pay(order.gateway_order_id).payment_id)
    assert buyers.state(token) == "confirmed"


def test_somebody_already_at_the_pay_page_is_told_as_well(
    client: FlaskClient, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4")
    go_to_pay(token)
    goes_down(sandbox)
    assert BANNER in client.get(f"/b/{token}/pay").text


def test_the_page_that_tries_makes_no_order_nobody_asked_for(
    client: FlaskClient, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4")
    assert client.get(f"/b/{token}/trying?n=1").location == f"/b/{token}/checkout"
    assert buyers.rows(PaymentOrder) == []
    buyers.expire(token)
    assert client.get(f"/b/{token}/trying?n=1").location == f"/b/{token}"


def test_who_closed_the_page_gets_a_letter_when_it_works_again(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4")
    goes_down(sandbox)
    with pytest.raises(Exception, match="gateway_down"):
        service.start_payment(token)
    with later(minutes=3):
        assert outage.run()
        assert reconcile.run() == 0
        assert buyers.letters("payment_failed") == []
        comes_back(sandbox)
        assert reconcile.run() == 1
    (letter,) = buyers.letters("payment_failed")
    assert "did not answer" in letter.payload["reason"]
    assert "It works again now" in letter.payload["reason"]
    assert letter.payload["retry_url"].endswith(f"/b/{token}/checkout")


def test_jobs_leave_it_alone_and_no_turn_is_lost(cinema: Cinema, sandbox: SandboxProcess) -> None:
    token = hold(cinema.showtime(), "C4")
    paid = sandbox.pay(go_to_pay(token))
    goes_down(sandbox)
    buyers.make_due()
    assert (reconcile.run(), refund_job.run()) == (0, 0)
    comes_back(sandbox)
    assert reconcile.run() == 1
    assert buyers.state(token) == "confirmed", paid


def test_without_any_job_whoever_comes_by_finds_out(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    goes_down(sandbox)
    sandbox.clear_faults()
    with later(minutes=2):
        assert go_to_pay(hold(cinema.showtime(), "C4"))
    assert not gateway.connect().health.down


def test_office_health_and_metrics_show_it(
    app: Flask, client: FlaskClient, sandbox: SandboxProcess, sign_in: SignIn
) -> None:
    heartbeat.beat("drain")
    manager = sign_in(app.test_client(), "manager")
    pages = ("/office/outbox", "/office/money", "/office/bookings")
    sentence = "The payment gateway does not answer, since"

    def seen() -> tuple[list[bool], bool, str]:
        told = [sentence in manager.get(page).text for page in pages]
        up = client.get("/healthz").get_json()["payments"]["up"]
        metrics = client.get("/metrics").text
        found = re.search(r"^matinee_gateway_up (\S+)$", metrics, re.MULTILINE)
        return told, up, found[1] if found else ""

    assert seen() == ([False] * 3, True, "1.0")
    goes_down(sandbox, "429")
    assert seen() == ([True] * 3, False, "0.0")
    assert "it asked us to wait (429)" in manager.get("/office/money").text
    health = client.get("/healthz")
    assert (health.status_code, health.get_json()["payments"]["says"]) == (
        200,
        "it asked us to wait (429)",
    )
    comes_back(sandbox)
    assert seen() == ([False] * 3, True, "1.0")
    heartbeat.clear()


@pytest.mark.parametrize(
    ("mode", "said"),
    [("", "Razorpay answers and knows our keys"), ("500", "Razorpay does not answer")],
)
def test_the_doctor_asks_the_gateway(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess, mode: str, said: str
) -> None:
    cinema.showtime()
    if mode:
        sandbox.fault("/v1/", mode)
    answer = app.test_cli_runner().invoke(args=["doctor"])
    assert said in answer.output
    assert answer.exit_code == bool(mode)


@pytest.mark.settings(razorpay_key_secret="somebody else's")
def test_the_doctor_knows_refused_keys(app: Flask, cinema: Cinema, sandbox: SandboxProcess) -> None:
    answer = app.test_cli_runner().invoke(args=["doctor"])
    assert "check RAZORPAY_KEY_ID and its secret" in answer.output
    assert gateway.connect().health.down
