"""The only file that knows Razorpay: the real SDK, its traps fenced off, typed answers.

Every call has a time limit, refuses to run while a transaction is open, and takes one of the few
places in the line (`GATEWAY_MAX_WAITING`), so that a gateway that hangs can't take all our threads.
What goes wrong is one of the `GatewayError` family; none of them carries a secret.
"""

import hashlib
import hmac
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, cast

import razorpay
from flask import current_app

from bookingapp import clock
from bookingapp.db import in_transaction, let_go
from bookingapp.payments import breaker, pulse, service
from bookingapp.payments.answers import (
    GatewayOrder,
    GatewayPayment,
    GatewayRefund,
    ReportLine,
    orders,
    payments,
    refunds,
    report_lines,
)
from bookingapp.payments.breaker import Health
from bookingapp.payments.line import (
    GatewayBroken,
    GatewayBusy,
    GatewayError,
    GatewayLeftAlone,
    GatewayRefused,
    GatewaySlow,
    GatewayUnreachable,
    Line,
    Wire,
)
from bookingapp.settings import Settings

__all__ = [
    "Gateway", "GatewayBroken", "GatewayBusy", "GatewayError", "GatewayLeftAlone", "GatewayOrder",
    "GatewayPayment", "GatewayRefund", "GatewayRefused", "GatewaySlow", "GatewayUnreachable", "connect",
    "credentials", "name", "webhook_secrets",
]  # fmt: skip
CONNECT_SECONDS = 3.0
LOOK_UP_SECONDS = 3.0
SANDBOX_KEY_ID = "rzp_test_sandbox"
EXTENSION = "gateway"
Call = Callable[[Any, tuple[float, float]], object]


class OpenTransactionError(RuntimeError):
    """A transaction would be held open for as long as the gateway takes."""


@dataclass(frozen=True)
class Checkout:
    """What a customer's page needs to know of the gateway."""

    key_id: str
    hosted_url: str
    script_url: str


def credentials(settings: Settings, secret_key: str) -> tuple[str, str]:
    """Key id and secret. The sandbox's follow from the application's own key, so nobody sets them."""
    if not settings.sandbox:
        return settings.razorpay_key_id, settings.razorpay_key_secret
    derived = hmac.new(secret_key.encode(), b"payment sandbox", hashlib.sha256).hexdigest()
    return SANDBOX_KEY_ID, derived


def webhook_secrets(settings: Settings, secret_key: str) -> tuple[str, ...]:
    """What an event may be signed with: the secret and, while it is changed, the old one. Or nothing."""
    if not settings.sandbox:
        given = (settings.razorpay_webhook_secret, settings.razorpay_webhook_secret_old)
        return tuple(secret for secret in given if secret)
    return (hmac.new(secret_key.encode(), b"sandbox webhook", hashlib.sha256).hexdigest(),)


def name(settings: Settings) -> str:
    """What stands in payment_order.gateway."""
    return "sandbox" if settings.sandbox else "razorpay"


def connect() -> "Gateway":
    """The running application's gateway, made once."""
    made = current_app.extensions.get(EXTENSION)
    if made is None:
        settings: Settings = current_app.config["SETTINGS"]
        secret_key = str(current_app.secret_key)
        made = current_app.extensions.setdefault(EXTENSION, Gateway(settings, secret_key))
    return cast("Gateway", made)


class _Client(razorpay.Client):  # type: ignore[misc] # the SDK publishes no types
    """The SDK's, which would read its version from its package's files at every call."""

    @cache  # noqa: B019 (a client for each thread, kept as long as the thread)
    def _get_version(self) -> str:
        return str(super()._get_version())


class Gateway:
    """One account at the gateway. Methods block for `GATEWAY_TIMEOUT_SECONDS` at most."""

    def __init__(self, settings: Settings, secret_key: str) -> None:
        self._key_id, self._key_secret = credentials(settings, secret_key)
        self._base_url = settings.sandbox_url if settings.sandbox else settings.razorpay_base_url
        self._script = (
            settings.sandbox_url + "/v1/checkout.js"
            if settings.sandbox
            else settings.razorpay_checkout_js
        )
        self._timeout = settings.gateway_timeout_seconds
        self._line = Line(settings.gateway_max_waiting)
        self._own = threading.local()
        self.name = name(settings)
        self._health, self._read_at = breaker.UP, datetime.min.replace(tzinfo=UTC)

    @property
    def checkout(self) -> Checkout:
        """Where customers are sent to pay."""
        hosted = self._base_url.rstrip("/") + "/v1/checkout/embedded"
        return Checkout(self._key_id, hosted, self._script)

    def create_order(
        self, *, amount: int, currency: str, receipt: str, notes: dict[str, str]
    ) -> GatewayOrder:
        """Make an order. After GatewaySlow or GatewayBroken it may exist: look it up by receipt."""
        data = {"amount": amount, "currency": currency, "receipt": receipt, "notes": notes}
        return GatewayOrder.read(
            self._ask(lambda sdk, wait: sdk.order.create(data, timeout=wait), self._timeout)
        )

    def order_by_receipt(self, receipt: str) -> GatewayOrder | None:
        """The order made under our own number, or None."""
        data = {"receipt": receipt}
        limit = min(self._timeout, LOOK_UP_SECONDS)
        answer = self._ask(lambda sdk, wait: sdk.order.all(data, timeout=wait), limit)
        return next((order for order in orders(answer) if order.receipt == receipt), None)

    def payment(self, gateway_payment_id: str) -> GatewayPayment:
        """What became of one payment."""
        return GatewayPayment.read(
            self._ask(
                lambda sdk, wait: sdk.payment.fetch(gateway_payment_id, {}, timeout=wait),
                self._timeout,
            )
        )

    def payments_of(self, gateway_order_id: str) -> list[GatewayPayment]:
        """All attempts at an order, oldest first."""
        return payments(
            self._ask(
                lambda sdk, wait: sdk.order.payments(gateway_order_id, {}, timeout=wait),
                self._timeout,
            )
        )

    def refund(
        self, gateway_payment_id: str, *, amount: int, key: str, notes: dict[str, str]
    ) -> GatewayRefund:
        """Give money back. The same key asks for the same refund, however often; it is its receipt too.

        After GatewaySlow or GatewayBroken it may exist: look it up. A refusal with status 409 means
        that the same key is being worked on.
        """
        data = {"amount": amount, "speed": "normal", "receipt": key, "notes": notes}
        headers = {"X-Refund-Idempotency": key}
        return GatewayRefund.read(
            self._ask(
                lambda sdk, wait: sdk.payment.refund(
                    gateway_payment_id, data, headers=headers, timeout=wait
                ),
                self._timeout,
            )
        )

    def refund_made(self, gateway_refund_id: str) -> GatewayRefund:
        """What became of one refund."""
        return GatewayRefund.read(
            self._ask(
                lambda sdk, wait: sdk.refund.fetch(gateway_refund_id, {}, timeout=wait),
                self._timeout,
            )
        )

    def refunds_of(self, gateway_payment_id: str) -> list[GatewayRefund]:
        """All refunds of a payment, oldest first."""
        return refunds(
            self._ask(
                lambda sdk, wait: sdk.payment.fetch_multiple_refund(
                    gateway_payment_id, {}, timeout=wait
                ),
                self._timeout,
            )
        )

    @property
    def health(self) -> Health:
        """Whether it answers, as all processes know it; a second old at most."""
        now = clock.now()
        if abs(now - self._read_at) > pulse.REMEMBERED:
            self._health, self._read_at = pulse.health(self.name), now
        return self._health

    def probe(self) -> None:
        """Ask for nothing in particular, also while it is left alone. Raises GatewayError."""
        limit = min(self._timeout, LOOK_UP_SECONDS)
        data = {"count": 1}
        self._ask(lambda sdk, wait: sdk.order.all(data, timeout=wait), limit, probing=True)

    def settlement_report(self, day: date, *, count: int, skip: int) -> list[ReportLine]:
        """A page of what was paid out on a day of the gateway's."""
        data = {"year": day.year, "month": day.month, "day": day.day, "count": count, "skip": skip}
        return report_lines(
            self._ask(lambda sdk, wait: sdk.settlement.report(data, timeout=wait), self._timeout)
        )

    def signed(self, gateway_order_id: str, gateway_payment_id: str, signature: str) -> bool:
        """Whether the gateway says that this pair belongs together. It proves nothing else."""
        message = f"{gateway_order_id}|{gateway_payment_id}".encode("utf-8", "replace")
        expected = hmac.new(self._key_secret.encode(), message, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))

    def _ask(self, call: Call, limit: float, *, probing: bool = False) -> object:
        if in_transaction():
            raise OpenTransactionError
        known, now = self.health, clock.now()
        let_go()
        if known.left_alone(now) and not probing:
            raise GatewayLeftAlone(known.said)
        try:
            with self._line.place():
                answer = self._call(call, limit)
        except GatewayError as error:
            self._went_wrong(error)
            raise
        if self._health.failures:
            self._remember(service.note_works(self.name))
        return answer

    def _call(self, call: Call, limit: float) -> object:
        try:
            return call(self._sdk(), (min(CONNECT_SECONDS, limit), limit))
        except GatewayError:
            raise
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            # the SDK stumbles over answers it did not expect
            raise GatewayBroken(type(error).__name__) from None

    def _went_wrong(self, error: GatewayError) -> None:
        if breaker.counts(error):
            self._remember(service.note_fault(self.name, error, clock.now()))
        elif isinstance(error, GatewayRefused) and self._health.failures:
            self._remember(service.note_works(self.name))

    def _remember(self, health: Health | None) -> None:
        if health is not None:
            self._health, self._read_at = health, clock.now()

    def _sdk(self) -> Any:  # noqa: ANN401 (the SDK publishes no types)
        """This thread's client; the SDK's own is not safe to share."""
        if not hasattr(self._own, "sdk"):
            auth = (self._key_id, self._key_secret)
            self._own.sdk = _Client(session=Wire(), auth=auth, base_url=self._base_url.rstrip("/"))
        return self._own.sdk
