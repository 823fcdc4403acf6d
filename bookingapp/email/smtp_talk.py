"""smtplib's client with its weak parts mended; smtp.py alone uses it."""

import smtplib
import socket
import ssl

from bookingapp.email.watchdog import Watchdog

MAX_LINE = 8192


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
