"""Real SMTP servers for tests: one that takes everything (aiosmtpd), one that fails where it is told.

`smtp` is a server that takes mails; `faulty` one with faults; both on ports of their own.
"""

import os
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.faultyserver import FaultyServer
from tests.house import wait_for

__all__ = [
    "SMTP_SINK", "FaultyServer", "MailServer", "Received", "faulty", "free_port",
    "listens", "mail_servers", "smtp", "smtp_sink",
]  # fmt: skip


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Received:
    """One mail as it arrived."""

    def __init__(self, sender: str, recipients: list[str], content: bytes) -> None:
        self.sender, self.recipients, self.content = sender, recipients, content

    @property
    def message(self) -> EmailMessage:
        """Parsed as a mail program would."""
        return message_from_bytes(self.content, policy=policy.default)


class MailServer:
    """Takes every mail. With `tls` (a context) by STARTTLS or from the first byte; with a login."""

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        at_once: bool = False,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.received: list[Received] = []
        self.connections = 0
        self._login = login
        options: dict[str, Any] = {"enable_SMTPUTF8": True}
        if login:
            options |= {"authenticator": self._authenticate, "auth_required": True,
                        "auth_require_tls": tls is not None}  # fmt: skip
        if tls and not at_once:
            options["tls_context"] = tls
        self.port = free_port()
        self._controller = _Controller(
            self,
            options,
            hostname="127.0.0.1",
            port=self.port,
            ssl_context=tls if at_once else None,
        )
        self._controller.start()
        # the controller looks once whether its port answers
        self.connections = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """aiosmtpd: a mail has arrived."""
        content = envelope.original_content or b""
        self.received.append(Received(envelope.mail_from or "", envelope.rcpt_tos, content))
        return f"250 2.0.0 Ok: queued as TEST{len(self.received)}"

    def stop(self) -> None:
        """Close the port."""
        self._controller.stop()

    def _authenticate(self, *asked: object) -> AuthResult:
        given = asked[-1] if isinstance(asked[-1], LoginPassword) else LoginPassword(b"", b"")
        known = (given.login.decode(), given.password.decode()) == self._login
        # not "handled": aiosmtpd says 535 itself
        return AuthResult(success=known, handled=False)


class _Controller(Controller):
    def __init__(self, server: MailServer, options: dict[str, Any], **values: Any) -> None:
        self._server, self._options = server, options
        super().__init__(server, **values)

    def factory(self) -> SMTP:
        self._server.connections += 1
        return SMTP(self._server, **self._options)


@pytest.fixture
def mail_servers() -> Iterator[Callable[..., MailServer]]:
    """Start mail servers that take everything."""
    started: list[MailServer] = []

    def start(**values: Any) -> MailServer:
        started.append(MailServer(**values))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def smtp(mail_servers: Callable[..., MailServer]) -> MailServer:
    """A mail server that takes everything, without TLS."""
    return mail_servers()


@pytest.fixture
def faulty() -> Iterator[FaultyServer]:
    """A mail server that fails where it is told."""
    server = FaultyServer()
    yield server
    server.stop()


SMTP_SINK = "/usr/sbin/smtp-sink"


@pytest.fixture
def smtp_sink() -> Iterator[Callable[..., int]]:
    """Debian's smtp-sink with these options; its port. It takes mails, or fails where it is told."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> int:
        assert Path(SMTP_SINK).exists(), "Install it: apt-get install postfix"
        port = free_port()
        # postfix refuses to work as root
        user: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        running.append(
            subprocess.Popen(
                [SMTP_SINK, *options, f"127.0.0.1:{port}", "100"],
                cwd="/",
                stderr=subprocess.DEVNULL,
                **(user if os.getuid() == 0 else {}),
            )
        )
        wait_for(lambda: listens(port), f"smtp-sink on port {port}")
        return port

    yield start
    for process in running:
        process.kill()
        process.wait(10)


def listens(port: int) -> bool:
    """Whether somebody answers on this port."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
