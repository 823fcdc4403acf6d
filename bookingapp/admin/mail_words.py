"""A mail's fate in the office's words: why it is where it is, how a try ended, how far it came.

The server's own words stand in brackets behind ours.
"""

import re

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bookingapp.email.faults import Fault
from bookingapp.email.lines import MailLine
from bookingapp.email.models import OutboxState
from bookingapp.email.restored import RESTORED

FAULTS = {
    Fault.RECIPIENT: _l("Their address"),
    Fault.MESSAGE: _l("This letter, or their server is busy"),
    Fault.TRANSPORT: _l("The way to the mail server"),
    Fault.AUTH: _l("Our login or sender"),
    Fault.QUOTA: _l("Our mail account's limit"),
    Fault.AMBIGUOUS: _l("Cut off at the last moment"),
    Fault.BUG: _l("We could not write it"),
}
OUTCOMES = {
    "sent": _l("Taken"),
    "simulated": _l("Written, not really sent"),
    "retry": _l("Not yet, once more later"),
    "given_back": _l("Not the mail's fault, goes again"),
    "dead": _l("Given up"),
    "crashed": _l("Cut off"),
    "cancelled": _l("Cancelled"),
    "suppressed": _l("Stopped for this address"),
    "expired": _l("Too late"),
}
PHASES = {
    "claimed": _l("taken up"),
    "render": _l("writing the letter"),
    "connect": _l("reaching the server"),
    "ehlo": _l("saying hello"),
    "tls": _l("locking the line"),
    "auth": _l("signing in"),
    "mail": _l("naming the sender"),
    "rcpt": _l("naming the recipient"),
    "data": _l("beginning the letter"),
    "dot": _l("ending the letter"),
    "sent": _l("taken by the server"),
    "quit": _l("saying goodbye"),
}
NOBODY_THERE = re.compile(r"\b5\.1\.(1|2|3|10)\b")
LONGEST = 160


def fault(name: str) -> str:
    """Who is to blame, short."""
    return str(FAULTS[Fault(name)]) if name in set(Fault) else name


def outcome(name: str) -> str:
    """How a try ended."""
    return str(OUTCOMES.get(name, name))


def phase(name: str) -> str:
    """How far a try came."""
    return str(PHASES.get(name, name))


def why(line: MailLine) -> str:
    """Why a mail is where it is and what helps; empty where nothing is to be said."""
    if line.state is OutboxState.SIMULATED:
        return str(_("Written to a file or the console: nobody received it."))
    if line.bounced:
        return _bracketed(
            _("It came back. Correct the address or ring the customer."), line.delivery_words
        )
    if line.state in {OutboxState.SENT, OutboxState.CANCELLED}:
        return ""
    if line.state is OutboxState.HELD:
        return _held(line)
    said = _said(line)
    if line.state is OutboxState.EXPIRED and not line.fault:
        return said or str(_("Its time was over before it could be sent."))
    ours = _ours(line)
    return _bracketed(ours, said) if ours else said or _nothing_said(line)


def _held(line: MailLine) -> str:
    if line.fault == RESTORED:
        return str(
            _(
                "An older copy of the database was put back, so it may have gone out already."
                " The outbox page asks whether to send it."
            )
        )
    return _bracketed(_("Held by somebody of the office: it goes once it is let go."), _said(line))


def server_words(line: MailLine) -> str:
    """What the server said, its code first."""
    return _said(line, longest=2000)


def _ours(line: MailLine) -> str:
    """Our own sentence, by who is to blame."""
    waiting = line.state is not OutboxState.DEAD
    if line.state is OutboxState.SUPPRESSED:
        return str(_("No mail goes to this address. Correct it or ring the customer."))
    if line.fault == Fault.RECIPIENT:
        if NOBODY_THERE.search(line.last_error):
            return str(_("The mailbox does not exist. Correct the address or ring the customer."))
        return str(
            _("Their server takes no mail for this address. Try another, or ring the customer.")
        )
    if line.fault == Fault.BUG:
        return str(
            _(
                "We could not write this letter. Whoever looks after the machine finds the reason below."
            )
        )
    known = {
        Fault.MESSAGE: (_("Their server is busy."), _("Their server did not take it.")),
        Fault.TRANSPORT: (
            _("The mail server did not answer. It goes by itself once it does."),
            _("The mail server did not answer for too long."),
        ),
        Fault.AUTH: (
            _("Our mail server refuses us, not this mail. It goes once that is mended."),
            _("Our mail server refused us."),
        ),
        Fault.QUOTA: (
            _("Our mail account has sent its fill. It goes by itself when it may."),
            _("Our mail account had sent its fill."),
        ),
        Fault.AMBIGUOUS: (
            _("The line dropped after we handed it over. It goes again with the same Message-ID."),
            _("The line dropped after we handed it over. It may have arrived, so it is not sent again."),
        ),
    }  # fmt: skip
    first, last = known.get(Fault(line.fault), ("", "")) if line.fault in set(Fault) else ("", "")
    return str(first if waiting else last)


def _said(line: MailLine, longest: int = LONGEST) -> str:
    if line.fault == Fault.BUG and longest == LONGEST:
        # the end of a traceback names the mistake
        return line.last_error.strip().rpartition("\n")[2][:longest]
    text = " ".join(line.last_error.split())
    if line.last_code and str(line.last_code) not in text:
        text = f"{line.last_code} {text}".strip()
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _bracketed(ours: str, theirs: str) -> str:
    return f"{ours} ({theirs})" if theirs else str(ours)


def _nothing_said(line: MailLine) -> str:
    return str(_("No reason was written down.")) if line.state is OutboxState.DEAD else ""
