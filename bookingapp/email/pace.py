"""A provider's limit of mails a minute, kept by this process: it claims no more than may go."""

import threading
import time
from collections import deque

from bookingapp.email.routes import Route

MINUTE = 60.0

_lock = threading.Lock()
_sent: dict[str, deque[float]] = {}


def allowed(route: Route, limit: int) -> int:
    """How many of `limit` may be claimed now."""
    if not route.per_minute:
        return limit
    with _lock:
        times = _sent.setdefault(route.name, deque())
        while times and times[0] <= time.monotonic() - MINUTE:
            times.popleft()
        return max(0, min(limit, route.per_minute - len(times)))


def note(route: Route, mails: int) -> None:
    """So many went out just now."""
    if route.per_minute:
        with _lock:
            _sent.setdefault(route.name, deque()).extend([time.monotonic()] * mails)
