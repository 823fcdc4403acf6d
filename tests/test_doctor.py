"""`flask doctor` says at a glance what is wrong, and exits 1 if something is."""

from datetime import timedelta

import flask_migrate
import pytest
from flask import Flask

from bookingapp import clock
from bookingapp.catalogue import taxes
from bookingapp.catalogue.tax import Band, Law
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


# What a setting and a law come to, in words; both engines read laws in tests/admin/test_tax.py.
OPEN = {"mode": "production", "public_url": "https://cinema.test", "sandbox_in_production": True,
        "mail_default_sender": "The Lantern <lantern@cinema.test>", "mail_transport": "smtp",
        "mail_server": "mail.cinema.test"}  # fmt: skip


def doctors_word_on_invoices(app: Flask) -> str:
    output = app.test_cli_runner().invoke(args=["doctor"]).output
    (line,) = [line for line in output.splitlines() if " invoices: " in line]
    return line


@pytest.mark.engine("sqlite")
@pytest.mark.settings(**OPEN)
def test_tax_without_a_tax_number_is_named(app: Flask) -> None:
    said = doctors_word_on_invoices(app)
    assert said.startswith("BAD invoices: SELLER_TAX_ID is not set: tax of up to 18 % is taken")


@pytest.mark.engine("sqlite")
@pytest.mark.settings(**OPEN, seller_tax_id="32AAAAA0000A1Z5")
def test_with_a_tax_number_all_is_well(app: Flask) -> None:
    assert doctors_word_on_invoices(app) == "ok  invoices: with a tax number"


@pytest.mark.engine("sqlite")
@pytest.mark.settings(**OPEN, currency="EUR")
def test_a_tax_that_only_begins_tomorrow_asks_for_a_number_too(app: Flask) -> None:
    assert doctors_word_on_invoices(app) == "ok  invoices: nothing is taxed"
    tomorrow = clock.now().date() + timedelta(days=1)
    with transaction() as session:
        taxes.add(session, Law(tomorrow, 0, (Band(None, 550),)))
    assert "tax of up to 5.5 % is taken" in doctors_word_on_invoices(app)


@pytest.mark.engine("sqlite")
def test_the_demo_is_told_and_goes_on(app: Flask) -> None:
    assert doctors_word_on_invoices(app).startswith("ok  invoices: SELLER_TAX_ID is not set")
