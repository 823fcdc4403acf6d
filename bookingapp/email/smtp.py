"""Speaks SMTP; nobody else does. Flask-Mail is the face; its weak parts are mended by subclasses.

What Flask-Mail 0.10 lacks and stands here: certificates are verified, every wait has an end, a whole
mail has a deadline that a server dripping bytes can't stretch, each step is known by name, the server's
own words are kept, and a failing QUIT after the server took the mail is no error.
"""

import logging
import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from email.utils import parseaddr
from functools import cached_property
from ipaddress import ip_address
from typing import Any, NamedTuple, NoReturn
from urllib.parse import urlsplit

import flask_mail
from flask import Flask

from bookingapp.db import in_transaction
from bookingapp.email.mime import Letter, ascii_domain
from bookingapp.email.faults import Cause, Evidence
from bookingapp.email.smtp_talk import Talk, expect, one_line
from bookingapp.email.watchdog import Watchdog
from bookingapp.settings import Settings

log = logging.getLogger(__name__)
_LINE_END_DOT = re.compile(rb"(?m)^\.")


class SendFailed(Exception):  # noqa: N818 (evidence, not an accident)
    """A try that failed: how far it came and what the server said."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(evidence.words)
        self.evidence = evidence


class ClaimLost(Exception):  # noqa: N818
    """Another process has the mail now: the connection was closed without the final dot."""


class Receipt(NamedTuple):
    """The server's yes."""

    code: int
    reply: str


class Connection(flask_mail.Connection):
    """One connection to the server, kept for many mails. Raises SendFailed with its evidence."""

    mail: "Mail"
    host: Talk | None

    def __init__(self, mail: "Mail") -> None:
        """Opened by the first `send`."""
        super().__init__(mail)
        self._dog: Watchdog | None = None
        self.phase = "connect"

    def send(  # type: ignore[override] # a Receipt instead of nothing
        self,
        message: Letter,
        envelope_from: str | tuple[str, str] | None = None,
        *,
        before_dot: Callable[[], bool] = lambda: True,
    ) -> Receipt:
        """Hand one mail to the server. `before_dot` is asked when all but the final dot is sent.

        Raises SendFailed, or ClaimLost when `before_dot` says no.
        """
        if in_transaction():
            raise RuntimeError("the mail server is not to be waited for in a transaction")
        sender = parseaddr(str(envelope_from or message.sender))[1]
        recipient = ascii_domain(str(message.recipients[0]))
        content = _LINE_END_DOT.sub(b"..", message.as_bytes())
        fresh = self.host is None
        try:
            return self._try(sender, recipient, content, before_dot)
        except SendFailed as failed:
            if fresh or failed.evidence.phase != "mail" or failed.evidence.code not in {0, 421}:
                raise
        # A kept connection that went stale is not this mail's fault; nothing was said yet.
        return self._try(sender, recipient, content, before_dot)

    def _try(
        self, sender: str, recipient: str, content: bytes, before_dot: Callable[[], bool]
    ) -> Receipt:
        try:
            host = self._ready()
            receipt = self._converse(host, sender, recipient, content, before_dot)
        except smtplib.SMTPResponseException as said:
            self._fail(Cause.SERVER, said.smtp_code, one_line(said.smtp_error))
        except (smtplib.SMTPException, OSError) as error:
            self._fail(Cause.TRANSPORT, 0, self._what(error))
        except BaseException:
            # ClaimLost, or the database failed before the dot: the server must not get to see it
            self.abandon()
            raise
        if self._dog is not None:
            self._dog.disarm()
        self.num_emails += 1
        return receipt

    def _converse(
        self,
        host: Talk,
        sender: str,
        recipient: str,
        content: bytes,
        before_dot: Callable[[], bool],
    ) -> Receipt:
        """MAIL, RCPT, DATA, the content, the dot; `self.phase` says where we are."""
        options = [] if recipient.isascii() else self._utf8(host)
        self.phase = "mail"
        expect(host.mail(sender, options), 250)
        self.phase = "rcpt"
        expect(host.rcpt(recipient), 250, 251, 252)
        self.phase = "data"
        expect(host.docmd("DATA"), 354)
        host.send(content if content.endswith(b"\r\n") else content + b"\r\n")
        if not before_dot():
            raise ClaimLost
        self.phase = "dot"
        host.send(b".\r\n")
        return Receipt(*expect(host.getreply(), 250))

    def _utf8(self, host: Talk) -> list[str]:
        """An address beyond ASCII needs a server that knows it."""
        self.phase = "rcpt"
        if not host.has_extn("smtputf8"):
            raise smtplib.SMTPResponseException(553, b"the mail server takes ASCII addresses only")
        return ["SMTPUTF8", "BODY=8BITMIME"]

    def _ready(self) -> Talk:
        """The open connection, or a new one; the mail's deadline begins now."""
        settings = self.mail.settings
        if self.host is None or self._dog is None:
            self.phase = "connect"
            self._dog = Watchdog()
            self._dog.start()
            self._dog.arm(settings.mail_deadline_seconds)
            self.host = self.configure_host()
        self._dog.arm(settings.mail_deadline_seconds)
        return self.host

    def configure_host(self) -> Talk:
        """Connect, greet, encrypt, sign in; certificates are verified."""
        settings, dog = self.mail.settings, self._dog or Watchdog()
        at_once = self.mail.context if settings.mail_use_ssl else None
        host = Talk(_own_name(settings), settings.mail_timeout_seconds, at_once, dog)
        self.host = host
        expect(host.connect(settings.mail_server, settings.mail_port), 220)
        self.phase = "ehlo"
        host.greet()
        if settings.mail_use_tls:
            self.phase = "tls"
            # smtplib verifies against the name it was told to connect to, which `connect` does not keep
            host._host = settings.mail_server  # type: ignore[attr-defined]  # noqa: SLF001
            host.starttls(context=self.mail.context)
            self.phase = "ehlo"
            host.greet()
        if settings.mail_username:
            self.phase = "auth"
            host.login(settings.mail_username, settings.mail_password)
        return host

    def close(self) -> None:
        """Say goodbye; what the server makes of it no longer matters."""
        if self.host is not None:
            with suppress(smtplib.SMTPException, OSError):
                if self._dog is not None:
                    self._dog.arm(2)
                self.host.quit()
        self.abandon()

    def abandon(self) -> None:
        """Hang up without a word."""
        if self.host is not None:
            self.host.close()
        if self._dog is not None:
            self._dog.stop()
        self.host = self._dog = None

    def _fail(self, cause: Cause, code: int, reply: str) -> NoReturn:
        """Keep the connection only where the server is still talking sense."""
        phase = self.phase
        if cause is Cause.SERVER and code != 421 and phase in {"mail", "rcpt", "data", "dot"}:
            self._begin_anew()
        else:
            self.abandon()
        raise SendFailed(Evidence(phase, cause, code, reply)) from None

    def _begin_anew(self) -> None:
        try:
            if self.host is not None and self._dog is not None:
                expect(self.host.rset(), 250)
                self._dog.disarm()
        except (smtplib.SMTPException, OSError):
            self.abandon()

    def _what(self, error: Exception) -> str:
        """The fault in the words a manager can act on."""
        where = f"{self.mail.settings.mail_server}:{self.mail.settings.mail_port}"
        if self._dog is not None and self._dog.bit:
            seconds = self.mail.settings.mail_deadline_seconds
            return f"{where} took longer than {seconds} s over one mail"
        if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
            return f"{where} did not answer in {self.mail.settings.mail_timeout_seconds} s"
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"the certificate of {where} was not accepted: {error.verify_message}"
        if isinstance(error, socket.gaierror):
            return f"the name {self.mail.settings.mail_server} was not found ({error.strerror})"
        return f"{where}: {error}"


class Mail(flask_mail.Mail):
    """Flask-Mail with our settings and our connections."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        """Registers itself as the app's "mail", for anything that knows Flask-Mail."""
        self.settings = settings
        super().__init__(app)

    def init_mail(
        self,
        config: dict[str, Any],  # noqa: ARG002 (one place for settings: ours)
        debug: bool | int = False,
        testing: bool = False,  # noqa: ARG002 (what is to be sent is sent, in tests too)
    ) -> flask_mail._Mail:
        """Flask-Mail's own state, from our settings."""
        own = asdict(self.settings)
        mail = {name.upper(): value for name, value in own.items() if name.startswith("mail_")}
        return super().init_mail({**mail, "MAIL_SUPPRESS_SEND": False}, debug, testing=False)

    @cached_property
    def context(self) -> ssl.SSLContext:
        """Certificates are verified: against the public authorities, or against your own."""
        return ssl.create_default_context(cafile=self.settings.mail_ca_file or None)

    def connect(self) -> Connection:
        """A connection that opens itself when first used."""
        return Connection(self)


def _own_name(settings: Settings) -> str:
    """What we call ourselves: the public address's host. Asking the system may wait for DNS."""
    name = urlsplit(settings.url).hostname or "localhost"
    try:
        return f"[{ip_address(name)}]"
    except ValueError:
        return name
