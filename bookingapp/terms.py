"""Until when an order can be called off, and what is kept of it: steps of time before an event. Pure.

Written as `24h:0%, 2h:50%`: until 24 hours before nothing is kept, until 2 hours before half of it, and
after that it is too late. `off`: not at all. `; fee back` after the steps: a booking fee is shared
by the same steps, otherwise it is kept.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise

OFF, FEE_BACK = "off", "; fee back"
MOST_STEPS = 6
_STEP = re.compile(r"(\d{1,4})([mhd]):(\d{1,3})%")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


class TermsError(ValueError):
    """What is wrong with the steps, as the end of a sentence."""


@dataclass(frozen=True)
class Step:
    """Until `before` the event `percent` is kept. `written` as it stood in the setting."""

    before: timedelta
    percent: int
    written: str


@dataclass(frozen=True)
class Until:
    """The same for one event: until this instant so much is kept."""

    at: datetime
    percent: int


@dataclass(frozen=True)
class Terms:
    """Steps, the farthest from the event first; none: it can't be called off."""

    steps: tuple[Step, ...]
    fee_back: bool = False

    @property
    def written(self) -> str:
        """What `read` understands: it is kept with each order, so that later changes leave it alone."""
        steps = ", ".join(step.written for step in self.steps)
        return (steps or OFF) + (FEE_BACK if self.fee_back else "")

    def closes_at(self, starts_at: datetime) -> datetime | None:
        """The last instant for an event at that time."""
        return starts_at - self.steps[-1].before if self.steps else None

    def ahead(self, starts_at: datetime, now: datetime) -> list[Until]:
        """What is still to come, the present step first; empty: too late, or never."""
        every = (Until(starts_at - step.before, step.percent) for step in self.steps)
        return [until for until in every if now <= until.at]


@lru_cache(maxsize=64)
def read(written: str) -> Terms:
    """The terms as they were written. Raises TermsError."""
    steps = written.removesuffix(FEE_BACK)
    return parse(steps, fee_back=steps != written)


@lru_cache(maxsize=64)
def parse(text: str, *, fee_back: bool) -> Terms:
    """Steps and whether a fee is shared by them. Raises TermsError."""
    if text.strip() == OFF:
        return Terms((), fee_back)
    steps = tuple(_step(part.strip()) for part in text.split(","))
    if len(steps) > MOST_STEPS:
        raise TermsError(f"has {len(steps)} steps; at most {MOST_STEPS}")
    for earlier, later in pairwise(steps):
        if later.before >= earlier.before:
            raise TermsError(f"must name {later.written} before {earlier.written}, or not at all")
        if later.percent < earlier.percent:
            raise TermsError(f"keeps less at {later.written} than earlier at {earlier.written}")
    return Terms(steps, fee_back)


def _step(text: str) -> Step:
    found = _STEP.fullmatch(text)
    if not found or int(found[3]) > 100:
        raise TermsError(f"has {text!r}; write steps such as 24h:0%, 2h:50%, or off")
    return Step(int(found[1]) * _UNITS[found[2]], int(found[3]), text)


def returned(amount: int, percent: int) -> int:
    """What comes back of an amount: the rest, half up, so that half a paisa is the customer's."""
    return (amount * (100 - percent) + 50) // 100
