"""When a transport is left alone, and when it is asked again. Pure.

Three faults in a row open the breaker, a refused login or a used-up quota at once. While it is open
nothing is claimed; then one mail tries, and the wait doubles as long as that fails.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bookingapp.email.faults import Fault

AFTER = 3
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=60), timedelta(seconds=900)
AT_ONCE = frozenset({Fault.AUTH, Fault.QUOTA})
COUNTED = AT_ONCE | {Fault.TRANSPORT, Fault.AMBIGUOUS}


@dataclass(frozen=True)
class Breaker:
    """Closed while `next_probe_at` is None. `failures` in a row; `wait` of this opening; its `fault`."""

    failures: int = 0
    opened_at: datetime | None = None
    next_probe_at: datetime | None = None
    wait: timedelta = timedelta()
    fault: Fault | None = None

    @property
    def open(self) -> bool:
        """Whether mails stay where they are."""
        return self.next_probe_at is not None

    def late(self, *, probe: bool) -> bool:
        """Whether news of a mail is of one that was under way when the breaker opened."""
        return self.open and not probe

    def may_probe(self, now: datetime) -> bool:
        """Whether one mail may try. A probe later than any wait: the clock was put back since."""
        if self.next_probe_at is None:
            return False
        return self.next_probe_at <= now or self.next_probe_at > now + LONGEST_WAIT


def after_fault(breaker: Breaker, fault: Fault, now: datetime, *, probe: bool = False) -> Breaker:
    """A try failed. Faults of a mail or an address show that the transport works, our bug nothing."""
    if fault is Fault.BUG:
        return after_probe_unspent(breaker, now) if probe else breaker
    if fault not in COUNTED:
        return after_sent(breaker, probe=probe)
    failures = breaker.failures + 1
    if breaker.late(probe=probe):
        return replace(breaker, failures=failures)
    if not (breaker.open or failures >= AFTER or fault in AT_ONCE):
        return replace(breaker, failures=failures, fault=fault)
    wait = min(max(breaker.wait * 2, FIRST_WAIT), LONGEST_WAIT)
    return Breaker(failures, breaker.opened_at or now, now + wait, wait, fault)


def after_sent(breaker: Breaker, *, probe: bool = False) -> Breaker:
    """A mail was taken. One that was under way already says nothing of a login or a limit."""
    return breaker if breaker.late(probe=probe) and breaker.fault in AT_ONCE else Breaker()


def after_probe_unspent(breaker: Breaker, now: datetime) -> Breaker:
    """The mail that was to try never came to the server: the next one tries at once."""
    return replace(breaker, next_probe_at=now) if breaker.open else breaker


def after_probe_given(breaker: Breaker, now: datetime) -> Breaker:
    """One mail is on its way to try; nobody else does so meanwhile."""
    return replace(breaker, next_probe_at=now + max(breaker.wait, FIRST_WAIT))
