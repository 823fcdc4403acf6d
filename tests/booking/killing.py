"""A process of the house's that is killed at its n-th commit, just before it or just after.

It is forked, so that each takes milliseconds; it opens connections of its own.
"""

import os
import signal
import traceback
from collections.abc import Callable
from itertools import count

from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from bookingapp.db import db
from bookingapp.payments import gateway
from tests.booking import buyers


def killed_at(app: Flask, deed: Callable[[], object], boundary: int, moment: str) -> bool:
    """Do a deed in a process that dies there. False: it came to its end before."""
    db.session.remove()
    child = os.fork()
    if child == 0:
        _do_and_die(app, deed, boundary, moment)
    _, status = os.waitpid(child, 0)
    assert status in {0, signal.SIGKILL}, status
    return status == signal.SIGKILL


def die_at_every_commit(app: Flask, deed: Callable[[], object]) -> int:
    """Kill the deed before and after its first commit, its second, until it comes to its end."""
    kills = 0
    for boundary in count(1):
        for moment in ("before", "after"):
            buyers.make_due()
            buyers.make_refunds_due()
            if not killed_at(app, deed, boundary, moment):
                return kills
            kills += 1
    raise AssertionError


def _do_and_die(app: Flask, deed: Callable[[], object], boundary: int, moment: str) -> None:
    """In the child: what the parent has open is left alone."""
    seen = 0

    def count(_session: Session) -> None:
        nonlocal seen
        seen += 1
        if seen == boundary:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        db.engine.dispose(close=False)
        app.extensions.pop(gateway.EXTENSION, None)
        event.listen(Session, f"{moment}_commit", count)
        with app.app_context():
            deed()
    except BaseException:  # noqa: BLE001 (nothing may climb out of the child)
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
