"""The benchmarks' own arithmetic, tested in tests/bench."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.targets import TARGETS, Target

# A page may also be slower by this much while mails drain, when that is the larger allowance.
PAGE_ALLOWANCE_MS = 10.0


@dataclass(frozen=True)
class Result:
    """One number: its value in every run, and a remark for the reader.

    `excused`: a must that is given as "or" is met by its other half.
    """

    name: str
    values: Sequence[float]
    note: str = ""
    excused: bool = field(default=False, kw_only=True)

    @property
    def target(self) -> Target:
        """What it must reach."""
        return TARGETS[self.name]

    @property
    def value(self) -> float:
        """The median of the runs."""
        return median(self.values)

    @property
    def verdict(self) -> str:
        """aim, must, MISSED, or - where nothing is asked."""
        target = self.target
        if target.must is None:
            return "-"
        if reaches(self.value, target.aim, more=target.more):
            return "aim"
        return (
            "must"
            if self.excused or reaches(self.value, target.must, more=target.more)
            else "MISSED"
        )

    def as_json(self) -> dict[str, object]:
        """As results.json keeps it."""
        low, high = min(self.values), max(self.values)
        return {
            "name": self.name,
            "value": rounded(self.value),
            "unit": self.target.unit,
            "runs": len(self.values),
            "min": rounded(low),
            "max": rounded(high),
        }


def reaches(value: float, wanted: float | None, *, more: bool) -> bool:
    """Whether a value is as good as wanted."""
    if wanted is None:
        return False
    return value >= wanted if more else value <= wanted


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile: the smallest value that `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def page_excused(idle_ms: float, busy_ms: float) -> bool:
    """Whether a page is within the allowance in milliseconds, whatever the ratio."""
    return busy_ms - idle_ms <= PAGE_ALLOWANCE_MS


def round_trip_limit(connections: int, round_trip: float, at_the_dot: float) -> float:
    """Mails a second when each costs one pipelined round trip and the server's time at the dot."""
    return connections / (round_trip + at_the_dot)


def rounded(value: float) -> float:
    """Three significant digits, so that no number claims more than was measured."""
    if value == 0:
        return 0.0
    return round(value, 2 - math.floor(math.log10(abs(value))))
