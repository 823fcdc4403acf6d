"""Where mails go: by SMTP, or to the console or into files, which is not really sending."""

import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from flask import Flask

from bookingapp import clock
from bookingapp.email.faults import Cause, Evidence
from bookingapp.email.mailer import mail_of
from bookingapp.email.mime import Letter
from bookingapp.email.pool import Pool
from bookingapp.email.routes import Route, routes
from bookingapp.email.smtp import ClaimLost, Connection, Receipt, SendFailed
from bookingapp.settings import Settings


class Transport(Protocol):
    """Hands letters over, one at a time. `simulated`: they reach nobody."""

    simulated: bool

    def send(self, letter: Letter, name: str, before_dot: Callable[[], bool]) -> Receipt:
        """Raises SendFailed with its evidence, or ClaimLost when `before_dot` says no."""

    def close(self) -> None:
        """The drain's run is over."""


class Smtp:
    """By Flask-Mail. One lane: a connection of its own from the route's pool, given back at the end."""

    simulated = False

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._connection: Connection | None = None

    def send(self, letter: Letter, name: str, before_dot: Callable[[], bool]) -> Receipt:  # noqa: ARG002
        """To the server."""
        if self._connection is None:
            self._connection = self._pool.take()
        return self._connection.send(letter, before_dot=before_dot)

    def close(self) -> None:
        """The connection stays open for the next run, for a while."""
        if self._connection is not None:
            self._pool.give(self._connection)
            self._connection = None


class Folder:
    """Each mail a file that any mail program opens; written whole or not at all."""

    simulated = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, letter: Letter, name: str, before_dot: Callable[[], bool]) -> Receipt:
        """Into `<folder>/<time>-<name>.eml`."""
        path = self._folder / f"{clock.now():%Y%m%d-%H%M%S}-{name}.eml"
        unfinished = path.with_suffix(f".{secrets.token_hex(4)}.part")
        content = letter.as_bytes()
        if not before_dot():
            raise ClaimLost
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished.touch(mode=0o600)
            unfinished.write_bytes(content)
            unfinished.replace(path)
        except OSError as error:
            raise SendFailed(Evidence("data", Cause.TRANSPORT, 0, str(error.strerror))) from error
        return Receipt(0, path.name)

    def close(self) -> None:
        """Nothing is open."""


class Console:
    """For a developer's eyes."""

    simulated = True

    def send(self, letter: Letter, name: str, before_dot: Callable[[], bool]) -> Receipt:
        """To standard output."""
        if not before_dot():
            raise ClaimLost
        sys.stdout.write(letter.as_bytes().decode("utf-8", "replace") + "\n")
        sys.stdout.flush()
        return Receipt(0, f"{name} on the console")

    def close(self) -> None:
        """Nothing is open."""


def make(app: Flask, route: Route | None = None) -> Transport:
    """The transport of a route (the first one's), for one lane of a run. Cheap: nothing is opened yet."""
    settings: Settings = app.config["SETTINGS"]
    route = route or routes(settings)[0]
    if not route.simulated:
        return Smtp(mail_of(app).pool(route))
    return Console() if route.name == "console" else Folder(settings.instance / "mail")
