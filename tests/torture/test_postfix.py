"""A real Postfix, as a cinema's own relay: STARTTLS with a certificate of its own, a login, a Maildir."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from email.message import EmailMessage, MIMEPart
from typing import cast

import pytest
import trustme

from bookingapp.email.messages import KINDS
from tests.dnsserver import NameServer, Records
from tests.house import House, wait_for
from tests.postfix import LOGIN, Postfix, parsed
from tests.torture.ground import Ground, unharmed
from tests.torture.scale import sizes

DOMAIN: Records = {
    ("lantern.example", "A"): ["8.8.8.8"],
    ("lantern.example", "TXT"): ["v=spf1 mx ~all"],
    ("mail._domainkey.lantern.example", "TXT"): ["v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQ"],
    ("_dmarc.lantern.example", "TXT"): ["v=DMARC1; p=reject"],
}
SENT = """SELECT content FROM outbox_mime JOIN outbox_message ON outbox_message.id = outbox_mime.message_id
          WHERE outbox_message.message_id = :id"""


@sizes(2, 10, small_on=["sqlite"])
def test_every_kind_of_mail_arrives_whole_through_a_real_postfix_with_starttls_and_login(
    ground: Ground, size: int, postfix: Postfix, name_server: Callable[[Records], NameServer],
    figures: dict[str, object],
) -> None:  # fmt: skip
    house = ground.house(postfix.port, **account(postfix)).open()
    for number in range(size):
        house.flask("mail", "test", f"guest{number}@example.org", "--kind", "all")
    owed = size * len(KINDS)
    wait_for(lambda: len(postfix.letters) == owed or None, f"{owed} letters in the Maildir", 60)
    assert postfix.waiting() == []
    letters = [(content, parsed(content)) for content in postfix.letters]
    kinds = Counter(str(letter["Message-ID"])[1:].split(".")[0] for _, letter in letters)
    assert kinds == dict.fromkeys(KINDS, size)
    for content, letter in letters:
        assert is_whole(ground, content, letter)
        assert defects(letter) == []
    levels = examined(house, name_server(DOMAIN))
    assert levels == {"ok"}
    unharmed(house)
    figures.update({"mails": len(letters), "kinds": len(kinds), "lost": owed - len(letters)})


def account(postfix: Postfix) -> dict[str, str]:
    """The settings an operator writes for this relay."""
    return {
        "mail_server": "localhost",
        "mail_use_tls": "true",
        "mail_ca_file": str(postfix.folder / "ca.pem"),
        "mail_username": LOGIN[0],
        "mail_password": LOGIN[1],
        "mail_default_sender": "The Lantern <box@lantern.example>",
    }


def is_whole(ground: Ground, content: bytes, letter: EmailMessage) -> bool:
    """Below the lines that Postfix writes on top, exactly the bytes that were kept."""
    [kept] = ground.ask(SENT, id=str(letter["Message-ID"]))
    assert len(kept) > 1000
    return content.replace(b"\n", b"\r\n").endswith(bytes(kept).rstrip() + b"\r\n")


def defects(letter: EmailMessage) -> list[object]:
    """What a mail program would stumble over, in any part or header."""
    parts = [cast("MIMEPart", part) for part in letter.walk()]
    values = [value for part in parts for value in part.values()]
    return [
        *(d for part in parts for d in part.defects),
        *(d for value in values for d in value.defects),
    ]


def examined(house: House, dns: NameServer) -> set[str]:
    """The levels of all that the doctor finds; a failure would have ended the command."""
    told = json.loads(house.flask("mail", "doctor", "--json", "--dns", dns.address))
    assert {finding["part"] for finding in told["findings"]} == {"smtp", "sender"}
    return {finding["level"] for finding in told["findings"]}


@pytest.fixture
def postfix() -> Iterator[Postfix]:
    """Postfix with a certificate of an authority of this test's own."""
    server = Postfix(trustme.CA())
    yield server
    server.stop()
