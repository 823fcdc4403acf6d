"""The wake-up at commit, never lost: a flag, and a call to the scheduler when no drain runs.

Asking the scheduler to run a job that is running is skipped by it, so the next buyer would wait for
the poll. Hence the flag: the drain clears it before each claim and ends only when a claim was empty
and the flag is still clear.
"""

import threading
from collections.abc import Callable

_lock = threading.Lock()
_flag = False
_draining = False
_call: Callable[[], None] | None = None
_nudge: Callable[[], None] | None = None


def hand_over(call: Callable[[], None] | None) -> None:
    """What starts a drain at once; given by `main()`, so that nothing here knows the scheduler."""
    global _call  # noqa: PLW0603 (one process, one drain)
    _call = call


def wake() -> None:
    """There is work. Starts a drain, or tells the running one to look again."""
    global _flag  # noqa: PLW0603
    with _lock:
        _flag = True
        call = _nudge if _draining else _call
    if call is not None:
        call()


def begin(nudge: Callable[[], None] | None = None) -> None:
    """A drain starts. `nudge` tells it to look again, should it be waiting for its mails on their way."""
    global _draining, _nudge
    with _lock:
        _draining, _nudge = True, nudge


def look() -> None:
    """Before a claim: what is committed until now, this claim will see."""
    global _flag  # noqa: PLW0603
    with _lock:
        _flag = False


def may_end() -> bool:
    """After an empty claim: True ends the drain, False means look again."""
    global _draining  # noqa: PLW0603
    with _lock:
        if _flag:
            return False
        _draining = False
        return True


def end() -> None:
    """The drain ends whatever happened (stopped, failed). Says so to the scheduler if work came."""
    global _draining, _nudge
    with _lock:
        running, _draining, _nudge = _draining, False, None
        call = _call if running and _flag else None
    if call is not None:
        call()
