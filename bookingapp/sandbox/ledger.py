"""Orders and payments: what one does to the other. Every function works inside its caller's write.

Money only moves forward here as at Razorpay: a failed attempt may still be captured later, a
captured payment never becomes uncaptured.
"""

import json
import sqlite3
import time
from dataclasses import dataclass

from .entities import Entity, order_entity, payment_entity
from .errors import ApiError, not_found
from .events import Announce
from .outcomes import (
    AUTHORIZED,
    CAPTURED,
    CREATED,
    DEFAULT_FAILURE,
    FAILED,
    FAILURES,
    FIRST_STATUS,
)
from .signing import new_id
from .validate import NewOrder

FEE_PERCENT = 2
TAX_ON_FEE_PERCENT = 18


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One try at paying an order. `amount` and `currency` differ from the order's only in tests."""

    order_id: str
    outcome: str
    amount: int | None = None
    currency: str | None = None
    method: str = "upi"
    email: str | None = None
    contact: str | None = None
    description: str | None = None
    reason: str = DEFAULT_FAILURE
    capture_after: float | None = None
    refund_mode: str | None = None


def create_order(db: sqlite3.Connection, new: NewOrder) -> Entity:
    order_id = new_id("order")
    db.execute(
        "INSERT INTO orders (id, amount, currency, receipt, notes, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (order_id, new.amount, new.currency, new.receipt, json.dumps(new.notes), time.time()),
    )
    return order_entity(order_row(db, order_id))


def order_row(db: sqlite3.Connection, order_id: str) -> sqlite3.Row:
    return one(db, "SELECT * FROM orders WHERE id = ?", order_id)


def payment_row(db: sqlite3.Connection, payment_id: str) -> sqlite3.Row:
    return one(db, "SELECT * FROM payments WHERE id = ?", payment_id)


def one(db: sqlite3.Connection, query: str, key: str) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute(query, (key,)).fetchone()
    if row is None:
        raise not_found()
    return row


def pay(db: sqlite3.Connection, attempt: Attempt, announce: Announce) -> str:
    """Record one attempt and carry it to its outcome; answers the payment's id."""
    order = order_row(db, attempt.order_id)
    db.execute(
        "UPDATE orders SET attempts = attempts + 1,"
        " status = CASE status WHEN 'created' THEN 'attempted' ELSE status END WHERE id = ?",
        (order["id"],),
    )
    payment_id = insert_payment(db, order, attempt)
    status = FIRST_STATUS.get(attempt.outcome, attempt.outcome)
    if status == FAILED:
        fail(db, payment_id, attempt.reason, announce)
    elif status in (AUTHORIZED, CAPTURED):
        authorize(db, payment_id, announce)
    if status == CAPTURED:
        capture(db, payment_id, announce)
    return payment_id


def insert_payment(db: sqlite3.Connection, order: sqlite3.Row, attempt: Attempt) -> str:
    payment_id, now = new_id("pay"), time.time()
    due = None if attempt.capture_after is None else now + attempt.capture_after
    db.execute(
        "INSERT INTO payments (id, order_id, amount, currency, status, method, email, contact,"
        " description, notes, capture_at, refund_mode, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            payment_id,
            order["id"],
            attempt.amount or order["amount"],
            attempt.currency or order["currency"],
            CREATED,
            attempt.method,
            attempt.email,
            attempt.contact,
            attempt.description,
            order["notes"],
            due,
            attempt.refund_mode,
            now,
        ),
    )
    return payment_id


def authorize(db: sqlite3.Connection, payment_id: str, announce: Announce) -> None:
    db.execute("UPDATE payments SET status = ? WHERE id = ?", (AUTHORIZED, payment_id))
    announce(db, "payment.authorized", payment=payment_entity(payment_row(db, payment_id)))


def fail(db: sqlite3.Connection, payment_id: str, reason: str, announce: Announce) -> None:
    failure = FAILURES[reason]
    db.execute(
        "UPDATE payments SET status = ?, error_code = ?, error_description = ?, error_source = ?,"
        " error_step = ?, error_reason = ? WHERE id = ?",
        (
            FAILED,
            failure.code,
            failure.description,
            failure.source,
            failure.step,
            failure.reason,
            payment_id,
        ),
    )
    announce(db, "payment.failed", payment=payment_entity(payment_row(db, payment_id)))


def capture(db: sqlite3.Connection, payment_id: str, announce: Announce) -> None:
    """Take the money: the payment is captured, the order's sum grows and may now be paid."""
    payment = payment_row(db, payment_id)
    fee, tax = fee_and_tax(payment["amount"])
    db.execute(
        "UPDATE payments SET status = ?, captured = 1, capture_at = NULL, fee = ?, tax = ?,"
        " error_code = NULL, error_description = NULL, error_source = NULL, error_step = NULL,"
        " error_reason = NULL WHERE id = ?",
        (CAPTURED, fee, tax, payment_id),
    )
    was = order_row(db, payment["order_id"])
    db.execute(
        "UPDATE orders SET amount_paid = amount_paid + ?1, status = CASE"
        " WHEN amount_paid + ?1 >= amount THEN 'paid' ELSE status END WHERE id = ?2",
        (payment["amount"], was["id"]),
    )
    order, captured = order_row(db, was["id"]), payment_entity(payment_row(db, payment_id))
    announce(db, "payment.captured", payment=captured)
    if order["status"] == "paid" and was["status"] != "paid":
        announce(db, "order.paid", payment=captured, order=order_entity(order))


def fee_and_tax(amount: int) -> tuple[int, int]:
    """Razorpay's fee contains its tax, and both are whole minor units."""
    net = amount * FEE_PERCENT // 100
    tax = net * TAX_ON_FEE_PERCENT // 100
    return net + tax, tax


def capture_asked(
    db: sqlite3.Connection, payment_id: str, amount: object, announce: Announce
) -> None:
    """A capture by the merchant, who must name the sum that was authorized."""
    payment = payment_row(db, payment_id)
    if payment["captured"]:
        raise ApiError("This payment has already been captured", step="payment_capture")
    if payment["status"] != AUTHORIZED:
        raise ApiError(
            "Only payments which have been authorized and not yet captured can be captured",
            step="payment_capture",
        )
    if amount != payment["amount"]:
        raise ApiError(
            "Capture amount must be equal to the amount authorized",
            field="amount",
            step="payment_capture",
        )
    capture(db, payment_id, announce)


def capture_due(db: sqlite3.Connection, announce: Announce) -> None:
    """Captures whose hour has come: late answers, and late authorisations of failed attempts."""
    due = db.execute("SELECT id, status FROM payments WHERE capture_at <= ?", (time.time(),))
    for payment in due.fetchall():
        if payment["status"] == FAILED:
            authorize(db, payment["id"], announce)
        capture(db, payment["id"], announce)
