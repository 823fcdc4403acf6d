"""The payment sandbox as a real process, for every room's tests.

`SandboxProcess.start(file)` runs `python -m bookingapp.sandbox` on a free port; its helpers drive
what a customer or a bad day would do. One process can serve a whole test session: `clear_faults()`
between tests, and orders have ids of their own.
"""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, cast

import razorpay
import requests

ROOT = Path(__file__).resolve().parent.parent
KEY_ID = "rzp_test_Matinee"
KEY_SECRET = "sandbox-secret-of-the-tests"
WEBHOOK_SECRET = "sandbox-webhook-secret"
STOPS_WITHIN = 15.0

Json = dict[str, Any]


@dataclass(frozen=True)
class Paid:
    """What the browser would bring back to the cinema."""

    order_id: str
    payment_id: str
    signature: str

    @property
    def fields(self) -> dict[str, str]:
        """The form Razorpay posts to the callback address."""
        return {
            "razorpay_order_id": self.order_id,
            "razorpay_payment_id": self.payment_id,
            "razorpay_signature": self.signature,
        }


class SandboxProcess:
    """A running sandbox: its address, its keys, and hands on its control door."""

    key_id = KEY_ID
    key_secret = KEY_SECRET
    webhook_secret = WEBHOOK_SECRET

    def __init__(self, process: subprocess.Popen[str], base_url: str) -> None:
        self.process = process
        self.base_url = base_url
        self._session = requests.Session()
        self._session.trust_env = False

    @classmethod
    def start(cls, file: Path, *more: str, control: bool = True, port: int = 0) -> Self:
        """Start one whose durable state is in `file`; `more` are further command line options."""
        command = [sys.executable, "-m", "bookingapp.sandbox", "--port", str(port)]
        command += ["--file", str(file)]
        command += ["--key-id", KEY_ID, "--key-secret", KEY_SECRET]
        command += ["--webhook-secret", WEBHOOK_SECRET, *more]
        if control:
            command.append("--control")
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        return cls(process, cls._read_address(process))

    @staticmethod
    def _read_address(process: subprocess.Popen[str]) -> str:
        """The line it prints once it listens; a process that dies instead fails the test at once."""
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith("sandbox listening on "):
            raise AssertionError(f"the sandbox did not start: {line!r}, ended {process.wait(5)}")
        return line.split()[-1]

    def stop(self) -> int:
        """Ask it to end; answers its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(STOPS_WITHIN)
        finally:
            self.process.kill()
            if self.process.stdout is not None:
                self.process.stdout.close()
            self._session.close()

    def client(self) -> Any:
        """The real SDK, pointed here."""
        session = requests.Session()
        session.trust_env = False
        auth = (self.key_id, self.key_secret)
        return razorpay.Client(session=session, auth=auth, base_url=self.base_url)

    def order(self, amount: int = 45000, currency: str = "INR", **more: object) -> Json:
        data = {"amount": amount, "currency": currency, **more}
        return cast("Json", self.client().order.create(data, timeout=10))

    def pay(self, order_id: str, outcome: str = "captured", **more: object) -> Paid:
        """Pay without a browser. `outcome`: captured, failed, authorized, created, late,
        failed_then_captured. `more`: amount, currency, method, email, contact, reason, seconds.
        """
        answer = self._control("POST", "payments", order_id=order_id, outcome=outcome, **more)
        return Paid(order_id, answer["payment_id"], answer["signature"])

    def capture(self, payment_id: str) -> Json:
        """The bank says yes at last, when the test wants it."""
        client = self.client()
        payment = client.payment.fetch(payment_id, {}, timeout=10)
        return cast("Json", client.payment.capture(payment_id, payment["amount"], {}, timeout=10))

    def fault(
        self,
        path_prefix: str,
        mode: str,
        *,
        seconds: float = 30.0,
        times: int | None = None,
        method: str | None = None,
    ) -> None:
        """Spoil requests until `times` are used up or `clear_faults()`. See sandbox/faults.py."""
        self._control(
            "POST",
            "faults",
            path_prefix=path_prefix,
            mode=mode,
            seconds=seconds,
            times=times,
            method=method,
        )

    def clear_faults(self) -> None:
        self._control("DELETE", "faults")

    def refunds_go(self, mode: str) -> None:
        """How refunds go from now on: processed, pending or failed."""
        self._control("POST", "refunds", mode=mode)

    def finish_refund(self, refund_id: str, status: str = "processed") -> Json:
        return self._control("POST", f"refunds/{refund_id}", status=status)

    def settle(self, *only: str, **wrong: object) -> str:
        """Pay these out; the settlement's id. `wrong`: leave_out, amounts, stranger; `at`: a moment."""
        answer = self._control("POST", "settlements", only=list(only), **wrong)
        return str(answer["settlement_id"])

    def forget_settlements(self) -> None:
        """Nothing was ever paid out."""
        self._control("DELETE", "settlements")

    def state(self) -> Json:
        """All orders, payments, refunds and events, oldest first."""
        return self._control("GET", "state")

    def choose(self, fields: Mapping[str, str], choice: str, **more: str) -> requests.Response:
        """Press a button on the hosted page: pay, late, silent or fail."""
        form = {**fields, "choice": choice, **more}
        return self._session.post(f"{self.base_url}/v1/checkout/pay", data=form, timeout=10)

    def _control(self, verb: str, path: str, /, **body: object) -> Json:
        url = f"{self.base_url}/sandbox/{path}"
        sent = body if verb == "POST" else None
        answer = self._session.request(verb, url, json=sent, timeout=10)
        assert answer.ok, f"{verb} {path}: {answer.status_code} {answer.text}"
        return cast("Json", answer.json())
