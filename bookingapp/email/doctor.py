"""`mail doctor`: can mails go, and will they arrive? Every transport in order, then the sender's domain.

Nothing is sent or changed. The servers are spoken to on threads of their own, so that nothing outlasts
the deadline: not even a look-up of a name that the system will not give up.
"""

import threading
import time
from collections.abc import Callable, Sequence
from email.utils import parseaddr
from queue import Empty, SimpleQueue

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bookingapp import clock
from bookingapp.db import db
from bookingapp.email import sender_domain
from bookingapp.email.dns_names import Names, Silent
from bookingapp.email.faults import Fault
from bookingapp.email.findings import Finding, Findings, Level
from bookingapp.email.mime import ascii_domain
from bookingapp.email.models import BreakerState, MailTransport
from bookingapp.email.probe import Probe
from bookingapp.email.providers import CUSTOM, known_server, owner_of
from bookingapp.email.routes import PREFIXES, Route, routes
from bookingapp.email.transport_state import FOR_ALL, PARTS
from bookingapp.settings import Settings

# What the probe and DNS may overrun their deadline by, before they are left behind.
GRACE_SECONDS = 0.5
APP_PASSWORD_LETTERS = 16
OVER_QUOTA = "wait for the provider's new day, or raise the account's limit and MAIL_DAILY_LIMIT"


class Resolver:
    """Which DNS to ask: the system's, or the one given as ADDRESS or ADDRESS:PORT."""

    def __init__(self, given: str = "") -> None:
        address, _, port = given.rpartition(":") if given.count(":") == 1 else (given, "", "")
        self.address, self.port = address, int(port or 53)


def examine(
    settings: Settings,
    seconds: float,
    resolver: Resolver,
    selectors: Sequence[str] = (),
) -> list[Finding]:
    """All findings, `seconds` from now at the latest."""
    ways, until = routes(settings), time.monotonic() + seconds
    if ways[0].simulated:
        found = Findings(ways[0].name)
        found.note("settings", f"mails go to {ways[0].name}, nothing is sent",
                   "set MAIL_TRANSPORT=smtp")  # fmt: skip
        return found
    domain = ascii_domain(parseaddr(settings.mail_default_sender)[1]).rpartition("@")[2]
    asked: list[_Asked] = [_Asked(way.name, Probe(way, settings, until).run) for way in ways]
    asked.append(_Asked("sender", lambda: _sender(domain, ways, resolver, until, selectors)))
    found_all: list[Finding] = []
    for way, one in zip(ways, asked, strict=False):
        probed = one.answer(until)
        well = not any(finding.level is Level.FAILURE for finding in probed)
        found_all += [*_settings(way, settings), *probed, *_in_the_database(way, well=well)]
    return found_all + asked[-1].answer(until)


class _Asked:
    """A part of the examination on a thread of its own."""

    def __init__(self, part: str, look: Callable[[], list[Finding]]) -> None:
        self._part, self._look = part, look
        self._answer: SimpleQueue[list[Finding]] = SimpleQueue()
        threading.Thread(target=self._run, name=f"mail-doctor-{part}", daemon=True).start()

    def _run(self) -> None:
        self._answer.put(self._look())

    def answer(self, until: float) -> list[Finding]:
        """What it found, or that there was no time."""
        try:
            return self._answer.get(timeout=max(0.0, until + GRACE_SECONDS - time.monotonic()))
        except Empty:
            found = Findings(self._part)
            found.fail("time", "did not come to an end in time", "give it more: --seconds 120")
            return found


def _settings(route: Route, settings: Settings) -> Findings:
    """Where it goes, with which limits, and what does not fit together."""
    found, preset, prefix = Findings(route.name), route.preset, PREFIXES[route.name]
    how = "STARTTLS" if route.use_tls else "TLS" if route.use_ssl else "no TLS"
    title = "" if preset is CUSTOM else f" ({preset.title})"
    limits = [f"{route.connections} connection{'s' * (route.connections > 1)}"]
    limits += [f"{route.per_minute} mails a minute"] * bool(route.per_minute)
    limits += [f"{route.daily_limit} recipients a day"] * bool(route.daily_limit)
    found.ok("settings", f"{route.server}:{route.port}{title}, {how}, {', '.join(limits)}")
    if route.open_to_readers:
        found.warn("tls", "none: mails can be read on the way", f"set {prefix}_USE_TLS=true")
    known = known_server(route.server)
    if known is not None and preset is CUSTOM:
        found.warn("provider", f"{route.server} is {known.title}, and its limits are not kept",
                   f"set {prefix}_PROVIDER={known.name}")  # fmt: skip
    if route.auth == "password":
        _password(route, found)
    _from(route, settings, found)
    return found


def _password(route: Route, found: Findings) -> None:
    letters = len(route.password.replace(" ", ""))
    if route.provider == "outlook":
        found.warn("password", "Exchange Online takes passwords only where an administrator allows it",
                   route.preset.hint)  # fmt: skip
    elif route.provider in {"gmail", "yahoo"} and letters != APP_PASSWORD_LETTERS:
        found.warn("password", f"an app password has {APP_PASSWORD_LETTERS} letters, this one {letters}",
                   route.preset.hint)  # fmt: skip


def _from(route: Route, settings: Settings, found: Findings) -> None:
    """Providers send from the account's own addresses only."""
    address = parseaddr(settings.mail_default_sender)[1].lower()
    owner = owner_of(address.rpartition("@")[2])
    if owner is not None and owner is not route.preset:
        found.warn("sender", f"{address} belongs to {owner.title}; receivers refuse it from elsewhere",
                   "set MAIL_DEFAULT_SENDER to an address at a domain of yours")  # fmt: skip
    elif route.preset is not CUSTOM and address != route.username.lower():
        found.note("sender", f"{address} is not the account {route.username}",
                   f"it must be one of its other addresses, or {route.preset.title} changes or refuses it")  # fmt: skip


def _in_the_database(route: Route, *, well: bool) -> Findings:
    """The breaker and today's count, as the drain left them."""
    found = Findings(route.name)
    try:
        row = db.session.scalar(select(MailTransport).where(MailTransport.name == route.name))
    except SQLAlchemyError as error:
        found.fail("database", str(error).splitlines()[0], "run: flask --app app db upgrade")
        return found
    _breaker(row, found, well=well)
    if route.daily_limit:
        today = row.sent_today if row is not None and row.day == clock.now().date() else 0
        _quota(route, today, found)
    return found


def _breaker(row: MailTransport | None, found: Findings, *, well: bool) -> None:
    if row is None or row.breaker is BreakerState.CLOSED or row.next_probe_at is None:
        last = f", last mail {row.last_ok_at:%Y-%m-%d %H:%M} UTC" if row and row.last_ok_at else ""
        found.ok("breaker", f"closed, mails go{last}")
        return
    since = f"{row.opened_at:%Y-%m-%d %H:%M}" if row.opened_at else "some time"
    quota = row.fault == Fault.QUOTA
    cure = (
        OVER_QUOTA if quota else "it answers well now" if well else "put right what is said above"
    )
    found.fail(
        "breaker",
        f"open since {since} UTC after {row.failures} {'fault' if row.failures == 1 else 'faults'}: {row.last_error}",
        f"{cure}; the next mail tries at"
        f" {row.next_probe_at:%H:%M:%S} UTC by itself, mail test tries at once",
    )


def _quota(route: Route, today: int, found: Findings) -> None:
    said = f"{today} of {route.daily_limit} mails today (UTC)"
    if today >= route.daily_limit:
        found.fail(
            "quota", said, "mails wait until midnight UTC; a second way out (MAIL2_…) takes over"
        )
    elif today >= route.daily_limit * FOR_ALL // PARTS:
        found.warn("quota", said, "the rest is kept for tickets until midnight UTC")
    else:
        found.ok("quota", said)


def _sender(
    domain: str, ways: Sequence[Route], resolver: Resolver, until: float, selectors: Sequence[str]
) -> Findings:
    try:
        names = Names(until, resolver.address, resolver.port)
    except Silent as silence:
        found = Findings("sender")
        found.note("dns", f"DNS does not answer here: {silence}")
        return found
    return sender_domain.examine(domain, ways, names, selectors)
