"""`flask doctor` says at a glance what is wrong, and exits 1 if something is."""

from datetime import timedelta

import flask_migrate
import pytest
from flask import Flask

from bookingapp import clock
from bookingapp.db import transaction
from bookingapp.email import outbox, transport_state
from bookingapp.email.faults import Cause, Evidence, Fault
from bookingapp.email.samples import samples
from tests.factories import Cinema


def test_a_sound_house_is_all_ok(app: Flask, cinema: Cinema) -> None:
    cinema.showtime()
    answer = app.test_cli_runner().invoke(args=["doctor"])
    assert answer.exit_code == 0, answer.output
    assert "BAD" not in answer.output


def test_an_unmigrated_database_is_named_with_the_command_that_mends_it(app: Flask) -> None:
    flask_migrate.downgrade(revision="base")
    answer = app.test_cli_runner().invoke(args=["doctor"])
    assert answer.exit_code == 1
    assert "flask --app app db upgrade" in answer.output


def test_a_mail_due_for_long_is_named(app: Flask) -> None:
    with transaction() as session:
        outbox.put(
            session, samples(clock.now(), "http://cinema.test")["mail_test"], recipient="asha@example.com", locale="en",
            dedupe_key="old", due_at=clock.now() - timedelta(hours=1),
        )  # fmt: skip
    answer = app.test_cli_runner().invoke(args=["doctor"])
    assert answer.exit_code == 1
    assert "BAD mail" in answer.output
    assert "asha" not in answer.output


@pytest.mark.settings(mail_transport="smtp", mail_server="mail.cinema.test")
def test_a_mail_server_that_is_left_alone_is_named_with_the_reason(app: Flask) -> None:
    refused = Evidence("auth", Cause.SERVER, 535, "5.7.8 Bad password")
    with transaction() as session:
        transport_state.note_fault(session, "smtp", Fault.AUTH, refused, clock.now())
    answer = app.test_cli_runner().invoke(args=["doctor"])
    assert answer.exit_code == 1
    assert (
        "BAD mail: smtp: 535 5.7.8 Bad password; what to do: flask --app app mail doctor"
        in answer.output
    )


@pytest.mark.settings(mail_transport="smtp", mail_server="mail.cinema.test")
def test_mails_that_can_be_read_on_the_way_are_told(app: Flask) -> None:
    answer = app.test_cli_runner().invoke(args=["doctor"])
    assert "MAIL_SERVER mail.cinema.test:25 is reached without TLS" in answer.output
