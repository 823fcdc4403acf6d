"""The outbox in a few numbers: tiles and the mails of each hour."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from bookingapp.email import queries
from bookingapp.email.models import OutboxState
from bookingapp.email.queries import FAILED, OWED
from bookingapp.payments import queries as payments

HOUR = timedelta(hours=1)
HOURS = 24


@dataclass(frozen=True)
class Figures:
    """What the tiles say. `simulated_today` mails went nowhere and are no part of `sent_today`."""

    waiting: int
    oldest: timedelta | None
    retrying: int
    next_retry: timedelta | None
    failed: int
    gone_today: int
    median: timedelta | None
    last_gone: timedelta | None


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
        "money": len(payments.money_without_ticket()),
    }


Gone = Sequence[tuple[datetime, datetime]]


def read(day_began: datetime, now: datetime) -> tuple[Figures, Chart]:
    """Tiles and chart. `day_began` is the theater's midnight."""
    last_day = now - HOURS * HOUR
    gone = queries.gone_out(min(day_began, last_day))
    today = [row for row in gone if row[1] >= day_began]
    left = [left for _, left in gone if left >= last_day]
    return _tiles(today, now), chart(left, queries.given_up(last_day), last_day)


def _tiles(gone: Gone, now: datetime) -> Figures:
    counts = queries.counts((*OWED, *FAILED))
    oldest, retry = queries.oldest_waiting(), queries.next_retry()
    waits = [(left - made).total_seconds() for made, left in gone]
    return Figures(
        waiting=counts[OutboxState.QUEUED] + counts[OutboxState.SENDING],
        oldest=now - oldest if oldest else None,
        retrying=counts[OutboxState.RETRY],
        next_retry=retry - now if retry else None,
        failed=sum(counts[state] for state in FAILED),
        gone_today=len(gone),
        median=timedelta(seconds=median(waits)) if waits else None,
        last_gone=now - gone[0][1] if gone else None,
    )


def chart(left: Iterable[datetime], given_up: Iterable[datetime], since: datetime) -> Chart:
    """Mails of the 24 hours from `since` on."""
    gone, failed = per_hour(left, since), per_hour(given_up, since)
    top = max(1, *(a + b for a, b in zip(gone, failed, strict=True)))
    busiest = max(gone)
    starts = tuple(since + n * HOUR for n in range(HOURS))
    return Chart(
        bars=tuple(_bar(a, b, top) for a, b in zip(gone, failed, strict=True)),
        starts=starts,
        busiest=busiest,
        busiest_at=starts[gone.index(busiest)] if busiest else None,
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
