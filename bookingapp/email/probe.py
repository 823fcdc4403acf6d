"""Goes the way a mail goes, up to the login, and tells each step: for `mail doctor`. Sends nothing."""

import smtplib
import socket
import ssl
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import cast

from bookingapp import clock
from bookingapp.email import oauth
from bookingapp.email.findings import Findings
from bookingapp.email.routes import PREFIXES, SMTPS, SUBMISSION, Route
from bookingapp.email.smtp_talk import Talk, expect, one_line
from bookingapp.email.smtp_words import UNSAYABLE, own_name, what_happened
from bookingapp.email.watchdog import Watchdog
from bookingapp.settings import Settings

SOON_DAYS = 21
# A ticket with its picture and calendar is some 15 kB; a poster of a letter stays under this.
LARGEST = 100_000
WORTH_KNOWING = ("pipelining", "smtputf8", "dsn")


class Probe:
    """One conversation with a route's server; `until` (monotonic) it is over, whatever happens."""

    def __init__(self, route: Route, settings: Settings, until: float) -> None:
        self._route, self._settings, self._until = route, settings, until
        self._dog = Watchdog()
        self._what = "connect"
        self.found = Findings(route.name)

    def run(self) -> Findings:
        """Each step until one fails."""
        host = None
        try:
            host = self._host()
            self._connect(host)
            self._encrypt(host)
            self._sign_in(host)
            self._offers(host)
        except smtplib.SMTPResponseException as said:
            self._failed(said, f"{said.smtp_code} {one_line(said.smtp_error)}")
        except (smtplib.SMTPException, OSError) as error:
            words = what_happened(error, self._route, self._settings, too_long=False)
            where = f"{self._route.server}:{self._route.port}"
            self._failed(error, f"{where} took too long" if self._dog.bit else words)
        except UnicodeError as error:
            self._failed(error, UNSAYABLE["auth" if self._what == "login" else "connect"])
        finally:
            if host is not None:
                with suppress(smtplib.SMTPException, OSError):
                    host.goodbye()
                host.close()
            self._dog.stop()
        return self.found

    def _host(self) -> Talk:
        route = self._route
        self._tls = None
        if route.use_tls or route.use_ssl:
            self._tls = ssl.create_default_context(cafile=route.ca_file or None)
        self._dog.arm(self._until)
        patience = min(
            self._settings.mail_timeout_seconds, max(0.1, self._until - time.monotonic())
        )
        at_once = self._tls if route.use_ssl else None
        return Talk(own_name(self._settings), patience, at_once, self._dog)

    def _connect(self, host: Talk) -> None:
        began = time.monotonic()
        _, greeting = expect(host.connect(self._route.server, self._route.port), 220)
        host.greet()
        took = round((time.monotonic() - began) * 1000)
        self.found.ok("connect", f"answered in {took} ms: {greeting}")

    def _encrypt(self, host: Talk) -> None:
        self._what, route = "tls", self._route
        if route.use_tls:
            # smtplib verifies against the name it was told to connect to, which `connect` does not keep
            host._host = route.server  # type: ignore[attr-defined]  # noqa: SLF001
            host.starttls(context=self._tls)
            host.greet()
        if self._tls is not None:
            self._certificate(cast("ssl.SSLSocket", host.sock))
        elif route.local:
            self.found.ok("tls", "none; the server is on this machine")

    def _certificate(self, connection: ssl.SSLSocket) -> None:
        names = connection.getpeercert() or {}
        ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(names["notAfter"])), UTC)
        days = (ends - clock.now()).days
        said = (
            f"{connection.version()}, the certificate is good until {ends:%Y-%m-%d} ({days} days)"
        )
        if days < SOON_DAYS:
            self.found.warn("tls", said, "renew it before then, or no mail goes out any more")
        else:
            self.found.ok("tls", said)

    def _sign_in(self, host: Talk) -> None:
        self._what, route = "login", self._route
        if route.auth == "xoauth2":
            oauth.sign_in(host, route, self._settings)
        elif route.auth:
            host.login(route.username, route.password)
        if route.auth:
            how = "with a token (XOAUTH2)" if route.auth == "xoauth2" else "with the password"
            self.found.ok("login", f"as {route.username} {how}")
        elif host.has_extn("auth"):
            self.found.note("login", "none set; the server offers one",
                            f"if it refuses mails, set {self._prefix}_USERNAME and _PASSWORD")  # fmt: skip
        else:
            self.found.ok("login", "none asked for")

    def _offers(self, host: Talk) -> None:
        self._what = "offers"
        size = host.esmtp_features.get("size", "")
        most = int(size) if size.isdigit() else 0
        known = [name.upper() for name in WORTH_KNOWING if host.has_extn(name)]
        said = ", ".join(
            [f"mails up to {most / 1_000_000:.1f} MB" if most else "mails of any size", *known]
        )
        if 0 < most < LARGEST:
            self.found.warn(
                "offers", said, "that is too small for tickets; raise the server's limit"
            )
        else:
            self.found.ok("offers", said)

    @property
    def _prefix(self) -> str:
        return PREFIXES[self._route.name]

    def _failed(self, error: Exception, said: str) -> None:
        self.found.fail(self._what, said, advice(self._what, error, self._route))


def advice(what: str, error: Exception, route: Route) -> str:
    """What to do about a step that failed."""
    prefix = PREFIXES[route.name]
    if isinstance(error, UnicodeError):
        return (
            f"mend {prefix}_PASSWORD or {prefix}_USERNAME"
            if what == "login"
            else f"mend {prefix}_SERVER"
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        return _about_certificate(error, prefix)
    if isinstance(error, ssl.SSLError):
        other, port = ("USE_TLS", SUBMISSION) if route.use_ssl else ("USE_SSL", SMTPS)
        return f"this port speaks TLS the other way: set {prefix}_{other}=true, usually port {port}"
    if isinstance(error, smtplib.SMTPException):
        return _about_answer(what, error, route)
    return _about_way(error, route, prefix)


def _about_answer(what: str, error: smtplib.SMTPException, route: Route) -> str:
    """The server is there."""
    prefix, not_known = PREFIXES[route.name], isinstance(error, smtplib.SMTPNotSupportedError)
    if what == "tls" and not_known:
        return f"set {prefix}_USE_SSL=true with port {SMTPS}, if the server has that"
    if what == "login" and not_known:
        return (
            f"the server offers no such login here; set {prefix}_USE_TLS=true or look at the port"
        )
    if what == "login" and route.auth == "xoauth2":
        return "look at MAIL_OAUTH_CLIENT_ID, its secret and MAIL_OAUTH_REFRESH_TOKEN"
    if what == "login" and isinstance(error, smtplib.SMTPResponseException):
        return route.preset.hint
    return "the server is there and turns us away; its words say why"


def _about_way(error: Exception, route: Route, prefix: str) -> str:
    """The server was not reached, or got lost."""
    if isinstance(error, socket.gaierror):
        return f"look at the spelling of {prefix}_SERVER, and whether this machine has DNS"
    if isinstance(error, ConnectionRefusedError):
        return f"nothing listens there: look at {prefix}_PORT, and whether the server runs"
    if route.port == SMTPS and not route.use_ssl:
        return f"port {SMTPS} speaks TLS from the first byte: set {prefix}_USE_SSL=true"
    return (
        f"look at {prefix}_SERVER and {prefix}_PORT; a firewall may be in between (many hosts"
        f" close port 25, {SUBMISSION} is mostly open)"
    )


def _about_certificate(error: ssl.SSLCertVerificationError, prefix: str) -> str:
    words = error.verify_message.lower()
    if "expired" in words or "not yet valid" in words:
        return "the server's operator must renew it; look at this machine's clock, too"
    if "match" in words or "not valid for" in words:
        return f"set {prefix}_SERVER to the name that stands in the certificate"
    return f"if the server is yours, set {prefix}_CA_FILE to the PEM file of the authority that signed it"
