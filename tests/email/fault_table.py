"""What the 28 faults of a mail server mean: OUTBOX's table of errors, as this house promises it.

Three letters are owed, the fault lasts. `mails`: each one's state, fault and burnt tries after the first
run. `transport`: its breaker, what it is blamed for, how often in a row. `copies`: how many of the
letters arrive a second time in the end.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

import time_machine
from sqlalchemy import select

from bookingapp.db import db
from bookingapp.email import drain, pool, service
from bookingapp.email.models import MailTransport, OutboxMessage, OutboxState

LETTERS = 3
STAGES = ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", ".", "QUIT")
MODES = ("drop", "421", "4xx", "5xx")
Ended = tuple[str, str, int]


class Wanted(NamedTuple):
    """See above."""

    mails: tuple[Ended, ...]
    transport: tuple[str, str, int]
    copies: int = 0


def _all(ended: Ended, *, breaker: tuple[str, str, int], copies: int = 0) -> Wanted:
    return Wanted((ended,) * LETTERS, breaker, copies)


FINE = "closed", "", 0
# The way to the server is down: no try is burnt, and after three nobody asks any more.
WAY = _all(("queued", "transport", 0), breaker=("open", "transport", 3))
# The sender is refused: one mail finds out, the others are never begun.
SENDER = Wanted((("queued", "auth", 0), *(("queued", "", 0),) * 2), ("open", "auth", 1))
LATER = _all(("retry", "message", 1), breaker=FINE)
NEVER = _all(("dead", "message", 1), breaker=FINE)
NOBODY = _all(("dead", "recipient", 1), breaker=FINE)
# The server may have it: the one case in which a mail comes twice.
DOUBT = _all(("retry", "ambiguous", 1), breaker=("open", "ambiguous", 3), copies=LETTERS)
SENT = _all(("sent", "", 1), breaker=FINE)

_ROWS = {
    #           drop   421   4xx    5xx
    "CONNECT": (WAY, WAY, WAY, WAY),
    "EHLO": (WAY, WAY, WAY, WAY),
    "MAIL": (WAY, WAY, WAY, SENDER),
    "RCPT": (WAY, WAY, LATER, NOBODY),
    "DATA": (WAY, WAY, LATER, NEVER),
    ".": (DOUBT, WAY, LATER, NEVER),
    "QUIT": (SENT, SENT, SENT, SENT),
}
WANTED = {
    (stage, mode): wanted
    for stage, row in _ROWS.items()
    for mode, wanted in zip(MODES, row, strict=True)
}
CASES = tuple(WANTED)


def first_run() -> tuple[tuple[Ended, ...], tuple[str, str, int]]:
    """Drain while the fault lasts, say goodbye to the server; what became of the mails and of the way."""
    drain.run()
    hang_up()
    db.session.rollback()
    columns = OutboxMessage.state, OutboxMessage.fault, OutboxMessage.attempts
    mails = db.session.execute(select(*columns).order_by(OutboxMessage.id)).all()
    way = db.session.scalars(select(MailTransport)).one()
    db.session.rollback()
    return (
        tuple((state.value, fault, attempts) for state, fault, attempts in mails),
        (way.breaker.value, way.fault, way.failures),
    )


def hang_up() -> None:
    """Say goodbye on every kept connection."""
    pool.close_all()


def until_all_are_sent(now: datetime) -> None:
    """The fault is over: the drain as the time goes by. What was given up, a manager sends again."""
    for minutes in range(2, 60, 2):
        with time_machine.travel(now + timedelta(minutes=minutes)):
            drain.run()
            for public_id in _with_state(OutboxState.DEAD):
                service.retry(public_id)
        if len(_with_state(OutboxState.SENT)) == LETTERS:
            return
    raise AssertionError("after an hour still mails that were not sent")


def _with_state(state: OutboxState) -> list[str]:
    db.session.rollback()
    wanted = select(OutboxMessage.public_id).where(OutboxMessage.state == state)
    found = list(db.session.scalars(wanted))
    db.session.rollback()
    return found
