"""Every setting: its name, type, default and meaning. Read once, at the start, loud when wrong.

Values come from the environment, then from `.env`; a name may be given as `NAME_FILE` instead, holding
the path of a file with the value (for secrets). `.env.example` is made from this table and a test
fails when the two differ. The checks that need more than one value stand in `settings_checks.py`.
"""

import os
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from flask import current_app

from bookingapp.settings_checks import SettingsError, check

ROOT = Path(__file__).resolve().parent.parent
# A misspelt name with one of these beginnings is a mistake worth stopping for; PATH and HOME are not.
OUR_PREFIXES = (
    "MAIL_",
    "OUTBOX_",
    "RAZORPAY_",
    "HOLD_",
    "MATINEE_",
    "GATEWAY_",
    "SANDBOX_",
    "LIMIT_",
)


def setting(default: object, meaning: str, *, secret: bool = False) -> Any:  # noqa: ANN401 (like dataclasses.field)
    """A settings field with its meaning, which `.env.example` repeats."""
    return field(default=default, metadata={"meaning": meaning, "secret": secret})


@dataclass(frozen=True)
class Settings:
    """All there is to set. Constructing one checks it; a mistake raises SettingsError."""

    mode: str = setting("demo", "demo (sandbox payments, mail to files) or production")
    secret_key: str = setting(
        "", "signs sessions; 32 characters or more; demo makes its own", secret=True
    )
    database_url: str = setting("", "empty: SQLite in the instance folder; or postgresql://…")
    instance_dir: str = setting(
        str(ROOT / "instance"), "folder of everything this cinema owns on disk"
    )
    public_url: str = setting("", "the only source of absolute links; https in production")
    host: str = setting("127.0.0.1", "address to listen on")
    port: int = setting(5000, "port to listen on")
    web_threads: int = setting(16, "threads that answer requests")
    trusted_proxies: int = setting(
        0, "how many reverse proxies in front may be believed (X-Forwarded-For)"
    )
    locale: str = setting("en", "language of pages and mails")
    currency: str = setting("INR", "ISO 4217; fixed once something was sold")
    contact_email: str = setting("", "where customers' answers go (Reply-To); empty: the sender")

    hold_minutes: int = setting(12, "how long chosen seats are kept")
    hold_pay_minutes: int = setting(13, "going to pay makes it at least this many minutes more")
    hold_max_minutes: int = setting(30, "and never longer than this after the seats were taken")
    limit_seats: int = setting(10, "seats in one booking")
    limit_holds_per_email: int = setting(3, "live holds per e-mail address")
    limit_holds_per_session: int = setting(3, "live holds per browser session")
    limit_holds_per_address: int = setting(
        40, "live holds per IP address; mobile networks share one"
    )
    limit_unpaid_letters: int = setting(3, "payment_failed mails to one recipient a day")
    limit_resends: int = setting(3, "times an hour a customer may have the ticket sent again")
    limit_logins: str = setting("10 per minute; 60 per hour", "login attempts from one address")
    limit_requests: bool = setting(True, "keep the rate limits; off only for load tests")

    outbox_poll_seconds: float = setting(2.0, "how often the outbox is looked through")
    outbox_lease_seconds: int = setting(
        60, "after this a mail being sent by a dead process is taken up again"
    )
    outbox_batch: int = setting(50, "mails claimed at once")
    outbox_keep_bytes_days: int = setting(30, "days the exact bytes of a finished mail are kept")
    outbox_keep_days: int = setting(
        400, "days the address and contents of a finished mail are kept; its row stays"
    )
    mail_transport: str = setting("file", "file, console or smtp")
    mail_server: str = setting("localhost", "SMTP server")
    mail_port: int = setting(25, "SMTP port: 25, 465 (SSL) or 587 (STARTTLS)")
    mail_use_tls: bool = setting(False, "STARTTLS")
    mail_use_ssl: bool = setting(False, "TLS from the first byte (port 465)")
    mail_ca_file: str = setting(
        "", "PEM file of your own certificate authority, if the server's is not public"
    )
    mail_username: str = setting("", "SMTP login")
    mail_password: str = setting(
        "", "SMTP password, an app password with Gmail and Yahoo", secret=True
    )
    mail_default_sender: str = setting(
        "Matinee <tickets@localhost.localdomain>", "From of every mail"
    )
    mail_timeout_seconds: int = setting(20, "longest wait for one answer of the SMTP server")
    mail_deadline_seconds: int = setting(45, "longest time for one mail; less than the lease")
    mail_oauth_client_id: str = setting(
        "", "XOAUTH2 (Exchange Online, Gmail): the application's id; empty: password"
    )
    mail_oauth_client_secret: str = setting("", "the application's secret", secret=True)
    mail_oauth_refresh_token: str = setting(
        "", "the mailbox's refresh token; a newer one is kept in the instance folder", secret=True
    )
    mail_oauth_token_url: str = setting(
        "", "where tokens are renewed; empty: that of Gmail or Outlook, by the mail server"
    )
    mail_bounce_imap_server: str = setting(
        "", "IMAP server of the mailbox that gets bounces; empty: bounces are not read"
    )
    mail_bounce_imap_port: int = setting(993, "IMAP port, TLS from the first byte")
    mail_bounce_imap_username: str = setting("", "IMAP login")
    mail_bounce_imap_password: str = setting("", "IMAP password", secret=True)
    mail_bounce_imap_folder: str = setting("INBOX", "folder that is looked through")
    mail_payment_success: bool = setting(False, "a receipt mail of its own beside the confirmation")

    payment_gateway: str = setting("sandbox", "sandbox or razorpay")
    razorpay_key_id: str = setting("", "API key id; empty with the sandbox")
    razorpay_key_secret: str = setting("", "API key secret", secret=True)
    razorpay_base_url: str = setting("https://api.razorpay.com", "API address")
    razorpay_checkout_js: str = setting(
        "https://checkout.razorpay.com/v1/checkout.js", "pop-up script"
    )
    gateway_timeout_seconds: float = setting(10.0, "longest wait for the gateway")
    gateway_max_waiting: int = setting(6, "requests that may wait for the gateway at once")
    sandbox_port: int = setting(0, "port of the payment sandbox; 0: PORT + 51")
    sandbox_in_production: bool = setting(False, "yes, sell tickets for no money in production")

    metrics_token: str = setting(
        "", "token that opens /metrics and details of /healthz from elsewhere", secret=True
    )
    log_level: str = setting("INFO", "DEBUG, INFO, WARNING or ERROR")

    def __post_init__(self) -> None:
        """Stop at the first setting that can't be right."""
        check(self)

    @property
    def production(self) -> bool:
        """Real money, real mail: no demo, no sandbox, no default secret."""
        return self.mode == "production"

    @property
    def instance(self) -> Path:
        """The folder of everything this cinema owns on disk."""
        return Path(self.instance_dir)

    @property
    def database(self) -> str:
        """The URL SQLAlchemy gets; psycopg 3 for PostgreSQL, an absolute path for SQLite."""
        if not self.database_url:
            return f"sqlite:///{self.instance / 'matinee.db'}"
        for plain in ("postgresql://", "postgres://"):
            if self.database_url.startswith(plain):
                return "postgresql+psycopg://" + self.database_url.removeprefix(plain)
        return self.database_url

    @property
    def url(self) -> str:
        """PUBLIC_URL without a slash at its end; the demo's own address if none is set."""
        return (self.public_url or f"http://127.0.0.1:{self.port}").rstrip("/")

    @property
    def sandbox(self) -> bool:
        """Whether payments go to the built-in stand-in."""
        return self.payment_gateway == "sandbox"

    @property
    def sandbox_url(self) -> str:
        """Where the built-in payment sandbox listens."""
        return f"http://127.0.0.1:{self.sandbox_port or self.port + 51}"


def load(environ: dict[str, str] | None = None, env_file: Path | None = None) -> Settings:
    """Settings from the environment over `.env`. Raises SettingsError with one clear line."""
    env = dict(os.environ if environ is None else environ)
    file = env_file if env_file is not None else ROOT / ".env"
    from_file = {k: v or "" for k, v in dotenv_values(file).items()} if file.is_file() else {}
    known = {f.name.upper(): f for f in fields(Settings)}
    _refuse_unknown(from_file, env, set(known))
    values: dict[str, Any] = {
        f.name: _read(f, raw)
        for name, f in known.items()
        if (raw := _raw(name, {**from_file, **env})) is not None
    }
    return Settings(**values)


def _raw(name: str, given: dict[str, str]) -> str | None:
    """The text given for a setting, from itself or from the file its NAME_FILE points to."""
    if path := given.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(f"{name}_FILE", f"can't be read: {error.strerror}") from None
    # An empty value means "not set", so that `.env` may keep the name without one.
    return given.get(name) or None


def _read(field_: "Field[Any]", raw: str) -> object:
    """Text to the field's type."""
    name = field_.name.upper()
    kind = type(field_.default) if field_.default is not MISSING else str
    if kind is bool:
        if raw.lower() in {"1", "true", "yes", "on"}:
            return True
        if raw.lower() in {"0", "false", "no", "off"}:
            return False
        raise SettingsError(name, f"is {raw!r}; write true or false")
    try:
        return kind(raw)
    except ValueError:
        raise SettingsError(name, f"is {raw!r}; a number is needed") from None


def _refuse_unknown(from_file: dict[str, str], env: dict[str, str], known: set[str]) -> None:
    """A misspelt setting is an operator's mistake, not a thing to pass over."""
    for name in sorted(from_file.keys() | {n for n in env if n.startswith(OUR_PREFIXES)}):
        if name not in known and name.removesuffix("_FILE") not in known:
            raise SettingsError(name, "is not a setting; .env.example lists them all")


def current() -> Settings:
    """The running application's settings, for deeds and steps, which know nothing of Flask."""
    found: Settings = current_app.config["SETTINGS"]
    return found
