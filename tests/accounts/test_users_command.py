"""`flask --app app users`: accounts from the keyboard of the server."""

import re
from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from bookingapp.audit import AuditEntry
from bookingapp.db import db
from tests.factories import Cinema

Run = Callable[..., Result]


@pytest.fixture
def users(app: Flask) -> Run:
    """Run `users …`."""

    def run(*words: str, typed: str = "") -> Result:
        return app.test_cli_runner().invoke(args=["users", *words], input=typed)

    return run


def may_sign_in(app: Flask, email: str, password: str) -> bool:
    data = {"email": email, "password": password}
    return app.test_client().post("/account/login", data=data).status_code == 303


def shown_password(result: Result) -> str:
    found = re.search(r"shown this once: (\S+)", result.output)
    assert found, result.output
    return found.group(1)


def test_add_makes_an_account_and_shows_its_password_once(app: Flask, users: Run) -> None:
    result = users("add", "Mira@Cinema.test", "--role", "box_office", "--name", "Mira")
    assert "mira@cinema.test may sign in as box_office." in result.output
    assert may_sign_in(app, "mira@cinema.test", shown_password(result))


def test_add_takes_a_typed_password(app: Flask, users: Run) -> None:
    secret = "four quiet velvet seats"
    result = users("add", "mira@cinema.test", "--ask", typed=f"{secret}\n{secret}\n")
    assert result.exit_code == 0
    assert secret not in result.output
    assert may_sign_in(app, "mira@cinema.test", secret)


def test_add_refuses_a_second_account_for_one_address(users: Run) -> None:
    users("add", "mira@cinema.test")
    result = users("add", "MIRA@cinema.test")
    assert result.exit_code == 1
    assert "mira@cinema.test has an account already" in result.output


def test_add_refuses_what_is_no_address(users: Run) -> None:
    result = users("add", "mira")
    assert result.exit_code == 1
    assert "mira is not an e-mail address" in result.output


def test_add_refuses_a_short_password(users: Run) -> None:
    result = users("add", "mira@cinema.test", "--ask", typed="short\nshort\n")
    assert result.exit_code == 1
    assert "too short" in result.output


def test_list_names_everybody_with_role_and_state(users: Run, cinema: Cinema) -> None:
    cinema.staff("usher")
    users("disable", cinema.staff("manager"))
    lines = users("list").output.splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["manager@cinema.test", "manager", "disabled"],
        ["usher@cinema.test", "usher", "active"],
    ]


def test_passwd_gives_a_new_password_and_signs_out(
    app: Flask, users: Run, cinema: Cinema, client: FlaskClient, sign_in: Callable[..., object]
) -> None:
    sign_in(client, "manager")
    result = users("passwd", cinema.staff("manager"))
    assert client.get("/office/outbox").status_code == 302
    assert not may_sign_in(app, cinema.staff("manager"), Cinema.PASSWORD)
    assert may_sign_in(app, cinema.staff("manager"), shown_password(result))


def test_a_new_role_counts_from_the_next_page(
    users: Run, cinema: Cinema, client: FlaskClient, sign_in: Callable[..., object]
) -> None:
    sign_in(client, "usher")
    assert client.get("/office/outbox").status_code == 403
    users("role", cinema.staff("usher"), "manager")
    assert client.get("/office/outbox").status_code == 200


@pytest.mark.parametrize("deed", ["disable", "sign-out"])
def test_whoever_is_signed_out_by_command_is_out_at_once(
    users: Run, cinema: Cinema, client: FlaskClient, sign_in: Callable[..., object], deed: str
) -> None:
    sign_in(client, "manager")
    assert users(deed, cinema.staff("manager")).exit_code == 0
    assert client.get("/office/outbox").status_code == 302


def test_a_disabled_account_can_be_enabled_again(app: Flask, users: Run, cinema: Cinema) -> None:
    users("disable", cinema.staff("manager"))
    assert not may_sign_in(app, cinema.staff("manager"), Cinema.PASSWORD)
    users("enable", cinema.staff("manager"))
    assert may_sign_in(app, cinema.staff("manager"), Cinema.PASSWORD)


def test_an_unknown_address_is_named(users: Run) -> None:
    result = users("disable", "nobody@cinema.test")
    assert result.exit_code == 1
    assert "Nobody signs in as nobody@cinema.test" in result.output


def test_every_deed_is_written_down_without_the_password(users: Run) -> None:
    secret = shown_password(users("add", "mira@cinema.test"))
    for words in (("passwd",), ("sign-out",), ("disable",), ("enable",)):
        users(words[0], "mira@cinema.test")
    users("role", "mira@cinema.test", "owner")
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [entry.action for entry in entries] == [
        "user.create", "user.set_password", "user.sign_out_everywhere", "user.disable",
        "user.enable", "user.set_role",
    ]  # fmt: skip
    assert entries[-1].before == {"role": "manager"}
    assert entries[-1].after == {"role": "owner"}
    assert secret not in str([(entry.before, entry.after) for entry in entries])
