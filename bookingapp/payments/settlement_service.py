"""What jobs and people do with the gateway's reports and events: one public function, one deed, one transaction."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.exc import DBAPIError, IntegrityError

from bookingapp import audit, clock
from bookingapp.again import gave_way, repeat
from bookingapp.db import transaction
from bookingapp.payments import settlement_lines, settlements, webhooks
from bookingapp.payments.answers import ReportLine
from bookingapp.payments.settlement_file import Report
from bookingapp.payments.settlement_lines import TakenIn
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

    def kept() -> None:
        with transaction() as session:
            settlements.keep(session, due, lines, clock.now())

    repeat(kept, _met_another)


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


def read_settlement_file(name: str, report: Report, actor_id: int) -> TakenIn:
    """What a file of the gateway's says, whole."""
    return repeat(lambda: _take_in(name, report, actor_id), _met_another)


def _met_another(error: DBAPIError) -> bool:
    """The job, or a second click, wrote the same lines meanwhile: now they are known."""
    return gave_way(error) or isinstance(error, IntegrityError)


def _take_in(name: str, report: Report, actor_id: int) -> TakenIn:
    with transaction() as session:
        done = settlement_lines.take_in(session, report.lines, clock.now())
        said = {"file": name, "lines": done.lines, "new": done.new, "differ": done.differ}
        audit.note(session, "settlement_file", ("settlement_line", ""), actor_id=actor_id, after=said)  # fmt: skip
    return done


def clear_settlement_line(line_id: int, note: str, actor_id: int) -> None:
    """A difference was looked into and is none. Raises LineNotFound, ClearingNoteMissing."""
    with transaction() as session:
        settlements.clear(session, line_id, note, clock.now(), actor_id)


def forget_events(before: datetime, most: int) -> int:
    """Remove the oldest events that came before then. How many."""
    with transaction() as session:
        return webhooks.forget(session, before, most)
