"""The ways out for mails as the office sees them: does it work, why not, what to do, when it tries again."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from bookingapp.email import pulse
from bookingapp.email.faults import AUTH_CODES, Fault
from bookingapp.email.models import BreakerState, MailTransport
from bookingapp.email.routes import Route, routes
from bookingapp.settings import Settings

TITLES = {"gmail": "Gmail", "outlook": "Exchange Online", "yahoo": "Yahoo"}
APP_PASSWORD = 454


@dataclass(frozen=True)
class Way:
    """One transport. `reason`, `repair` and `said` (the server's words) only while it is down."""

    name: str
    title: str
    down: bool
    reason: str = ""
    repair: str = ""
    said: str = ""
    since: datetime | None = None
    next_try: datetime | None = None
    sent_today: int = 0
    quota: int = 0
    reserve: bool = False
    last_ok: datetime | None = None
    instead: str = ""


def read(settings: Settings, now: datetime) -> list[Way]:
    """Every way out in the order they are asked; none when mails are only written down."""
    known = pulse.transports()
    ways = [
        _way(route, known.get(route.name), now) for route in routes(settings) if not route.simulated
    ]
    up = next((way.title for way in ways if not way.down), "")
    return [_with_instead(way, up) for way in ways]


def _way(route: Route, row: MailTransport | None, now: datetime) -> Way:
    sent = row.sent_today if row is not None and row.day == now.date() else 0
    reserve = bool(route.daily_limit) and sent * 5 >= route.daily_limit * 4
    title = TITLES.get(route.provider) or f"{route.server}:{route.port}"
    if row is None or row.breaker is not BreakerState.OPEN:
        return Way(
            route.name, title, down=False, sent_today=sent, quota=route.daily_limit,
            reserve=reserve, last_ok=row.last_ok_at if row else None,
        )  # fmt: skip
    reason, repair = advice(route, row.fault, row.last_code or 0, row.last_error)
    return Way(
        route.name, title, True, reason, repair, row.last_error, row.opened_at, row.next_probe_at,
        sent, route.daily_limit, reserve, row.last_ok_at,
    )  # fmt: skip


def _with_instead(way: Way, up: str) -> Way:
    return Way(**{**vars(way), "instead": up}) if way.down and up else way


def advice(route: Route, fault: str, code: int, said: str) -> tuple[str, str]:
    """What is wrong with a transport, and what to do about it."""
    if "certificate" in said.lower():
        return (
            _("The certificate of %(server)s can't be trusted", server=route.server),
            _("Nothing is sent where others may listen. Check the server's name; for a certificate authority of your own name its file in MAIL_CA_FILE."),
        )  # fmt: skip
    if fault == Fault.AUTH:
        refused = code in AUTH_CODES or code in {0, APP_PASSWORD}
        return _login(route) if refused else _sender(route)
    if fault == Fault.QUOTA:
        return _quota(route)
    return (
        _("%(server)s does not answer", server=_title(route)),
        _("Mails wait and go by themselves once it does. If it lasts, check that %(server)s, port %(port)s is right and can be reached.", server=route.server, port=route.port),
    )  # fmt: skip


def _login(route: Route) -> tuple[str, str]:
    known = {
        "gmail": (
            _("Gmail refuses the password"),
            _("Make an app password: turn on two-step verification at myaccount.google.com, then make one under App passwords. Put it into MAIL_PASSWORD and start again."),
        ),
        "outlook": (
            _("Exchange Online refuses the login"),
            _("Let an administrator turn on authenticated SMTP for the mailbox, or set up MAIL_OAUTH_CLIENT_ID: passwords end there with December 2026."),
        ),
        "yahoo": (
            _("Yahoo refuses the password"),
            _("Make an app password on the account security page, put it into MAIL_PASSWORD and start again."),
        ),
    }  # fmt: skip
    return known.get(route.provider) or (
        _("%(server)s refuses the login", server=route.server),
        _("Check MAIL_USERNAME and MAIL_PASSWORD, then start again. The command “mail doctor” tries them."),
    )  # fmt: skip


def _sender(route: Route) -> tuple[str, str]:
    return (
        _("%(server)s refuses our sender's address", server=_title(route)),
        _("Put an address into MAIL_DEFAULT_SENDER that this account may send from, then start again."),
    )  # fmt: skip


def _quota(route: Route) -> tuple[str, str]:
    if route.daily_limit:
        said = _("It takes %(limit)s mails a day. The rest waits and goes by itself, tickets first; a second mail server (MAIL2_SERVER) would take over.", limit=route.daily_limit)  # fmt: skip
    else:
        said = _("The rest waits and goes by itself, tickets first; a second mail server (MAIL2_SERVER) would take over.")  # fmt: skip
    return _("%(server)s takes no more mails just now", server=_title(route)), said


def _title(route: Route) -> str:
    return TITLES.get(route.provider) or route.server
