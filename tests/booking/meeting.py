"""Two deeds that meet in an order of our choosing: one stops in the middle until the other waits for it."""

import itertools
import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text

from bookingapp import db as database
from bookingapp.db import db
from tests.house import wait_for

Deed = Callable[[], object]
_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def meet(
    app: Flask,
    patch: pytest.MonkeyPatch,
    before: tuple[object, str],
    first: Deed,
    second: Deed,
    *,
    at: int = 1,
) -> tuple[object, object]:
    """What both came to; an error is a result.

    `first` stops just `before` a step (an owner and a name), come by `at` so many times, until `second` waits for what it holds, or
    is done without that.
    """
    owner, name = before
    step = getattr(owner, name)
    there, go_on, calls = threading.Event(), threading.Event(), itertools.count(1)

    def stopped(*args: object, **more: object) -> object:
        # whoever comes by later, or once more, is not stopped
        if next(calls) == at:
            there.set()
            assert go_on.wait(20)
        return step(*args, **more)

    patch.setattr(owner, name, stopped)
    one, other = Doing(app, first), Doing(app, second)
    one.start()
    wait_for(there.is_set, f"sign of life from {name}")
    other.start()
    try:
        wait_for(lambda: somebody_waits() or not other.is_alive(), "wait for a lock")
    finally:
        go_on.set()
        one.join(30)
        other.join(30)
    return one.answer, other.answer


class Doing(threading.Thread):
    """A deed in a thread of its own."""

    def __init__(self, app: Flask, deed: Deed) -> None:
        super().__init__()
        self._app, self._deed = app, deed
        self.answer: object = None

    def run(self) -> None:
        with self._app.app_context():
            try:
                self.answer = self._deed()
            except Exception as error:  # noqa: BLE001 (the test looks at it)
                self.answer = error
            finally:
                db.session.remove()


def somebody_waits() -> bool:
    """Whether a transaction waits for another one's lock, or stands in SQLite's line."""
    if db.engine.dialect.name == "sqlite":
        return bool(database._writers._waiting)
    with db.engine.connect() as connection:
        return bool(connection.scalar(_WAITING))
