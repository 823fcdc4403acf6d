"""The gateway's report, read by the job, and the same lines in a file, at one moment."""

import pytest
from flask import Flask

from bookingapp import clock
from bookingapp.db import transaction
from bookingapp.payments import settlement_lines
from bookingapp.payments import settlement_service as deeds
from bookingapp.payments.answers import ReportLine
from bookingapp.payments.settlement_file import FileLine, Report
from bookingapp.payments.settlement_lines import TakenIn
from bookingapp.payments.settlement_models import SettlementDay, SettlementLine
from bookingapp.payments.settlement_rules import today
from bookingapp.payments.settlements import DueDay
from tests.booking import buyers
from tests.booking.meeting import meet
from tests.factories import Cinema


def line(entity: str) -> ReportLine:
    return ReportLine(
        entity, "setl_June", "payment", 36000, 35150, 0, 850, 130, "INR", "utr1", "", "order_1", "",
        "upi", clock.now(),
    )  # fmt: skip


@pytest.mark.engine("postgresql")  # SQLite lets one writer in at a time
def test_they_may_name_their_lines_in_any_order(
    app: Flask, cinema: Cinema, monkeypatch: pytest.MonkeyPatch
) -> None:
    cinema.staff("manager")
    lines = [line("pay_Alpha"), line("pay_Beta")]
    other_way_round = [FileLine(n, each, None) for n, each in enumerate(lines[::-1], 2)]
    # as in a report of more lines than are written at once
    monkeypatch.setattr(settlement_lines, "CHUNK", 1)
    due = DueDay(day_row(), today(clock.now()))
    kept, taken = meet(
        app, monkeypatch, (settlement_lines, "_known"),
        lambda: deeds.keep_settlement_report(due, lines),
        lambda: deeds.read_settlement_file("june.csv", Report(other_way_round, 0), 1),
        at=2,
    )  # fmt: skip
    assert kept is None
    assert isinstance(taken, TakenIn), taken
    assert (taken.lines, taken.new, taken.differ) == (2, 0, 0)
    assert len(buyers.rows(SettlementLine)) == 2


def day_row() -> int:
    with transaction() as session:
        row = SettlementDay(day=today(clock.now()), next_look_at=clock.now())
        session.add(row)
        session.flush()
        return row.id
