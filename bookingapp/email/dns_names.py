"""Asks DNS, with an end to every wait. That it does not answer is an answer of its own: `Silent`."""

import time

import dns.exception
import dns.rdatatype
import dns.resolver
from dns.resolver import Answer

LONGEST_SECONDS = 4.0


class Silent(Exception):  # noqa: N818 (an answer of the world, not an accident)
    """Nobody answers our questions about names here."""


class Names:
    """Questions about names, to the system's resolver or to the one given, until `until` (monotonic)."""

    def __init__(self, until: float, server: str = "", port: int = 53) -> None:
        """Raises Silent where this machine has no resolver."""
        self._until = until
        try:
            self._resolver = dns.resolver.Resolver(configure=not server)
        except dns.exception.DNSException as error:
            raise Silent(str(error)) from None
        if server:
            self._resolver.nameservers, self._resolver.port = [server], port

    def exists(self, name: str) -> bool:
        """Whether there is anything of this name."""
        return self._ask(name, "A") is not None

    def txt(self, name: str) -> list[str]:
        """The texts; pieces of one record joined."""
        return [
            b"".join(record.strings).decode("utf-8", "replace")
            for record in self._ask(name, "TXT") or ()
        ]

    def addresses(self, name: str) -> list[str]:
        """IPv4 and IPv6."""
        return [record.address for kind in ("A", "AAAA") for record in self._ask(name, kind) or ()]

    def mx(self, name: str) -> list[str]:
        """Where mail to this domain goes; a single "." means nowhere."""
        return [
            record.exchange.to_text(omit_final_dot=True) for record in self._ask(name, "MX") or ()
        ]

    def _ask(self, name: str, kind: str) -> Answer | None:
        """None: there is no such name. Records of another kind only: an empty answer."""
        left = min(LONGEST_SECONDS, self._until - time.monotonic())
        if left <= 0:
            raise Silent("there was no time left to ask")
        try:
            return self._resolver.resolve(
                name, kind, lifetime=left, raise_on_no_answer=False, search=False
            )
        except dns.resolver.NXDOMAIN:
            return None
        except (dns.exception.DNSException, OSError) as error:
            raise Silent(" ".join(str(error).split())[:200]) from None
