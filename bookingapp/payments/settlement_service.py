"""What jobs and people do with the gateway's reports and events: one public function, one deed, one transaction."""

from collections.abc import Sequence
from datetime import datetime

from bookingapp import clock
from bookingapp.db import transaction
from bookingapp.payments import settlements, webhooks
from bookingapp.payments.answers import ReportLine
from bookingapp.payments.settlements import DueDay


def plan_settlement_days() -> None:
    """A row for each day whose report is to be read."""
    with transaction() as session:
        settlements.plan(session, clock.now())


def claim_settlement_day() -> DueDay | None:
    """The day whose turn it is, now nobody else's for some minutes."""
    with transaction() as session:
        return settlements.claim(session, clock.now())


def keep_settlement_report(due: DueDay, lines: Sequence[ReportLine]) -> None:
    """What was read of a day, whole."""
    with transaction() as session:
        settlements.keep(session, due, lines, clock.now())


def note_settlement_trouble(due: DueDay, why: str) -> None:
    """The gateway gave no report: later again."""
    with transaction() as session:
        settlements.trouble(session, due, why, clock.now())


def read_settlements_now() -> None:
    """Somebody wants the reports of the last days read at once."""
    with transaction() as session:
        now = clock.now()
        settlements.plan(session, now)
        settlements.hurry(session, now)


def clear_settlement_line(line_id: int, note: str, actor_id: int) -> None:
    """A difference was looked into and is none. Raises LineNotFound, ClearingNoteMissing."""
    with transaction() as session:
        settlements.clear(session, line_id, note, clock.now(), actor_id)


def forget_events(before: datetime, most: int) -> int:
    """Remove the oldest events that came before then. How many."""
    with transaction() as session:
        return webhooks.forget(session, before, most)
