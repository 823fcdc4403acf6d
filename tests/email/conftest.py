"""What the e-mail tests share: owing a letter in one line, pointing the app at a server, draining."""

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from bookingapp import clock
from bookingapp.db import db, transaction
from bookingapp.email import drain, outbox, pool, queries, render, samples, wake
from bookingapp.email.messages import BookingConfirmation, Message
from bookingapp.email.models import MailTransport, OutboxState
from bookingapp.email.queries import OpenedMail
from bookingapp.email.transports import Transport, make
from bookingapp.settings import Settings
from tests.email.arrived import NOW, due, parsed
from tests.email.wire import Connect

_numbers = itertools.count(1)
Owe = Callable[..., str]
Render = Callable[..., EmailMessage]
URL = "http://cinema.test"


@pytest.fixture(autouse=True)
def nobody_drains() -> Iterator[None]:
    """Each test begins and ends with no drain, no lock, nobody to wake."""
    drain.started(lambda: None)
    wake.hand_over(None)
    yield
    drain.stop()
    assert drain.join(20)
    pool.close_all()
    drain.started(lambda: None)
    wake.hand_over(None)


@pytest.fixture
def owe(app: Flask) -> Owe:
    """Owe a letter, by default a confirmation; its public id. Facts of the ticket by name."""

    def put(message: Message | None = None, *, to: str = "asha@example.org", locale: str = "en",
            due_at: datetime | None = None, expires_at: datetime | None = None,
            booking_id: int | None = None, **facts: Any) -> str:  # fmt: skip
        key = f"test:{next(_numbers)}"
        message = message or BookingConfirmation(samples.ticket(clock.now(), URL, **facts))
        with transaction() as session:
            assert outbox.put(session, message, recipient=to, locale=locale, dedupe_key=key,
                              due_at=due_at, expires_at=expires_at, booking_id=booking_id)  # fmt: skip
        db.session.rollback()
        return queries.page(queries.Search(), size=1)[0].public_id

    return put


@pytest.fixture
def connect(app: Flask) -> Iterator[Connect]:
    """Transports to ports of this machine."""
    made: list[Transport] = []

    def start(port: int, **values: object) -> Transport:
        use_server(app, port, **values)
        made.append(make(app))
        return made[-1]

    yield start
    for transport in made:
        transport.close()
    pool.close_all()


def use_server(app: Flask, port: int, **values: Any) -> Settings:
    """From now on the app sends by SMTP to this port of this machine."""
    defaults = {"mail_transport": "smtp", "mail_server": "127.0.0.1", "mail_port": port,
                "mail_default_sender": "The Lantern <tickets@lantern.test>"}  # fmt: skip
    settings: Settings = replace(app.config["SETTINGS"], **{**defaults, **values})
    app.config["SETTINGS"] = settings
    app.extensions.pop("matinee_mail", None)
    return settings


def opened(public_id: str) -> OpenedMail:
    """The row as it is now."""
    db.session.rollback()
    found = queries.one(public_id)
    assert found is not None
    return found


@pytest.fixture
def confirmation(app: Flask) -> Render:
    """A confirmation as it arrives, with some facts changed."""

    def make(**facts: Any) -> EmailMessage:
        message = BookingConfirmation(
            samples.ticket(NOW, URL, **facts),
            samples.samples(NOW, URL)["booking_confirmation"].paid,  # type: ignore[union-attr]
        )
        return parsed(render.letter(due(message)).as_bytes())

    return make


def state(public_id: str) -> OutboxState:
    """Where a mail stands."""
    return opened(public_id).line.state


def way(name: str = "smtp") -> MailTransport:
    """What is known of a way out."""
    db.session.rollback()
    return db.session.scalars(select(MailTransport).where(MailTransport.name == name)).one()


def run_at(now: datetime, **later: float) -> int:
    """A run so much later."""
    with time_machine.travel(now + timedelta(**later)):
        return drain.run()


def in_background(app: Flask, call: Callable[[], object]) -> threading.Thread:
    """Run it in a thread of its own, with its own application context."""

    def work() -> None:
        with app.app_context():
            call()
            db.session.remove()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
