"""The ways out for mails, in the order they are asked: what the settings say, one `Route` each.

A provider brings server, port, TLS and limits; whatever is set explicitly goes before it. What then
can't work stops the start: `routes()` is asked for the first time by `rooms.register`.
"""

from dataclasses import dataclass
from email.utils import parseaddr
from ipaddress import ip_address
from typing import Literal

from bookingapp.email.providers import CUSTOM, PRESETS, Provider, known_server, owner_of
from bookingapp.settings import Settings
from bookingapp.settings_checks import SettingsError, ascii_only

Auth = Literal["password", "xoauth2", ""]
PREFIXES = {"smtp": "MAIL", "smtp2": "MAIL2"}
SUBMISSION, SMTPS, PLAIN = 587, 465, 25


@dataclass(frozen=True)
class Route:
    """One transport. `name` is its row in `mail_transport`. 0 means: no limit known.

    `connections`: at once; `per_connection`: mails before it is renewed; `daily_limit`: recipients a day.
    """

    name: str
    simulated: bool = False
    server: str = ""
    port: int = 0
    use_tls: bool = False
    use_ssl: bool = False
    ca_file: str = ""
    username: str = ""
    password: str = ""
    connections: int = 1
    per_connection: int = 0
    per_minute: int = 0
    daily_limit: int = 0
    provider: str = "custom"
    auth: Auth = ""

    @property
    def preset(self) -> Provider:
        """What is known of its provider."""
        return PRESETS[self.provider]

    @property
    def limited(self) -> bool:
        """Its provider takes only so many a minute or a day."""
        return bool(self.per_minute or self.daily_limit)

    @property
    def local(self) -> bool:
        """The server is on this machine: nobody listens on the way."""
        try:
            return ip_address(self.server.strip("[]")).is_loopback
        except ValueError:
            return self.server.lower() in {"localhost", "localhost.localdomain"}

    @property
    def open_to_readers(self) -> bool:
        """Mails travel unencrypted where others may read them."""
        return not (self.simulated or self.local or self.use_tls or self.use_ssl)


def routes(settings: Settings) -> tuple[Route, ...]:
    """The first one is used while its breaker is closed, then the next. Raises SettingsError."""
    if settings.mail_transport != "smtp":
        return (Route(settings.mail_transport, simulated=True),)
    names = ["smtp"]
    if settings.mail2_server or settings.mail2_provider:
        names.append("smtp2")
    found = tuple(_route(settings, name) for name in names)
    for route in found:
        _check(route, settings)
    return found


def token_url(route: Route, settings: Settings) -> str:
    """Where tokens for it are renewed, empty if nobody knows; `settings_mail_checks` wants https."""
    known = known_server(route.server) or route.preset
    return settings.mail_oauth_token_url or known.oauth_url


def warnings(settings: Settings) -> list[str]:
    """What works but should not stay so; one line each."""
    return [
        f"{PREFIXES[route.name]}_SERVER {route.server}:{route.port} is reached without TLS, so mails"
        f" can be read on the way; set {PREFIXES[route.name]}_USE_TLS=true"
        for route in routes(settings)
        if route.open_to_readers
    ]


def _route(settings: Settings, name: str) -> Route:
    def given(field: str) -> str:
        return str(getattr(settings, f"{prefix}_{field}") or "")

    prefix = PREFIXES[name].lower()
    provider = PRESETS[given("provider") or "custom"]
    port = int(given("port") or 0)
    use_tls, use_ssl = encryption(
        getattr(settings, f"{prefix}_use_tls"),
        getattr(settings, f"{prefix}_use_ssl"),
        port,
        provider,
    )
    oauth = name == "smtp" and settings.mail_oauth_client_id
    return Route(
        name,
        server=given("server") or provider.server,
        port=port or _port(provider, use_tls=use_tls, use_ssl=use_ssl),
        use_tls=use_tls,
        use_ssl=use_ssl,
        ca_file=given("ca_file"),
        username=given("username"),
        password=given("password"),
        connections=int(given("connections") or provider.connections),
        per_connection=provider.per_connection,
        per_minute=provider.per_minute,
        daily_limit=int(given("daily_limit") or provider.daily_limit),
        provider=provider.name,
        auth="xoauth2" if oauth else "password" if given("username") else "",
    )


def encryption(
    use_tls: bool | None, use_ssl: bool | None, port: int, provider: Provider = CUSTOM
) -> tuple[bool, bool]:
    """STARTTLS or TLS from the first byte: what is said goes before the port, that before the provider."""
    if use_tls or use_ssl:
        return bool(use_tls), bool(use_ssl)
    if port == SMTPS and use_ssl is None:
        return False, True
    return provider.use_tls and use_tls is None, provider.use_ssl and use_ssl is None


def _port(provider: Provider, *, use_tls: bool, use_ssl: bool) -> int:
    if provider.port and (provider.use_tls, provider.use_ssl) == (use_tls, use_ssl):
        return provider.port
    return SMTPS if use_ssl else SUBMISSION if use_tls else PLAIN


def _check(route: Route, settings: Settings) -> None:
    """What can't work, by the name of the setting that mends it."""
    prefix, title = PREFIXES[route.name], route.preset.title
    known = route.preset is not CUSTOM
    if not route.username and (route.auth or route.password or known):
        why = "with MAIL_OAUTH_CLIENT_ID" if route.auth else "with a password"
        raise SettingsError(f"{prefix}_USERNAME", f"is needed {f'with {title}' if known else why}")
    if route.auth == "password" and not route.password:
        how = f"; {route.preset.hint}" if known else f" with {prefix}_USERNAME"
        raise SettingsError(f"{prefix}_PASSWORD", f"is needed{how}")
    if route.auth == "password":
        # smtplib signs in with ASCII alone
        ascii_only(f"{prefix}_USERNAME", route.username)
        ascii_only(f"{prefix}_PASSWORD", route.password)
    if route.auth == "xoauth2" and not token_url(route, settings):
        raise SettingsError(
            "MAIL_OAUTH_TOKEN_URL", f"is needed: nobody knows where {route.server} renews tokens"
        )
    if route.auth and route.open_to_readers:
        raise SettingsError(
            f"{prefix}_USE_TLS",
            f"or {prefix}_USE_SSL must be true: the login would go to {route.server} unencrypted",
        )
    if known:
        _check_sender(route, settings)


def _check_sender(route: Route, settings: Settings) -> None:
    """Receivers refuse an address of one provider that comes from another."""
    domain = parseaddr(settings.mail_default_sender)[1].rpartition("@")[2]
    owner = owner_of(domain)
    if domain == "localhost.localdomain" or owner not in {None, route.preset}:
        raise SettingsError(
            "MAIL_DEFAULT_SENDER",
            f"has an address at {domain}, which {route.preset.title} can't send from; write one of"
            f" the account {route.username}",
        )
