"""The outbox in numbers: hours, spans and moments."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from bookingapp import clock
from bookingapp.admin import figures, words
from bookingapp.email.models import OutboxState
from tests.admin.rows import Rows, ago

SINCE = datetime(2026, 11, 21, 12, tzinfo=UTC)
within_the_day = st.integers(0, 24 * 3600 - 1).map(lambda s: SINCE + timedelta(seconds=s))


@given(st.lists(within_the_day))
def test_every_mail_is_counted_in_its_own_hour(instants: list[datetime]) -> None:
    hours = figures.per_hour(instants, SINCE)
    assert sum(hours) == len(instants)
    for n, count in enumerate(hours):
        begins = SINCE + n * timedelta(hours=1)
        assert count == sum(begins <= i < begins + timedelta(hours=1) for i in instants)


def test_the_chart_finds_the_busiest_hour_and_no_bar_leaves_the_picture(rows: Rows) -> None:
    for hours, mails in ((2.5, 4), (7.5, 9), (30, 50)):
        for _ in range(mails):
            rows.mail(sent_at=ago(hours=hours), created_at=ago(hours=hours))
    rows.mail(state=OutboxState.DEAD, created_at=ago(hours=7.5))
    now = clock.now()
    chart = figures.last_day(now)
    assert (chart.busiest, chart.failed) == (9, 1)
    assert chart.busiest_at == chart.starts[16]
    assert sum(bar.gone for bar in chart.bars) == 13
    assert max(bar.height + bar.failed_height for bar in chart.bars) <= 62


def test_an_empty_day_has_no_bars(app: Flask) -> None:
    chart = figures.last_day(clock.now())
    assert {(bar.height, bar.failed_height) for bar in chart.bars} == {(0, 0)}
    assert chart.busiest_at is None


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(-5, "0 s"), (9, "9 s"), (89, "89 s"), (240, "4 min"), (7200, "2 h"), (86400 * 3, "3 days"),
     (86400 * 1.6, "2 days")],
)  # fmt: skip
def test_a_span_is_told_roughly(app: Flask, seconds: float, told: str) -> None:
    assert words.span(timedelta(seconds=seconds)) == told


@pytest.mark.parametrize(
    ("instant", "told"),
    [
        (datetime(2026, 11, 22, 8, 22, tzinfo=UTC), "1:52 pm"),
        (datetime(2026, 11, 21, 18, 29, tzinfo=UTC), "Sat 11:59 pm"),
        (datetime(2026, 11, 2, 9, 30, tzinfo=UTC), "2 Nov 3:00 pm"),
    ],
)
def test_a_moment_is_told_on_the_theaters_clock(app: Flask, instant: datetime, told: str) -> None:
    with time_machine.travel(datetime(2026, 11, 22, 10, tzinfo=UTC)):
        assert words.moment(instant, "Asia/Kolkata") == told
