"""Asking the mail doctor: a domain where all is well, certificates of a test's own, and what was said."""

import json
import ssl
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from click.testing import Result
from flask import Flask

from bookingapp import clock
from tests.dnsserver import NameServer, Records
from tests.email.conftest import use_server
from tests.email.test_sender_domain import KEY

SENDER = "The Lantern <tickets@lantern.example>"
GOOD: Records = {("lantern.example", "A"): ["8.8.8.8"],
                 ("lantern.example", "TXT"): ["v=spf1 mx ~all"],
                 ("mail._domainkey.lantern.example", "TXT"): [KEY],
                 ("_dmarc.lantern.example", "TXT"): ["v=DMARC1; p=none"]}  # fmt: skip
TLS = {"mail_use_tls": True, "mail_server": "localhost"}
SSL = {"mail_use_ssl": True, "mail_server": "localhost"}
LOGIN = ("box@lantern.example", "abcdefghijklmnop")
# What is heard of a server does not depend on the database; the breaker and the quota do.
ONE_ENGINE = pytest.mark.engine("sqlite")


class Told:
    """What the doctor said, by part and subject."""

    def __init__(self, result: Result) -> None:
        self.exit_code = result.exit_code
        self.all = json.loads(result.output)

    def __call__(self, what: str, part: str = "smtp") -> tuple[str, str, str]:
        """Level, what was seen, what to do."""
        (one,) = [f for f in self.all["findings"] if (f["part"], f["what"]) == (part, what)]
        return one["level"], one["said"], one["do"]

    @property
    def failures(self) -> list[tuple[str, str]]:
        """What failed."""
        found = [f for f in self.all["findings"] if f["level"] == "failure"]
        return [(f["part"], f["what"]) for f in found]


Doctor = Callable[..., Told]


@pytest.fixture
def doctor(app: Flask, name_server: Callable[[Records], NameServer]) -> Doctor:
    """Ask the doctor, with a domain where all is well."""
    dns = name_server(GOOD)

    def ask(port: int, *words: str, **values: Any) -> Told:
        use_server(app, port, **{"mail_default_sender": SENDER, **values})
        words = ("mail", "doctor", "--json", "--dns", dns.address, *words)
        return Told(app.test_cli_runner().invoke(args=list(words)))

    return ask


@pytest.fixture
def authority() -> trustme.CA:
    """A certificate authority of this test's own."""
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    """Its PEM file."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return str(tmp_path / "ca.pem")


def certified(authority: trustme.CA, name: str = "localhost", days: float = 90) -> ssl.SSLContext:
    """A server's context with a certificate for this name, good for so many days from now."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    now = clock.now()
    cert = authority.issue_cert(
        name, not_before=now - timedelta(days=30), not_after=now + timedelta(days=days)
    )
    cert.configure_cert(context)
    return context
