"""Events as the gateway sends them: its own entities, signed over the raw bytes."""

import hashlib
import hmac
import itertools
import json
from dataclasses import dataclass, replace
from typing import Any

import requests
from flask import Flask
from werkzeug.test import TestResponse

from tests.sandbox_process import SandboxProcess

SECRET = "the-webhook's-own-secret"
OLD_SECRET = "the-secret-before"
ADDRESS = "/webhooks/razorpay"
_numbers = itertools.count(1)


def sign(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Delivery:
    """One event on its way. `signature` None: signed as it should be."""

    body: bytes
    event_id: str
    signature: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """What goes with the body."""
        signature = sign(self.body) if self.signature is None else self.signature
        return {"X-Razorpay-Event-Id": self.event_id, "X-Razorpay-Signature": signature}

    def to(self, app: Flask) -> TestResponse:
        """Deliver it, as a stranger without cookies."""
        return app.test_client(use_cookies=False).post(
            ADDRESS, data=self.body, headers=self.headers, content_type="application/json"
        )

    def send(self, address: str) -> requests.Response:
        """Deliver it to a real process."""
        with requests.Session() as session:
            session.trust_env = False
            return session.post(address, data=self.body, headers=self.headers, timeout=60)

    def but(self, **changes: Any) -> "Delivery":
        """The same with something changed."""
        return replace(self, **changes)


def event(kind: str, **entities: Any) -> Delivery:
    """An event of these entities, with an id of its own."""
    body = {
        "entity": "event", "account_id": "acc_Lantern", "event": kind, "contains": list(entities),
        "payload": {name: {"entity": entity} for name, entity in entities.items()},
        "created_at": 1_790_000_000,
    }  # fmt: skip
    return Delivery(json.dumps(body).encode(), f"evt_{next(_numbers):014d}")


def payment(sandbox: SandboxProcess, payment_id: str, **changes: Any) -> dict[str, Any]:
    """The gateway's payment as it stands."""
    found: dict[str, Any] = sandbox.client().payment.fetch(payment_id, {}, timeout=10)
    return {**found, **changes}


def captured(sandbox: SandboxProcess, payment_id: str) -> Delivery:
    """`payment.captured`."""
    return event("payment.captured", payment=payment(sandbox, payment_id))
