"""What makes the mail settings wrong by themselves, one line each.

What only shows once a provider's values are filled in (a login without TLS, a missing password) is
refused by `email/routes.py`, at the start too.
"""

import ssl
from dataclasses import fields
from urllib.parse import urlsplit

from bookingapp.settings_checks import (
    SettingsError,
    ascii_only,
    at_least,
    at_most,
    host,
    mailbox,
    one_of,
)
from bookingapp.settings_mail import PROVIDERS, UNSET_SENDER, MailSettings

CHOICES = {
    "mail_transport": ("file", "console", "smtp"),
    "mail_provider": PROVIDERS,
    "mail2_provider": ("", *PROVIDERS),
}
AT_LEAST = {
    "outbox_poll_seconds": 0.05, "outbox_lease_seconds": 1, "outbox_batch": 1,
    "outbox_keep_bytes_days": 1, "outbox_keep_days": 1, "mail_bounce_imap_port": 1,
    "mail_timeout_seconds": 1, "mail_deadline_seconds": 1,
    "mail_port": 0, "mail_daily_limit": 0, "mail_connections": 0,
    "mail2_port": 0, "mail2_daily_limit": 0, "mail2_connections": 0,
}  # fmt: skip
# Beyond these nothing works better, and much not at all: a mail would wait for a poll, a thread for memory.
AT_MOST = {
    "outbox_poll_seconds": 60, "outbox_lease_seconds": 3600, "outbox_batch": 1000,
    "outbox_keep_bytes_days": 36_500, "outbox_keep_days": 36_500, "mail_timeout_seconds": 600,
    "mail_port": 65535, "mail2_port": 65535, "mail_bounce_imap_port": 65535,
    "mail_connections": 100, "mail2_connections": 100,
}  # fmt: skip
OAUTH = ("mail_oauth_client_secret", "mail_oauth_refresh_token", "mail_oauth_token_url")
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def check(settings: MailSettings, *, production: bool) -> None:
    """Raise SettingsError at the first thing that can't be right."""
    one_of(settings, CHOICES)
    at_least(settings, AT_LEAST)
    at_most(settings, AT_MOST)
    mailbox("MAIL_DEFAULT_SENDER", settings.mail_default_sender)
    for prefix in ("mail", "mail2"):
        host(f"{prefix}_server".upper(), getattr(settings, f"{prefix}_server"))
        _encryption(settings, prefix)
    _ways(settings)
    _together(settings)
    _oauth(settings)
    _bounces(settings)
    if production and settings.mail_default_sender == UNSET_SENDER:
        raise SettingsError("MAIL_DEFAULT_SENDER", "must be set in production: your own address")


def _encryption(settings: MailSettings, prefix: str) -> None:
    names = f"{prefix}_use_tls".upper(), f"{prefix}_use_ssl".upper()
    if getattr(settings, f"{prefix}_use_tls") and getattr(settings, f"{prefix}_use_ssl"):
        raise SettingsError(names[0], f"and {names[1]} exclude each other; set one")
    path = getattr(settings, f"{prefix}_ca_file")
    if path and settings.mail_transport == "smtp":
        try:
            ssl.create_default_context(cafile=path)
        except OSError as error:
            # SSLError is an OSError too: a file that is there and holds no certificate
            why = "no PEM certificate in it" if isinstance(error, ssl.SSLError) else error.strerror
            raise SettingsError(f"{prefix}_ca_file".upper(), f"can't be used: {why}") from None


def _ways(settings: MailSettings) -> None:
    """Names of servers and accounts say that mail is to go out: then it must."""
    first, second = (_given(settings, f"{prefix}_") for prefix in ("mail", "mail2"))
    if second and not (settings.mail2_provider or settings.mail2_server):
        raise SettingsError(second[0].upper(), "needs MAIL2_PROVIDER or MAIL2_SERVER beside it")
    if settings.mail2_provider == "custom" and not settings.mail2_server:
        raise SettingsError("MAIL2_SERVER", "is needed with MAIL2_PROVIDER=custom")
    asked = first + second
    if asked and settings.mail_transport != "smtp":
        raise SettingsError(
            asked[0].upper(),
            f"is set, but MAIL_TRANSPORT is {settings.mail_transport}: nothing would be sent;"
            " set MAIL_TRANSPORT=smtp",
        )


def _given(settings: MailSettings, prefix: str) -> list[str]:
    """What is set of one way out. The first one's authority is the bounces' too, so it says nothing."""
    ways = [f.name.removeprefix("mail2_") for f in fields(MailSettings) if "mail2_" in f.name]
    names = [prefix + way for way in ways if prefix + way != "mail_ca_file"]
    default = {f.name: f.default for f in fields(MailSettings)}
    return [name for name in names if getattr(settings, name) != default[name]]


def _together(settings: MailSettings) -> None:
    if settings.mail_deadline_seconds >= settings.outbox_lease_seconds:
        raise SettingsError("MAIL_DEADLINE_SECONDS", "must be less than OUTBOX_LEASE_SECONDS")
    if settings.outbox_keep_days < settings.outbox_keep_bytes_days:
        raise SettingsError("OUTBOX_KEEP_DAYS", "must not be less than OUTBOX_KEEP_BYTES_DAYS")


def _oauth(settings: MailSettings) -> None:
    others = [name for name in OAUTH if getattr(settings, name)]
    if others and not settings.mail_oauth_client_id:
        raise SettingsError("MAIL_OAUTH_CLIENT_ID", f"is needed with {others[0].upper()}")
    if settings.mail_oauth_client_id and not settings.mail_oauth_refresh_token:
        raise SettingsError("MAIL_OAUTH_REFRESH_TOKEN", "is needed with MAIL_OAUTH_CLIENT_ID")
    if settings.mail_oauth_token_url and not _safe_url(settings.mail_oauth_token_url):
        raise SettingsError(
            "MAIL_OAUTH_TOKEN_URL", "must begin with https://, for secrets are sent there"
        )


def _safe_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.hostname in LOOPBACK or (parts.scheme == "https" and bool(parts.hostname))


def _bounces(settings: MailSettings) -> None:
    """The mailbox that gets bounces is named whole, or not at all."""
    prefix = "mail_bounce_imap"
    server, login = f"{prefix}_server", (f"{prefix}_username", f"{prefix}_password")
    host(server.upper(), settings.mail_bounce_imap_server)
    default = {f.name: f.default for f in fields(MailSettings) if f.name.startswith(prefix)}
    given = [name for name in default if getattr(settings, name) != default[name]]
    if given and server not in given:
        raise SettingsError(server.upper(), f"is needed with {given[0].upper()}")
    for name in login if given else ():
        if not getattr(settings, name):
            raise SettingsError(name.upper(), f"is needed with {server.upper()}")
    for name in (*login, f"{prefix}_folder"):
        ascii_only(name.upper(), getattr(settings, name))
