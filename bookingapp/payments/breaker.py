"""When the gateway counts as down, and when it is asked again. Pure.

Three faults in a row, or a refusal of our keys, and it is left alone: everybody is told at once instead
of waiting out a time limit each. A job then asks every few seconds, and one good answer ends it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bookingapp.payments.line import (
    GatewayBusy,
    GatewayError,
    GatewayLeftAlone,
    GatewayRefused,
)

AFTER = 3
EVERY = timedelta(seconds=10)
# Faults this far apart have nothing to do with each other.
TOGETHER = timedelta(minutes=10)
# Nobody has probed for so long that no job can be running: then whoever comes by may ask.
FORGOTTEN = timedelta(seconds=90)
OUR_KEYS = (401, 403)
WRONG_REQUEST = 400


@dataclass(frozen=True)
class Health:
    """What the last calls came to. Up while `down_since` is None; `said`: the last fault, for the office."""

    failures: int = 0
    fault_at: datetime | None = None
    down_since: datetime | None = None
    next_probe_at: datetime | None = None
    said: str = ""

    @property
    def down(self) -> bool:
        """Whether it is known not to answer."""
        return self.down_since is not None

    def may_probe(self, now: datetime) -> bool:
        """Whether it is time to ask. A turn far later than any wait: the clock was put back since."""
        if self.next_probe_at is None:
            return False
        return self.next_probe_at <= now or self.next_probe_at > now + 2 * EVERY

    def left_alone(self, now: datetime) -> bool:
        """Whether callers are turned away without asking."""
        return self.next_probe_at is not None and now < self.next_probe_at + FORGOTTEN


UP = Health()


def counts(error: GatewayError) -> bool:
    """Whether an error says something about the gateway; a refusal is an answer, except of our keys."""
    if isinstance(error, GatewayBusy | GatewayLeftAlone):
        return False
    return not isinstance(error, GatewayRefused) or error.status in OUR_KEYS


def in_vain(error: GatewayError) -> bool:
    """Whether the same request would be refused again: what was asked is wrong, not our keys or the hour."""
    return isinstance(error, GatewayRefused) and error.status == WRONG_REQUEST


def after_fault(health: Health, error: GatewayError, now: datetime) -> Health:
    """One more call went wrong."""
    apart = health.fault_at is None or now - health.fault_at > TOGETHER
    failures = 1 if apart and not health.down else health.failures + 1
    if not (health.down or failures >= AFTER or isinstance(error, GatewayRefused)):
        return Health(failures, now, said=str(error))
    return Health(failures, now, health.down_since or now, now + EVERY, str(error))
