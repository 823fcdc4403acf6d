"""XOAUTH2 against a real SMTP server that takes only tokens, and a token endpoint that gives them."""

import smtplib
import ssl
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from aiosmtpd.smtp import MISSING, SMTP, AuthResult
from flask import Flask
from sqlalchemy import select

from bookingapp.db import db
from bookingapp.email import drain, oauth
from bookingapp.email.faults import Cause, Evidence, Fault, classify
from bookingapp.email.models import BreakerState, MailTransport, OutboxState
from bookingapp.email.routes import Route, token_url
from bookingapp.settings import Settings
from bookingapp.settings_checks import SettingsError
from tests.email.conftest import Owe, opened, use_server
from tests.email.token_endpoint import TokenEndpoint
from tests.mailservers import MailServer

ME = "tickets@lantern.test"


class TokenServer(MailServer):
    """An SMTP server that asks the endpoint which tokens are good."""

    def __init__(self, endpoint: TokenEndpoint) -> None:
        self.endpoint = endpoint
        self.tried: list[str] = []
        super().__init__(login=("nobody", "has no password"))

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        """As Google's: a wrong token is first answered with 334 and a reason, then with 535."""
        said = b64decode(args[1]).decode()
        user, _, rest = said.partition("\x01")
        token = rest.removeprefix("auth=Bearer ").rstrip("\x01")
        self.tried.append(token)
        if user == f"user={ME}" and token in self.endpoint.good:
            return AuthResult(success=True)
        if await server.challenge_auth('{"status":"400","schemes":"Bearer"}') is MISSING:
            return AuthResult(success=False, handled=True)
        return AuthResult(success=False, handled=False)


@pytest.fixture(autouse=True)
def no_token_yet() -> Iterator[None]:
    oauth.forget()
    yield
    oauth.forget()


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    server = TokenEndpoint()
    yield server
    server.stop()


@pytest.fixture
def server(endpoint: TokenEndpoint) -> Iterator[TokenServer]:
    running = TokenServer(endpoint)
    yield running
    running.stop()


@pytest.fixture
def own(endpoint: TokenEndpoint, tmp_path: Path) -> Settings:
    return Settings(
        instance_dir=str(tmp_path), mail_oauth_client_id="an-app", mail_oauth_client_secret="its secret",
        mail_oauth_refresh_token="first", mail_oauth_token_url=endpoint.url, mail_timeout_seconds=5,
    )  # fmt: skip


def route(port: int = 0, server: str = "127.0.0.1") -> Route:
    return Route("smtp", server=server, port=port, username=ME)


def sign_in(server: MailServer, settings: Settings) -> None:
    """Connect and sign in; raises what the drain would see."""
    with smtplib.SMTP("127.0.0.1", server.port, timeout=5) as host:
        host.ehlo()
        oauth.sign_in(host, route(server.port), settings)
        assert host.mail(ME)[0] == 250


def test_a_token_signs_in(server: TokenServer, endpoint: TokenEndpoint, own: Settings) -> None:
    sign_in(server, own)
    assert endpoint.asked == [
        {"grant_type": "refresh_token", "client_id": "an-app", "client_secret": "its secret",
         "refresh_token": "first"},
    ]  # fmt: skip


def test_a_good_token_is_kept_for_the_next_connection(
    server: TokenServer, endpoint: TokenEndpoint, own: Settings
) -> None:
    sign_in(server, own)
    sign_in(server, own)
    assert (len(endpoint.asked), server.tried) == (1, ["token-1", "token-1"])


def test_a_token_about_to_end_is_renewed_first(
    server: TokenServer, endpoint: TokenEndpoint, own: Settings
) -> None:
    endpoint.lasts = oauth.EARLY_SECONDS - 1
    sign_in(server, own)
    sign_in(server, own)
    assert server.tried == ["token-1", "token-2"]


def test_a_refused_token_is_renewed_once(
    server: TokenServer, endpoint: TokenEndpoint, own: Settings
) -> None:
    sign_in(server, own)
    endpoint.good.clear()
    sign_in(server, own)
    assert server.tried == ["token-1", "token-1", "token-2"]


def test_a_mailbox_that_takes_no_token_is_asked_twice_and_no_more(
    server: TokenServer, endpoint: TokenEndpoint, own: Settings
) -> None:
    endpoint.answer = (200, '{"access_token": "of another mailbox", "expires_in": 3600}')
    with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        sign_in(server, own)
    assert refused.value.smtp_code == 535
    assert (len(server.tried), len(endpoint.asked)) == (2, 2)


def test_a_refusing_endpoint_is_the_set_ups_fault_and_says_what_to_do(
    server: TokenServer, endpoint: TokenEndpoint, own: Settings
) -> None:
    endpoint.answer = (
        400,
        '{"error": "invalid_grant", "error_description": "Token expired\\nor so"}',
    )
    with pytest.raises(smtplib.SMTPResponseException) as refused:
        sign_in(server, own)
    said = Evidence("auth", Cause.SERVER, refused.value.smtp_code, str(refused.value.smtp_error))
    assert classify(said) is Fault.AUTH
    assert "invalid_grant Token expired or so" in said.reply
    assert "MAIL_OAUTH_REFRESH_TOKEN" in said.reply
    assert "first" not in said.reply
    assert server.tried == []


@pytest.mark.parametrize("answer", [(503, "{}"), (429, "slow down"), (500, "<html>")])
def test_an_endpoint_in_trouble_is_like_a_server_in_trouble(
    server: TokenServer, endpoint: TokenEndpoint, own: Settings, answer: tuple[int, str]
) -> None:
    endpoint.answer = answer
    with pytest.raises(OSError, match=r"gives no token just now \(HTTP \d+\)"):
        sign_in(server, own)


@pytest.mark.parametrize("said", ["not JSON", "[]", "{}", '{"access_token": 7}'])
def test_an_answer_without_a_token_is_no_token(
    server: TokenServer, endpoint: TokenEndpoint, own: Settings, said: str
) -> None:
    endpoint.answer = (200, said)
    with pytest.raises(oauth.NoToken):
        sign_in(server, own)


def test_an_endpoint_that_is_away_is_named(server: TokenServer, own: Settings) -> None:
    away = replace(own, mail_oauth_token_url="http://localhost:9/token")
    with pytest.raises(OSError, match="localhost:9, where tokens are renewed, does not answer"):
        sign_in(server, away)


def test_a_server_without_xoauth2_is_the_set_ups_fault(smtp: MailServer, own: Settings) -> None:
    with pytest.raises(smtplib.SMTPNotSupportedError) as refused:
        sign_in(smtp, own)
    assert classify(Evidence("auth", Cause.TRANSPORT, 0, str(refused.value))) is Fault.AUTH


def test_a_replaced_refresh_token_is_kept_and_used_from_then_on(
    server: TokenServer, endpoint: TokenEndpoint, own: Settings
) -> None:
    endpoint.replaces = "second"
    sign_in(server, own)
    oauth.forget()
    sign_in(server, own)
    assert [asked["refresh_token"] for asked in endpoint.asked] == ["first", "second"]
    assert (own.instance / oauth.NAME).stat().st_mode & 0o077 == 0


def test_a_refresh_token_set_anew_goes_before_the_kept_one(
    server: TokenServer, endpoint: TokenEndpoint, own: Settings
) -> None:
    endpoint.replaces = "second"
    sign_in(server, own)
    sign_in(server, replace(own, mail_oauth_refresh_token="set by hand"))
    assert [asked["refresh_token"] for asked in endpoint.asked] == ["first", "set by hand"]


def test_the_kept_file_may_be_broken(
    server: TokenServer, endpoint: TokenEndpoint, own: Settings
) -> None:
    (own.instance / oauth.NAME).write_text("{")
    sign_in(server, own)
    assert endpoint.asked[0]["refresh_token"] == "first"


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ("smtp.gmail.com", "https://oauth2.googleapis.com/token"),
        ("SMTP.Office365.com", "https://login.microsoftonline.com/common/oauth2/v2.0/token"),
    ],
)
def test_the_big_providers_need_no_address(own: Settings, server: str, url: str) -> None:
    assert token_url(route(server=server), replace(own, mail_oauth_token_url="")) == url


@pytest.mark.parametrize("url", ["http://tokens.example/token", "ftp://tokens.example"])
def test_secrets_go_nowhere_unencrypted(own: Settings, url: str) -> None:
    with pytest.raises(SettingsError, match="MAIL_OAUTH_TOKEN_URL"):
        replace(own, mail_oauth_token_url=url)


def test_the_endpoints_certificate_is_verified(
    own: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    secure = TokenEndpoint(tls)
    there = replace(own, mail_oauth_token_url=secure.url)
    try:
        with pytest.raises(oauth.TokenUnreachable, match="SSLError"):
            oauth.access_token(route(), there)
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
        assert oauth.access_token(route(), there) == "token-1"
    finally:
        secure.stop()


def by_token(app: Flask, server: TokenServer, endpoint: TokenEndpoint) -> None:
    """The app sends by this server from now on."""
    use_server(app, server.port, mail_username=ME, mail_oauth_client_id="an-app",
               mail_oauth_refresh_token="first", mail_oauth_token_url=endpoint.url)  # fmt: skip


def test_tickets_go_out_with_a_token(
    app: Flask, owe: Owe, server: TokenServer, endpoint: TokenEndpoint
) -> None:
    by_token(app, server, endpoint)
    owe()
    owe()
    assert drain.run() == 2
    assert (len(server.received), len(endpoint.asked)) == (2, 1)


def test_without_a_token_nothing_is_burnt_and_the_breaker_says_why(
    app: Flask, owe: Owe, server: TokenServer, endpoint: TokenEndpoint
) -> None:
    by_token(app, server, endpoint)
    endpoint.answer = (400, '{"error": "invalid_grant"}')
    mail = owe()
    assert drain.run() == 0
    assert (opened(mail).line.state, opened(mail).line.attempts) == (OutboxState.QUEUED, 0)
    row = db.session.scalars(select(MailTransport)).one()
    assert (row.breaker, row.fault) == (BreakerState.OPEN, "auth")
    assert "invalid_grant" in row.last_error
    endpoint.answer = None
    drain.mended()
    assert drain.run() == 1


def test_a_token_endpoint_in_trouble_is_a_transport_in_trouble(
    app: Flask, owe: Owe, server: TokenServer, endpoint: TokenEndpoint
) -> None:
    by_token(app, server, endpoint)
    endpoint.answer = (503, "")
    mail = owe()
    assert drain.run() == 0
    assert opened(mail).line.attempts == 0
    row = db.session.scalars(select(MailTransport)).one()
    assert row.fault == "transport"
    assert "gives no token just now" in row.last_error
