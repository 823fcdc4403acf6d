"""The ways out for mails, in the order they are asked: what the settings say, one `Route` each."""

from dataclasses import dataclass

from bookingapp.settings import Settings


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


def routes(settings: Settings) -> tuple[Route, ...]:
    """The first one is used while its breaker is closed, then the next."""
    if settings.mail_transport != "smtp":
        return (Route(settings.mail_transport, simulated=True),)
    return (
        Route(
            "smtp",
            server=settings.mail_server,
            port=settings.mail_port,
            use_tls=settings.mail_use_tls,
            use_ssl=settings.mail_use_ssl,
            ca_file=settings.mail_ca_file,
            username=settings.mail_username,
            password=settings.mail_password,
        ),
    )
