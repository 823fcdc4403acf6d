"""Sends what is due: claim (a transaction), render and send (none open), record (a transaction).

1. claim a few rows for the first route whose breaker is closed, most urgent first; 2. for each: is it
still true, and of use? 3. render it, or take the bytes of an earlier try; 4. talk to the server; just
before the final dot make that durable; 5. write down what became of it, before the connection takes the
next mail. Ends when a claim was empty and nothing woke it meanwhile.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

from flask import Flask, current_app

from bookingapp import clock, heartbeat
from bookingapp.db import db, transaction
from bookingapp.email import claims, pace, sending, transport_state, transports, wake
from bookingapp.email.lock import SendingLock
from bookingapp.email.routes import Route, routes
from bookingapp.email.rows import Due
from bookingapp.email.transports import Transport
from bookingapp.settings import current
from bookingapp.web import requests

log = logging.getLogger(__name__)
# One process, one interpreter lock: requests first, but no mail waits for them longer than this.
POLITE_SECONDS = 0.05
POLITE_STEP = 0.002

_one_at_a_time = threading.Lock()
_stop = threading.Event()
_locks: dict[str, SendingLock] = {}


def started(call: Callable[[], None]) -> None:
    """The process serves from now on; `call` starts a run at once."""
    _stop.clear()
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
        if not may_send():
            return 0
        wake.begin()
        try:
            return _drain(_app(), only)
        finally:
            wake.end()
    finally:
        _one_at_a_time.release()


def sending_lock() -> SendingLock:
    """This database's lock on sending (SQLite)."""
    folder = current().instance
    return _locks.setdefault(str(folder), SendingLock(folder))


def may_send() -> bool:
    """On SQLite one process sends; who gets the lock takes back what a dead one left. Else: all may."""
    if db.engine.dialect.name != "sqlite":
        return True
    lock = sending_lock()
    if lock.held:
        return True
    if not lock.take():
        return False
    if left := claims.take_back(clock.now()):
        log.warning("took back %s mails that a former process left unfinished", left)
    return True


def _drain(app: Flask, only: str) -> int:
    outs = Outs(app)
    gone = 0
    try:
        while not _stop.is_set():
            wake.look()
            # A long run is no silent one: `/healthz` hears of every claim.
            heartbeat.beat("drain")
            batch = _claim(outs, only)
            if batch:
                gone += _send_all(outs, batch)
                if only:
                    break
            elif wake.may_end():
                break
    finally:
        outs.close()
    return gone


class Batch(NamedTuple):
    """Mails claimed for one route."""

    route: Route
    dues: Sequence[Due]


class Outs:
    """The transports of one run, each made when it is first needed."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.routes = routes(current())
        self._made: dict[str, Transport] = {}

    def of(self, route: Route) -> Transport:
        """The transport of a route."""
        if route.name not in self._made:
            self._made[route.name] = transports.make(self.app, route)
        return self._made[route.name]

    def close(self) -> None:
        """The run is over."""
        for transport in self._made.values():
            transport.close()


def _claim(outs: Outs, only: str) -> Batch | None:
    """The next mails, by the first route that may take them.

    A mail that another route may have delivered is left to that one.
    """
    settings = current()
    limit = 1 if settings.mail_transport == "console" else settings.outbox_batch
    for doubtful in (False, True):
        for route in outs.routes if not doubtful else outs.routes[1:]:
            many = pace.allowed(route, limit)
            if many and (dues := claims.claim(
                clock.now(), limit=many, lease=sending.lease(), route=route, only=only, doubtful=doubtful
            )):  # fmt: skip
                return Batch(route, dues)
    return None


def _send_all(outs: Outs, batch: Batch) -> int:
    """How many went out. Gives back what was not begun."""
    gone, began = 0, time.monotonic()
    transport, dues = outs.of(batch.route), batch.dues
    for place, due in enumerate(dues):
        # A mail is begun only while its deadline fits into the lease.
        late = (
            time.monotonic() - began
            > current().outbox_lease_seconds - current().mail_deadline_seconds
        )
        if _stop.is_set() or late:
            claims.give_back(dues[place:], clock.now())
            break
        _let_requests_pass()
        end = sending.send(transport, batch.route, due)
        gone += end is sending.End.GONE
        if end is sending.End.BREAKER_OPEN:
            claims.give_back(dues[place + 1 :], clock.now())
            break
    if gone:
        pace.note(batch.route, gone)
        with transaction() as session:
            transport_state.note_sent(session, batch.route.name, gone, clock.now())
    return gone


def _let_requests_pass() -> None:
    """Wait while people wait for pages, within bounds."""
    until = time.monotonic() + POLITE_SECONDS
    while requests.in_flight() and time.monotonic() < until and not _stop.is_set():
        time.sleep(POLITE_STEP)


def _app() -> Flask:
    return cast("Flask", current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001
