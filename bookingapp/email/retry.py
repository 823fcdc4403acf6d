"""What follows from a try that failed: evidence in, verdict out. Pure; no database, no mail server.

Where the mail is not to blame (the way to the server, the login, the provider's limits) the try is
given back: the transport's breaker sees to the waiting. Else it is tried again later, or given up.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bookingapp.email.faults import IN_HAND, TOO_BIG, Evidence, Fault, classify, unknown_address
from bookingapp.email.messages import Policy

BACKOFF = tuple(
    timedelta(seconds=s) for s in (15, 60, 300, 900, 1800, 3600, 7200, 14400)
)  # then as the last
SPREAD = 0.2
MAX_TRIES = 12
MAX_SPAN = timedelta(hours=48)
# After this long a copy, should the first one have arrived, is folded into it by its Message-ID.
UNCERTAIN_WAIT = timedelta(minutes=10)
# A connection lost with this mail in hand: others go first, in case it is the mail that breaks it.
STEP_ASIDE = timedelta(seconds=60)
FOR_GOOD = frozenset({Fault.BUG, Fault.RECIPIENT})
# Where the server has heard nothing of the mail yet.
UNHEARD = frozenset({"connect", "ehlo", "tls", "auth"})
NOT_THE_MAILS = frozenset({Fault.TRANSPORT, Fault.AUTH, Fault.QUOTA})


class Ending(StrEnum):
    """What becomes of the mail; the outcome of an attempt. given_back: due again, no try burnt."""

    RETRY = "retry"
    GIVEN_BACK = "given_back"
    DEAD = "dead"


@dataclass(frozen=True)
class Verdict:
    """`due_at` is set when it is tried again; `why` is added to the server's words when given up.

    `slim`: from now on without what can be missed. `suppress`: nobody writes to the address again.
    """

    ending: Ending
    due_at: datetime | None = None
    uncertain: bool = False
    why: str = ""
    fault: Fault = Fault.MESSAGE
    slim: bool = False
    suppress: bool = False


@dataclass(frozen=True)
class History:
    """The tries so far, this one included; the first one's instant; when the mail is of no use.

    `slim`: it was already sent without attachments. `drops`: how often the connection was lost with
    this mail in hand while others went.
    """

    tries: int
    first_try: datetime
    expires_at: datetime | None = None
    slim: bool = False
    drops: int = 0


def decide(
    evidence: Evidence, history: History, policy: Policy, now: datetime, chance: float
) -> Verdict:
    """Again, and when, or never. `chance` in [-1, 1] spreads the retries."""
    fault = classify(evidence)
    if fault is Fault.AMBIGUOUS:
        return _in_doubt(history, policy, now)
    if fault in NOT_THE_MAILS:
        return _not_to_blame(evidence, fault, history, now, chance)
    if fault in FOR_GOOD:
        return Verdict(Ending.DEAD, fault=fault, suppress=unknown_address(evidence))
    return _about_the_message(evidence, history, now, chance)


def backoff(tries: int, chance: float) -> timedelta:
    """How long to wait after so many tries."""
    step = BACKOFF[min(max(tries, 1), len(BACKOFF)) - 1]
    return step * (1 + SPREAD * chance)


def crashed_at_dot(history: History, policy: Policy, now: datetime) -> Verdict:
    """The process died while the server may have been taking the mail."""
    return _in_doubt(history, policy, now)


def crashed_alone(history: History, now: datetime, chance: float) -> Verdict:
    """The process died with this mail alone in hand: perhaps it is what it died of."""
    return _again(history, now + backoff(history.tries, chance), Fault.BUG)


def _not_to_blame(
    evidence: Evidence, fault: Fault, history: History, now: datetime, chance: float
) -> Verdict:
    if evidence.phase not in IN_HAND:
        return Verdict(Ending.GIVEN_BACK, now, fault=fault)
    if evidence.dropped and history.drops >= MAX_TRIES:
        why = f"the connection was lost {history.drops} times with this mail in hand, while others went"
        return Verdict(Ending.DEAD, why=why, fault=fault)
    return Verdict(Ending.GIVEN_BACK, now + STEP_ASIDE * (1 + SPREAD * chance), fault=fault)


def _about_the_message(
    evidence: Evidence, history: History, now: datetime, chance: float
) -> Verdict:
    if evidence.phase == "dot" and evidence.code == TOO_BIG and not history.slim:
        return Verdict(Ending.RETRY, now, slim=True)
    if evidence.code >= 500:
        return Verdict(Ending.DEAD)
    return _again(history, now + backoff(history.tries, chance), Fault.MESSAGE)


def _in_doubt(history: History, policy: Policy, now: datetime) -> Verdict:
    if policy is Policy.AT_MOST_ONCE:
        why = "not sent again, it may have arrived"
        return Verdict(Ending.DEAD, uncertain=True, why=why, fault=Fault.AMBIGUOUS)
    verdict = _again(history, now + UNCERTAIN_WAIT, Fault.AMBIGUOUS)
    return Verdict(
        verdict.ending, verdict.due_at, uncertain=True, why=verdict.why, fault=Fault.AMBIGUOUS
    )


def _again(history: History, due_at: datetime, fault: Fault) -> Verdict:
    if history.tries >= MAX_TRIES:
        return Verdict(Ending.DEAD, why=f"given up after {history.tries} tries", fault=fault)
    if due_at - history.first_try > MAX_SPAN:
        return Verdict(Ending.DEAD, why="given up after 48 hours", fault=fault)
    if history.expires_at is not None and due_at >= history.expires_at:
        return Verdict(
            Ending.DEAD, why="the next try would come too late to be of use", fault=fault
        )
    return Verdict(Ending.RETRY, due_at, fault=fault)
