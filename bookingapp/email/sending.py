"""One claimed mail to its end: is it of use, render it, hand it over, write down what became of it."""

import logging
import random
import time
import traceback
from collections.abc import Callable
from datetime import timedelta
from enum import Enum
from typing import NamedTuple

from bookingapp import clock
from bookingapp.db import FAILS, transaction
from bookingapp.email import checks, marks, meters, render, suppressions, transport_state
from bookingapp.email.faults import Cause, Evidence
from bookingapp.email.messages import policy_of
from bookingapp.email.mime import Letter
from bookingapp.email.models import OutboxState
from bookingapp.email.retry import MAX_TRIES, History, decide
from bookingapp.email.routes import Route
from bookingapp.email.rows import Due, Tried
from bookingapp.email.smtp import ClaimLost, SendFailed
from bookingapp.email.transports import Transport
from bookingapp.ready import reading
from bookingapp.settings import current

log = logging.getLogger(__name__)
# A letter that was true so long ago need not be asked again: the server takes longer than that.
TRUE_SECONDS = 0.1


class End(Enum):
    """How a claimed mail ended. Refused: by the server, or by our own templates."""

    GONE = 1
    NOT_SENT = 2
    REFUSED = 3
    BREAKER_OPEN = 4


class Made(NamedTuple):
    """A letter made ahead. None: `end` says why it is not to go, or `said` why it can't be made.

    `asked`: when that was asked, by the monotonic clock.
    """

    letter: Letter | None
    asked: float
    end: tuple[OutboxState, str] | None = None
    said: str = ""


def nothing() -> None:
    """What is done where nothing is asked."""


def make(due: Due) -> Made:
    """The letter of a mail, whole, if it may go. One that can't be made must not hold up the others."""
    asked = time.monotonic()
    try:
        if end := _not_to_go(due):
            return Made(None, asked, end)
        letter = render.letter(due)
        letter.as_bytes()
    except FAILS:
        raise
    except Exception:  # noqa: BLE001 (whatever it is, it is this letter's)
        return Made(None, asked, said=_bug(due))
    return Made(letter, asked)


def _asked_again(due: Due, made: Made) -> Made:
    """The letter, if it may still go."""
    asked = time.monotonic()
    try:
        end = _not_to_go(due)
    except FAILS:
        raise
    except Exception:  # noqa: BLE001 (as in `make`)
        return Made(None, asked, said=_bug(due))
    return Made(None, asked, end) if end else made


def send(
    transport: Transport,
    route: Route,
    due: Due,
    *,
    made: Made | None = None,
    ask_again: bool = False,
    before_fault: Callable[[], None] = nothing,
) -> End:
    """One mail to its end. A database that fails ends the run; the lease brings the mail back.

    `made`: its letter, where it was made ahead; whether it may still go is asked again after a while, or
    if told so. `before_fault` is called before the route is blamed: what went well before is to be known
    first.
    """
    began = time.monotonic()
    made = made or make(due)
    if made.letter and (ask_again or began - made.asked > TRUE_SECONDS):
        made = _asked_again(due, made)
    if made.end:
        marks.finish(due, *made.end)
        return End.NOT_SENT
    if made.letter is None:
        evidence = Evidence("render", Cause.BUG, 0, made.said)
        return _failed(route, due, evidence, began, due.frozen)
    letter, content = made.letter, made.letter.as_bytes()
    try:
        receipt = transport.send(letter, f"{due.kind}-{due.public_id}", _before_dot(due, content))
    except ClaimLost:
        log.warning("mail %s was taken over by another process", due.public_id)
        return End.NOT_SENT
    except SendFailed as failed:
        before_fault()
        return _failed(route, due, failed.evidence, began, content)
    except FAILS:
        raise
    except Exception:  # noqa: BLE001 (an address nobody can write into an envelope, say)
        return _failed(route, due, Evidence("render", Cause.BUG, 0, _bug(due)), began, content)
    state = OutboxState.SIMULATED if transport.simulated else OutboxState.SENT
    tried = _tried(Evidence("sent", Cause.SERVER, receipt.code, receipt.reply), began)
    if not marks.sent(due, state, tried):
        log.warning("mail %s went out although its lease was over", due.public_id)
    meters.tried(state.value, tried.took_ms / 1000)
    meters.waited((tried.at - due.created_at).total_seconds())
    return End.GONE


def _bug(due: Due) -> str:
    """The end of what went wrong, for the manager's page; the log gets no word of a letter."""
    log.error("mail %s (%s) could not be made", due.public_id, due.kind)
    return traceback.format_exc(limit=-4)


def _not_to_go(due: Due) -> tuple[OutboxState, str] | None:
    """Why a claimed mail ends without a try."""
    if due.expires_at is not None and due.expires_at <= clock.now():
        return OutboxState.EXPIRED, "its time was over before it could be sent"
    if due.attempts > MAX_TRIES:
        return OutboxState.DEAD, f"given up after {MAX_TRIES} tries"
    with reading() as driver:
        why = suppressions.why_not(driver, due.recipient, due.kind)
        if why is not None:
            return OutboxState.SUPPRESSED, why
        if not checks.still_true(driver, due.kind, due.booking_id, due.payload):
            return OutboxState.CANCELLED, "no longer true when it was to be sent"
    return None


def _before_dot(due: Due, content: bytes) -> Callable[[], bool]:
    return lambda: marks.mark_dot(due, content, clock.now(), lease())


def _failed(route: Route, due: Due, evidence: Evidence, began: float, content: bytes | None) -> End:
    now = clock.now()
    history = History(
        due.attempts,
        marks.first_try(due, now),
        due.expires_at,
        due.slim,
        marks.drops(due, evidence),
    )
    chance = random.uniform(-1, 1)  # noqa: S311 (spreads retries, guards nothing)
    verdict = decide(evidence, history, policy_of(due.kind), now, chance)
    log.warning("mail %s: %s, %s at %s, code %s", due.public_id, verdict.ending, verdict.fault, evidence.phase, evidence.code)  # fmt: skip
    tried = _tried(evidence, began)
    marks.failed(due, verdict, tried, content)
    meters.tried(verdict.fault.value, tried.took_ms / 1000)
    with transaction() as session:
        opened = transport_state.note_fault(
            session, route.name, verdict.fault, evidence, now, probe=due.probe
        )
    return End.BREAKER_OPEN if opened else End.REFUSED


def _tried(evidence: Evidence, began: float) -> Tried:
    return Tried(evidence, clock.now(), round((time.monotonic() - began) * 1000))


def lease() -> timedelta:
    """How long a claimed mail is ours."""
    return timedelta(seconds=current().outbox_lease_seconds)
