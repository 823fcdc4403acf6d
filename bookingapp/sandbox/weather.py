"""Hard weather by hand: what a person can order on the checkout page, and on a page of its own.

The checkout page plays what can happen to one payment; `/sandbox/weather` what can happen to the API.
Open to this machine only, and only its own forms may drive it: a web page elsewhere in the same browser
sends another origin.
"""

import ipaddress
import sqlite3
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from . import refunds
from .current import sandbox
from .errors import ApiError
from .faults import Fault
from .outcomes import FAILED, PENDING, PROCESSED, REFUND_STATUSES

pages = Blueprint("weather", __name__, url_prefix="/sandbox/weather")
API = ("/v1/orders", "/v1/payments", "/v1/refunds")
SHORT = 100  # a sum too low, in minor units
APART = 1.0  # seconds between events that come in the wrong order


@dataclass(frozen=True)
class Case:
    """What happens to one payment. `way_back`: whether the browser brings its answer to the merchant."""

    label: str
    short: int = 0
    payments: int = 1
    events: str = ""
    refund: str | None = None
    way_back: bool = True


CASES = {
    "double_webhook": Case("Each webhook comes twice, the browser never", events="twice", way_back=False),
    "out_of_order": Case(
        "The webhooks come in the wrong order, the browser never", events="backwards", way_back=False
    ),
    "wrong_amount": Case("A smaller sum is paid", short=SHORT),
    "paid_twice": Case("It is paid twice", payments=2),
    "refund_pending": Case("Paid; its refund will stay pending", refund=PENDING),
    "refund_failed": Case("Paid; its first refund will fail", refund=FAILED),
}  # fmt: skip


@dataclass(frozen=True)
class Trouble:
    """What happens to the API. `times`: how many requests; None until the weather is fine again."""

    label: str
    mode: str
    paths: tuple[str, ...] = API
    method: str | None = None
    times: int | None = None


TROUBLES = {
    "order_lost": Trouble(
        "The next order is made and its answer never arrives", "timeout_after_work", ("/v1/orders",), "POST", 1
    ),
    "hang": Trouble("Nothing is answered", "hang"),
    "429": Trouble("Too many requests (429)", "429"),
    "500": Trouble("A fault over there (500)", "500"),
    "html": Trouble("A page of HTML instead of an answer", "html500"),
    "not_json": Trouble("A good status and no JSON", "not_json"),
}  # fmt: skip


def last_event(db: sqlite3.Connection) -> int:
    """Events after this one belong to what is done next."""
    found: int = db.execute("SELECT coalesce(max(rowid), 0) FROM events").fetchone()[0]
    return found


def spoil_events(db: sqlite3.Connection, since: int, how: str) -> None:
    """Send events twice, or the last one first."""
    if how == "twice":
        db.execute("UPDATE events SET copies = 2 WHERE rowid > ?", (since,))
    if how == "backwards":
        newest = last_event(db)
        db.execute(
            "UPDATE events SET next_at = ? + (? - rowid) * ? WHERE rowid > ?",
            (time.time(), newest, APART, since),
        )


@pages.before_request
def only_its_own_forms() -> None:
    if not ipaddress.ip_address(request.remote_addr or "::").is_loopback:
        raise ApiError("The weather is made on this machine only", status=403)
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin and urlsplit(origin).netloc != request.host:
        raise ApiError("Another page may not make the weather", status=403)


@pages.get("")
def show() -> Response:
    running = sandbox()
    with running.store.read() as db:
        waiting = db.execute(
            "SELECT * FROM refunds WHERE status = ? ORDER BY rowid DESC LIMIT 20", (PENDING,)
        ).fetchall()
    text = render_template(
        "weather.html",
        visit=None,
        origin="",
        troubles=TROUBLES,
        active=running.faults.listed(),
        refund_mode=running.faults.refund_status,
        refund_modes=REFUND_STATUSES,
        waiting=waiting,
    )
    response = Response(text)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    )
    return response


@pages.post("/fine")
def fine() -> ResponseReturnValue:
    """All is well again; whoever hangs is let go."""
    sandbox().faults.clear()
    return back()


@pages.post("/trouble")
def trouble() -> ResponseReturnValue:
    """Trouble takes the place of what there was."""
    wanted = TROUBLES.get(request.form.get("trouble", ""))
    if wanted is None:
        raise ApiError("Choose one of the troubles", field="trouble")
    faults = sandbox().faults
    faults.replace(
        [Fault(path, wanted.mode, 60.0, wanted.times, wanted.method) for path in wanted.paths]
    )
    return back()


@pages.post("/refunds")
def how_refunds_go() -> ResponseReturnValue:
    mode = request.form.get("mode", "")
    if mode not in REFUND_STATUSES:
        raise ApiError("Choose how refunds go", field="mode")
    sandbox().faults.refund_status = mode
    return back()


@pages.post("/refunds/<refund_id>")
def finish(refund_id: str) -> ResponseReturnValue:
    """The bank's last word on a refund that waits for it."""
    status = request.form.get("status", "")
    if status not in (PROCESSED, FAILED):
        raise ApiError("Choose how it ends", field="status")
    with sandbox().store.write() as db:
        refunds.finish(db, refund_id, status, sandbox().announce)
    return back()


def back() -> ResponseReturnValue:
    return redirect(url_for("weather.show"), 303)
