"""The gateway's answers as values. An answer with a field missing or odd is no answer."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from bookingapp.payments.line import GatewayBroken

# What is kept of a payment: no card, no account, no name, address or number of a person.
KEPT = (
    "id", "order_id", "amount", "currency", "status", "method", "captured", "amount_refunded",
    "refund_status", "fee", "tax", "bank", "wallet", "international", "error_code",
    "error_description", "error_source", "error_step", "error_reason", "created_at",
)  # fmt: skip
STATUSES = ("created", "authorized", "captured", "failed", "refunded")
# Of a refund.
KEPT_OF_REFUND = (
    "id", "payment_id", "amount", "currency", "status", "receipt", "speed_requested",
    "speed_processed", "created_at",
)  # fmt: skip
# "created" is one the bank has not heard of yet.
REFUND_STATUSES = {
    "created": "pending", "pending": "pending", "processed": "processed", "failed": "failed",
}  # fmt: skip
# What a column of ours takes; nothing real comes near it.
MOST = 2**31 - 1
ID = re.compile(r"[A-Za-z0-9_]{5,40}", re.ASCII)
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


@dataclass(frozen=True)
class GatewayOrder:
    """An order at the gateway."""

    id: str
    amount: int
    currency: str
    receipt: str
    status: str

    @classmethod
    def read(cls, answer: object) -> Self:
        """From the gateway's JSON. Raises GatewayBroken."""
        body = _object(answer)
        return cls(
            id=_id(body, "id"),
            amount=_number(body, "amount"),
            currency=_currency(body),
            receipt=str(body.get("receipt") or ""),
            status=_text(body, "status"),
        )


@dataclass(frozen=True)
class GatewayPayment:
    """One attempt at an order, as the gateway tells it now. `kept` is fit to be stored."""

    id: str
    order_id: str
    amount: int
    currency: str
    status: str
    method: str
    error_code: str = ""
    error_reason: str = ""
    kept: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def given_back(self) -> bool:
        """Whether some of it went back, or is on its way."""
        return bool(self.kept.get("amount_refunded"))

    @classmethod
    def read(cls, answer: object) -> Self:
        """From the gateway's JSON. Raises GatewayBroken."""
        body = _object(answer)
        status = _text(body, "status")
        if status not in STATUSES:
            raise GatewayBroken("a payment in a state we do not know")
        return cls(
            id=_id(body, "id"),
            # a payment link's money belongs to no order
            order_id=_id(body, "order_id") if body.get("order_id") else "",
            amount=_number(body, "amount"),
            currency=_currency(body),
            status=status,
            method=_said(body, "method", 30),
            error_code=_said(body, "error_code", 60),
            error_reason=_said(body, "error_reason", 300),
            kept=_kept(body, KEPT),
        )


@dataclass(frozen=True)
class GatewayRefund:
    """Money on its way back, as the gateway tells it now. `receipt` is our own key, if it is ours."""

    id: str
    payment_id: str
    amount: int
    currency: str
    status: str
    receipt: str
    kept: dict[str, Any] = field(default_factory=dict, compare=False)

    @classmethod
    def read(cls, answer: object) -> Self:
        """From the gateway's JSON. Raises GatewayBroken."""
        body = _object(answer)
        status = _text(body, "status")
        if status not in REFUND_STATUSES:
            raise GatewayBroken("a refund in a state we do not know")
        return cls(
            id=_id(body, "id"),
            payment_id=_id(body, "payment_id"),
            amount=_number(body, "amount"),
            currency=_currency(body),
            status=REFUND_STATUSES[status],
            receipt=_said(body, "receipt", 40),
            kept=_kept(body, KEPT_OF_REFUND),
        )


@dataclass(frozen=True)
class ReportLine:
    """One line of a settlement report. `settlement_id` is empty while the money is on hold."""

    entity_id: str
    settlement_id: str
    kind: str
    amount: int
    credit: int
    debit: int
    fee: int
    tax: int
    currency: str
    utr: str
    payment_ref: str
    order_ref: str
    receipt: str
    method: str
    settled_at: datetime | None

    @classmethod
    def read(cls, answer: object) -> Self:
        """From the gateway's JSON. Raises GatewayBroken."""
        body = _object(answer)
        at = body.get("settled_at")
        return cls(
            entity_id=_id(body, "entity_id"),
            settlement_id=_id(body, "settlement_id") if body.get("settlement_id") else "",
            kind=_said({"type": _text(body, "type")}, "type", 30),
            **{name: _number(body, name) for name in ("amount", "credit", "debit", "fee", "tax")},
            currency=_currency(body),
            utr=_said(body, "settlement_utr", 60),
            payment_ref=_said(body, "payment_id", 40),
            order_ref=_said(body, "order_id", 40),
            receipt=_said(body, "order_receipt", 40),
            method=_said(body, "method", 30),
            settled_at=datetime.fromtimestamp(at, UTC) if isinstance(at, int) and at > 0 else None,
        )


def report_lines(answer: object) -> list[ReportLine]:
    """A page of a settlement report."""
    return [ReportLine.read(item) for item in _items(answer)]


def refunds(answer: object) -> list[GatewayRefund]:
    """A collection of refunds, oldest first."""
    return [GatewayRefund.read(item) for item in reversed(_items(answer))]


def orders(answer: object) -> list[GatewayOrder]:
    """A collection of orders."""
    return [GatewayOrder.read(item) for item in _items(answer)]


def payments(answer: object) -> list[GatewayPayment]:
    """A collection of payments; the gateway lists the newest first, we tell them in order."""
    return [GatewayPayment.read(item) for item in reversed(_items(answer))]


def _object(answer: object) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise GatewayBroken("an answer that is no object")
    return answer


def _items(answer: object) -> list[object]:
    items = _object(answer).get("items")
    if not isinstance(items, list):
        raise GatewayBroken("a list without items")
    return items


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise GatewayBroken(f"an answer without {name}")
    return value


def _id(body: dict[str, Any], name: str) -> str:
    value = _text(body, name)
    if not ID.fullmatch(value):
        raise GatewayBroken(f"an answer with an odd {name}")
    return value


def _currency(body: dict[str, Any]) -> str:
    value = _text(body, "currency")
    if not CURRENCY.fullmatch(value):
        raise GatewayBroken("an answer with an odd currency")
    return value


def _said(body: dict[str, Any], name: str, most: int) -> str:
    """A word of the gateway's, fit for a column: nothing that can't be printed."""
    return "".join(letter for letter in str(body.get(name) or "") if letter.isprintable())[:most]


def _kept(body: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Plain values only: what is nested may hold a person or a card."""
    found = {name: body[name] for name in names if name in body}
    return {name: value for name, value in found.items() if isinstance(value, str | int | None)}


def _number(body: dict[str, Any], name: str) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST:
        raise GatewayBroken(f"an answer without {name}")
    return value
