"""What makes a set of settings wrong, one line each, naming the setting. Mails': settings_mail_checks."""

import re
from collections.abc import Mapping
from email.utils import getaddresses
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bookingapp import terms

if TYPE_CHECKING:
    from bookingapp.settings import Settings


class SettingsError(Exception):
    """An operator's mistake. Its text is one line that names the setting."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"{name} {what}.")
        self.name = name


CHOICES = {
    "mode": ("demo", "production"),
    "payment_gateway": ("sandbox", "razorpay"),
    "log_level": ("DEBUG", "INFO", "WARNING", "ERROR"),
}
AT_LEAST = {
    "port": 0, "web_threads": 1, "hold_minutes": 1, "hold_pay_minutes": 1, "hold_max_minutes": 1,
    "limit_seats": 1, "limit_holds_per_email": 1, "limit_holds_per_session": 1,
    "limit_holds_per_address": 1, "limit_unpaid_letters": 0, "limit_free_bookings": 0, "limit_resends": 0,
    "gateway_timeout_seconds": 0.1, "gateway_max_waiting": 1, "settlement_days": 1, "webhook_keep_days": 7,
    "sandbox_port": 0, "trusted_proxies": 0,
}  # fmt: skip
LABELS = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?", re.IGNORECASE)
LOCAL_PART = re.compile(r"[^\s()<>\[\]\\,;:@\"]+", re.ASCII)
AT_MOST = {"port": 65535, "sandbox_port": 65535}


def check(settings: "Settings") -> None:
    """Raise SettingsError at the first thing that can't be right."""
    _check_values(settings)
    _check_together(settings)
    if settings.production:
        _check_production(settings)


def one_of(settings: object, choices: Mapping[str, tuple[str, ...]]) -> None:
    """Each of these has a value from its list."""
    for name, allowed in choices.items():
        value = getattr(settings, name)
        if value not in allowed:
            listed = ", ".join(filter(None, allowed))
            raise SettingsError(name.upper(), f"is {value!r}; choose one of {listed}")


def at_least(settings: object, bounds: Mapping[str, float]) -> None:
    """None of these is too small."""
    for name, least in bounds.items():
        value = getattr(settings, name)
        if value < least:
            raise SettingsError(name.upper(), f"is {value}; it must be at least {least}")


def at_most(settings: object, bounds: Mapping[str, float]) -> None:
    """None of these is too big."""
    for name, most in bounds.items():
        value = getattr(settings, name)
        if value > most:
            raise SettingsError(name.upper(), f"is {value}; it must be at most {most}")


def mailbox(name: str, given: str) -> str:
    """The address in `Name <address>`, or alone. One that no mail server takes is refused."""
    found = [address for _, address in getaddresses([given])]
    local, _, domain = found[0].rpartition("@") if len(found) == 1 else ("", "", "")
    if not (local.isascii() and LOCAL_PART.fullmatch(local) and "." in domain and is_host(domain)):
        raise SettingsError(name, f"is {given!r}; write it like The Lantern <tickets@example.com>")
    return found[0]


def host(name: str, given: str) -> None:
    """Refuses what no server can be called, before a mail finds out. Nothing given is right."""
    if given and not is_host(given):
        raise SettingsError(
            name, f"is {given!r}; write a server's name alone, such as mail.example.com"
        )


def is_host(given: str) -> bool:
    """Whether it may be a name or a number of a computer."""
    try:
        ip_address(given.removeprefix("[").removesuffix("]"))
    except ValueError:
        pass
    else:
        return True
    try:
        # an empty or too long part has no such form, and would raise while a mail is sent
        return LABELS.fullmatch(given.encode("idna").decode()) is not None
    except UnicodeError:
        return False


def ascii_only(name: str, value: str) -> None:
    """What a login can't carry would be refused by no server, but fail at each mail. Tells no secret."""
    if not value.isascii():
        raise SettingsError(
            name, "has a letter beyond ASCII, which the login can't carry; choose another"
        )


def _check_values(settings: "Settings") -> None:
    one_of(settings, CHOICES)
    at_least(settings, AT_LEAST)
    at_most(settings, AT_MOST)
    if settings.contact_email:
        mailbox("CONTACT_EMAIL", settings.contact_email)
    if not (len(settings.currency) == 3 and settings.currency.isupper()):
        raise SettingsError("CURRENCY", f"is {settings.currency!r}; write an ISO code such as INR")
    try:
        terms.parse(settings.cancel_policy, fee_back=False)
    except terms.TermsError as error:
        raise SettingsError("CANCEL_POLICY", str(error)) from None
    if not 1 <= settings.fiscal_year_month <= 12:
        raise SettingsError("FISCAL_YEAR_MONTH", "must be a month, from 1 to 12")
    url = settings.database_url
    if url and not url.startswith(
        ("sqlite:///", "postgresql://", "postgres://", "postgresql+psycopg://")
    ):
        raise SettingsError("DATABASE_URL", "must begin with sqlite:/// or postgresql://")
    if settings.public_url and urlsplit(settings.public_url).scheme not in {"http", "https"}:
        raise SettingsError("PUBLIC_URL", f"is {settings.public_url!r}; write https://your.cinema")


def _check_together(settings: "Settings") -> None:
    if settings.hold_max_minutes < settings.hold_minutes:
        raise SettingsError("HOLD_MAX_MINUTES", "must not be less than HOLD_MINUTES")
    if settings.payment_gateway == "razorpay" and not (
        settings.razorpay_key_id and settings.razorpay_key_secret
    ):
        raise SettingsError("RAZORPAY_KEY_ID", "and RAZORPAY_KEY_SECRET are needed with razorpay")


def _check_production(settings: "Settings") -> None:
    if len(settings.secret_key) < 32:
        raise SettingsError(
            "SECRET_KEY", "must have 32 characters or more; make one with: openssl rand -hex 32"
        )
    if urlsplit(settings.public_url).scheme != "https":
        raise SettingsError("PUBLIC_URL", "must be set in production and begin with https://")
    if settings.sandbox and not settings.sandbox_in_production:
        raise SettingsError(
            "PAYMENT_GATEWAY", "is sandbox, which takes no money; set razorpay and its keys"
        )
    if settings.mail_transport != "smtp":
        raise SettingsError(
            "MAIL_TRANSPORT", f"is {settings.mail_transport}, which sends nothing; set smtp"
        )
