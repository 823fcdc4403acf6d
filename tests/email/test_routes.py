"""From settings to the ways out for mails: presets, what goes before them, and what stops the start."""

import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from bookingapp.email.providers import PRESETS, Provider, owner_of
from bookingapp.email.routes import Route, encryption, routes, token_url, warnings
from bookingapp.settings import ROOT, Settings, load
from bookingapp.settings_checks import SettingsError
from bookingapp.settings_mail import PROVIDERS
from tests.house import free_ports

NO_FILE = Path("/nonexistent/.env")
SENDER = {"MAIL_DEFAULT_SENDER": "The Lantern <tickets@lantern.example>"}
LOGIN = {"MAIL_USERNAME": "lantern@gmail.com", "MAIL_PASSWORD": "abcd efgh ijkl mnop"}
GMAIL = {"MAIL_TRANSPORT": "smtp", "MAIL_PROVIDER": "gmail", **LOGIN, **SENDER}
OWN = {"MAIL_TRANSPORT": "smtp", "MAIL_SERVER": "mail.lantern.example", **SENDER}
OAUTH = {
    "MAIL_USERNAME": "box@lantern.example", "MAIL_USE_TLS": "yes", "MAIL_OAUTH_CLIENT_ID": "app",
    "MAIL_OAUTH_REFRESH_TOKEN": "t",
}  # fmt: skip
SECOND = {"MAIL2_SERVER": "relay.example", "MAIL2_USE_TLS": "yes"}


def ways(**given: str) -> tuple[Route, ...]:
    """The routes of these settings."""
    return routes(load(given, NO_FILE))


def facts(route: Route, *names: str) -> tuple[Any, ...]:
    """Some of a route's values."""
    return tuple(getattr(route, name) for name in names)


def test_mail_to_files_is_one_way_that_sends_nothing() -> None:
    assert ways() == (Route("file", simulated=True),)


@pytest.mark.parametrize(
    ("provider", "sender", "reached", "limits"),
    [
        ("gmail", "lantern@gmail.com", ("smtp.gmail.com", 587, True, False), (1, 0, 0, 500)),
        ("outlook", "box@lantern.example", ("smtp.office365.com", 587, True, False), (3, 0, 30, 10_000)),
        ("yahoo", "lantern@yahoo.co.in", ("smtp.mail.yahoo.com", 465, False, True), (1, 20, 0, 500)),
    ],
)  # fmt: skip
def test_a_provider_brings_server_encryption_and_limits(
    provider: str, sender: str, reached: tuple[object, ...], limits: tuple[int, ...]
) -> None:
    (route,) = ways(**{**GMAIL, "MAIL_PROVIDER": provider, "MAIL_DEFAULT_SENDER": sender})
    assert facts(route, "server", "port", "use_tls", "use_ssl") == reached
    assert facts(route, "connections", "per_connection", "per_minute", "daily_limit") == limits
    assert facts(route, "name", "provider", "auth") == ("smtp", provider, "password")


def test_what_is_set_goes_before_what_the_provider_brings() -> None:
    (route,) = ways(**GMAIL, MAIL_SERVER="smtp-relay.gmail.com", MAIL_PORT="2587",
                    MAIL_DAILY_LIMIT="2000", MAIL_CONNECTIONS="4")  # fmt: skip
    assert facts(route, "server", "port") == ("smtp-relay.gmail.com", 2587)
    assert facts(route, "daily_limit", "connections", "use_tls") == (2000, 4, True)


@pytest.mark.parametrize(
    ("given", "reached"),
    [
        ({}, (25, False, False)),
        ({"MAIL_USE_TLS": "yes"}, (587, True, False)),
        ({"MAIL_USE_SSL": "yes"}, (465, False, True)),
        ({"MAIL_PORT": "465"}, (465, False, True)),
        ({"MAIL_PORT": "2525"}, (2525, False, False)),
        ({"MAIL_PORT": "465", "MAIL_USE_TLS": "yes"}, (465, True, False)),
        ({**GMAIL, "MAIL_PORT": "465"}, (465, False, True)),
        ({**GMAIL, "MAIL_USE_SSL": "yes"}, (465, False, True)),
    ],
)
def test_port_and_encryption_fit_together(
    given: dict[str, str], reached: tuple[object, ...]
) -> None:
    (route,) = ways(**{**OWN, "MAIL_SERVER": "127.0.0.1", **given})
    assert facts(route, "port", "use_tls", "use_ssl") == reached


@given(
    st.sampled_from([None, True, False]),
    st.sampled_from([None, True, False]),
    st.sampled_from([0, 25, 465, 587, 2525]),
    st.sampled_from(list(PRESETS.values())),
)
def test_encryption_is_what_was_asked_for(
    use_tls: bool | None, use_ssl: bool | None, port: int, provider: Provider
) -> None:
    if use_tls and use_ssl:
        return
    tls, ssl = encryption(use_tls, use_ssl, port, provider)
    assert not (tls and ssl)
    for asked, got in ((use_tls, tls), (use_ssl, ssl)):
        assert got is not False or not asked
        assert got is not True or asked is not False
    # nobody who says nothing sends to a provider in the clear
    assert provider.name == "custom" or use_tls is not None or use_ssl is not None or tls or ssl


def test_a_second_way_out_has_everything_of_its_own() -> None:
    _, second = ways(**GMAIL, **SECOND, MAIL2_PORT="2587", MAIL2_USERNAME="u", MAIL2_PASSWORD="p",
                     MAIL2_DAILY_LIMIT="90", MAIL2_CONNECTIONS="2")  # fmt: skip
    assert second == Route("smtp2", server="relay.example", port=2587, use_tls=True, username="u",
                           password="p", daily_limit=90, connections=2, auth="password")  # fmt: skip


def test_oauth_is_the_first_ways_alone() -> None:
    oauth = {"MAIL_OAUTH_CLIENT_ID": "app", "MAIL_OAUTH_REFRESH_TOKEN": "t", "MAIL_PASSWORD": ""}
    first, second = ways(**{**GMAIL, **oauth, **SECOND})
    assert (first.auth, second.auth) == ("xoauth2", "")


@pytest.mark.parametrize(
    "given",
    [
        {"MAIL_PROVIDER": "outlook"},
        {"MAIL_PROVIDER": "gmail", "MAIL_SERVER": "smtp-relay.gmail.com"},
        {"MAIL_SERVER": "smtp.office365.com"},
        {"MAIL_SERVER": "mail.lantern.example", "MAIL_OAUTH_TOKEN_URL": "https://token.example/t"},
    ],
)
def test_oauth_knows_where_tokens_of_its_provider_are_renewed(given: dict[str, str]) -> None:
    settings = load({"MAIL_TRANSPORT": "smtp", **SENDER, **OAUTH, **given}, NO_FILE)
    assert token_url(routes(settings)[0], settings).startswith("https://")


@pytest.mark.parametrize(
    "server", ["smtp.münchen.example", "mail_1.example", "mail.example.", "::1", "[::1]"]
)
def test_a_name_a_server_may_have_is_accepted(server: str) -> None:
    assert ways(**{**OWN, "MAIL_SERVER": server})[0].server == server


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({**GMAIL, "MAIL_PROVIDER": "gmial"}, "MAIL_PROVIDER"),
        ({**GMAIL, "MAIL_PASSWORD": ""}, "MAIL_PASSWORD"),
        ({**GMAIL, "MAIL_USERNAME": ""}, "MAIL_USERNAME"),
        ({**GMAIL, "MAIL_USERNAME": "", "MAIL_PASSWORD": ""}, "MAIL_USERNAME"),
        ({**GMAIL, "MAIL_TRANSPORT": "file"}, "MAIL_PROVIDER"),
        ({**GMAIL, "MAIL_USE_TLS": "no"}, "MAIL_USE_TLS"),
        ({**GMAIL, "MAIL_DEFAULT_SENDER": "The Lantern <lantern@yahoo.com>"}, "MAIL_DEFAULT_SENDER"),
        ({**GMAIL, "MAIL_DEFAULT_SENDER": ""}, "MAIL_DEFAULT_SENDER"),
        ({**GMAIL, "MAIL_DEFAULT_SENDER": "The Lantern"}, "MAIL_DEFAULT_SENDER"),
        ({**GMAIL, "MAIL_DAILY_LIMIT": "-1"}, "MAIL_DAILY_LIMIT"),
        ({**GMAIL, "MAIL_CONNECTIONS": "many"}, "MAIL_CONNECTIONS"),
        ({**OWN, "MAIL_PASSWORD": "p"}, "MAIL_USERNAME"),
        ({**OWN, "MAIL_USE_TLS": "yes", "MAIL_USERNAME": "u"}, "MAIL_PASSWORD"),
        ({**OWN, **LOGIN}, "MAIL_USE_TLS"),
        ({**OWN, "MAIL_CA_FILE": "/nonexistent/ca.pem"}, "MAIL_CA_FILE"),
        ({**OWN, "MAIL2_PROVIDER": "aol"}, "MAIL2_PROVIDER"),
        ({**OWN, "MAIL2_PROVIDER": "custom"}, "MAIL2_SERVER"),
        ({**OWN, "MAIL2_PROVIDER": "yahoo", "MAIL2_USERNAME": "u"}, "MAIL2_PASSWORD"),
        ({**OWN, "MAIL2_USERNAME": "u"}, "MAIL2_USERNAME"),
        ({**OWN, **SECOND, "MAIL2_USE_SSL": "yes"}, "MAIL2_USE_TLS"),
        ({**OWN, "MAIL2_SERVER": "relay.example", "MAIL2_USERNAME": "u", "MAIL2_PASSWORD": "p"}, "MAIL2_USE_TLS"),
        ({**SENDER, "MAIL2_SERVER": "relay.example"}, "MAIL2_SERVER"),
        ({**SENDER, "MAIL_SERVER": "mail.lantern.example", **LOGIN}, "MAIL_SERVER"),
        ({**SENDER, **LOGIN}, "MAIL_USERNAME"),
        ({**SENDER, "MAIL_PASSWORD": "abcd"}, "MAIL_PASSWORD"),
        ({**SENDER, "MAIL_TRANSPORT": "console", "MAIL_PORT": "587"}, "MAIL_PORT"),
        ({**SENDER, "MAIL_USE_TLS": "no"}, "MAIL_USE_TLS"),
        ({**OWN, "MAIL_SERVER": "smtp..example.com"}, "MAIL_SERVER"),
        ({**OWN, "MAIL_SERVER": ".example.com"}, "MAIL_SERVER"),
        ({**OWN, "MAIL_SERVER": f"{64 * 'a'}.example.com"}, "MAIL_SERVER"),
        ({**OWN, "MAIL_SERVER": "a b\r\nc"}, "MAIL_SERVER"),
        ({**OWN, "MAIL_SERVER": "mail.example.com:587"}, "MAIL_SERVER"),
        ({**OWN, "MAIL_SERVER": "smtps://mail.example.com"}, "MAIL_SERVER"),
        ({**OWN, "MAIL2_SERVER": "relay..example"}, "MAIL2_SERVER"),
        ({**GMAIL, "MAIL_PASSWORD": "äbcd efgh"}, "MAIL_PASSWORD"),
        ({**GMAIL, "MAIL_USERNAME": "läntern@gmail.com"}, "MAIL_USERNAME"),
        ({**OWN, **OAUTH}, "MAIL_OAUTH_TOKEN_URL"),
        ({**OWN, "MAIL3_SERVER": "relay.example", "MAIL2_SERVR": "x"}, "MAIL2_SERVR"),
    ],
)  # fmt: skip
def test_an_operators_mistake_stops_the_start_with_one_line_that_names_the_setting(
    given: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        ways(**given)
    assert str(refused.value).startswith(f"{named} ")
    assert "\n" not in str(refused.value)
    assert "abcd" not in str(refused.value)


def test_a_ca_file_without_a_certificate_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")
    with pytest.raises(SettingsError, match="MAIL_CA_FILE can't be used: no PEM certificate"):
        ways(**OWN, MAIL_CA_FILE=str(tmp_path / "ca.pem"))
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    assert ways(**OWN, MAIL_CA_FILE=str(tmp_path / "ca.pem"))[0].ca_file


def test_the_process_stops_with_that_line_and_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env={**OWN, **LOGIN}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert done.stderr.startswith("Matinee can't start: MAIL_USE_TLS or MAIL_USE_SSL must be true")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("server", ["localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]"])
def test_a_login_on_this_machine_needs_no_tls_and_no_warning(server: str) -> None:
    given = {**OWN, **LOGIN, "MAIL_SERVER": server}
    assert ways(**given)[0].auth == "password"
    assert warnings(load(given, NO_FILE)) == []


def test_a_plain_connection_elsewhere_is_warned_of_once_for_each_way() -> None:
    (line,) = warnings(load({**GMAIL, "MAIL2_SERVER": "relay.example"}, NO_FILE))
    assert line.startswith("MAIL2_SERVER relay.example:25 is reached without TLS")
    assert line.endswith("set MAIL2_USE_TLS=true")
    assert warnings(load({**OWN, "MAIL_USE_TLS": "yes"}, NO_FILE)) == []
    assert warnings(load({}, NO_FILE)) == []


def test_the_server_says_so_once_when_it_starts(tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "matinee.db")
    port, sandbox = map(str, free_ports(2))
    environ = {**OWN, "INSTANCE_DIR": str(tmp_path), "PORT": port, "SANDBOX_PORT": sandbox}
    house = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environ, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    try:
        assert house.stdout is not None
        assert "Matinee is open" in house.stdout.readline()
    finally:
        house.terminate()
        said = house.communicate(timeout=30)[1]
    assert said.count("is reached without TLS") == 1


@pytest.mark.parametrize(
    ("domain", "provider"),
    [("gmail.com", "gmail"), ("GoogleMail.com", "gmail"), ("yahoo.co.in", "yahoo"),
     ("ymail.com", "yahoo"), ("hotmail.fr", "outlook"), ("lantern.example", ""),
     ("notgmail.com", "")],
)  # fmt: skip
def test_free_addresses_belong_to_their_provider(domain: str, provider: str) -> None:
    owner = owner_of(domain)
    assert (owner.name if owner else "") == provider


def test_each_name_of_the_setting_has_its_preset() -> None:
    assert set(PRESETS) == set(PROVIDERS)
    assert {f.name for f in fields(Provider)} >= {"daily_limit", "per_minute", "per_connection"}


def test_the_readmes_five_lines_are_a_set_up_that_starts(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = (part for part in text.split("```") if "MAIL_PROVIDER=" in part)
    (tmp_path / ".env").write_text(block, encoding="utf-8")
    (route,) = routes(load({}, tmp_path / ".env"))
    assert facts(route, "server", "password", "auth") == (
        "smtp.gmail.com", "abcd efgh ijkl mnop", "password"
    )  # fmt: skip


def test_the_readme_names_no_mail_setting_that_does_not_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\bMAIL2?_[A-Z0-9_]*[A-Z0-9]\b", text))
    known = {f.name.upper() for f in fields(Settings)}
    assert {name.removesuffix("_FILE") for name in named - known} <= known
