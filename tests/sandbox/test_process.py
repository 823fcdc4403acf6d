"""The process itself: starting, restarting on the same file, ending, and what it keeps shut."""

import contextlib
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.sandbox.conftest import wait_until
from tests.sandbox_process import KEY_ID, ROOT, SandboxProcess

COMMAND = [sys.executable, "-m", "bookingapp.sandbox"]


def test_it_loads_nothing_of_the_cinema() -> None:
    script = "import sys, bookingapp.sandbox.__main__; print(*sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {name for name in said.stdout.split() if name.startswith("bookingapp.")}
    assert {name for name in loaded if not name.startswith("bookingapp.sandbox")} == set()
    assert "sqlalchemy" not in said.stdout.split()


def test_a_restart_keeps_orders_payments_and_refunds(tmp_path: Path) -> None:
    first = SandboxProcess.start(tmp_path / "sandbox.sqlite3")
    paid = first.pay(first.order(45000, receipt="MT-kept")["id"])
    first.client().payment.refund(paid.payment_id, {"amount": 1000})
    before = first.state()
    first.stop()
    second = SandboxProcess.start(tmp_path / "sandbox.sqlite3")
    after = second.state()
    second.stop()
    assert len(before["orders"]) == len(before["refunds"]) == 1
    assert after == before


def test_even_a_killed_sandbox_keeps_what_it_answered(tmp_path: Path) -> None:
    first = SandboxProcess.start(tmp_path / "sandbox.sqlite3")
    paid = first.pay(first.order()["id"])
    first.process.kill()
    first.stop()
    second = SandboxProcess.start(tmp_path / "sandbox.sqlite3")
    payment = second.client().payment.fetch(paid.payment_id)
    second.stop()
    assert payment["status"] == "captured"


def test_money_that_was_to_come_late_comes_after_a_restart(tmp_path: Path) -> None:
    first = SandboxProcess.start(tmp_path / "sandbox.sqlite3")
    paid = first.pay(first.order()["id"], "late", seconds=0.5)
    first.process.kill()
    first.stop()
    second = SandboxProcess.start(tmp_path / "sandbox.sqlite3")
    fetch = second.client().payment.fetch
    wait_until(lambda: fetch(paid.payment_id)["status"] == "captured")
    second.stop()


def test_sigterm_ends_it_even_while_a_request_hangs(tmp_path: Path) -> None:
    process = SandboxProcess.start(tmp_path / "sandbox.sqlite3")
    process.fault("/v1/orders", "hang", seconds=600)
    with pytest.raises(requests.exceptions.ReadTimeout):
        process.client().order.all({}, timeout=0.3)
    assert process.stop() == 0


def test_it_ends_when_the_process_that_started_it_was_killed(tmp_path: Path) -> None:
    options = ["--port", "0", "--file", str(tmp_path / "s"), "--key-id", "k", "--key-secret", "s"]
    command = [*COMMAND, *options, "--end-with-parent"]
    script = f"import subprocess; subprocess.run({command!r})"
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        url = parent.stdout.readline().split()[-1]
        assert requests.get(f"{url}/v1/checkout.js", timeout=10).ok
        parent.kill()
    wait_until(lambda: not listens(url))


def listens(url: str) -> bool:
    try:
        requests.get(url, timeout=5)
    except requests.ConnectionError:
        return False
    return True


def test_a_port_in_use_is_said_in_one_line(sandbox: SandboxProcess, tmp_path: Path) -> None:
    port = sandbox.base_url.rsplit(":", 1)[1]
    options = ["--port", port, "--file", str(tmp_path / "s"), "--key-id", "k", "--key-secret", "s"]
    ended = subprocess.run(
        [*COMMAND, *options], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 1
    assert f"cannot listen on port {port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_control_door_is_shut_unless_asked_for(tmp_path: Path) -> None:
    process = SandboxProcess.start(tmp_path / "sandbox.sqlite3", control=False)
    order = process.order()
    body = {"order_id": order["id"]}
    paid = requests.post(f"{process.base_url}/sandbox/payments", json=body, timeout=10)
    seen = requests.get(f"{process.base_url}/sandbox/state", timeout=10)
    process.stop()
    assert (paid.status_code, seen.status_code) == (404, 404)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--key-id", KEY_ID], "RAZORPAY_KEY_SECRET"),
        (["--key-id", KEY_ID, "--key-secret", "s", "--webhook-url", "http://x/"], "webhook-secret"),
    ],
)
def test_it_refuses_to_start_without_a_secret(options: list[str], word: str) -> None:
    ended = subprocess.run(
        [*COMMAND, *options],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 2
    assert word in ended.stderr


def test_the_keys_may_come_from_the_environment(tmp_path: Path) -> None:
    env = {"PATH": "/usr/bin:/bin", "RAZORPAY_KEY_ID": KEY_ID, "RAZORPAY_KEY_SECRET": "from-env"}
    command = [*COMMAND, "--port", "0", "--file", str(tmp_path / "sandbox.sqlite3")]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        answer = requests.get(f"{url}/v1/orders", auth=(KEY_ID, "from-env"), timeout=10)
        process.terminate()
    assert answer.status_code == 200


def test_it_imports_nothing_else_of_matinee_and_nobody_imports_it() -> None:
    """Only the parent package is loaded on the way, as Python always does."""
    package = ROOT / "bookingapp" / "sandbox"
    inside = [path.read_text() for path in package.glob("*.py")]
    outside = [
        path.read_text()
        for path in (ROOT / "bookingapp").rglob("*.py")
        if package not in path.parents
    ]
    assert not [text for text in inside if "from bookingapp" in text or "from .." in text]
    assert not [text for text in outside if "import bookingapp.sandbox" in text]
    assert not [text for text in outside if "from bookingapp.sandbox" in text]


def test_two_hundred_idle_visitors_do_not_shut_the_door(tmp_path: Path) -> None:
    sandbox = SandboxProcess.start(tmp_path / "sandbox.sqlite3")
    host, port = str(urlsplit(sandbox.base_url).hostname), int(urlsplit(sandbox.base_url).port or 0)
    with contextlib.ExitStack() as idle:
        for _ in range(200):
            idle.enter_context(socket.create_connection((host, port)))
        assert sandbox.order(45000)["amount"] == 45000
    sandbox.stop()
