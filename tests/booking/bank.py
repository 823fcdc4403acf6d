"""A gateway in memory, for very many payments: the house's own Gateway on top, an SDK of ours beneath.

What the house reads, guards and remembers of a gateway is real; only the wire is not. Trouble is to
order: no connection, an answer lost after the work was done, a refusal; and the house may die in a call.
"""

import itertools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from flask import Flask

from bookingapp.payments.answers import GatewayPayment, GatewayRefund
from bookingapp.payments.gateway import EXTENSION, Gateway
from bookingapp.payments.line import GatewayRefused, GatewaySlow, GatewayUnreachable
from bookingapp.payments.webhooks import Event
from bookingapp.settings import Settings

Row = dict[str, Any]
FINE, UNREACHABLE, LOST, REFUSES, DIES = "fine", "unreachable", "lost", "refuses", "dies"
MOODS = (FINE, UNREACHABLE, LOST, REFUSES, DIES)
_numbers = itertools.count(1)


class Died(BaseException):
    """The house's process is killed here."""


class Bank(Gateway):
    """Orders, payments and refunds in three dictionaries, and every event that was ever sent."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, "a test's secret key, 32 characters or more")
        self.orders: dict[str, Row] = {}
        self.payments: dict[str, Row] = {}
        self.refunds: dict[str, Row] = {}
        self.events: list[Event] = []
        self.mood = FINE
        self.refunds_go = "processed"

    @classmethod
    def open(cls, app: Flask) -> "Bank":
        """The application's gateway from now on."""
        bank = cls(app.config["SETTINGS"])
        app.extensions[EXTENSION] = bank
        return bank

    # what people and banks do

    def attempt(self, order_id: str, status: str, amount: int | None = None) -> str:
        """Somebody pays an order, or tries to; the payment's id."""
        order, name = self.orders[order_id], _id("pay")
        self.payments[name] = {
            "id": name, "order_id": order_id, "amount": amount or order["amount"], "currency": "INR",
            "status": status, "method": "upi", "amount_refunded": 0,
            "error_code": "BAD_REQUEST_ERROR" if status == "failed" else None,
            "error_reason": "payment_declined" if status == "failed" else None,
        }  # fmt: skip
        self.tell_payment(name)
        return name

    def move(self, payment_id: str, status: str) -> None:
        """What was begun is taken or refused. Money that is there stays."""
        payment = self.payments[payment_id]
        if payment["status"] in {"created", "authorized", "failed"}:
            payment["status"] = status
            self.tell_payment(payment_id)

    def give_back(self, payment_id: str, amount: int) -> None:
        """Somebody gives money back in the gateway's own office, past the house."""
        payment = self.payments[payment_id]
        if (
            payment["status"] == "captured"
            and amount <= payment["amount"] - payment["amount_refunded"]
        ):
            self._refund(payment_id, {"amount": amount})

    def finish(self, refund_id: str, status: str) -> None:
        """The last word on a pending refund."""
        refund = self.refunds[refund_id]
        if refund["status"] == "pending":
            refund["status"] = status
            if status == "failed":
                self._given(refund["payment_id"], -refund["amount"])
            self._tell_refund(refund)

    def tell_payment(self, payment_id: str) -> None:
        """An event as the gateway would send it."""
        payment = self.payments[payment_id]
        kind = f"payment.{payment['status']}"
        if payment["status"] != "created":
            self.events.append(_event(kind, payment=payment))

    def net(self, payments: list[str]) -> int:
        """What of these is there and not back."""
        rows = [self.payments[name] for name in payments]
        came = sum(row["amount"] for row in rows if row["status"] in {"captured", "refunded"})
        back = [r for r in self.refunds.values() if r["payment_id"] in payments]
        gone = sum(r["amount"] for r in back if r["status"] == "processed")
        return int(came - gone)

    # what the house asks

    def _sdk(self) -> Any:
        return SimpleNamespace(
            order=SimpleNamespace(
                create=self._answering(self._create), all=self._answering(self._all),
                payments=self._answering(self._payments_of),
            ),
            payment=SimpleNamespace(
                fetch=self._answering(lambda name, _: dict(self.payments[name])),
                refund=self._answering(self._refund),
                fetch_multiple_refund=self._answering(self._refunds_of),
            ),
            refund=SimpleNamespace(fetch=self._answering(lambda name, _: dict(self.refunds[name]))),
        )  # fmt: skip

    def _answering(self, work: Callable[..., Row]) -> Callable[..., Row]:
        """A call of the SDK's, in today's mood."""

        def call(*values: Any, timeout: object = None, headers: object = None) -> Row:
            mood, self.mood = self.mood, FINE
            if mood == UNREACHABLE:
                raise GatewayUnreachable("no connection")
            if mood == REFUSES:
                raise GatewayRefused("refused (400)", 400, "The balance is too low")
            answer = work(*values)
            if mood == LOST:
                raise GatewaySlow("no answer in time")
            if mood == DIES:
                raise Died
            return answer

        return call

    def _create(self, data: Row) -> Row:
        name = _id("order")
        self.orders[name] = {"id": name, "status": "created", **{k: data[k] for k in ("amount", "currency", "receipt")}}  # fmt: skip
        return dict(self.orders[name])

    def _all(self, data: Row) -> Row:
        found = [
            o for o in self.orders.values() if o["receipt"] == data.get("receipt", o["receipt"])
        ]
        return {"items": [dict(order) for order in found[-10:]]}

    def _payments_of(self, order_id: str, _data: Row) -> Row:
        mine = [dict(p) for p in self.payments.values() if p["order_id"] == order_id]
        return {"items": mine[::-1]}

    def _refunds_of(self, payment_id: str, _data: Row) -> Row:
        mine = [dict(r) for r in self.refunds.values() if r["payment_id"] == payment_id]
        return {"items": mine[::-1]}

    def _refund(self, payment_id: str, data: Row) -> Row:
        key = data.get("receipt", "")
        earlier = next((r for r in self.refunds.values() if key and r["receipt"] == key), None)
        if earlier is not None:
            return dict(earlier)
        payment = self.payments[payment_id]
        left = payment["amount"] - payment["amount_refunded"]
        if payment["status"] != "captured" or data["amount"] > left:
            raise GatewayRefused("refused (400)", 400, "The total refund amount is too high")
        name = _id("rfnd")
        refund = {"id": name, "payment_id": payment_id, "amount": data["amount"], "currency": "INR",
                  "status": "pending", "receipt": key}  # fmt: skip
        self.refunds[name] = refund
        self._given(payment_id, data["amount"])
        if self.refunds_go != "pending":
            self.finish(name, self.refunds_go)
        return dict(refund)

    def _given(self, payment_id: str, amount: int) -> None:
        payment = self.payments[payment_id]
        payment["amount_refunded"] += amount
        all_back = payment["amount_refunded"] >= payment["amount"]
        payment["status"] = "refunded" if all_back else "captured"

    def _tell_refund(self, refund: Row) -> None:
        payment = self.payments[refund["payment_id"]]
        self.events.append(_event(f"refund.{refund['status']}", payment=payment, refund=refund))


def _event(kind: str, *, payment: Row, refund: Row | None = None) -> Event:
    """As read from a signed body; entities as they stood at that moment."""
    told = GatewayPayment.read(dict(payment))
    back = GatewayRefund.read(dict(refund)) if refund else None
    return Event(_id("evt"), kind, told, back)


def _id(kind: str) -> str:
    return f"{kind}_{next(_numbers):08d}"
