"""Razorpay's JSON API under /v1: orders, payments, refunds, behind the merchant's key."""

import hmac
import sqlite3

from flask import Blueprint, Response, jsonify, request

from . import ledger, refunds, settlements
from .current import sandbox
from .entities import Entity, collection, order_entity, payment_entity, refund_entity
from .errors import ApiError, not_authenticated
from .validate import Body, read_idempotency_key, read_order

api = Blueprint("api", __name__, url_prefix="/v1")


@api.before_request
def check_key() -> None:
    given, config = request.authorization, sandbox().config
    user = (given.username if given else None) or ""
    password = (given.password if given else None) or ""
    right_user = hmac.compare_digest(user.encode(), config.key_id.encode())
    right_password = hmac.compare_digest(password.encode(), config.key_secret.encode())
    if not (right_user and right_password):
        raise not_authenticated()


def read_body() -> Body:
    """The JSON object sent; nothing at all counts as an empty one."""
    if not request.get_data():
        return {}
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise ApiError("The request body must be a JSON object")
    return body


def read_number(name: str, default: int, most: int) -> int:
    try:
        number = int(request.args.get(name, default))
    except ValueError:
        raise ApiError(f"The {name} must be an integer.", field=name) from None
    if not 0 <= number <= most:
        raise ApiError(f"The {name} must be between 0 and {most}.", field=name)
    return number


@api.post("/orders")
def create_order() -> Response:
    new = read_order(read_body())
    with sandbox().store.write() as db:
        return jsonify(ledger.create_order(db, new))


@api.get("/orders")
def list_orders() -> Response:
    """Newest first; `receipt` finds an order whose answer was lost on the way."""
    count, skip = read_number("count", 10, 100), read_number("skip", 0, 10**9)
    receipt = request.args.get("receipt")
    with sandbox().store.read() as db:
        rows = db.execute(
            "SELECT * FROM orders WHERE ?1 IS NULL OR receipt = ?1"
            " ORDER BY created_at DESC, rowid DESC LIMIT ?2 OFFSET ?3",
            (receipt, count, skip),
        ).fetchall()
    return jsonify(collection([order_entity(row) for row in rows]))


@api.get("/orders/<order_id>")
def show_order(order_id: str) -> Response:
    with sandbox().store.read() as db:
        return jsonify(order_entity(ledger.order_row(db, order_id)))


@api.get("/orders/<order_id>/payments")
def list_order_payments(order_id: str) -> Response:
    with sandbox().store.read() as db:
        ledger.order_row(db, order_id)
        rows = newest(db, "SELECT * FROM payments WHERE order_id = ?", order_id)
    return jsonify(collection([payment_entity(row) for row in rows]))


@api.get("/payments/<payment_id>")
def show_payment(payment_id: str) -> Response:
    with sandbox().store.read() as db:
        return jsonify(payment_entity(ledger.payment_row(db, payment_id)))


@api.post("/payments/<payment_id>/capture")
def capture_payment(payment_id: str) -> Response:
    amount = read_body().get("amount")
    with sandbox().store.write() as db:
        ledger.capture_asked(db, payment_id, amount, sandbox().announce)
        return jsonify(payment_entity(ledger.payment_row(db, payment_id)))


@api.post("/payments/<payment_id>/refund")
def refund_payment(payment_id: str) -> Response:
    body = read_body()
    key = read_idempotency_key(request.headers.get("X-Refund-Idempotency"))
    running = sandbox()
    with running.store.write() as db:
        return jsonify(
            refunds.refund(
                db,
                payment_id,
                body,
                key=key,
                status=running.faults.refund_status,
                announce=running.announce,
            )
        )


@api.get("/payments/<payment_id>/refunds")
def list_payment_refunds(payment_id: str) -> Response:
    with sandbox().store.read() as db:
        ledger.payment_row(db, payment_id)
        rows = newest(db, "SELECT * FROM refunds WHERE payment_id = ?", payment_id)
    return jsonify(collection([refund_entity(row) for row in rows]))


@api.get("/refunds/<refund_id>")
def show_refund(refund_id: str) -> Response:
    with sandbox().store.read() as db:
        found: Entity = refund_entity(refunds.refund_row(db, refund_id))
    return jsonify(found)


@api.get("/settlements/recon/combined")
def settlement_report() -> Response:
    """What went to the bank on a day or in a month, line by line."""
    year, month = read_number("year", 0, 9999), read_number("month", 0, 12)
    day = read_number("day", 1, 31) if "day" in request.args else None
    count, skip = read_number("count", 10, 1000), read_number("skip", 0, 10**9)
    running = sandbox()
    if running.config.settle_after_days is not None:
        with running.store.write() as db:
            settlements.settle_due(db, running.config.settle_after_days)
    with running.store.read() as db:
        return jsonify(collection(settlements.report(db, (year, month, day), count, skip)))


def newest(db: sqlite3.Connection, query: str, key: str) -> list[sqlite3.Row]:
    return db.execute(f"{query} ORDER BY created_at DESC, rowid DESC", (key,)).fetchall()
