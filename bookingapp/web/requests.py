"""A request's own things: its id for the logs, who asks (hashed), how many are under way."""

import hmac
import secrets
import threading
from hashlib import sha256

from flask import Flask, Response, current_app, g, request, session

_lock = threading.Lock()
_flying = 0


def install(app: Flask) -> None:
    """Count requests and give each an id."""
    app.before_request(_arrive)
    app.after_request(_tell)
    app.teardown_request(_leave)


def in_flight() -> int:
    """Requests being answered now; the drain yields to them."""
    return _flying


def request_id() -> str:
    """This request's id; empty outside one."""
    return str(g.get("request_id", "")) if g else ""


def keyed_hash(value: str) -> str:
    """What stands for a session or an address in the database: not to be turned back."""
    key = str(current_app.secret_key).encode()
    return hmac.new(key, value.encode(), sha256).hexdigest()[:40]


def buyer_key() -> str:
    """This browser session, made on first use. It lasts 30 days, so a phone finds its booking again."""
    if "buyer" not in session:
        session["buyer"] = secrets.token_urlsafe(16)
        session.permanent = True
    return keyed_hash("buyer:" + session["buyer"])


def known_buyer_key() -> str:
    """This browser session if it has one; pages that only read make none."""
    return keyed_hash("buyer:" + session["buyer"]) if "buyer" in session else ""


def client_key() -> str:
    """The address the request came from."""
    return keyed_hash("client:" + (request.remote_addr or ""))


def _arrive() -> None:
    global _flying  # noqa: PLW0603 (one number, under its lock)
    g.request_id = secrets.token_hex(8)
    with _lock:
        _flying += 1
    g.counted = True


def _tell(response: Response) -> Response:
    response.headers["X-Request-Id"] = request_id()
    return response


def _leave(_error: BaseException | None) -> None:
    global _flying  # noqa: PLW0603
    if g.pop("counted", False):
        with _lock:
            _flying -= 1
