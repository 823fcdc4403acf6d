"""Refunds: partial ones, never more than was captured, each sent only once however often asked."""

import json
import sqlite3
import time

from .entities import Entity, payment_entity, refund_entity
from .errors import ApiError
from .events import Announce
from .ledger import one, payment_row
from .outcomes import FAILED, PENDING
from .signing import new_id
from .validate import MINIMUM, Body, NewRefund, read_refund

STEP = "refund_initiation"


def refund_row(db: sqlite3.Connection, refund_id: str) -> sqlite3.Row:
    return one(db, "SELECT * FROM refunds WHERE id = ?", refund_id)


def refund(
    db: sqlite3.Connection,
    payment_id: str,
    body: Body,
    *,
    key: str | None,
    status: str,
    announce: Announce,
) -> Entity:
    """Start a refund, or answer the earlier one when its key and body come again."""
    asked = json.dumps([payment_id, body], sort_keys=True)
    earlier = find_earlier(db, key, asked)
    if earlier is not None:
        return refund_entity(earlier)
    new = read_refund(body)
    payment = payment_row(db, payment_id)
    amount = sum_to_refund(payment, new.amount)
    refund_id = insert_refund(db, payment, new, amount=amount, key=key, asked=asked)
    # what was chosen at its checkout goes for the first refund of a payment alone
    chosen = payment["refund_mode"] or status
    db.execute("UPDATE payments SET refund_mode = NULL WHERE id = ?", (payment_id,))
    if chosen != PENDING:
        finish(db, refund_id, chosen, announce)
    return refund_entity(refund_row(db, refund_id))


def find_earlier(db: sqlite3.Connection, key: str | None, asked: str) -> sqlite3.Row | None:
    earlier: sqlite3.Row | None = db.execute(
        "SELECT * FROM refunds WHERE idempotency_key = ?", (key,)
    ).fetchone()
    if earlier is not None and earlier["asked"] != asked:
        raise ApiError(
            "Different request body sent for the same Idempotency Header",
            step=STEP,
            field="X-Refund-Idempotency",
        )
    return earlier


def sum_to_refund(payment: sqlite3.Row, wanted: int | None) -> int:
    if payment["status"] == "refunded":
        raise ApiError("The payment has been fully refunded already", step=STEP)
    if payment["status"] != "captured":
        raise ApiError("The payment status should be captured for action to be taken", step=STEP)
    left: int = payment["amount"] - payment["amount_refunded"]
    amount = left if wanted is None else wanted
    if amount > left:
        raise ApiError(
            "The total refund amount is greater than the refund payment amount",
            field="amount",
            step=STEP,
        )
    if amount < MINIMUM:
        raise ApiError("The amount left is less than the smallest refund", step=STEP)
    return amount


def insert_refund(
    db: sqlite3.Connection,
    payment: sqlite3.Row,
    new: NewRefund,
    *,
    amount: int,
    key: str | None,
    asked: str,
) -> str:
    refund_id = new_id("rfnd")
    db.execute(
        "INSERT INTO refunds (id, payment_id, amount, currency, status, speed, receipt, notes,"
        " idempotency_key, asked, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            refund_id,
            payment["id"],
            amount,
            payment["currency"],
            PENDING,
            new.speed,
            new.receipt,
            json.dumps(new.notes),
            key,
            asked,
            time.time(),
        ),
    )
    add_refunded(db, payment["id"], amount)
    return refund_id


def add_refunded(db: sqlite3.Connection, payment_id: str, amount: int) -> None:
    """A pending refund already counts against the payment; a failed one is taken off again."""
    db.execute(
        "UPDATE payments SET amount_refunded = amount_refunded + ?1, status ="
        " CASE WHEN amount_refunded + ?1 >= amount THEN 'refunded' ELSE 'captured' END"
        " WHERE id = ?2",
        (amount, payment_id),
    )


def finish(db: sqlite3.Connection, refund_id: str, status: str, announce: Announce) -> None:
    """The bank's final word on a pending refund."""
    row = refund_row(db, refund_id)
    if row["status"] != PENDING:
        raise ApiError("Only a pending refund can be finished", step=STEP)
    db.execute("UPDATE refunds SET status = ? WHERE id = ?", (status, refund_id))
    if status == FAILED:
        add_refunded(db, row["payment_id"], -row["amount"])
    payment = payment_entity(payment_row(db, row["payment_id"]))
    announce(
        db, f"refund.{status}", refund=refund_entity(refund_row(db, refund_id)), payment=payment
    )
