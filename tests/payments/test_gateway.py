"""The gateway's one file, with the real SDK against a real process that can misbehave."""

import socket
import threading
import time
from collections.abc import Callable

import pytest
from flask import Flask

from bookingapp.db import transaction
from bookingapp.payments import gateway, line
from bookingapp.payments.gateway import (
    Gateway,
    GatewayBroken,
    GatewayBusy,
    GatewayError,
    GatewayRefused,
    GatewaySlow,
    GatewayUnreachable,
    OpenTransactionError,
    connect,
)
from bookingapp.settings import Settings
from tests.conftest import SECRET
from tests.sandbox_process import SandboxProcess

QUICK = pytest.mark.settings(gateway_timeout_seconds=0.3)
pytestmark = pytest.mark.engine("sqlite")  # the gateway knows no database


def order(receipt: str) -> gateway.GatewayOrder:
    return connect().create_order(
        amount=36000, currency="INR", receipt=receipt, notes={"booking": "BK1"}
    )


def test_an_order_is_made_and_found_by_our_own_number(app: Flask, sandbox: SandboxProcess) -> None:
    made = order("R-found")
    assert (made.amount, made.currency, made.receipt) == (36000, "INR", "R-found")
    assert connect().order_by_receipt("R-found") == made
    assert connect().order_by_receipt("R-nobody") is None


def test_attempts_are_told_in_the_order_they_were_made(app: Flask, sandbox: SandboxProcess) -> None:
    made = order("R-attempts")
    failed, paid = sandbox.pay(made.id, "failed"), sandbox.pay(made.id)
    told = connect().payments_of(made.id)
    assert [(p.id, p.status) for p in told] == [
        (failed.payment_id, "failed"), (paid.payment_id, "captured"),
    ]  # fmt: skip
    assert told[0].error_reason == "payment_declined"
    assert connect().payment(paid.payment_id) == told[1]


@QUICK
@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("hang", GatewaySlow),
        ("timeout_after_work", GatewaySlow),
        ("429", GatewaySlow),
        ("500", GatewayBroken),
        ("502", GatewayBroken),
        ("html500", GatewayBroken),
        ("not_json", GatewayBroken),
        ("500_after_work", GatewayBroken),
        ("409", GatewayRefused),
    ],
)
def test_trouble_has_a_name(
    app: Flask, sandbox: SandboxProcess, mode: str, error: type[GatewayError]
) -> None:
    sandbox.fault("/v1/orders", mode)
    with pytest.raises(error) as caught:
        order("R-trouble")
    assert type(caught.value) is error


def test_nobody_there_is_unreachable(app: Flask, settings: Settings) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # not listening
        nowhere = f"http://127.0.0.1:{bound.getsockname()[1]}"
        closed = Settings(
            payment_gateway="razorpay", razorpay_key_id="k", razorpay_key_secret="s",
            razorpay_base_url=nowhere, instance_dir=settings.instance_dir,
        )  # fmt: skip
        with pytest.raises(GatewayUnreachable):
            Gateway(closed, SECRET).payment("pay_x")


def test_a_refusal_is_a_refusal(app: Flask, sandbox: SandboxProcess) -> None:
    with pytest.raises(GatewayRefused):
        connect().payment("pay_" + "x" * 14)
    with pytest.raises(GatewayRefused):
        connect().create_order(amount=99, currency="INR", receipt="R", notes={})


@QUICK
def test_no_error_tells_a_secret_and_nothing_is_printed(
    app: Flask, sandbox: SandboxProcess, capfd: pytest.CaptureFixture[str]
) -> None:
    for mode in ("hang", "html500", "409"):
        sandbox.clear_faults()
        sandbox.fault("/v1/orders", mode)
        with pytest.raises(GatewayError) as caught:
            order("R-secret")
        told = f"{caught.value!r} {caught.value.__cause__!r}"
        assert sandbox.key_secret not in told
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


def test_it_refuses_to_be_asked_inside_a_transaction(app: Flask, sandbox: SandboxProcess) -> None:
    with transaction(), pytest.raises(OpenTransactionError):
        connect().payment("pay_x")


def test_a_signature_counts_only_for_its_own_pair(app: Flask, sandbox: SandboxProcess) -> None:
    made = order("R-signed")
    paid = sandbox.pay(made.id)
    signed = connect().signed
    assert signed(paid.order_id, paid.payment_id, paid.signature)
    assert not signed(paid.order_id, "pay_" + "x" * 14, paid.signature)
    assert not signed("order_" + "x" * 14, paid.payment_id, paid.signature)
    for odd in ("", "0" * 64, "é", "\udcff", paid.signature + "0"):
        assert not signed(paid.order_id, paid.payment_id, odd)


def test_the_environment_can_not_send_our_calls_elsewhere(
    app: Flask, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    assert order("R-proxy").receipt == "R-proxy"


def in_threads(app: Flask, count: int, call: Callable[[int], object]) -> list[object]:
    """What each of some calls at once came to, by value or by error's class."""
    results: list[object] = [None] * count

    def one(place: int) -> None:
        with app.app_context():
            try:
                results[place] = call(place)
            except GatewayError as error:
                results[place] = type(error)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.mark.settings(gateway_timeout_seconds=3.0, gateway_max_waiting=2)
def test_while_the_gateway_hangs_the_next_is_told_at_once(
    app: Flask, sandbox: SandboxProcess
) -> None:
    sandbox.fault("/v1/orders", "hang")
    waiting = threading.Thread(target=in_threads, args=(app, 2, lambda n: order(f"R-{n}")))
    waiting.start()
    deadline = time.monotonic() + 10
    while len(connect()._line._since) < 2 and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    threading.Event().wait(line.PATIENCE_SECONDS)  # the line stands still
    started = time.monotonic()
    with pytest.raises(GatewayBusy):
        order("R-third")
    assert time.monotonic() - started < 0.5
    sandbox.clear_faults()
    waiting.join(10)
    assert order("R-after").receipt == "R-after", "places come free again"


@pytest.mark.settings(gateway_max_waiting=2)
def test_while_it_answers_quickly_everybody_is_served(
    app: Flask, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    # quick is what a busy test machine calls quick
    monkeypatch.setattr(line, "PATIENCE_SECONDS", 20.0)
    monkeypatch.setattr(line, "LONGEST_SECONDS", 20.0)
    sandbox.fault("/v1/orders", "slow", seconds=0.02)
    results = in_threads(app, 12, lambda n: order(f"R-quick-{n}").receipt)
    assert sorted(map(str, results)) == sorted(f"R-quick-{n}" for n in range(12))


def test_threads_never_mix_their_sums(app: Flask, sandbox: SandboxProcess) -> None:
    def make(n: int) -> bool:
        made = connect().create_order(
            amount=1000 + n, currency="INR", receipt=f"R-mix-{n}", notes={}
        )
        return made.amount == 1000 + n and made.receipt == f"R-mix-{n}"

    assert in_threads(app, 6, make) == [True] * 6


def test_the_sandboxes_keys_follow_from_our_own_secret(settings: Settings) -> None:
    key_id, secret = gateway.credentials(settings, SECRET)
    assert key_id == "rzp_test_sandbox"
    assert secret != SECRET
    assert gateway.credentials(settings, SECRET) == (key_id, secret)
    assert gateway.credentials(settings, SECRET + "x") != (key_id, secret)


def test_real_keys_are_the_operators() -> None:
    real = Settings(
        payment_gateway="razorpay", razorpay_key_id="rzp_live_1", razorpay_key_secret="s"
    )
    assert gateway.credentials(real, SECRET) == ("rzp_live_1", "s")
