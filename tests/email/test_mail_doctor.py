"""`flask mail doctor` against real servers: each step, what is wrong with it, and what to do."""

import json
from collections.abc import Callable
from typing import Any

import flask_migrate
import pytest
import trustme
from flask import Flask

from bookingapp import clock
from bookingapp.db import transaction
from bookingapp.email import oauth, transport_state
from bookingapp.email.faults import Cause, Evidence, Fault
from tests.dnsserver import NameServer, Records
from tests.email.conftest import use_server
from tests.email.doctors import (
    LOGIN,
    ONE_ENGINE,
    SENDER,
    SSL,
    TLS,
    Doctor,
    authority,
    ca_file,
    certified,
    doctor,
)
from tests.email.test_oauth import ME, TokenServer
from tests.email.token_endpoint import TokenEndpoint
from tests.mailservers import FaultyServer, MailServer, free_port

__all__ = ["authority", "ca_file", "doctor"]


def test_with_mails_to_files_there_is_nothing_to_examine(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["mail", "doctor"])
    assert result.exit_code == 0
    assert "mails go to file, nothing is sent" in result.output
    assert "set MAIL_TRANSPORT=smtp" in result.output


@pytest.mark.parametrize("kind", [TLS, SSL], ids=["starttls", "smtps"])
def test_a_sound_set_up_is_all_ok(
    doctor: Doctor, mail_servers: Callable[..., MailServer], authority: trustme.CA, ca_file: str,
    kind: dict[str, Any],
) -> None:  # fmt: skip
    # aiosmtpd offers its login only where it began TLS itself
    login = LOGIN if kind is TLS else None
    server = mail_servers(tls=certified(authority), at_once=kind is SSL, login=login)
    account = {"mail_username": LOGIN[0], "mail_password": LOGIN[1]} if login else {}
    told = doctor(server.port, mail_ca_file=ca_file, **kind, **account)
    assert told.exit_code == 0, told.all
    assert {f["level"] for f in told.all["findings"]} == {"ok"}
    assert "TLSv1.3, the certificate is good until " in told("tls")[1]
    assert told("login")[1] == (f"as {LOGIN[0]} with the password" if login else "none asked for")
    assert told("offers")[1].startswith("mails up to 33.6 MB, SMTPUTF8")
    assert server.received == []


@ONE_ENGINE
def test_in_words_each_line_has_its_level_and_its_cure(
    app: Flask, name_server: Callable[[Records], NameServer], smtp: MailServer
) -> None:
    bare = name_server({("lantern.example", "A"): ["8.8.8.8"]})
    use_server(app, smtp.port, mail_default_sender=SENDER)
    result = app.test_cli_runner().invoke(args=["mail", "doctor", "--dns", bare.address])
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].startswith(f"ok       smtp    settings  127.0.0.1:{smtp.port}, no TLS")
    spf = next(n for n, line in enumerate(lines) if " spf " in line)
    assert lines[spf].startswith("warning  sender  spf       lantern.example has no SPF record")
    assert lines[spf + 1].strip() == '→ add to lantern.example: TXT "v=spf1 mx ~all"'


@ONE_ENGINE
@pytest.mark.parametrize(
    ("name", "days", "level", "said", "cure"),
    [
        ("localhost", 10, "warning", "(9 days)", "renew it before then"),
        ("localhost", -1, "failure", "certificate has expired", "must renew it"),
        ("mail.other.example", 90, "failure", "not valid for 'localhost'", "set MAIL_SERVER to the name"),
    ],
)  # fmt: skip
def test_a_certificate_that_ends_soon_or_does_not_fit_is_named(
    doctor: Doctor, mail_servers: Callable[..., MailServer], authority: trustme.CA, ca_file: str,
    name: str, days: int, level: str, said: str, cure: str,
) -> None:  # fmt: skip
    server = mail_servers(tls=certified(authority, name, days))
    told = doctor(server.port, mail_ca_file=ca_file, **TLS)
    assert told("tls")[0] == level
    assert said in told("tls")[1]
    assert cure in told("tls")[2]
    assert told.exit_code == (level == "failure")


@ONE_ENGINE
def test_an_authority_nobody_knows_is_to_be_named(
    doctor: Doctor, mail_servers: Callable[..., MailServer], authority: trustme.CA
) -> None:
    told = doctor(mail_servers(tls=certified(authority)).port, **TLS)
    assert told.failures == [("smtp", "tls")]
    assert "set MAIL_CA_FILE" in told("tls")[2]


@ONE_ENGINE
def test_the_wrong_kind_of_tls_is_told_from_the_right_one(
    doctor: Doctor, ca_file: str, smtp: MailServer
) -> None:
    plain = doctor(smtp.port, mail_ca_file=ca_file, **SSL)
    assert "set MAIL_USE_TLS=true" in plain("connect")[2]
    assert (
        "set MAIL_USE_SSL=true with port 465"
        in doctor(smtp.port, mail_use_ssl=None, **TLS)("tls")[2]
    )


@ONE_ENGINE
def test_a_refused_login_is_told_in_the_servers_words_with_the_providers_cure(
    doctor: Doctor, mail_servers: Callable[..., MailServer], authority: trustme.CA, ca_file: str
) -> None:
    server = mail_servers(tls=certified(authority), login=LOGIN)
    told = doctor(server.port, mail_ca_file=ca_file, mail_provider="gmail", mail_server="localhost",
                  mail_username=LOGIN[0], mail_password="my google password")  # fmt: skip
    assert told.failures == [("smtp", "login")]
    assert told("login")[1].startswith("535 5.7.8 ")
    assert "myaccount.google.com/apppasswords" in told("login")[2]
    assert "google password" not in json.dumps(told.all)


@ONE_ENGINE
def test_a_token_is_tried_like_a_password(doctor: Doctor) -> None:
    oauth.forget()
    endpoint = TokenEndpoint()
    server = TokenServer(endpoint)
    own = {"mail_oauth_client_id": "an-app", "mail_oauth_refresh_token": "first",
           "mail_oauth_token_url": endpoint.url, "mail_username": ME}  # fmt: skip
    try:
        told = doctor(server.port, **own)
        assert told("login")[1] == f"as {ME} with a token (XOAUTH2)"
        oauth.forget()
        endpoint.answer = (400, '{"error": "invalid_grant"}')
        told = doctor(server.port, **own)
        assert told.failures == [("smtp", "login")]
        assert "invalid_grant" in told("login")[1]
        assert "MAIL_OAUTH_REFRESH_TOKEN" in told("login")[2]
    finally:
        oauth.forget()
        server.stop()
        endpoint.stop()


@ONE_ENGINE
def test_a_server_too_small_for_tickets_is_named(doctor: Doctor, faulty: FaultyServer) -> None:
    faulty.offers = ["SIZE 50000", "PIPELINING"]
    level, said, _ = doctor(faulty.port)("offers")
    assert (level, said) == ("warning", "mails up to 0.1 MB, PIPELINING")


@ONE_ENGINE
def test_every_way_out_is_examined_in_order(doctor: Doctor, smtp: MailServer) -> None:
    told = doctor(smtp.port, mail2_server="127.0.0.1", mail2_port=free_port())
    parts = list(dict.fromkeys(finding["part"] for finding in told.all["findings"]))
    assert parts == ["smtp", "smtp2", "sender"]
    assert told.failures == [("smtp2", "connect")]
    assert "MAIL2_PORT" in told("connect", "smtp2")[2]


@ONE_ENGINE
def test_what_a_provider_is_known_for_is_said_before_it_bites(
    doctor: Doctor, smtp: MailServer
) -> None:
    own = {"mail_username": LOGIN[0], "mail_password": "short"}
    gmail = doctor(smtp.port, mail_provider="gmail", mail_server="127.0.0.1", **own)
    assert gmail("password")[1] == "an app password has 16 letters, this one 5"
    assert gmail("sender")[1] == "tickets@lantern.example is not the account box@lantern.example"
    assert "500 recipients a day" in gmail("settings")[1]
    outlook = doctor(smtp.port, mail_provider="outlook", mail_server="127.0.0.1", **own)
    assert "MAIL_OAUTH_CLIENT_ID" in outlook("password")[2]
    borrowed = doctor(
        smtp.port, mail_provider="custom", mail_default_sender="The Lantern <lantern@yahoo.com>"
    )
    assert "belongs to Yahoo" in borrowed("sender")[1]


def test_the_breaker_and_todays_count_are_read_from_the_database(
    doctor: Doctor, smtp: MailServer
) -> None:
    told = doctor(smtp.port, mail_daily_limit=10)
    assert told("breaker")[:2] == ("ok", "closed, mails go")
    assert told("quota")[:2] == ("ok", "0 of 10 mails today (UTC)")
    with transaction() as session:
        transport_state.note_sent(session, "smtp", 8, clock.now())
    told = doctor(smtp.port, mail_daily_limit=10)
    assert told("breaker")[1].startswith("closed, mails go, last mail 20")
    assert told("quota")[0] == "warning"
    refused = Evidence("auth", Cause.SERVER, 535, "5.7.8 Bad password")
    with transaction() as session:
        transport_state.note_sent(session, "smtp", 2, clock.now())
        transport_state.note_fault(session, "smtp", Fault.AUTH, refused, clock.now())
    told = doctor(smtp.port, mail_daily_limit=10)
    assert told.failures == [("smtp", "breaker"), ("smtp", "quota")]
    assert told("breaker")[1].endswith("after 1 fault: 535 5.7.8 Bad password")
    assert told("breaker")[2].startswith("it answers well now; the next mail tries at ")


def test_a_database_that_is_not_migrated_is_told_with_the_command(
    app: Flask, doctor: Doctor, smtp: MailServer
) -> None:
    flask_migrate.downgrade(revision="base")
    assert doctor(smtp.port)("database")[2] == "run: flask --app app db upgrade"


@ONE_ENGINE
def test_a_resolver_that_is_no_address_is_refused(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["mail", "doctor", "--dns", "1.1.1.1:dns"])
    assert result.exit_code == 2
    assert "write an address" in result.output
