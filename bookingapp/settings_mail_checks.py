"""What makes the mail settings wrong by themselves, one line each.

What only shows once a provider's values are filled in (a login without TLS, a missing password) is
refused by `email/routes.py`, at the start too.
"""

import ssl
from dataclasses import fields
from email.utils import parseaddr

from bookingapp.settings_checks import SettingsError, at_least, one_of
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


def check(settings: MailSettings, *, production: bool) -> None:
    """Raise SettingsError at the first thing that can't be right."""
    one_of(settings, CHOICES)
    at_least(settings, AT_LEAST)
    _sender(settings.mail_default_sender)
    for prefix in ("mail", "mail2"):
        _encryption(settings, prefix)
    _ways(settings)
    _together(settings)
    if production and settings.mail_default_sender == UNSET_SENDER:
        raise SettingsError("MAIL_DEFAULT_SENDER", "must be set in production: your own address")


def _sender(given: str) -> None:
    address = parseaddr(given)[1]
    local, _, domain = address.rpartition("@")
    if not local or "." not in domain or " " in address:
        raise SettingsError(
            "MAIL_DEFAULT_SENDER", f"is {given!r}; write it like The Lantern <tickets@example.com>"
        )


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
    """Names of servers and providers say that mail is to go out: then it must."""
    second = [
        f.name
        for f in fields(MailSettings)
        if f.name.startswith("mail2_") and getattr(settings, f.name) != f.default
    ]
    if second and not (settings.mail2_provider or settings.mail2_server):
        raise SettingsError(second[0].upper(), "needs MAIL2_PROVIDER or MAIL2_SERVER beside it")
    if settings.mail2_provider == "custom" and not settings.mail2_server:
        raise SettingsError("MAIL2_SERVER", "is needed with MAIL2_PROVIDER=custom")
    if settings.mail_transport == "smtp":
        return
    asked = second[:1] + ["mail_provider"] * (settings.mail_provider != "custom")
    if asked:
        raise SettingsError(
            asked[0].upper(),
            f"is set, but MAIL_TRANSPORT is {settings.mail_transport}: nothing would be sent;"
            " set MAIL_TRANSPORT=smtp",
        )


def _together(settings: MailSettings) -> None:
    if settings.mail_deadline_seconds >= settings.outbox_lease_seconds:
        raise SettingsError("MAIL_DEADLINE_SECONDS", "must be less than OUTBOX_LEASE_SECONDS")
    if settings.outbox_keep_days < settings.outbox_keep_bytes_days:
        raise SettingsError("OUTBOX_KEEP_DAYS", "must not be less than OUTBOX_KEEP_BYTES_DAYS")
    if settings.mail_oauth_client_id and not settings.mail_oauth_refresh_token:
        raise SettingsError("MAIL_OAUTH_REFRESH_TOKEN", "is needed with MAIL_OAUTH_CLIENT_ID")
    if settings.mail_bounce_imap_server and not settings.mail_bounce_imap_username:
        raise SettingsError("MAIL_BOUNCE_IMAP_USERNAME", "is needed with MAIL_BOUNCE_IMAP_SERVER")
