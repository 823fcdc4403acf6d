"""A DNS server on loopback with the records a test gives it, made of dnspython's own messages."""

import socketserver
import threading
from collections.abc import Callable, Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

Records = dict[tuple[str, str], list[str]]


class NameServer(socketserver.ThreadingUDPServer):
    """`records[name, type]` are the answers; other names don't exist. `silent`: it says nothing."""

    daemon_threads = True

    def __init__(self, records: Records) -> None:
        """Listens once `serve_forever` runs."""
        super().__init__(("127.0.0.1", 0), _Question)
        self.records = records
        self.silent = self.failing = False
        self.asked: list[tuple[str, str]] = []

    @property
    def address(self) -> str:
        """As `--dns` takes it."""
        return f"127.0.0.1:{self.server_address[1]}"

    def answer(self, wire: bytes) -> bytes:
        """One question."""
        query = dns.message.from_wire(wire)
        (question,) = query.question
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if self.failing:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif not self._known(name):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif texts := self.records.get((name, kind)):
            values = [_quoted(text) if kind == "TXT" else text for text in texts]
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *values))
        return reply.to_wire()

    def _known(self, name: str) -> bool:
        """A name is there if it or anything below it has a record."""
        return any(one == name or one.endswith("." + name) for one, _ in self.records)


class _Question(socketserver.BaseRequestHandler):
    server: NameServer

    def handle(self) -> None:
        wire, connection = self.request
        if not self.server.silent:
            connection.sendto(self.server.answer(wire), self.client_address)


def _quoted(text: str) -> str:
    """A TXT record holds pieces of at most 255 bytes."""
    return " ".join(f'"{text[n : n + 200]}"' for n in range(0, len(text), 200))


@pytest.fixture
def name_server() -> Iterator[Callable[[Records], NameServer]]:
    """Start DNS servers with these records."""
    started: list[NameServer] = []

    def start(records: Records) -> NameServer:
        started.append(NameServer(records))
        threading.Thread(target=started[-1].serve_forever, args=(0.05,), daemon=True).start()
        return started[-1]

    yield start
    for server in started:
        server.shutdown()
        server.server_close()
