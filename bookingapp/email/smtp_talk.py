"""smtplib's client with its weak parts mended; smtp.py alone uses it."""

import smtplib
import socket
import ssl
from contextlib import suppress
from typing import NamedTuple

from bookingapp.email.watchdog import Watchdog

MAX_LINE = 8192
GOODBYE_SECONDS = 1.0


class Step(NamedTuple):
    """A command, the phase it stands for, and the codes that mean yes."""

    phase: str
    command: str
    good: tuple[int, ...]


class Talk(smtplib.SMTP):
    """smtplib's client, on a socket of our making: time limits, TLS from the first byte if asked."""

    def __init__(
        self, name: str, timeout: float, tls: ssl.SSLContext | None, dog: Watchdog
    ) -> None:
        """Does not connect yet, so that the watchdog is there first."""
        super().__init__(local_hostname=name, timeout=timeout)
        self._tls, self._dog = tls, dog

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """Called by `connect`."""
        plain = socket.create_connection((host, port), timeout)
        # The final dot travels alone; Nagle would hold it back for an acknowledgement.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._dog.watch(plain)
        return self._tls.wrap_socket(plain, server_hostname=host) if self._tls else plain

    def getreply(self) -> tuple[int, bytes]:
        """As smtplib's, but an answer cut off in mid-line is no answer, whatever its digits say."""
        if self.file is None and self.sock is not None:
            self.file = self.sock.makefile("rb")
        said: list[bytes] = []
        while True:
            line = self.file.readline(MAX_LINE + 1) if self.file else b""
            if not line.endswith(b"\n") or not line[:3].isdigit():
                self.close()
                what = (
                    "the answer was not SMTP"
                    if line.endswith(b"\n")
                    else "the connection was closed"
                )
                raise smtplib.SMTPServerDisconnected(what)
            said.append(line[4:].strip())
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(said)

    def greet(self) -> None:
        """EHLO, or HELO where the server is that old. Keeps the server's own no."""
        answer = self.ehlo()
        if 500 <= answer[0] <= 504:
            answer = self.helo()
        expect(answer, 250)

    def put(self, *steps: Step) -> None:
        """Send commands in one piece; the answers are to be read one by one."""
        lines = [step.command for step in steps]
        if any("\r" in line or "\n" in line for line in lines):
            raise ValueError("a line break in an address")
        self.send("".join(f"{line}\r\n" for line in lines).encode())

    def drop_message(self, left: int) -> bool:
        """After a refused recipient: read what is left to read. False: better hang up.

        A server may still say 354 to the DATA that came along (RFC 2920, 3.1); it gets an end at once,
        to nobody.
        """
        for _ in range(left):
            code = self.getreply()[0]
            if code == 354:
                self.send(b".\r\n")
                code = self.getreply()[0]
            if code == 421:
                return False
        return True

    def goodbye(self) -> None:
        """QUIT, and a moment for the answer; what the server makes of it no longer matters."""
        if self.sock is not None:
            with suppress(OSError):
                self.sock.settimeout(GOODBYE_SECONDS)
                self.sock.sendall(b"QUIT\r\n")
                self.sock.recv(MAX_LINE)
        self.close()


def expect(answer: tuple[int, bytes], *codes: int) -> tuple[int, str]:
    """The answer if its code is one of these; else SMTPResponseException."""
    code, reply = answer
    if code not in codes:
        raise smtplib.SMTPResponseException(code, reply)
    return code, one_line(reply)


def one_line(reply: bytes | str) -> str:
    """The server's words on one line."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(text.split())[:500]
