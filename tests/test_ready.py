"""Statements given straight to the driver: the same values, rows and errors as by SQLAlchemy's own way."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from flask import Flask
from sqlalchemy import bindparam, delete, literal, select, update
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from bookingapp.db import NestedTransactionError, db, in_transaction, table, transaction
from bookingapp.email.models import Scope, Suppression
from bookingapp.ready import Ready, beside, brief, reading

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
_ROWS = table(Suppression)
_ADD = Ready(
    _ROWS.insert().values(
        address=bindparam("address"),
        scope=bindparam("scope"),
        reason="asked for",
        created_at=bindparam("created_at"),
    )
)
_LIFT = Ready(
    update(Suppression)
    .where(Suppression.address == bindparam("whose"), Suppression.lifted_at.is_(None))
    .values(lifted_at=bindparam("now"))
)
_ADDRESSES = Ready(
    select(_ROWS.c.address)
    .where(_ROWS.c.scope == bindparam("scope"), _ROWS.c.created_at <= bindparam("now"))
    .order_by(_ROWS.c.address)
)


def row(address: str) -> dict[str, object]:
    return {"address": address, "scope": Scope.ALL, "created_at": NOW}


@pytest.fixture
def two(app: Flask) -> None:
    with brief() as driver:
        assert _ADD.write(driver, [row("a@example.org"), row("b@example.org")]) == 2


@pytest.mark.usefixtures("two")
def test_what_is_written_is_read_back_by_the_model(app: Flask) -> None:
    rows = db.session.scalars(select(Suppression).order_by(Suppression.address)).all()
    assert [(r.address, r.scope, r.created_at, r.reason) for r in rows] == [
        ("a@example.org", Scope.ALL, NOW, "asked for"),
        ("b@example.org", Scope.ALL, NOW, "asked for"),
    ]


@pytest.mark.usefixtures("two")
def test_values_are_compared_as_the_types_say(app: Flask) -> None:
    kolkata = timezone(timedelta(hours=5, minutes=30))
    with reading() as driver:
        found = _ADDRESSES.rows(driver, scope=Scope.ALL, now=NOW.astimezone(kolkata))
        assert found == [("a@example.org",), ("b@example.org",)]
        assert not _ADDRESSES.finds(driver, scope=Scope.REMINDER, now=NOW)
        assert not _ADDRESSES.finds(driver, scope=Scope.ALL, now=NOW - timedelta(seconds=1))


def test_a_naive_instant_is_refused(app: Flask) -> None:
    with reading() as driver, pytest.raises(ValueError, match="naive"):
        _ADDRESSES.rows(driver, scope=Scope.ALL, now=datetime(2026, 11, 22))  # noqa: DTZ001


@pytest.mark.usefixtures("two")
def test_how_many_rows_changed_is_counted_over_all_values(app: Flask) -> None:
    asked = [
        {"whose": who, "now": NOW}
        for who in ("a@example.org", "nobody@example.org", "b@example.org")
    ]
    with brief() as driver:
        assert _LIFT.write(driver, asked) == 2


def add(*addresses: str, error: Exception | None = None) -> None:
    """In one transaction, which `error` ends."""
    with brief() as driver:
        _ADD.write(driver, [row(address) for address in addresses])
        if error:
            raise error


@pytest.mark.usefixtures("two")
def test_what_fails_is_undone_and_told_as_sqlalchemy_tells_it(app: Flask) -> None:
    with pytest.raises(IntegrityError):
        add("c@example.org", "a@example.org")
    with pytest.raises(ValueError, match="mine"):
        add("c@example.org", error=ValueError("mine"))
    with reading() as driver:
        assert len(_ADDRESSES.rows(driver, scope=Scope.ALL, now=NOW)) == 2
    assert not in_transaction()


def test_words_no_database_knows_are_its_error(app: Flask) -> None:
    with reading() as driver, pytest.raises((OperationalError, ProgrammingError)):
        driver.say(driver.cursor.execute, "SELEKT 1")


def test_beside_a_session_it_shares_the_transaction(app: Flask) -> None:
    with transaction() as session:
        _ADD.write(beside(session), [row("a@example.org")])
        assert session.scalar(select(Suppression.address)) == "a@example.org"
        session.rollback()
    assert db.session.scalar(select(Suppression.address)) is None


def test_it_is_a_transaction_of_its_own(app: Flask) -> None:
    with transaction() as session:
        session.execute(delete(Suppression))
        with pytest.raises(NestedTransactionError), brief():
            pass
    with brief() as driver:
        assert in_transaction()
        assert Ready(select(literal(1))).rows(driver) == [(1,)]
