"""The outbox in a few numbers: tiles and the mails of each hour."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from flask import current_app

from bookingapp import clock
from bookingapp.email import pulse, queries
from bookingapp.email.models import OutboxState
from bookingapp.email.pulse import Doubts, NextTry
from bookingapp.email.queries import FAILED, OWED
from bookingapp.payments import loose, settlement_queries
from bookingapp.settings import current

MINUTE, HOUR, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=7)
HOURS = pulse.HOURS
UNSETTLED = "office: sums not settled"


@dataclass(frozen=True)
class Pace:
    """Mails that went out in the last minute, the last hour, today; half of the last within `median`."""

    minute: int
    hour: int
    today: int
    median: timedelta | None
    last_gone: timedelta | None


@dataclass(frozen=True)
class Figures:
    """What the tiles say. Where nothing is really sent, `pace` counts what was written."""

    waiting: int
    oldest: timedelta | None
    retrying: int
    next_tries: Sequence[NextTry]
    failed: int
    held: int
    doubts: Doubts
    pace: Pace


@dataclass(frozen=True)
class Bar:
    """One hour, ready to draw in a field of 100 by 100: how high, and failures on top."""

    gone: int
    failed: int
    height: int
    failed_height: int


@dataclass(frozen=True)
class Chart:
    """The last 24 hours; the busiest hour is the finding."""

    bars: tuple[Bar, ...]
    starts: tuple[datetime, ...]
    busiest: int
    busiest_at: datetime | None
    failed: int


def needs() -> dict[str, int]:
    """How many things wait for somebody, by page."""
    return {
        "outbox": sum(queries.counts(FAILED).values()),
        "money": loose.how_many(),
        "settlements": unsettled(clock.now()),
    }


def unsettled(now: datetime, *, afresh: bool = False) -> int:
    """How many sums the gateway did not pay out as it should, as of a minute ago at most.

    It looks at every line of every report, and each page of the office asks; the pages that are about
    it ask `afresh`, so whoever has just cleared one sees it gone.
    """
    kept: tuple[datetime, int] | None = current_app.extensions.get(UNSETTLED)
    if kept is None or afresh or abs(now - kept[0]) > MINUTE:
        kept = (now, settlement_queries.how_many_differ(now, current().settlement_days))
        current_app.extensions[UNSETTLED] = kept
    return kept[1]


def read(day_began: datetime, now: datetime, *, real: bool) -> Figures:
    """The tiles. `day_began` is the theater's midnight; `real`: mails go to a server."""
    counts = queries.counts((*OWED, *FAILED, OutboxState.HELD))
    oldest = queries.oldest_waiting()
    return Figures(
        waiting=counts[OutboxState.QUEUED] + counts[OutboxState.SENDING],
        oldest=now - oldest if oldest else None,
        retrying=counts[OutboxState.RETRY],
        next_tries=pulse.next_tries(now) if counts[OutboxState.RETRY] else (),
        failed=sum(counts[state] for state in FAILED),
        held=counts[OutboxState.HELD],
        doubts=pulse.doubts(now - WEEK),
        pace=_pace(OutboxState.SENT if real else OutboxState.SIMULATED, day_began, now),
    )


def _pace(state: OutboxState, day_began: datetime, now: datetime) -> Pace:
    minute, hour, today = pulse.gone_since(state, now - MINUTE, now - HOUR, day_began)
    newest = pulse.newest_gone(state, now - HOURS * HOUR)
    waits = [(gone - made).total_seconds() for made, gone in newest if gone >= day_began]
    return Pace(
        minute, hour, today,
        median=timedelta(seconds=median(waits)) if waits else None,
        last_gone=now - newest[0][1] if newest else None,
    )  # fmt: skip


def last_day(now: datetime) -> Chart:
    """The chart of the last 24 hours."""
    since = now - HOURS * HOUR
    return chart(pulse.gone_per_hour(since), pulse.given_up(since), since)


def chart(gone: Sequence[int], given_up: Iterable[datetime], since: datetime) -> Chart:
    """Mails of the 24 hours from `since` on."""
    failed = per_hour(given_up, since)
    top = max(1, *(a + b for a, b in zip(gone, failed, strict=True)))
    busiest = max(gone)
    starts = tuple(since + n * HOUR for n in range(HOURS))
    return Chart(
        bars=tuple(_bar(a, b, top) for a, b in zip(gone, failed, strict=True)),
        starts=starts,
        busiest=busiest,
        busiest_at=starts[list(gone).index(busiest)] if busiest else None,
        failed=sum(failed),
    )


def per_hour(instants: Iterable[datetime], since: datetime) -> list[int]:
    """How many instants fall into each of the 24 hours from `since` on."""
    hours = [0] * HOURS
    for instant in instants:
        hours[min(HOURS - 1, max(0, (instant - since) // HOUR))] += 1
    return hours


def _bar(gone: int, failed: int, top: int) -> Bar:
    # What happened at all is seen, however little it is beside the busiest hour.
    return Bar(
        gone=gone,
        failed=failed,
        height=max(1, round(60 * gone / top)) if gone else 0,
        failed_height=max(2, round(60 * failed / top)) if failed else 0,
    )
