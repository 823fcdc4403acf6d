"""What a claim leaves whose lease ran out: its process died, or the database failed under it.

At the final dot: perhaps sent. Before it: one of the claim's mails may be what the process died of, and
nobody knows which, so none pays; but from then on each goes alone. One that runs out alone has lost a try
and waits, as after any other failure: a mail that kills the process is given up in the end, and takes no
other along. A disk that is full and a process that is killed over and over cost no mail its life.
"""

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import Session

from bookingapp.email.faults import Cause, Evidence
from bookingapp.email.messages import policy_of
from bookingapp.email.models import OutboxState
from bookingapp.email.retry import History, crashed_alone, crashed_at_dot
from bookingapp.email.rows import COLUMNS, Due, Tried, c, fenced, note, untried, verdict_values

# Of a claimed row: how far it has come. LAPSED, of a row that waits: its last claim ran out.
CLAIMED, ALONE, DOT, LAPSED = "claimed", "alone", "dot", "lapsed"
_AT_DOT = Evidence("dot", Cause.TRANSPORT, 0, "sending was cut off; the server may have the mail")
_ALONE = Evidence(
    "claimed", Cause.BUG, 0,
    "the process died, or its database failed, with this mail alone in hand",
)  # fmt: skip
_LEFT = (
    select(*COLUMNS, c.phase)
    .where(c.state == OutboxState.SENDING)
    .with_for_update(skip_locked=True)
)


def run_out(session: Session, now: datetime, which: ColumnElement[bool]) -> int:
    """These claims are over; how many mails that were."""
    rows = session.connection().execute(_LEFT.where(which)).all()
    for row in rows:
        _after(session, Due(*row[:-1]), row.phase, now)
    return len(rows)


def alone(rows: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """Of the mails that could be claimed: one whose last claim ran out by itself, and first."""
    return [row for row in rows if row.phase == LAPSED][:1] or rows


def phase(rows: Sequence[Row[Any]]) -> str:
    """What these are, once claimed."""
    return ALONE if rows[0].phase == LAPSED else CLAIMED


def _after(session: Session, due: Due, reached: str, now: datetime) -> None:
    history = History(due.attempts, now, due.expires_at)
    if reached == DOT:
        verdict = crashed_at_dot(history, policy_of(due.kind), now)
        _cut_off(session, due, _AT_DOT, now, verdict_values(verdict, _AT_DOT.words))
    elif reached == ALONE:
        chance = random.uniform(-1, 1)  # noqa: S311 (spreads retries, guards nothing)
        values = verdict_values(crashed_alone(history, now, chance), _ALONE.words)
        # who is to blame nobody can tell
        _cut_off(session, due, _ALONE, now, values | {"phase": LAPSED, "fault": ""})
    else:
        fenced(session, due, **untried(due, now, phase=LAPSED))


def _cut_off(
    session: Session, due: Due, evidence: Evidence, now: datetime, values: dict[str, Any]
) -> None:
    note(session, due, "crashed", Tried(evidence, now, 0))
    fenced(session, due, **values)
