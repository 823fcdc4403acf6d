"""What went wrong on the way to a mail server, in words a manager can act on; and our own name."""

import socket
import ssl
from ipaddress import ip_address
from urllib.parse import urlsplit

from bookingapp.email.routes import Route
from bookingapp.settings import Settings

# A setting that can't be said to any server, by where that shows (Python's words would quote it).
UNSAYABLE = {
    "connect": "this server's name is none: a part of it is empty or too long",
    "auth": "letters beyond ASCII are not supported: mend the user name or the password",
}


def what_happened(error: Exception, route: Route, settings: Settings, *, too_long: bool) -> str:
    """`too_long`: the watchdog ended it."""
    where = f"{route.server}:{route.port}"
    if too_long:
        return f"{where} took longer than {settings.mail_deadline_seconds} s over one mail"
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return f"{where} did not answer in {settings.mail_timeout_seconds} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate of {where} was not accepted: {error.verify_message}"
    if isinstance(error, socket.gaierror):
        return f"the name {route.server} was not found ({error.strerror})"
    return f"{where}: {error}"


def own_name(settings: Settings) -> str:
    """What we call ourselves: the public address's host. Asking the system may wait for DNS."""
    name = urlsplit(settings.url).hostname or "localhost"
    try:
        return f"[{ip_address(name)}]"
    except ValueError:
        return name
