"""What the merchant's page sent along when it opened the checkout: Razorpay's form fields."""

import hmac
import re
import sqlite3
from dataclasses import dataclass
from urllib.parse import urlsplit

from werkzeug.datastructures import MultiDict

from .config import Config
from .errors import ApiError
from .ledger import order_row

FIELDS = (
    "key_id",
    "order_id",
    "amount",
    "currency",
    "name",
    "description",
    "prefill[name]",
    "prefill[email]",
    "prefill[contact]",
    "callback_url",
    "cancel_url",
    "origin",
)
NO_DECIMALS = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
THREE_DECIMALS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


@dataclass(frozen=True)
class Visit:
    """One customer at the checkout. The field `origin` names the page around, if it is framed."""

    fields: dict[str, str]
    amount: int
    currency: str
    paid: bool

    @property
    def order_id(self) -> str:
        return self.fields["order_id"]

    @property
    def merchant(self) -> str:
        return self.fields.get("name", "") or "the cinema"

    @property
    def money(self) -> str:
        return money(self.amount, self.currency)


def read_visit(db: sqlite3.Connection, form: MultiDict[str, str], config: Config) -> Visit:
    """Refuses what Razorpay's checkout refuses: another's key, an unknown order, another sum."""
    fields = {name: form[name] for name in FIELDS if form.get(name)}
    if not hmac.compare_digest(fields.get("key_id", "").encode(), config.key_id.encode()):
        raise ApiError("The key id is missing or belongs to nobody", field="key_id")
    order = order_row(db, fields.get("order_id", ""))
    check_same(fields, "amount", str(order["amount"]))
    check_same(fields, "currency", order["currency"])
    check_addresses(fields)
    return Visit(fields, order["amount"], order["currency"], order["status"] == "paid")


def check_same(fields: dict[str, str], name: str, expected: str) -> None:
    if fields.get(name, expected) != expected:
        raise ApiError(f"The {name} differs from the order's", field=name)


def check_addresses(fields: dict[str, str]) -> None:
    for name in ("callback_url", "cancel_url"):
        if name in fields and not is_web_address(fields[name]):
            raise ApiError(f"The {name} must be an http or https address", field=name)
    if "origin" in fields and not is_origin(fields["origin"]):
        raise ApiError("The origin must be a scheme and a host", field="origin")
    if "origin" not in fields and "callback_url" not in fields:
        raise ApiError("The callback_url is required", field="callback_url")


def is_origin(text: str) -> bool:
    return re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+", text) is not None


def is_web_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def money(amount: int, currency: str) -> str:
    """For this page's reader only: 45000 INR is "INR 450.00"."""
    decimals = 0 if currency in NO_DECIMALS else 3 if currency in THREE_DECIMALS else 2
    whole, rest = divmod(amount, 10**decimals)
    return f"{currency} {whole:,}" + (f".{rest:0{decimals}d}" if decimals else "")
