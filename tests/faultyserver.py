"""A real SMTP server for tests that fails where it is told."""

import socket
import socketserver
import threading
from contextlib import suppress


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
