"""What no gateway offers, for tests: pay an order at once, finish a refund, cause trouble.

Open only with `--control` and only to this machine. Bodies must be JSON, which also keeps a web
page in somebody's browser from driving it.
"""

import ipaddress
from typing import cast

from flask import Blueprint, Response, jsonify, request

from . import ledger, refunds, settlements
from .current import sandbox
from .entities import order_entity, payment_entity, refund_entity
from .errors import ApiError
from .faults import MODES, Fault
from .outcomes import (
    DEFAULT_FAILURE,
    FAILED,
    FAILED_THEN_CAPTURED,
    FAILURES,
    LATE,
    METHODS,
    OUTCOMES,
    PROCESSED,
    REFUND_STATUSES,
)
from .signing import sign_payment

control = Blueprint("control", __name__, url_prefix="/sandbox")


@control.before_request
def only_this_machine() -> None:
    if not ipaddress.ip_address(request.remote_addr or "::").is_loopback:
        raise ApiError("The control door is open to this machine only", status=403)


def read_json() -> dict[str, object]:
    body = request.get_json()
    if not isinstance(body, dict):
        raise ApiError("Send a JSON object")
    return body


def choice(body: dict[str, object], name: str, known: tuple[str, ...], default: str) -> str:
    value = body.get(name, default)
    if value not in known:
        raise ApiError(f"{name} must be one of: {', '.join(known)}", field=name)
    return str(value)


def number(body: dict[str, object], name: str, default: float) -> float:
    value = body.get(name, default)
    if not isinstance(value, int | float) or value < 0:
        raise ApiError(f"{name} must be a number of seconds", field=name)
    return float(value)


@control.post("/payments")
def make_payment() -> Response:
    """Pay as a customer would, without a browser; the answer is what the browser would bring."""
    body, running = read_json(), sandbox()
    order_id, outcome = str(body.get("order_id")), choice(body, "outcome", OUTCOMES, "captured")
    late = outcome in (LATE, FAILED_THEN_CAPTURED)
    attempt = ledger.Attempt(
        order_id=order_id,
        outcome=outcome,
        amount=cast("int | None", body.get("amount")),
        currency=cast("str | None", body.get("currency")),
        method=choice(body, "method", METHODS, "upi"),
        email=cast("str | None", body.get("email")),
        contact=cast("str | None", body.get("contact")),
        reason=choice(body, "reason", tuple(FAILURES), DEFAULT_FAILURE),
        capture_after=number(body, "seconds", running.config.late_seconds) if late else None,
    )
    with running.store.write() as db:
        payment_id = ledger.pay(db, attempt, running.announce)
    signature = sign_payment(order_id, payment_id, running.config.key_secret)
    return jsonify(order_id=order_id, payment_id=payment_id, signature=signature)


@control.post("/refunds")
def set_refund_mode() -> Response:
    """How every refund from now on goes: processed at once, left pending, or failed."""
    sandbox().faults.refund_status = choice(read_json(), "mode", REFUND_STATUSES, PROCESSED)
    return jsonify(mode=sandbox().faults.refund_status)


@control.post("/refunds/<refund_id>")
def finish_refund(refund_id: str) -> Response:
    status = choice(read_json(), "status", (PROCESSED, FAILED), PROCESSED)
    with sandbox().store.write() as db:
        refunds.finish(db, refund_id, status, sandbox().announce)
        return jsonify(refund_entity(refunds.refund_row(db, refund_id)))


@control.post("/settlements")
def settle() -> Response:
    """Pay these out, as of a moment, and report it truly or not."""
    body = read_json()
    amounts = cast("dict[str, int]", body.get("amounts") or {})
    mischief = settlements.Mischief(
        leave_out=cast("list[str]", body.get("leave_out") or []),
        amounts=amounts,
        stranger=bool(body.get("stranger")),
    )
    with sandbox().store.write() as db:
        settlement = settlements.settle(
            db,
            only=cast("list[str] | None", body.get("only")),
            at=cast("float | None", body.get("at")),
            mischief=mischief,
        )
    return jsonify(settlement_id=settlement)


@control.delete("/settlements")
def forget_settlements() -> Response:
    """Nothing was ever paid out."""
    with sandbox().store.write() as db:
        db.execute("DELETE FROM settlement_lines")
    return jsonify(settlements=[])


@control.post("/faults")
def add_fault() -> Response:
    body = read_json()
    times, method = body.get("times"), body.get("method")
    fault = Fault(
        path_prefix=str(body.get("path_prefix", "/v1/")),
        mode=choice(body, "mode", MODES, "hang"),
        seconds=number(body, "seconds", 30.0),
        times=None if times is None else int(str(times)),
        method=None if method is None else str(method).upper(),
    )
    sandbox().faults.add(fault)
    return jsonify(faults=sandbox().faults.listed())


@control.delete("/faults")
def clear_faults() -> Response:
    sandbox().faults.clear()
    return jsonify(faults=[])


@control.get("/state")
def show_state() -> Response:
    """Everything the sandbox knows, oldest first."""
    running = sandbox()
    with running.store.read() as db:
        orders = db.execute("SELECT * FROM orders ORDER BY rowid").fetchall()
        payments = db.execute("SELECT * FROM payments ORDER BY rowid").fetchall()
        refunded = db.execute("SELECT * FROM refunds ORDER BY rowid").fetchall()
        events = db.execute(
            "SELECT id, event, attempts, delivered_at, last_answer FROM events ORDER BY rowid"
        ).fetchall()
    return jsonify(
        orders=[order_entity(row) for row in orders],
        payments=[payment_entity(row) for row in payments],
        refunds=[refund_entity(row) for row in refunded],
        events=[dict(row) for row in events],
        faults=running.faults.listed(),
        refund_mode=running.faults.refund_status,
    )
