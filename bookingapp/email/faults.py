"""Who is to blame for a try that failed: evidence in, class out. Pure.

The class decides what follows: whether the mail loses a try, whether the transport is left alone for
a while, whether the address is ever written to again.
"""

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """Who said no. server: by a code. transport: nobody answered, or not in time. bug: ours."""

    SERVER = "server"
    TRANSPORT = "transport"
    BUG = "bug"


class Fault(StrEnum):
    """One sentence each.

    message: this mail, now or for good. recipient: the address. transport: the way to the server.
    auth: login, sender or set-up, the operator's to mend. quota: the provider's limits.
    ambiguous: the server may have taken it. bug: we could not make it.
    """

    MESSAGE = "message"
    RECIPIENT = "recipient"
    TRANSPORT = "transport"
    AUTH = "auth"
    QUOTA = "quota"
    AMBIGUOUS = "ambiguous"
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
    def dropped(self) -> bool:
        """The connection was lost, without a word, with a mail in hand."""
        return self.phase in IN_HAND and self.cause is Cause.TRANSPORT

    @property
    def ambiguous(self) -> bool:
        """The connection was lost at the final dot: the server may have taken the mail."""
        return self.phase == "dot" and self.cause is Cause.TRANSPORT


# Codes with their enhanced code that mean the same wherever they are said (Gmail, Exchange, Yahoo).
QUOTA = {
    (421, "4.7.0"),
    (421, "4.7.28"),
    (432, "4.3.2"),
    (450, "4.2.1"),
    (550, "5.4.5"),
    (452, "4.5.3"),
}
AUTH_CODES = {530, 534, 535}
AUTH = {(454, "4.7.0"), (550, "5.7.30"), (535, "5.7.139")}
# Nobody of that name, or no such domain: never written to again.
UNKNOWN_ADDRESS = {"5.1.1", "5.1.2", "5.1.3", "5.1.10"}
TOO_BIG = 552
# a mail is being handed over: what goes wrong may be its doing
IN_HAND = ("rcpt", "data", "dot")
# the way to the server, before anything about a mail was said
ON_THE_WAY = {"connect", "ehlo", "tls"}


def classify(evidence: Evidence) -> Fault:
    """The class of a failed try."""
    if evidence.cause is Cause.BUG:
        return Fault.BUG
    if evidence.ambiguous:
        return Fault.AMBIGUOUS
    if evidence.cause is Cause.TRANSPORT:
        # signing in was not possible at all: the set-up's fault, said without a code
        return Fault.AUTH if _cannot_sign_in(evidence) else Fault.TRANSPORT
    return _by_code(evidence)


def _by_code(evidence: Evidence) -> Fault:
    code, said = evidence.code, (evidence.code, evidence.enhanced)
    if said in QUOTA:
        return Fault.QUOTA
    if evidence.phase in ON_THE_WAY:
        return Fault.TRANSPORT
    if code in AUTH_CODES or said in AUTH:
        return Fault.AUTH
    return Fault.TRANSPORT if code == 421 else _by_phase(evidence.phase, permanent=code >= 500)


def _by_phase(phase: str, *, permanent: bool) -> Fault:
    """A code without a meaning of its own: it depends on what was being said."""
    if phase == "auth":
        return Fault.AUTH
    if phase == "mail":
        # the sender is refused, or the server has no room just now
        return Fault.AUTH if permanent else Fault.TRANSPORT
    return Fault.RECIPIENT if phase == "rcpt" and permanent else Fault.MESSAGE


def unknown_address(evidence: Evidence) -> bool:
    """Whether nobody can ever be reached at this address."""
    return evidence.phase == "rcpt" and evidence.enhanced in UNKNOWN_ADDRESS


def _cannot_sign_in(evidence: Evidence) -> bool:
    return evidence.phase == "auth" and "not supported" in evidence.reply
