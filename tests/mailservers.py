"""Real SMTP servers for tests: one that takes everything (aiosmtpd), one that fails where it is told.

`smtp` is a server that takes mails; `faulty` one with faults; both on ports of their own.
"""

import os
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.house import wait_for


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


class FaultyServer(socketserver.ThreadingTCPServer):
    """Speaks just enough SMTP. `faults[stage]`: a reply ("451 4.3.0 Later"), "drop", "hang" or "drip".

    Stages: CONNECT EHLO MAIL RCPT DATA DOT QUIT. `taken` has each mail whose final dot was seen and not
    refused, so "drop" at DOT is a mail taken whose answer was lost. `times`: how often a fault happens.
    `offers`: what EHLO lists. With PIPELINING it answers MAIL and RCPT only when DATA has come, so who
    waits for each answer waits for ever. `naive`: says 354 even when there is no recipient; what is sent
    then is in `to_nobody`.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.port = self.server_address[1]
        self.faults: dict[str, str] = {}
        self.times: dict[str, int] = {}
        self.offers: list[str] = []
        self.naive = False
        self.taken: list[bytes] = []
        self.to_nobody: list[bytes] = []
        self.seen: list[str] = []
        self.lines: list[str] = []
        self.connections = 0
        self.reached: dict[str, threading.Event] = {}
        self.closing = threading.Event()
        self.go_on = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def reach(self, stage: str) -> threading.Event:
        """Set once a client has come to this stage."""
        return self.reached.setdefault(stage, threading.Event())

    def fault(self, stage: str) -> str:
        """What is to go wrong now."""
        self.seen.append(stage)
        self.reach(stage).set()
        if self.times.get(stage) == 0:
            return ""
        if stage in self.times:
            self.times[stage] -= 1
        return self.faults.get(stage, "")

    def stop(self) -> None:
        """Close everything."""
        self.closing.set()
        self.go_on.set()
        self.shutdown()
        self.server_close()


class _Conversation(socketserver.StreamRequestHandler):
    server: FaultyServer

    def handle(self) -> None:
        self.server.connections += 1
        self.recipient = False
        self._unanswered: list[str] = []
        with suppress(ConnectionError, BrokenPipeError):
            if self._answer("CONNECT", "220 faulty.test ESMTP"):
                self._talk()

    def _talk(self) -> None:
        while line := self.rfile.readline():
            self.server.lines.append(line.decode("utf-8").strip())
            word = self.server.lines[-1].split(" ")[0].split(":")[0].upper()
            if not self._command(word):
                return

    def _command(self, word: str) -> bool:
        """One command; False ends the conversation."""
        if word == "EHLO":
            self._answer(word, self._greeting())
            return True
        if word == "DATA":
            return self._data()
        if word in {"MAIL", "RCPT"}:
            self._unanswered.append(word)
            if "PIPELINING" not in self.server.offers:
                self._catch_up()
        else:
            self._answer(
                word, {"QUIT": "221 2.0.0 Bye", "RSET": "250 2.0.0 Ok"}.get(word, "502 5.5.2 What")
            )
        return word != "QUIT"

    def _data(self) -> bool:
        self._catch_up()
        if not self.recipient and not self.server.naive:
            self.server.fault("DATA")
            self._say("503 5.5.1 Error: need RCPT command")
            return True
        return not self._answer("DATA", "354 End data with <CR><LF>.<CR><LF>") or self._mail()

    def _greeting(self) -> str:
        lines = ["faulty.test", *self.server.offers]
        marks = ["-"] * (len(lines) - 1) + [" "]
        return "\r\n".join(f"250{mark}{line}" for mark, line in zip(marks, lines, strict=True))

    def _catch_up(self) -> None:
        """Answer what has not been answered yet."""
        for word in self._unanswered:
            self.recipient = self._answer(word, "250 2.1.0 Ok") and word == "RCPT"
        self._unanswered.clear()

    def _mail(self) -> bool:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line[1:] if line.startswith(b"..") else line)
        if not self.recipient:
            self.server.to_nobody.append(b"".join(lines))
            self._say("554 5.5.1 Error: no valid recipients")
            return True
        fault = self.server.faults.get("DOT", "")
        if not fault[:1].isdigit() or self.server.times.get("DOT") == 0:
            self.server.taken.append(b"".join(lines))
        self._answer("DOT", f"250 2.0.0 Ok: queued as F{len(self.server.taken)}")
        return True

    def _answer(self, stage: str, well: str) -> bool:
        """Say what was asked for; False when it was not the good answer."""
        fault = self.server.fault(stage)
        if fault == "drop":
            self.connection.shutdown(socket.SHUT_RDWR)
        elif fault == "hang":
            self.server.go_on.wait(60)
        elif fault == "drip":
            while not self.server.closing.wait(0.05):
                self.wfile.write(b"2")
        elif fault == "wait":
            self.server.go_on.wait(60)
            self._say(well)
            return True
        else:
            self._say(fault or well)
        return not fault

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


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
