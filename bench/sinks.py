"""Mail servers that take everything: Debian's smtp-sink where it is, else aiosmtpd; and a slow one.

`python -m bench.sinks MODE PORT` runs one of ours; a benchmark starts them as processes of their own.
"""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROUND_TRIP = 0.020
AT_THE_DOT = 0.150
SMTP_SINK = "/usr/sbin/smtp-sink"


@dataclass(frozen=True)
class Sink:
    """A running one. `name` is what the table calls it."""

    name: str
    port: int


@contextlib.contextmanager
def quick() -> Iterator[Sink]:
    """The quickest sink there is on this machine."""
    program = shutil.which("smtp-sink") or (SMTP_SINK if Path(SMTP_SINK).exists() else None)
    port = free_port()
    if program is None:
        with _run([sys.executable, "-m", "bench.sinks", "aiosmtpd", str(port)], port):
            yield Sink("aiosmtpd", port)
        return
    with tempfile.TemporaryDirectory() as folder:
        user: dict[str, str] = {}
        if os.getuid() == 0:
            # postfix refuses to work as root, or in a folder its user can't enter
            shutil.chown(folder, "nobody", "nogroup")
            user = {"user": "nobody", "group": "nogroup"}
        with _run([program, "-c", f"127.0.0.1:{port}", "100"], port, cwd=folder, **user):
            yield Sink("smtp-sink", port)


@contextlib.contextmanager
def distant() -> Iterator[Sink]:
    """A server 20 ms away that thinks for 150 ms at the end of DATA."""
    port = free_port()
    with _run([sys.executable, "-m", "bench.sinks", "distant", str(port)], port):
        yield Sink("own sink, 20 ms round trips, 150 ms at the dot", port)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _run(command: list[str], port: int, **how: str) -> Iterator[None]:
    extra: dict[str, list[str]] = {"extra_groups": []} if "user" in how else {}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, **how, **extra)  # type: ignore[call-overload]
    try:
        await_port(port)
        yield
    finally:
        process.terminate()
        process.wait(10)


def await_port(port: int, seconds: float = 60) -> None:
    """Until somebody listens there."""
    until = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if time.monotonic() > until:
            raise TimeoutError(f"nobody listens on port {port}")
        time.sleep(0.05)


class Distant:
    """SMTP as seen over a long line: what arrives together is answered together, 20 ms later."""

    ANSWERS = (b"250-distant\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n", b"250 ok\r\n")

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        await self._say(writer, b"220 distant\r\n", ROUND_TRIP)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._batch(reader, writer):
                pass
        writer.close()

    async def _batch(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """All commands that came in one piece, answered at once. False: goodbye."""
        piece = await reader.read(65536)
        while piece and not piece.endswith(b"\n"):
            piece += await reader.read(65536)
        commands = piece.split(b"\r\n")[:-1]
        verbs = [command[:4].upper() for command in commands]
        await self._say(writer, b"".join(map(self._answer, verbs)), ROUND_TRIP)
        if b"DATA" in verbs:
            await reader.readuntil(b"\r\n.\r\n")
            # the way there and back is part of it: 210 ms for a mail step by step, 170 in one piece
            await self._say(writer, b"250 2.0.0 queued\r\n", AT_THE_DOT)
        return bool(commands) and b"QUIT" not in verbs

    def _answer(self, verb: bytes) -> bytes:
        if verb == b"DATA":
            return b"354 go on\r\n"
        return (
            self.ANSWERS[0]
            if verb == b"EHLO"
            else b"221 bye\r\n"
            if verb == b"QUIT"
            else self.ANSWERS[1]
        )

    async def _say(self, writer: asyncio.StreamWriter, text: bytes, after: float) -> None:
        await asyncio.sleep(after)
        writer.write(text)
        await writer.drain()


async def _distant(port: int) -> None:
    server = await asyncio.start_server(Distant().talk, "127.0.0.1", port, limit=2**20)
    await server.serve_forever()


def _aiosmtpd(port: int) -> None:
    from aiosmtpd.controller import Controller  # noqa: PLC0415 (only where smtp-sink is missing)
    from aiosmtpd.handlers import Sink as Swallow  # noqa: PLC0415

    Controller(Swallow(), hostname="127.0.0.1", port=port).start()
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    mode, at = sys.argv[1], int(sys.argv[2])
    if mode == "distant":
        asyncio.run(_distant(at))
    else:
        _aiosmtpd(at)
