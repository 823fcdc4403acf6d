"""XOAUTH2: signing in at Exchange Online and Gmail with a short-lived token instead of a password.

The operator gives an application's id and secret and the mailbox's refresh token. Access tokens are
fetched with it, kept in memory, renewed before they end and once more when the server refuses one. A
refresh token that the provider replaces is kept in the instance folder, for the old one dies in time.
"""

import json
import smtplib
import threading
import time
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from bookingapp.email.routes import Route, token_url
from bookingapp.settings import Settings

NAME = "oauth.json"
# A token that ends during the conversation would be refused.
EARLY_SECONDS = 120
MOST_BYTES = 64 * 1024


class NoToken(smtplib.SMTPAuthenticationError):
    """The provider gives no token: the set-up's fault, the operator's to mend."""

    def __init__(self, words: str) -> None:
        """As a server's refusal to sign in, so that it is sorted and shown like one."""
        super().__init__(535, words.encode())


class TokenUnreachable(OSError):  # noqa: N818 (an answer of the world, not an accident)
    """The token endpoint is away: nobody's fault, tried again like a server that is away."""


@dataclass(frozen=True)
class _Held:
    """An access token, and until when (monotonic) it is used."""

    token: str
    until: float


_lock = threading.Lock()
_held: dict[str, _Held] = {}


def sign_in(host: smtplib.SMTP, route: Route, settings: Settings) -> None:
    """AUTH XOAUTH2. A refused token is renewed once. Raises NoToken, TokenUnreachable, SMTPException."""
    if "XOAUTH2" not in host.esmtp_features.get("auth", "").upper().split():
        raise smtplib.SMTPNotSupportedError(f"XOAUTH2 is not supported by {route.server}")
    token = access_token(route, settings)
    answer = _auth(host, route.username, token)
    if answer[0] == 535:
        token = access_token(route, settings, refused=token)
        answer = _auth(host, route.username, token)
    if answer[0] != 235:
        raise smtplib.SMTPAuthenticationError(*answer)


def access_token(route: Route, settings: Settings, *, refused: str = "") -> str:
    """A token that is good for some minutes; a new one if the kept one is old or was `refused`."""
    key = _key(settings)
    with _lock:
        held = _held.get(key)
        if held and held.token != refused and time.monotonic() < held.until:
            return held.token
        _held.pop(key, None)
        said = _renew(token_url(route, settings), settings)
        lasts = said.get("expires_in", 3600)
        seconds = float(lasts) if str(lasts).isdigit() else 3600.0
        _held[key] = _Held(said["access_token"], time.monotonic() + seconds - EARLY_SECONDS)
        return _held[key].token


def forget() -> None:
    """Forget the tokens in memory."""
    with _lock:
        _held.clear()


def _auth(host: smtplib.SMTP, username: str, token: str) -> tuple[int, bytes]:
    said = b64encode(f"user={username}\x01auth=Bearer {token}\x01\x01".encode()).decode()
    answer = host.docmd("AUTH", f"XOAUTH2 {said}")
    if answer[0] == 334:
        # the reason, in JSON; an empty line ends the exchange and brings the code
        answer = host.docmd("")
    return answer


def _renew(url: str, settings: Settings) -> dict[str, Any]:
    """Ask the token endpoint. Its words are passed on, its tokens are not."""
    where = urlsplit(url).netloc
    status, said = _post(url, settings)
    if status >= 500 or status == 429:
        raise TokenUnreachable(f"{where} gives no token just now (HTTP {status})")
    if status != 200 or not isinstance(said.get("access_token"), str):
        why = " ".join(str(said.get(key, "")) for key in ("error", "error_description"))[:300]
        raise NoToken(
            f"{where} gives no token (HTTP {status} {' '.join(why.split())}); make a new refresh token"
            " and set MAIL_OAUTH_REFRESH_TOKEN"
        )
    newer = said.get("refresh_token")
    if isinstance(newer, str) and newer:
        _keep(settings, newer)
    return said


def _post(url: str, settings: Settings) -> tuple[int, dict[str, Any]]:
    form = {
        "grant_type": "refresh_token",
        "client_id": settings.mail_oauth_client_id,
        "client_secret": settings.mail_oauth_client_secret,
        "refresh_token": _refresh_token(settings),
    }
    try:
        with requests.post(
            url,
            data={name: value for name, value in form.items() if value},
            timeout=settings.mail_timeout_seconds,
            allow_redirects=False,
            stream=True,
        ) as answer:
            text = answer.raw.read(MOST_BYTES, decode_content=True)
            return answer.status_code, _json(text)
    except (requests.RequestException, OSError) as error:
        why = type(error).__name__
        raise TokenUnreachable(
            f"{urlsplit(url).netloc}, where tokens are renewed, does not answer ({why})"
        ) from None


def _json(text: bytes) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _key(settings: Settings) -> str:
    """What the kept tokens belong to: another account or a new refresh token begins anew."""
    own = (
        settings.mail_oauth_client_id,
        settings.mail_oauth_refresh_token,
        settings.mail_oauth_token_url,
        settings.instance_dir,
    )
    return sha256("\n".join(own).encode()).hexdigest()


def _refresh_token(settings: Settings) -> str:
    """The newest: what the provider gave last, unless the operator has set another since."""
    try:
        kept = json.loads((settings.instance / NAME).read_text(encoding="utf-8"))
        if kept["for"] == _key(settings):
            return str(kept["refresh_token"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return settings.mail_oauth_refresh_token


def _keep(settings: Settings, newer: str) -> None:
    if newer == _refresh_token(settings):
        return
    path: Path = settings.instance / NAME
    unfinished = path.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_text(
        json.dumps({"for": _key(settings), "refresh_token": newer}), encoding="utf-8"
    )
    unfinished.replace(path)
