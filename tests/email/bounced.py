"""A mailbox that the app reads, mails that went out, and what is known of them after a bounce."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from bookingapp.db import db, transaction
from bookingapp.email.models import OutboxMessage, Suppression
from tests.admin.rows import Rows
from tests.factories import Cinema
from tests.imap import PASSWORD, Mailbox, mailbox

__all__ = ["mailbox"]


@pytest.fixture
def rows(cinema: Cinema) -> Rows:
    return Rows(cinema)


@pytest.fixture
def read(app: Flask, mailbox: Mailbox) -> Flask:
    """The app reads this mailbox."""
    use(app, mailbox)
    return app


def use(app: Flask, mailbox: Mailbox, **values: Any) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], **{
        "mail_bounce_imap_server": "localhost", "mail_bounce_imap_port": mailbox.port,
        "mail_bounce_imap_username": mailbox.user, "mail_bounce_imap_password": PASSWORD,
        "mail_ca_file": mailbox.ca_file, "mail_timeout_seconds": 5, **values,
    })  # fmt: skip


def sent(rows: Rows, **values: Any) -> tuple[str, str]:
    """A mail that went out: its public id and its Message-ID."""
    public_id = rows.mail(**{"recipient": "asha@example.org", **values})
    with transaction() as session:
        row = session.scalars(
            select(OutboxMessage).where(OutboxMessage.public_id == public_id)
        ).one()
        row.message_id = f"<booking_confirmation.{public_id}@lantern.test>"
    return public_id, row.message_id


def mail(public_id: str) -> OutboxMessage:
    db.session.rollback()
    return db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.public_id == public_id)
    ).one()


def suppressed() -> list[tuple[str, str]]:
    db.session.rollback()
    return [(row.address, row.reason) for row in db.session.scalars(select(Suppression))]
