"""The one question left at send time: is this letter still true?

The message carries all it says, so e-mail knows no room. A room that owes letters hands over, once at
the start, a function that answers for a kind; `create_app` sees to it (rooms.py).
"""

from collections.abc import Callable
from typing import Any

from bookingapp.ready import Driver

# (a driver to read with, the row's booking id, the payload as stored) -> still true?
Check = Callable[[Driver, int | None, dict[str, Any]], bool]
_checks: dict[str, Check] = {}


def register(kind: str, check: Check) -> None:
    """The room's answer for letters of this kind; the last one given counts."""
    _checks[kind] = check


def still_true(driver: Driver, kind: str, booking_id: int | None, payload: dict[str, Any]) -> bool:
    """Whether the letter may go out. A kind nobody answers for is always true."""
    check = _checks.get(kind)
    return check is None or booking_id is None or check(driver, booking_id, payload)
