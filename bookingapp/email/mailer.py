"""The app's Flask-Mail: its named transports, their certificates, their kept connections."""

import ssl
import threading
from dataclasses import asdict
from functools import partial
from typing import Any, cast

import flask_mail
from flask import Flask

from bookingapp.email.pool import Pool
from bookingapp.email.routes import Route, routes
from bookingapp.email.smtp import Connection
from bookingapp.settings import Settings


class Mail(flask_mail.Mail):
    """Flask-Mail with our settings and our connections, several servers by name."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        """Registers itself as the app's "mail", for anything that knows Flask-Mail."""
        self.settings = settings
        self.routes = {route.name: route for route in routes(settings) if not route.simulated}
        self._lock = threading.Lock()
        self._pools: dict[Route, Pool] = {}
        self._contexts: dict[str, ssl.SSLContext] = {}
        super().__init__(app)

    def init_mail(
        self,
        config: dict[str, Any],  # noqa: ARG002 (one place for settings: ours)
        debug: bool | int = False,
        testing: bool = False,  # noqa: ARG002 (what is to be sent is sent, in tests too)
    ) -> flask_mail._Mail:
        """Flask-Mail's own state, from our settings."""
        own = asdict(self.settings)
        mail = {name.upper(): value for name, value in own.items() if name.startswith("mail_")}
        return super().init_mail({**mail, "MAIL_SUPPRESS_SEND": False}, debug, testing=False)

    def connect(self, name: str = "") -> Connection:
        """A connection to the route of this name (else the first) that opens itself when first used."""
        return Connection(self, self.routes[name] if name else next(iter(self.routes.values())))

    def pool(self, route: Route) -> Pool:
        """The kept connections of a route."""
        with self._lock:
            if route not in self._pools:
                self._pools[route] = Pool(partial(Connection, self, route))
            return self._pools[route]

    def context(self, route: Route) -> ssl.SSLContext | None:
        """Certificates are verified: against the public authorities, or against your own."""
        if not (route.use_tls or route.use_ssl):
            return None
        with self._lock:
            if route.ca_file not in self._contexts:
                made = ssl.create_default_context(cafile=route.ca_file or None)
                self._contexts[route.ca_file] = made
            return self._contexts[route.ca_file]


def mail_of(app: Flask) -> Mail:
    """The app's Flask-Mail, made when first needed."""
    if "matinee_mail" not in app.extensions:
        app.extensions["matinee_mail"] = Mail(app, app.config["SETTINGS"])
    return cast("Mail", app.extensions["matinee_mail"])
