"""What follows from a try that failed: evidence in, verdict out. Pure; no database, no mail server.

Permanent refusals end the mail at once, where they are about this mail: the server's 5xx for the
recipient or for the letter itself. All else (a server that is away, hangs, says "later" or refuses
the login) is tried again, for the letter is not to blame.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bookingapp.email.messages import Policy

BACKOFF = tuple(
    timedelta(seconds=s) for s in (15, 60, 300, 900, 1800, 3600, 7200, 14400)
)  # then as the last
SPREAD = 0.2
MAX_TRIES = 12
MAX_SPAN = timedelta(hours=48)
# After this long a copy, should the first one have arrived, is folded into it by its Message-ID.
UNCERTAIN_WAIT = timedelta(minutes=10)


class Cause(StrEnum):
    """Who said no. server: by a code. transport: nobody answered, or not in time. bug: ours."""

    SERVER = "server"
    TRANSPORT = "transport"
    BUG = "bug"


@dataclass(frozen=True)
class Evidence:
    """How far a try came, and what was heard. `code` 0 when no server said anything."""

    phase: str
    cause: Cause
    code: int = 0
    reply: str = ""

    @property
    def enhanced(self) -> str:
        """The enhanced status code at the head of the reply: '5.1.1', or ''."""
        head = self.reply.split(" ", 1)[0]
        digits = head.split(".")
        return head if len(digits) == 3 and all(d.isdigit() for d in digits) else ""

    @property
    def words(self) -> str:
        """For the manager: the server's own words, its code first."""
        return f"{self.code} {self.reply}" if self.code else self.reply

    @property
    def ambiguous(self) -> bool:
        """The connection was lost at the final dot: the server may have taken the mail."""
        return self.phase == "dot" and self.cause is Cause.TRANSPORT


class Ending(StrEnum):
    """What becomes of the mail; the words of the outbox."""

    RETRY = "retry"
    DEAD = "dead"


@dataclass(frozen=True)
class Verdict:
    """`due_at` is set when it is tried again; `why` is added to the server's words when given up."""

    ending: Ending
    due_at: datetime | None = None
    uncertain: bool = False
    why: str = ""


@dataclass(frozen=True)
class History:
    """The tries so far, this one included; the first one's instant; when the mail is of no use."""

    tries: int
    first_try: datetime
    expires_at: datetime | None = None


def decide(
    evidence: Evidence, history: History, policy: Policy, now: datetime, chance: float
) -> Verdict:
    """Again, and when, or never. `chance` in [-1, 1] spreads the retries."""
    if evidence.ambiguous:
        return _in_doubt(history, policy, now)
    if _for_good(evidence):
        return Verdict(Ending.DEAD)
    return _again(history, now + backoff(history.tries, chance))


def backoff(tries: int, chance: float) -> timedelta:
    """How long to wait after so many tries."""
    step = BACKOFF[min(max(tries, 1), len(BACKOFF)) - 1]
    return step * (1 + SPREAD * chance)


def crashed_at_dot(history: History, policy: Policy, now: datetime) -> Verdict:
    """The process died while the server may have been taking the mail."""
    return _in_doubt(history, policy, now)


def _in_doubt(history: History, policy: Policy, now: datetime) -> Verdict:
    if policy is Policy.AT_MOST_ONCE:
        return Verdict(Ending.DEAD, uncertain=True, why="not sent again, it may have arrived")
    verdict = _again(history, now + UNCERTAIN_WAIT)
    return Verdict(verdict.ending, verdict.due_at, uncertain=True, why=verdict.why)


def _again(history: History, due_at: datetime) -> Verdict:
    if history.tries >= MAX_TRIES:
        return Verdict(Ending.DEAD, why=f"given up after {history.tries} tries")
    if due_at - history.first_try > MAX_SPAN:
        return Verdict(Ending.DEAD, why="given up after 48 hours")
    if history.expires_at is not None and due_at >= history.expires_at:
        return Verdict(Ending.DEAD, why="the next try would come too late to be of use")
    return Verdict(Ending.RETRY, due_at)


def _for_good(evidence: Evidence) -> bool:
    if evidence.cause is Cause.BUG:
        return True
    # 5xx before RCPT is about the connection, the login or the sender: the operator's to mend.
    return evidence.code >= 500 and evidence.phase in {"rcpt", "data", "dot"}
