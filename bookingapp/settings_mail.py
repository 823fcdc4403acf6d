"""The settings of mails: the outbox, the ways out, OAuth, bounces. `settings.py` has the others."""

from dataclasses import dataclass

from bookingapp.settings_read import setting

# email/providers.py knows what each brings along
PROVIDERS = ("gmail", "outlook", "yahoo", "custom")
UNSET_SENDER = "Matinee <tickets@localhost.localdomain>"


@dataclass(frozen=True)
class MailSettings:
    """What the outbox and its transports go by. Empty or 0 often means: as the provider has it."""

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
    mail_provider: str = setting(
        "custom", "gmail, outlook, yahoo (server, port, TLS and limits come with it) or custom"
    )
    mail_server: str = setting("", "SMTP server; empty: the provider's, else localhost")
    mail_port: int = setting(
        0, "0: the provider's, else 587 with STARTTLS, 465 with TLS at once, 25 without"
    )
    mail_use_tls: bool | None = setting(None, "STARTTLS; empty: as the provider does", kind=bool)
    mail_use_ssl: bool | None = setting(
        None, "TLS from the first byte (port 465); empty: as the provider does", kind=bool
    )
    mail_ca_file: str = setting(
        "", "PEM file of your own certificate authority, if the server's is not public"
    )
    mail_username: str = setting("", "SMTP login")
    mail_password: str = setting(
        "", "SMTP password, an app password with Gmail and Yahoo", secret=True
    )
    mail_daily_limit: int = setting(
        0, "recipients a day; 0: the provider's (Gmail 500, Workspace has 2000), else none"
    )
    mail_connections: int = setting(0, "connections at once; 0: the provider's, else 1")
    mail2_provider: str = setting(
        "", "a second way out, used while the first is out of order; as MAIL_PROVIDER"
    )
    mail2_server: str = setting("", "its SMTP server; empty: the provider's")
    mail2_port: int = setting(0, "as MAIL_PORT")
    mail2_use_tls: bool | None = setting(None, "as MAIL_USE_TLS", kind=bool)
    mail2_use_ssl: bool | None = setting(None, "as MAIL_USE_SSL", kind=bool)
    mail2_ca_file: str = setting("", "as MAIL_CA_FILE")
    mail2_username: str = setting("", "as MAIL_USERNAME")
    mail2_password: str = setting("", "as MAIL_PASSWORD", secret=True)
    mail2_daily_limit: int = setting(0, "as MAIL_DAILY_LIMIT")
    mail2_connections: int = setting(0, "as MAIL_CONNECTIONS")
    mail_default_sender: str = setting(UNSET_SENDER, "From of every mail")
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
