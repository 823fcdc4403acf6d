"""Every setting: its name, type, default and meaning. Read once, at the start, loud when wrong.

Values come from the environment, then from `.env`; a name may be given as `NAME_FILE` instead, holding
the path of a file with the value (for secrets). `make example` lists them in `.env.example`
and a test fails when the two differ. Mails' are in `settings_mail.py`, checks in `settings_checks.py`
and `settings_mail_checks.py`.
"""

import os
from dataclasses import dataclass, fields
from pathlib import Path

from flask import current_app

from bookingapp import settings_mail_checks, terms
from bookingapp.settings_checks import check
from bookingapp.settings_mail import MailSettings
from bookingapp.settings_read import example, read, setting

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings(MailSettings):
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

    seller_name: str = setting("", "who sells, on invoices; empty: the theater's name")
    seller_address: str = setting("", "on invoices; empty: the theater's address")
    seller_tax_id: str = setting("", "on invoices: GSTIN, VAT id; empty: none is printed")
    seller_service_code: str = setting(
        "",
        "on invoices: the tax code of what is sold; empty: 999614 (India's SAC) with INR, else none",
    )
    fiscal_year_month: int = setting(4, "month in which invoice numbers begin anew")

    hold_minutes: int = setting(12, "how long chosen seats are kept")
    hold_pay_minutes: int = setting(13, "going to pay makes it at least this many minutes more")
    hold_max_minutes: int = setting(30, "and never longer than this after the seats were taken")
    cancel_policy: str = setting(
        "24h:0%, 2h:50%",
        "customers cancel until: 24 h before nothing is kept, until 2 h half; also 90m, 3d; off: never",
    )
    cancel_fee_back: bool = setting(False, "share the booking fee by the same steps; no: keep it")
    limit_seats: int = setting(10, "seats in one booking")
    limit_holds_per_email: int = setting(3, "live holds per e-mail address")
    limit_holds_per_session: int = setting(3, "live holds per browser session")
    limit_holds_per_address: int = setting(
        40, "live holds per IP address; mobile networks share one"
    )
    limit_free_bookings: int = setting(3, "bookings for nothing to one e-mail address a day")
    limit_promo_guesses: str = setting(
        "10 per minute; 60 per hour", "wrong promo codes from one address"
    )
    limit_unpaid_letters: int = setting(3, "payment_failed mails to one recipient a day")
    limit_resends: int = setting(3, "times an hour a customer may have the ticket sent again")
    limit_logins: str = setting("10 per minute; 60 per hour", "login attempts from one address")
    limit_requests: bool = setting(True, "keep the rate limits; off only for load tests")

    payment_gateway: str = setting("sandbox", "sandbox or razorpay")
    razorpay_key_id: str = setting("", "API key id; empty with the sandbox")
    razorpay_key_secret: str = setting("", "API key secret", secret=True)
    razorpay_webhook_secret: str = setting(
        "", "signs the gateway's webhooks; empty: none are taken", secret=True
    )
    razorpay_webhook_secret_old: str = setting(
        "", "the webhook secret before, while it is being changed", secret=True
    )
    razorpay_base_url: str = setting("https://api.razorpay.com", "API address")
    razorpay_checkout_js: str = setting(
        "https://checkout.razorpay.com/v1/checkout.js", "pop-up script"
    )
    gateway_timeout_seconds: float = setting(10.0, "longest wait for the gateway")
    gateway_max_waiting: int = setting(6, "requests that may wait for the gateway at once")
    settlement_days: int = setting(
        5, "days after which captured money must stand in the gateway's settlement report"
    )
    webhook_keep_days: int = setting(90, "days the gateway's events are kept")
    sandbox_port: int = setting(0, "port of the payment sandbox; 0: PORT + 51")
    sandbox_in_production: bool = setting(False, "yes, sell tickets for no money in production")

    metrics_token: str = setting(
        "", "token that opens /metrics and details of /healthz from elsewhere", secret=True
    )
    log_level: str = setting("INFO", "DEBUG, INFO, WARNING or ERROR")

    def __post_init__(self) -> None:
        """Stop at the first setting that can't be right."""
        check(self)
        settings_mail_checks.check(self, production=self.production)

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
    def cancel_terms(self) -> str:
        """The policy as it is kept with each booking."""
        return terms.parse(self.cancel_policy, fee_back=self.cancel_fee_back).written

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
    file = env_file if env_file is not None else ROOT / ".env"
    return Settings(**read(fields(Settings), os.environ if environ is None else environ, file))


def current() -> Settings:
    """The running application's settings, for deeds and steps, which know nothing of Flask."""
    found: Settings = current_app.config["SETTINGS"]
    return found


def env_example() -> str:
    """The text of `.env.example`, mails after the rest."""
    mails = {field.name for field in fields(MailSettings)}
    return example(sorted(fields(Settings), key=lambda field: field.name in mails))
