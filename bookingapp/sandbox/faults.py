"""Trouble to order: the ways a gateway can fail its callers, switched on by tests.

A fault is matched by the start of the path (and the method, when named). Those in BEFORE answer
instead of working, those in AFTER let the work be done and then spoil the answer: the second kind
is what makes a retry dangerous.
"""

import threading
from dataclasses import asdict, dataclass

from flask import Flask, Response, g, jsonify, request

from .errors import GATEWAY, SERVER, ApiError
from .outcomes import PROCESSED

HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"
BEFORE = ("hang", "500", "502", "html500", "429", "409", "not_json")
AFTER = ("timeout_after_work", "500_after_work")
MODES = (*BEFORE, *AFTER, "slow")
LONGEST = 600.0


@dataclass
class Fault:
    """`times` is how many requests it still spoils; None means until it is cleared."""

    path_prefix: str
    mode: str
    seconds: float = 30.0
    times: int | None = None
    method: str | None = None

    def matches(self, method: str, path: str) -> bool:
        return path.startswith(self.path_prefix) and self.method in (None, method)


class Faults:
    """The faults now switched on, and the waits of the requests that hang in them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active: list[Fault] = []
        self._release = threading.Event()
        self.refund_status = PROCESSED

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._active.append(fault)

    def replace(self, faults: list[Fault]) -> None:
        """These and no others; whoever hangs in one that is gone is let go."""
        with self._lock:
            self._active[:] = faults
            self._release.set()
            self._release = threading.Event()

    def clear(self) -> None:
        """Everything works again, and whoever hangs is let go at once."""
        with self._lock:
            self._active.clear()
            self._release.set()
            self._release = threading.Event()
            self.refund_status = PROCESSED

    def take(self, method: str, path: str) -> Fault | None:
        with self._lock:
            found = next((f for f in self._active if f.matches(method, path)), None)
            if found is not None and found.times is not None:
                found.times -= 1
                if found.times <= 0:
                    self._active.remove(found)
            return found

    def wait(self, seconds: float) -> None:
        self._release.wait(min(seconds, LONGEST))

    def listed(self) -> list[dict[str, object]]:
        with self._lock:
            return [asdict(fault) for fault in self._active]


def init_faults(app: Flask, faults: Faults) -> None:
    """Put the faults in front of and behind every request but those of the control door."""

    @app.before_request
    def before() -> Response | None:
        g.fault = None
        if request.path.startswith("/sandbox/"):
            return None
        g.fault = fault = faults.take(request.method, request.path)
        if fault is None or fault.mode in AFTER:
            return None
        if fault.mode in ("hang", "slow"):
            faults.wait(fault.seconds)
        return None if fault.mode == "slow" else spoiled(fault.mode)

    @app.after_request
    def after(response: Response) -> Response:
        fault: Fault | None = g.get("fault")
        if fault is None or fault.mode not in AFTER:
            return response
        if fault.mode == "timeout_after_work":
            faults.wait(fault.seconds)
        return spoiled("hang" if fault.mode == "timeout_after_work" else "500")


def spoiled(mode: str) -> Response:
    if mode == "hang":
        return Response(HTML.replace("502 Bad Gateway", "504 Gateway Timeout"), 504)
    if mode == "html500":
        return Response(HTML, 500)
    if mode == "not_json":
        return Response("everything is fine", 200, mimetype="text/plain")
    error = API_ERRORS[mode]
    response = jsonify(error.body())
    response.status_code = error.status
    return response


API_ERRORS = {
    "500": ApiError(
        "We are facing some trouble completing your request at the moment. Please try again shortly.",
        status=500,
        code=SERVER,
        reason="server_error",
        source="internal",
    ),
    "502": ApiError(
        "The gateway request timed out",
        status=502,
        code=GATEWAY,
        reason="gateway_technical_error",
        source="gateway",
    ),
    "429": ApiError("Request failed. Please try after sometime.", status=429, reason="NA"),
    "409": ApiError(
        "Request failed because another request with the same Idempotency Header is in progress.",
        status=409,
        reason="NA",
    ),
}
