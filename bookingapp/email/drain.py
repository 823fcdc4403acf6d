"""Sends what is due: claim (a transaction), render and send (none open), record (a transaction).

1. claim a few rows, most urgent first; 2. for each: is it still true, and of use? 3. render it, or take
the bytes of an earlier try; 4. talk to the server; just before the final dot make that durable; 5. write
down what became of it, before the connection takes the next mail. Ends when a claim was empty and
nothing woke it meanwhile.
"""

import logging
import random
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from datetime import timedelta
from enum import Enum
from typing import cast

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from bookingapp import clock, heartbeat
from bookingapp.db import db
from bookingapp.email import checks, claims, render, transports, wake
from bookingapp.email.claims import Due, Tried
from bookingapp.email.lock import SendingLock
from bookingapp.email.messages import KINDS
from bookingapp.email.models import OutboxState
from bookingapp.email.retry import MAX_TRIES, Cause, Evidence, History, decide
from bookingapp.email.smtp import ClaimLost, SendFailed
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
    transport = transports.make(app)
    gone = 0
    try:
        while not _stop.is_set():
            wake.look()
            # A long run is no silent one: `/healthz` hears of every claim.
            heartbeat.beat("drain")
            batch = _claim(only)
            if batch:
                went, healthy = _send_all(transport, batch)
                gone += went
                if not healthy or only:
                    break
            elif wake.may_end():
                break
    finally:
        transport.close()
    return gone


def _claim(only: str) -> list[Due]:
    settings = current()
    limit = 1 if settings.mail_transport == "console" else settings.outbox_batch
    return claims.claim(clock.now(), limit=limit, lease=_lease(), only=only)


def _send_all(transport: Transport, batch: Sequence[Due]) -> tuple[int, bool]:
    """(how many went out, whether the server is fit for more). Gives back what was not begun."""
    gone, began = 0, time.monotonic()
    for place, due in enumerate(batch):
        # A mail is begun only while its deadline fits into the lease.
        late = time.monotonic() - began > current().outbox_lease_seconds - _longest()
        if _stop.is_set() or late:
            claims.give_back(batch[place:], clock.now())
            return gone, True
        _let_requests_pass()
        end = _one(transport, due)
        gone += end is End.GONE
        if end is End.NO_SERVER:
            claims.give_back(batch[place + 1 :], clock.now())
            return gone, False
    return gone, True


class End(Enum):
    """How a claimed mail ended. Refused: by the server, or by our own templates."""

    GONE = 1
    NOT_SENT = 2
    REFUSED = 3
    NO_SERVER = 4


def _one(transport: Transport, due: Due) -> End:
    """One mail to its end. A database that fails ends the run; the lease brings the mail back."""
    if ended := _not_to_go(due):
        claims.finish(due, *ended)
        return End.NOT_SENT
    began, content = time.monotonic(), due.frozen
    try:
        letter = render.letter(due)
        content = letter.as_bytes()
        receipt = transport.send(letter, f"{due.kind}-{due.public_id}", _before_dot(due, content))
    except ClaimLost:
        log.warning("mail %s was taken over by another process", due.public_id)
        return End.NOT_SENT
    except SendFailed as failed:
        return _failed(due, failed.evidence, began, content)
    except SQLAlchemyError:
        raise
    except Exception:  # noqa: BLE001 (a letter that can't be made must not hold up the others)
        said = traceback.format_exc(limit=-4)
        log.error("mail %s (%s) could not be made", due.public_id, due.kind)  # noqa: TRY400
        return _failed(due, Evidence("render", Cause.BUG, 0, said), began, content)
    state = OutboxState.SIMULATED if transport.simulated else OutboxState.SENT
    heard = Evidence("sent", Cause.SERVER, receipt.code, receipt.reply)
    if not claims.sent(due, state, _tried(heard, began)):
        log.warning("mail %s went out although its lease was over", due.public_id)
    return End.GONE


def _not_to_go(due: Due) -> tuple[OutboxState, str] | None:
    """Why a claimed mail ends without a try."""
    if due.expires_at is not None and due.expires_at <= clock.now():
        return OutboxState.EXPIRED, "its time was over before it could be sent"
    if due.attempts > MAX_TRIES:
        return OutboxState.DEAD, f"given up after {MAX_TRIES} tries"
    return (
        None
        if _still_true(due)
        else (OutboxState.CANCELLED, "no longer true when it was to be sent")
    )


def _still_true(due: Due) -> bool:
    if due.booking_id is None:
        return True
    try:
        return checks.still_true(db.session(), due.kind, due.booking_id, due.payload)
    finally:
        # the next mail asks anew: an open read would go on seeing the past
        db.session.rollback()


def _before_dot(due: Due, content: bytes) -> Callable[[], bool]:
    return lambda: claims.mark_dot(due, content, clock.now(), _lease())


def _failed(due: Due, evidence: Evidence, began: float, content: bytes | None) -> End:
    now = clock.now()
    history = History(due.attempts, claims.first_try(due, now), due.expires_at)
    chance = random.uniform(-1, 1)  # noqa: S311 (spreads retries, guards nothing)
    verdict = decide(evidence, history, KINDS[due.kind].policy, now, chance)
    log.warning("mail %s: %s at %s, code %s", due.public_id, verdict.ending, evidence.phase, evidence.code)  # fmt: skip
    claims.failed(due, verdict, _tried(evidence, began), content)
    return End.NO_SERVER if evidence.cause is Cause.TRANSPORT else End.REFUSED


def _tried(evidence: Evidence, began: float) -> Tried:
    return Tried(evidence, clock.now(), round((time.monotonic() - began) * 1000))


def _let_requests_pass() -> None:
    """Wait while people wait for pages, within bounds."""
    until = time.monotonic() + POLITE_SECONDS
    while requests.in_flight() and time.monotonic() < until and not _stop.is_set():
        time.sleep(POLITE_STEP)


def _app() -> Flask:
    return cast("Flask", current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001


def _lease() -> timedelta:
    return timedelta(seconds=current().outbox_lease_seconds)


def _longest() -> int:
    return current().mail_deadline_seconds
