"""When each job last came round. `/healthz` reads it; a silent job is a sick house."""

import threading
from datetime import datetime

from bookingapp import clock

_lock = threading.Lock()
_beats: dict[str, datetime] = {}
_began: datetime | None = None


def begin() -> None:
    """The scheduler has just started; no job has come round yet."""
    global _began  # noqa: PLW0603 (one process, one scheduler)
    with _lock:
        _began = clock.now()


def began() -> datetime | None:
    """When the scheduler of this process started; None if none runs."""
    with _lock:
        return _began


def beat(name: str) -> None:
    """This job has just finished a round."""
    with _lock:
        _beats[name] = clock.now()


def last(name: str) -> datetime | None:
    """When the job last came round in this process; None if it never did."""
    with _lock:
        return _beats.get(name)


def all_beats() -> dict[str, datetime]:
    """When each job last came round in this process."""
    with _lock:
        return dict(_beats)


def clear() -> None:
    """Forget all beats: the scheduler has stopped."""
    global _began  # noqa: PLW0603
    with _lock:
        _began = None
        _beats.clear()
