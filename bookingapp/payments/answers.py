"""The gateway's answers as values. An answer with a field missing or odd is no answer."""

from dataclasses import dataclass, field
from typing import Any, Self

from bookingapp.payments.line import GatewayBroken

# What is kept of a payment: no card, no account, no name, address or number of a person.
KEPT = (
    "id", "order_id", "amount", "currency", "status", "method", "captured", "amount_refunded",
    "refund_status", "fee", "tax", "bank", "wallet", "international", "error_code",
    "error_description", "error_source", "error_step", "error_reason", "created_at",
)  # fmt: skip
STATUSES = ("created", "authorized", "captured", "failed", "refunded")


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
            id=_text(body, "id"),
            amount=_number(body, "amount"),
            currency=_text(body, "currency"),
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

    @classmethod
    def read(cls, answer: object) -> Self:
        """From the gateway's JSON. Raises GatewayBroken."""
        body = _object(answer)
        status = _text(body, "status")
        if status not in STATUSES:
            raise GatewayBroken("a payment in a state we do not know")
        return cls(
            id=_text(body, "id"),
            order_id=str(body.get("order_id") or ""),
            amount=_number(body, "amount"),
            currency=_text(body, "currency"),
            status=status,
            method=str(body.get("method") or "")[:30],
            error_code=str(body.get("error_code") or "")[:60],
            error_reason=str(body.get("error_reason") or "")[:300],
            kept={name: body[name] for name in KEPT if name in body},
        )


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


def _number(body: dict[str, Any], name: str) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise GatewayBroken(f"an answer without {name}")
    return value
