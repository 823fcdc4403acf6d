"""What the drain counts while it works, in this process; `/metrics` shows it.

Two lines for the drain: `tried` after every try, `waited` when a mail was accepted. Counters begin
anew with the process, as Prometheus expects; what is true for all processes is counted from rows.
"""

from prometheus_client import CollectorRegistry, Counter, Histogram

from bookingapp.email.faults import Fault
from bookingapp.email.models import OutboxState

REGISTRY = CollectorRegistry(auto_describe=True)
# From an idle drain's few milliseconds to a server that hangs until its deadline.
_TRY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
# From the commit to the server's yes: milliseconds on a good day, hours behind a broken server.
_WAIT_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1800, 7200, 43200)

_attempts = Counter(
    "matinee_outbox_attempts", "Tries to send a mail, by outcome", ["outcome"], registry=REGISTRY
)
# from the first scrape on, so that the first failure is already a rise
for _known in (OutboxState.SENT, OutboxState.SIMULATED, *Fault):
    _attempts.labels(_known.value)
_attempt_seconds = Histogram(
    "matinee_outbox_attempt_seconds",
    "Time of one try, until the server's last answer",
    buckets=_TRY_BUCKETS,
    registry=REGISTRY,
)
_wait_seconds = Histogram(
    "matinee_outbox_wait_seconds",
    "Time from the mail being owed to the server's yes",
    buckets=_WAIT_BUCKETS,
    registry=REGISTRY,
)


def tried(outcome: str, seconds: float) -> None:
    """One try is over. `outcome`: sent, simulated, or the fault's class (message, transport, …)."""
    _attempts.labels(outcome).inc()
    _attempt_seconds.observe(seconds)


def waited(seconds: float) -> None:
    """A mail was accepted, so long after it was owed."""
    _wait_seconds.observe(max(seconds, 0.0))
