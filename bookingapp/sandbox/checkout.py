"""The checkout a customer sees: the hosted page, and the same page in checkout.js's frame.

A person chooses how the payment shall go. The answer is a small page whose form carries Razorpay's
fields to the merchant's `callback_url`: a script sends it at once, a button does without one.
In a frame there is no form; `modal.js` hands the answer to the page around it instead.
"""

import json
import sqlite3
from dataclasses import replace
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask import current_app as app

from . import ledger
from .current import sandbox
from .entities import Entity, payment_entity
from .errors import ApiError
from .outcomes import AUTHORIZED, CAPTURED, DEFAULT_FAILURE, FAILED, FAILURES, LATE
from .signing import sign_payment
from .visit import Visit, is_origin, read_visit
from .weather import CASES, Case, last_event, spoil_events

checkout = Blueprint("checkout", __name__, url_prefix="/v1")

PAY, PAY_LATE, PAY_SILENTLY, FAIL, WEATHER = "pay", "late", "silent", "fail", "weather"
OUTCOME = {PAY: CAPTURED, PAY_LATE: LATE, PAY_SILENTLY: CAPTURED, FAIL: FAILED, WEATHER: CAPTURED}
PLAIN = Case("")
LONGEST_WAIT = 3600.0


@checkout.errorhandler(ApiError)
def show_problem(error: ApiError) -> Response:
    return page("problem.html", None, error.status, error=error)


@checkout.get("/checkout.js")
def checkout_script() -> Response:
    """Razorpay's address for its script; any page may load it."""
    response = app.send_static_file("checkout.js")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@checkout.post("/checkout/embedded")
def show_hosted() -> Response:
    return show_choices()


@checkout.get("/checkout/modal")
def show_framed() -> Response:
    if not request.args.get("origin"):
        raise ApiError("The origin is required", field="origin")
    return show_choices()


def show_choices() -> Response:
    running = sandbox()
    with running.store.read() as db:
        visit = read_visit(db, request.values, running.config)
        if visit.paid:
            return show_paid(visit, paid_by(db, visit.order_id))
    return page(
        "choices.html", visit, failures=FAILURES, late=running.config.late_seconds, cases=CASES
    )


@checkout.post("/checkout/pay")
def choose() -> Response:
    """What the customer pressed. A paid order is not paid again: the first answer is repeated."""
    running = sandbox()
    chosen = request.form.get("choice", "")
    if chosen not in OUTCOME:
        raise ApiError("Choose one of the buttons", field="choice")
    case = read_case() if chosen == WEATHER else PLAIN
    with running.store.write() as db:
        visit = read_visit(db, request.form, running.config)
        if visit.paid:
            payment = paid_by(db, visit.order_id)
        else:
            payment = play(db, read_attempt(visit, chosen), case)
    if payment["status"] == FAILED:
        return show_failed(visit, payment)
    if chosen == PAY_SILENTLY or not case.way_back:
        return page("silent.html", visit)
    return show_paid(visit, payment)


def read_case() -> Case:
    case = CASES.get(request.form.get("case", ""))
    if case is None:
        raise ApiError("Choose what happens", field="case")
    return case


def play(db: sqlite3.Connection, attempt: ledger.Attempt, case: Case) -> Entity:
    """The payment, or the last of several, and what goes wrong with it."""
    since, amount = last_event(db), None
    if case.short:
        amount = max(ledger.order_row(db, attempt.order_id)["amount"] - case.short, 1)
    attempt = replace(attempt, amount=amount, refund_mode=case.refund)
    made = [ledger.pay(db, attempt, sandbox().announce) for _ in range(case.payments)]
    spoil_events(db, since, case.events)
    return payment_entity(ledger.payment_row(db, made[-1]))


def read_attempt(visit: Visit, chosen: str) -> ledger.Attempt:
    reason = request.form.get("reason", DEFAULT_FAILURE)
    if reason not in FAILURES:
        raise ApiError("Choose one of the reasons", field="reason")
    return ledger.Attempt(
        order_id=visit.order_id,
        outcome=OUTCOME[chosen],
        email=visit.fields.get("prefill[email]"),
        contact=visit.fields.get("prefill[contact]"),
        description=visit.fields.get("description"),
        reason=reason,
        capture_after=read_wait() if chosen == PAY_LATE else None,
    )


def read_wait() -> float:
    try:
        seconds = float(request.form.get("late_seconds") or sandbox().config.late_seconds)
    except ValueError:
        raise ApiError("Say the wait in seconds", field="late_seconds") from None
    if not 0 <= seconds <= LONGEST_WAIT:
        raise ApiError("Wait between 0 and 3600 seconds", field="late_seconds")
    return seconds


def paid_by(db: sqlite3.Connection, order_id: str) -> Entity:
    row = db.execute(
        "SELECT * FROM payments WHERE order_id = ? AND captured = 1 ORDER BY rowid", (order_id,)
    ).fetchone()
    return payment_entity(row)


def show_paid(visit: Visit, payment: Entity) -> Response:
    payment_id = str(payment["id"])
    signature = sign_payment(visit.order_id, payment_id, sandbox().config.key_secret)
    answer = {
        "razorpay_payment_id": payment_id,
        "razorpay_order_id": visit.order_id,
        "razorpay_signature": signature,
    }
    message = {"kind": "success", "answer": answer}
    late = payment["status"] == AUTHORIZED
    return page("paid.html", visit, answer=answer, message=message, late=late)


def show_failed(visit: Visit, payment: Entity) -> Response:
    """Razorpay posts a failure too, as `error[...]` fields; metadata is JSON inside one of them."""
    metadata = {"payment_id": payment["id"], "order_id": visit.order_id}
    names = ("code", "description", "source", "step", "reason")
    error = {name: payment[f"error_{name}"] for name in names}
    answer = {f"error[{name}]": value for name, value in error.items()}
    answer["error[metadata]"] = json.dumps(metadata)
    message = {"kind": "failed", "error": {**error, "metadata": metadata}}
    again = f"{url_for('checkout.show_framed')}?{urlencode(visit.fields)}"
    return page("failed.html", visit, answer=answer, error=error, message=message, again=again)


def page(template: str, visit: Visit | None, status: int = 200, **values: object) -> Response:
    asked = request.values.get("origin", "")
    origin = asked if is_origin(asked) else ""
    text = render_template(template, visit=visit, origin=origin, **values)
    response = make_response(text, status)
    around = origin or "'none'"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:;"
        " form-action http: https:; base-uri 'none'; frame-ancestors " + around
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
