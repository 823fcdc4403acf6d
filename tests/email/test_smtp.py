"""Speaking SMTP to real servers: delivered whole, every wait bounded, every refusal named."""

import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from bookingapp import clock
from bookingapp.db import transaction
from bookingapp.email import pool, samples
from bookingapp.email.faults import Cause
from bookingapp.email.smtp import ClaimLost
from tests.email.arrived import due
from tests.email.conftest import URL
from tests.email.wire import YES, Connect, evidence, letter
from tests.mailservers import FaultyServer, MailServer, free_port

# What is sent and heard does not depend on the database.
pytestmark = pytest.mark.engine("sqlite")


def test_a_mail_arrives_as_it_was_made(connect: Connect, smtp: MailServer) -> None:
    made = letter(body=".a dot\n..two\n.\nFrom me\n")
    receipt = connect(smtp.port).send(made, "test", YES)
    assert smtp.received[0].content == made.as_bytes()
    assert smtp.received[0].sender == "box@lantern.test"
    assert smtp.received[0].recipients == ["asha@example.org"]
    assert (receipt.code, receipt.reply) == (250, "2.0.0 Ok: queued as TEST1")


def test_one_connection_carries_many_mails(connect: Connect, smtp: MailServer) -> None:
    transport = connect(smtp.port)
    for _ in range(5):
        transport.send(letter(), "test", YES)
    assert (len(smtp.received), smtp.connections) == (5, 1)


def test_a_domain_in_another_script_goes_in_ascii(connect: Connect, smtp: MailServer) -> None:
    connect(smtp.port).send(letter(to="asha@bücher.example"), "test", YES)
    assert smtp.received[0].recipients == ["asha@xn--bcher-kva.example"]


def test_a_local_part_in_another_script_needs_a_server_that_takes_it(
    connect: Connect, smtp: MailServer, faulty: FaultyServer
) -> None:
    connect(smtp.port).send(letter(to="आशा@example.org"), "test", YES)
    assert smtp.received[0].recipients == ["आशा@example.org"]
    said = evidence(connect(faulty.port), to="आशा@example.org")
    assert (said.phase, said.code) == ("rcpt", 553)


STAGES = {"CONNECT": "connect", "EHLO": "ehlo", "MAIL": "mail", "RCPT": "rcpt", "DATA": "data", "DOT": "dot"}  # fmt: skip


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("code", [421, 451, 554])
def test_a_refusal_is_known_by_where_and_why(
    connect: Connect, faulty: FaultyServer, stage: str, code: int
) -> None:
    faulty.faults[stage] = f"{code} 4.3.0 The servers own words"
    said = evidence(connect(faulty.port))
    assert (said.phase, said.cause, said.code) == (STAGES[stage], Cause.SERVER, code)
    assert said.reply == "4.3.0 The servers own words"


@pytest.mark.parametrize("stage", STAGES)
def test_a_dropped_connection_is_known_by_where(
    connect: Connect, faulty: FaultyServer, stage: str
) -> None:
    faulty.faults[stage] = "drop"
    said = evidence(connect(faulty.port))
    assert (said.phase, said.cause, said.code) == (STAGES[stage], Cause.TRANSPORT, 0)
    assert said.ambiguous is (stage == "DOT")


@pytest.mark.parametrize("stage", STAGES)
def test_a_silent_server_is_waited_for_so_long_and_no_longer(
    connect: Connect, faulty: FaultyServer, stage: str
) -> None:
    faulty.faults[stage] = "hang"
    began = time.monotonic()
    said = evidence(connect(faulty.port, mail_timeout_seconds=1))
    assert time.monotonic() - began < 8
    assert (said.phase, said.cause) == (STAGES[stage], Cause.TRANSPORT)
    assert "did not answer in 1 s" in said.reply


@pytest.mark.parametrize("stage", ["CONNECT", "RCPT", "DOT"])
def test_a_server_that_drips_bytes_does_not_stretch_the_deadline(
    connect: Connect, faulty: FaultyServer, stage: str
) -> None:
    faulty.faults[stage] = "drip"
    began = time.monotonic()
    said = evidence(connect(faulty.port, mail_timeout_seconds=60, mail_deadline_seconds=1))
    assert time.monotonic() - began < 8
    assert (said.phase, said.cause) == (STAGES[stage], Cause.TRANSPORT)
    assert "longer than 1 s" in said.reply


def test_a_failing_goodbye_is_no_error(connect: Connect, faulty: FaultyServer) -> None:
    faulty.faults["QUIT"] = "drop"
    transport = connect(faulty.port)
    assert transport.send(letter(), "test", YES).code == 250
    transport.close()
    pool.close_all()
    assert faulty.seen[-1] == "QUIT"
    assert len(faulty.taken) == 1


def test_a_port_where_nobody_listens_is_named(connect: Connect) -> None:
    port = free_port()
    said = evidence(connect(port))
    assert (said.phase, said.cause) == ("connect", Cause.TRANSPORT)
    assert f"127.0.0.1:{port}" in said.reply
    assert "refused" in said.reply


def test_a_name_that_does_not_exist_is_named(connect: Connect) -> None:
    said = evidence(connect(25, mail_server="nowhere.invalid"))
    assert said.phase == "connect"
    assert "nowhere.invalid was not found" in said.reply


def test_the_next_mail_goes_over_the_same_connection_after_a_refusal(
    connect: Connect, faulty: FaultyServer
) -> None:
    faulty.faults["RCPT"], faulty.times["RCPT"] = "550 5.1.1 No such user", 1
    transport = connect(faulty.port)
    assert evidence(transport).code == 550
    assert transport.send(letter(), "test", YES).code == 250
    assert faulty.connections == 1


@pytest.mark.parametrize("fault", ["drop", "421 4.4.2 Idle too long"])
def test_a_kept_connection_gone_stale_is_not_the_mails_fault(
    connect: Connect, faulty: FaultyServer, fault: str
) -> None:
    transport = connect(faulty.port)
    transport.send(letter(), "test", YES)
    faulty.faults["MAIL"], faulty.times["MAIL"] = fault, 1
    assert transport.send(letter(), "test", YES).code == 250
    assert faulty.connections == 2


def test_a_lost_claim_never_gets_its_final_dot(connect: Connect, faulty: FaultyServer) -> None:
    transport = connect(faulty.port)
    with pytest.raises(ClaimLost):
        transport.send(letter(), "test", lambda: False)
    assert transport.send(letter(), "test", YES).code == 250
    assert len(faulty.taken) == 1


def test_the_mark_is_made_after_the_content_and_before_the_dot(
    connect: Connect, faulty: FaultyServer
) -> None:
    seen: list[list[str]] = []

    def mark() -> bool:
        seen.append(list(faulty.seen))
        return True

    connect(faulty.port).send(letter(), "test", mark)
    assert seen == [["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"]]


def test_nobody_waits_for_a_mail_server_in_a_transaction(
    connect: Connect, smtp: MailServer
) -> None:
    transport = connect(smtp.port)
    with transaction(), pytest.raises(RuntimeError):
        transport.send(letter(), "test", YES)
    assert smtp.received == []


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A certificate authority of the cinema's own."""
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    """Its certificate, as MAIL_CA_FILE wants it."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def certified(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


TLS = {"mail_use_tls": True, "mail_server": "localhost"}
SSL = {"mail_use_ssl": True, "mail_server": "localhost"}


@pytest.mark.parametrize("kind", [TLS, SSL], ids=["starttls", "ssl"])
def test_a_mail_goes_encrypted_and_signed_in(
    connect: Connect, mail_servers: Callable[..., MailServer], authority: trustme.CA,
    ca_file: str, kind: dict[str, object],
) -> None:  # fmt: skip
    at_once = "mail_use_ssl" in kind
    server = mail_servers(tls=certified(authority, "localhost"), at_once=at_once,
                          login=None if at_once else ("box", "secret"))  # fmt: skip
    login = {} if at_once else {"mail_username": "box", "mail_password": "secret"}
    connect(server.port, mail_ca_file=ca_file, **kind, **login).send(letter(), "test", YES)
    assert len(server.received) == 1


CASES = [(kind, known, name) for kind in (TLS, SSL) for known, name in ((False, "localhost"), (True, "elsewhere.test"))]  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_certificate_that_proves_nothing_stops_the_mail(
    connect: Connect,
    mail_servers: Callable[..., MailServer],
    authority: trustme.CA,
    ca_file: str,
    case: tuple[dict[str, object], bool, str],
) -> None:
    kind, known, name = case
    server = mail_servers(tls=certified(authority, name), at_once="mail_use_ssl" in kind)
    said = evidence(connect(server.port, mail_ca_file=ca_file if known else "", **kind))
    assert said.phase in {"tls", "connect"}
    assert said.cause is Cause.TRANSPORT
    assert "certificate" in said.reply
    assert server.received == []


def test_without_starttls_on_offer_nothing_goes_in_the_clear(
    connect: Connect, smtp: MailServer, ca_file: str
) -> None:
    said = evidence(connect(smtp.port, mail_ca_file=ca_file, **TLS))
    assert said.phase == "tls"
    assert smtp.received == []


def test_a_wrong_password_is_named(
    connect: Connect, mail_servers: Callable[..., MailServer], authority: trustme.CA, ca_file: str
) -> None:  # fmt: skip
    server = mail_servers(tls=certified(authority, "localhost"), login=("box", "secret"))
    said = evidence(connect(server.port, mail_ca_file=ca_file, mail_username="box",
                            mail_password="wrong", **TLS))  # fmt: skip
    assert (said.phase, said.cause, said.code) == ("auth", Cause.SERVER, 535), said
    assert "wrong" not in said.words


def test_a_whole_ticket_arrives(connect: Connect, smtp: MailServer) -> None:
    from bookingapp.email import render  # noqa: PLC0415

    transport = connect(smtp.port)
    made = render.letter(due(samples.samples(clock.now(), URL)["booking_confirmation"]))
    transport.send(made, "test", YES)
    arrived = smtp.received[0]
    assert arrived.content == made.as_bytes()
    assert [part.defects for part in arrived.message.walk() if part.defects] == []
