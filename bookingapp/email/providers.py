"""What the big mail providers bring along: where they listen, and how much they take. Pure facts.

Limits: Gmail 500 recipients a day (Workspace 2 000: MAIL_DAILY_LIMIT), Yahoo 500 and 20 mails a
connection, Exchange Online 3 connections, 30 mails a minute, 10 000 recipients a day.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Provider:
    """A provider as mails see it. 0: no limit known.

    `spf`: what a domain's SPF record must include for it. `selectors`: where its DKIM keys stand.
    `oauth_url`: where XOAUTH2 tokens are renewed.
    `domains`: addresses that nobody but this provider can send from. `hint`: what helps when it refuses the login.
    """

    name: str
    title: str = "the mail server"
    server: str = "localhost"
    port: int = 0
    use_tls: bool = False
    use_ssl: bool = False
    connections: int = 1
    per_connection: int = 0
    per_minute: int = 0
    daily_limit: int = 0
    oauth_url: str = ""
    spf: str = ""
    selectors: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    hint: str = "look at the user name and the password; some servers want the whole address"


CUSTOM = Provider("custom")
GMAIL = Provider(
    "gmail",
    title="Gmail",
    server="smtp.gmail.com",
    port=587,
    use_tls=True,
    daily_limit=500,
    oauth_url="https://oauth2.googleapis.com/token",
    spf="_spf.google.com",
    selectors=("google",),
    domains=("gmail.com", "googlemail.com"),
    hint="make an app password: turn on two-step verification, then"
    " https://myaccount.google.com/apppasswords",
)
OUTLOOK = Provider(
    "outlook",
    title="Exchange Online",
    server="smtp.office365.com",
    port=587,
    use_tls=True,
    connections=3,
    per_minute=30,
    daily_limit=10_000,
    oauth_url="https://login.microsoftonline.com/common/oauth2/v2.0/token",
    spf="spf.protection.outlook.com",
    selectors=("selector1", "selector2"),
    domains=("outlook.com", "hotmail.com", "live.com", "msn.com"),
    hint="passwords are off by default from the end of December 2026: let an administrator"
    " turn on authenticated SMTP for the mailbox, or set MAIL_OAUTH_CLIENT_ID",
)
YAHOO = Provider(
    "yahoo",
    title="Yahoo",
    server="smtp.mail.yahoo.com",
    port=465,
    use_ssl=True,
    per_connection=20,
    daily_limit=500,
    domains=("yahoo.com", "ymail.com", "rocketmail.com", "aol.com"),
    hint="make an app password: account security page, Generate app password",
)
PRESETS = {provider.name: provider for provider in (GMAIL, OUTLOOK, YAHOO, CUSTOM)}


def owner_of(domain: str) -> Provider | None:
    """The provider to which the addresses of this domain belong; yahoo.co.in is Yahoo's, too."""
    domain = domain.lower()
    for provider in PRESETS.values():
        if domain in provider.domains:
            return provider
    for start, provider in (("yahoo.", YAHOO), ("outlook.", OUTLOOK), ("hotmail.", OUTLOOK)):
        if domain.startswith(start):
            return provider
    return None


def known_server(server: str) -> Provider | None:
    """The provider that listens at this name."""
    found = [provider for provider in PRESETS.values() if provider.server == server.lower()]
    return found[0] if found and found[0] is not CUSTOM else None
