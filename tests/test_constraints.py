"""The database guards what is scarce. Each rule is attacked in plain SQL, on both engines."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bookingapp.db import db
from tests.attacks import bookings, mails, money, papers
from tests.attacks.attacker import NOW, Attacker
from tests.factories import Cinema

ATTACKS = (*bookings.ATTACKS, *money.ATTACKS, *papers.ATTACKS, *mails.ATTACKS)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda f: f.__name__)
def test_the_database_refuses(
    app: Flask, cinema: Cinema, attack: Callable[[Attacker], None]
) -> None:
    showtime = cinema.showtime()
    with db.engine.connect() as connection, pytest.raises(IntegrityError):
        attack(Attacker(connection, showtime))


def test_a_released_claim_leaves_the_seat_to_the_next(app: Flask, cinema: Cinema) -> None:
    showtime = cinema.showtime()
    with db.engine.connect() as connection:
        attacker = Attacker(connection, showtime)
        attacker.claim(attacker.insert("booking"), released_at=NOW)
        assert attacker.claim(attacker.insert("booking"))


def test_an_address_belongs_to_one_account_however_it_is_typed(app: Flask, cinema: Cinema) -> None:
    cinema.staff("manager")
    with db.engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(
            text(
                'INSERT INTO "user" (email, name, role, password_hash, session_epoch, created_at)'
                " VALUES ('MANAGER@cinema.test', '', 'customer', 'x', 0, '2026-01-01')"
            )
        )
