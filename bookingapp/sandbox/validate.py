"""Request bodies to values, refusing what Razorpay would refuse."""

import re
from dataclasses import dataclass

from .errors import ApiError

ORDER_FIELDS = frozenset(
    [
        "amount",
        "currency",
        "receipt",
        "notes",
        "partial_payment",
        "payment_capture",
        "payment",
        "offer_id",
        "method",
    ]
)
REFUND_FIELDS = frozenset({"amount", "speed", "receipt", "notes", "reverse_all"})
MINIMUM = 100
LONGEST_RECEIPT = 40
MOST_NOTES = 15
LONGEST_NOTE = 256
IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9_-]{10,}")

Body = dict[str, object]


@dataclass(frozen=True)
class NewOrder:
    amount: int
    currency: str
    receipt: str | None
    notes: dict[str, str]


@dataclass(frozen=True)
class NewRefund:
    """`amount` is None when all that is left shall go back."""

    amount: int | None
    speed: str
    receipt: str | None
    notes: dict[str, str]


def read_order(body: Body) -> NewOrder:
    only_known(body, ORDER_FIELDS)
    return NewOrder(
        amount=read_amount(body, "Order amount less than minimum amount allowed"),
        currency=read_currency(body),
        receipt=read_receipt(body),
        notes=read_notes(body),
    )


def read_refund(body: Body) -> NewRefund:
    only_known(body, REFUND_FIELDS)
    speed = body.get("speed", "normal")
    if speed not in ("normal", "optimum"):
        raise ApiError("The speed should be normal or optimum", field="speed")
    low = "The amount must be atleast INR 1.00"  # codespell:ignore atleast
    amount = read_amount(body, low) if body.get("amount") is not None else None
    return NewRefund(amount, str(speed), read_receipt(body), read_notes(body))


def only_known(body: Body, known: frozenset[str]) -> None:
    extra = sorted(set(body) - known)
    if extra:
        raise ApiError(f"{extra[0]} is/are not required and should not be sent", field=extra[0])


def read_amount(body: Body, too_low: str) -> int:
    amount = body.get("amount")
    if amount is None:
        raise ApiError("The amount field is required.", field="amount")
    if not isinstance(amount, int):
        raise ApiError("The amount must be an integer.", field="amount")
    if amount < MINIMUM:
        raise ApiError(too_low, field="amount")
    return amount


def read_currency(body: Body) -> str:
    currency = body.get("currency")
    if currency is None:
        raise ApiError("The currency field is required.", field="currency")
    if not isinstance(currency, str) or not re.fullmatch(r"[A-Z]{3}", currency):
        raise ApiError("Currency is not supported", field="currency")
    return currency


def read_receipt(body: Body) -> str | None:
    receipt = body.get("receipt")
    if receipt is None:
        return None
    if not isinstance(receipt, str):
        raise ApiError("The receipt must be a string.", field="receipt")
    if len(receipt) > LONGEST_RECEIPT:
        raise ApiError("The receipt may not be greater than 40 characters.", field="receipt")
    return receipt


def read_notes(body: Body) -> dict[str, str]:
    notes = body.get("notes") or {}
    if not isinstance(notes, dict):
        raise ApiError("The notes must be an array.", field="notes")
    if len(notes) > MOST_NOTES:
        raise ApiError(
            "Number of fields in notes should be less than or equal to 15", field="notes"
        )
    texts = {str(name): str(value) for name, value in notes.items()}
    if any(max(len(name), len(value)) > LONGEST_NOTE for name, value in texts.items()):
        raise ApiError("A notes key or value may not exceed 256 characters", field="notes")
    return texts


def read_idempotency_key(key: str | None) -> str | None:
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        raise ApiError(
            "The idempotency key must be at least 10 letters, digits, hyphens or underscores",
            field="X-Refund-Idempotency",
        )
    return key
