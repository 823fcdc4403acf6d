"""Sends what is due: claim (a transaction), render and send (none open), record (a transaction).

1. claim a few rows for the first route whose breaker is closed, most urgent first; on as many lanes as
the provider allows connections: 2. is it still true, and of use? 3. render it, or take the bytes of an
earlier try; 4. talk to the server; just before the final dot make that durable; 5. write down what became
of it, before the connection takes the next mail. Ends when a claim was empty, no lane is busy and nothing
woke it meanwhile.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import cast

from flask import Flask, current_app

from bookingapp import clock, heartbeat
from bookingapp.db import FAILS, db, transaction
from bookingapp.email import (
    claims,
    happenings,
    pool,
    restored,
    sending,
    stepped,
    transport_state,
    wake,
)
from bookingapp.email.happenings import What
from bookingapp.email.lanes import Lanes
from bookingapp.email.lock import SendingLock
from bookingapp.email.routes import Route, routes
from bookingapp.email.rows import Due
from bookingapp.settings import current

log = logging.getLogger(__name__)
BUSY = "other programs had the database for too long"
_one_at_a_time = threading.Lock()
_stop = threading.Event()
_locks: dict[str, SendingLock] = {}


def started(call: Callable[[], None]) -> None:
    """The process serves from now on; `call` starts a run at once."""
    _stop.clear()
    stepped.begin()
    happenings.forget()
    wake.hand_over(call)


def mended() -> None:
    """The process has just started, perhaps with other settings: open breakers are probed at once."""
    with transaction() as session:
        for route in routes(current()):
            transport_state.try_now(session, route.name, clock.now())


def stop() -> None:
    """End after the mail being sent; no run begins any more."""
    _stop.set()
    wake.hand_over(None)


def join(seconds: float) -> bool:
    """Wait until the run has ended, then let another process send. False if it took too long."""
    ended = _one_at_a_time.acquire(timeout=seconds)
    if ended:
        pool.close_all()
        for lock in _locks.values():
            lock.release()
        _locks.clear()
        _one_at_a_time.release()
    return ended


def run(only: str = "") -> int:
    """One run; how many mails went out. `only`: just this one (its public id).

    Does nothing while another run or, on SQLite, another process sends.
    """
    if _stop.is_set() or not _one_at_a_time.acquire(blocking=False):
        return 0
    try:
        gone = _run(only)
    except FAILS as error:
        # where the disk is full it can't be written down either
        happenings.note(What.DATABASE, words=str(getattr(error, "orig", error)) or BUSY)
        raise
    finally:
        _one_at_a_time.release()
    if gone:
        happenings.over(What.DATABASE)
    return gone


def _run(only: str) -> int:
    if not may_send():
        return 0
    # never from an older copy of the database: what that calls owed may have gone out
    restored.guard()
    try:
        return _drain(_app(), only)
    finally:
        wake.end()


def sending_lock() -> SendingLock:
    """This database's lock on sending (SQLite)."""
    folder = current().instance
    return _locks.setdefault(str(folder), SendingLock(folder))


def may_send() -> bool:
    """On SQLite one process sends; who gets the lock takes back what a dead one left. Else: all may.

    An older copy is held before that: each mail cut off at its dot is one more try noted, so it would catch up.
    """
    if db.engine.dialect.name != "sqlite":
        return True
    lock = sending_lock()
    if lock.held:
        return True
    if not lock.take():
        return False
    try:
        restored.guard()
        left = claims.take_back(clock.now())
    except Exception:
        # whoever gets the lock next is to take them back
        lock.release()
        raise
    if left:
        log.warning("took back %s mails that a former process left unfinished", left)
    return True


def _drain(app: Flask, only: str) -> int:
    ways = routes(current())
    lanes = Lanes(app, max(route.connections for route in ways), _stop)
    wake.begin(lanes.nudge)
    try:
        while not _stop.is_set():
            wake.look()
            # A long run is no silent one: `/healthz` hears of every claim.
            heartbeat.beat("drain")
            stepped.look(clock.now(), sending.lease())
            batch = _claim(ways, lanes, only)
            if batch:
                lanes.hand(*batch)
                if only:
                    # news of other mails may end a wait
                    while not (lanes.idle or _stop.is_set()):
                        lanes.wait(all_done=True)
                    break
            elif lanes.idle and wake.may_end():
                break
            lanes.wait(all_done=not batch)
    finally:
        lanes.end()
    return lanes.gone


def _claim(ways: Sequence[Route], lanes: Lanes, only: str) -> tuple[Route, list[Due]] | None:
    """The next mails, by the first route that may take them.

    A mail that another route may have delivered is left to that one, while there is that one.
    """
    settings = current()
    lanes.count()
    limit = 1 if settings.mail_transport == "console" else settings.outbox_batch
    for doubtful in (False, True):
        for route in ways if not doubtful else ways[1:]:
            if route.limited and not lanes.idle:
                # what is under way may come back, and would then go by another route
                return None
            others = [way.name for way in ways if way != route]
            if (dues := claims.claim(
                clock.now(), limit=limit, lease=sending.lease(), route=route, others=others, only=only,
                doubtful=doubtful,
            )):  # fmt: skip
                return route, dues
    return None


def _app() -> Flask:
    return cast("Flask", current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001
