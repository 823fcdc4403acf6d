"""What a browser brings back from the gateway, read with suspicion.

A success is signed by the gateway. A failure is not: it only names what may be asked about. Ids that
do not look like the gateway's never reach the database or a log line.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from bookingapp.booking.models import Booking
from bookingapp.db import read as read_rows
from bookingapp.payments.models import PaymentOrder

LARGEST = 16 * 1024
_ID = re.compile(r"[A-Za-z0-9_]{5,40}", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)
_booking, _order = Booking.__table__.c, PaymentOrder.__table__.c
_TOKEN = (
    select(_booking.manage_token)
    .join_from(Booking.__table__, PaymentOrder.__table__, _order.booking_id == _booking.id)
    .where(_order.gateway_order_id == bindparam("order"))
)


@dataclass(frozen=True)
class Paid:
    """The gateway's word that a payment belongs to an order; to be verified."""

    order_id: str
    payment_id: str
    signature: str


@dataclass(frozen=True)
class NotPaid:
    """Somebody says that a payment failed; to be asked about."""

    order_id: str
    payment_id: str | None


def is_id(text: object) -> bool:
    """Whether this looks like an id of the gateway's."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def token_of_order(gateway_order_id: str) -> str | None:
    """Whose order this is, by our own books; None when it is not ours."""
    token: str | None = read_rows(_TOKEN, order=gateway_order_id).scalar_one_or_none()
    return token


def read(form: Mapping[str, str]) -> Paid | NotPaid | None:
    """The posted fields; None when they are neither kind whole."""
    if any(name.startswith("error[") for name in form):
        return _not_paid(form.get("error[metadata]", ""))
    names = ("razorpay_order_id", "razorpay_payment_id", "razorpay_signature")
    order_id, payment_id, signature = (form.get(name, "") for name in names)
    if is_id(order_id) and is_id(payment_id) and _SIGNATURE.fullmatch(signature):
        return Paid(order_id, payment_id, signature)
    return None


def _not_paid(metadata: str) -> NotPaid | None:
    try:
        said = json.loads(metadata)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or not is_id(said.get("order_id")):
        return None
    payment_id = said.get("payment_id")
    return NotPaid(said["order_id"], payment_id if is_id(payment_id) else None)
