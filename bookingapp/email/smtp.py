"""Speaks SMTP; nobody else does. Flask-Mail is the face; its weak parts are mended by subclasses.

What Flask-Mail 0.10 lacks and stands here: certificates are verified, every wait has an end, a whole
mail has a deadline that a server dripping bytes can't stretch, each step is known by name, the server's
own words are kept, MAIL, RCPT and DATA travel together where the server allows it, and a failing QUIT
after the server took the mail is no error.
"""

import re
import smtplib
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from email.utils import parseaddr
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, NoReturn, Self

import flask_mail

from bookingapp.db import in_transaction
from bookingapp.email import oauth
from bookingapp.email.faults import Cause, Evidence
from bookingapp.email.mime import ascii_domain
from bookingapp.email.routes import Route
from bookingapp.email.smtp_talk import Step, Talk, expect, one_line
from bookingapp.email.smtp_words import UNSAYABLE, own_name, what_happened
from bookingapp.email.watchdog import Watchdog

if TYPE_CHECKING:
    from bookingapp.email.mailer import Mail

_LINE_END_DOT = re.compile(rb"(?m)^\.")
_IN_BRACKETS = re.compile(r"<([^<>\s]+)>\s*$")
_RESET = Step("mail", "RSET", (250,))
_DATA = Step("data", "DATA", (354,))


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
    """One connection to a route's server, kept for many mails. Raises SendFailed with its evidence.

    `in_doubt`: it has been idle, and the server is asked first whether it still listens.
    """

    mail: "Mail"
    host: Talk | None

    def __init__(self, mail: "Mail", route: Route) -> None:
        """Opened by the first `send`."""
        super().__init__(mail)
        self.route = route
        self._dog: Watchdog | None = None
        self.phase = "connect"
        self.in_doubt = False
        self._until = 0.0

    def __enter__(self) -> Self:
        """Flask-Mail's `with mail.connect() as connection`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Say goodbye."""
        self.close()

    @property
    def spent(self) -> bool:
        """Whether it has carried as many mails as the provider likes."""
        return 0 < self.route.per_connection <= self.num_emails

    def send(  # type: ignore[override] # a Receipt instead of nothing
        self,
        message: flask_mail.Message,
        envelope_from: str | tuple[str, str] | None = None,
        *,
        before_dot: Callable[[], bool] = lambda: True,
    ) -> Receipt:
        """Hand one mail to the server. `before_dot` is asked when all but the final dot is sent.

        Raises SendFailed, or ClaimLost when `before_dot` says no.
        """
        if in_transaction():
            raise RuntimeError("the mail server is not to be waited for in a transaction")
        (recipient,) = message.send_to
        content = message.as_bytes()
        if b"\n." in content or content.startswith(b"."):
            content = _LINE_END_DOT.sub(b"..", content)
        if not content.endswith(b"\r\n"):
            content += b"\r\n"
        parcel = _Parcel(
            _mailbox(str(envelope_from or message.sender)),
            ascii_domain(str(recipient)),
            content,
            message,
            before_dot,
        )
        if self.spent:
            self.close()
        fresh = self.host is None
        self._until = time.monotonic() + self.mail.settings.mail_deadline_seconds
        try:
            return self._try(parcel)
        except SendFailed as failed:
            stale = failed.evidence.phase == "mail" and failed.evidence.code in {0, 421}
            if fresh or not stale or time.monotonic() >= self._until:
                raise
        # A kept connection that went stale is not this mail's fault; nothing was said yet.
        self.abandon()
        return self._try(parcel)

    def _try(self, parcel: "_Parcel") -> Receipt:
        try:
            receipt = self._converse(self._ready(), parcel)
        except smtplib.SMTPResponseException as said:
            self._fail(Cause.SERVER, said.smtp_code, one_line(said.smtp_error))
        except (smtplib.SMTPException, OSError) as error:
            too_long = self._dog is not None and self._dog.bit
            words = what_happened(error, self.route, self.mail.settings, too_long=too_long)
            self._fail(Cause.TRANSPORT, 0, words)
        except UnicodeError:
            if self.phase not in UNSAYABLE:
                raise
            # not its words: they quote what may be a password
            self._fail(Cause.TRANSPORT, 0, UNSAYABLE[self.phase])
        except BaseException:
            # ClaimLost, or the database failed before the dot: the server must not get to see it
            self.abandon()
            raise
        if self._dog is not None:
            self._dog.disarm()
        self.num_emails += 1
        return receipt

    def _converse(self, host: Talk, parcel: "_Parcel") -> Receipt:
        """MAIL, RCPT, DATA, the content, the dot; `self.phase` says where we are."""
        steps = self._steps(host, parcel)
        if host.has_extn("pipelining"):
            self._at_once(host, steps)
        else:
            for step in steps:
                self.phase = step.phase
                host.put(step)
                self._answered(host, step)
        self.in_doubt = False
        host.send(parcel.content)
        if not parcel.before_dot():
            raise ClaimLost
        self.phase = "dot"
        host.send(b".\r\n")
        return Receipt(*expect(host.getreply(), 250))

    def _at_once(self, host: Talk, steps: Sequence[Step]) -> None:
        """One round trip for all (RFC 2920). The first refusal counts; the rest is read and dropped."""
        self.phase = steps[0].phase
        host.put(*steps)
        for place, step in enumerate(steps, 1):
            self.phase = step.phase
            try:
                self._answered(host, step)
            except smtplib.SMTPResponseException as said:
                # Without a sender there may be a recipient all the same: an empty mail would reach it.
                if step.phase != "rcpt" or not self._dropped(
                    host, said.smtp_code, len(steps) - place
                ):
                    self.abandon()
                raise

    def _dropped(self, host: Talk, code: int, left: int) -> bool:
        """Whether the conversation can go on after a refused recipient."""
        try:
            return code != 421 and host.drop_message(left)
        except (smtplib.SMTPException, OSError):
            return False

    def _answered(self, host: Talk, step: Step) -> None:
        """Raises SMTPResponseException; a refused RSET only says that the connection is of no use."""
        answer = host.getreply()
        if step is _RESET and answer[0] not in step.good:
            raise smtplib.SMTPServerDisconnected(one_line(answer[1]))
        expect(answer, *step.good)

    def _steps(self, host: Talk, parcel: "_Parcel") -> list[Step]:
        """The commands before the content. Options for delivery reports go where they are known."""
        options = [] if parcel.recipient.isascii() else self._utf8(host)
        reports = host.has_extn("dsn")
        options += parcel.message.mail_options if reports else []
        asked = parcel.message.rcpt_options if reports else []
        steps = [
            Step("mail", " ".join((f"MAIL FROM:<{parcel.sender}>", *options)), (250,)),
            Step("rcpt", " ".join((f"RCPT TO:<{parcel.recipient}>", *asked)), (250, 251, 252)),
            _DATA,
        ]
        return [_RESET, *steps] if self.in_doubt else steps

    def _utf8(self, host: Talk) -> list[str]:
        """An address beyond ASCII needs a server that knows it."""
        self.phase = "rcpt"
        if not host.has_extn("smtputf8"):
            raise smtplib.SMTPResponseException(553, b"the mail server takes ASCII addresses only")
        return ["SMTPUTF8", "BODY=8BITMIME"]

    def _ready(self) -> Talk:
        """The open connection, or a new one."""
        if self.host is None or self._dog is None:
            self.phase, self.in_doubt, self.num_emails = "connect", False, 0
            self._dog = Watchdog()
            self._dog.arm(self._until)
            self.host = self.configure_host()
        self._dog.arm(self._until)
        return self.host

    def configure_host(self) -> Talk:
        """Connect, greet, encrypt, sign in; certificates are verified."""
        settings, route, dog = self.mail.settings, self.route, self._dog or Watchdog()
        tls = self.mail.context(route)
        host = Talk(own_name(settings), settings.mail_timeout_seconds, tls if route.use_ssl else None, dog)  # fmt: skip
        self.host = host
        expect(host.connect(route.server, route.port), 220)
        self.phase = "ehlo"
        host.greet()
        if route.use_tls:
            self.phase = "tls"
            # smtplib verifies against the name it was told to connect to, which `connect` does not keep
            host._host = route.server  # type: ignore[attr-defined]  # noqa: SLF001
            host.starttls(context=tls)
            self.phase = "ehlo"
            host.greet()
        if route.username:
            self.phase = "auth"
            if route.auth == "xoauth2":
                oauth.sign_in(host, route, settings)
            else:
                host.login(route.username, route.password)
        return host

    def close(self) -> None:
        """Say goodbye and hang up."""
        if self.host is not None:
            with suppress(smtplib.SMTPException, OSError):
                self.host.goodbye()
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


@lru_cache(maxsize=8)
def _mailbox(sender: str) -> str:
    """The address alone. What stands in angle brackets at the end is it, however odd the name before."""
    found = _IN_BRACKETS.search(sender)
    return ascii_domain(found[1] if found else parseaddr(sender)[1])


class _Parcel(NamedTuple):
    """One mail as the conversation needs it; `content` with its dots doubled, ended by CRLF."""

    sender: str
    recipient: str
    content: bytes
    message: flask_mail.Message
    before_dot: Callable[[], bool]
