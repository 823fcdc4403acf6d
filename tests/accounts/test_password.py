"""Changing one's own password, and what it does to other browsers."""

from collections.abc import Callable

import pytest
from argon2 import Type, extract_parameters
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bookingapp.accounts import passwords
from tests.factories import Cinema

SignIn = Callable[[FlaskClient, str], FlaskClient]
NEW = "four quiet velvet seats"


def change(
    client: FlaskClient, present: str = Cinema.PASSWORD, new: str = NEW, again: str = NEW
) -> TestResponse:
    data = {"present": present, "new": new, "again": again}
    return client.post("/account/password", data=data)


def test_a_changed_password_is_the_one_that_counts(
    app: Flask, client: FlaskClient, cinema: Cinema, sign_in: SignIn
) -> None:
    assert change(sign_in(client, "manager")).status_code == 303
    email, other = cinema.staff("manager"), app.test_client()
    old = other.post("/account/login", data={"email": email, "password": Cinema.PASSWORD})
    new = other.post("/account/login", data={"email": email, "password": NEW})
    assert (old.status_code, new.status_code) == (403, 303)


def test_changing_it_signs_every_other_browser_out_and_keeps_this_one(
    app: Flask, client: FlaskClient, sign_in: SignIn
) -> None:
    other = sign_in(app.test_client(), "manager")
    change(sign_in(client, "manager"))
    assert other.get("/office/outbox").status_code == 302
    assert client.get("/office/outbox").status_code == 200


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({"present": "not mine"}, 403, "not your present password"),
        ({"new": "short", "again": "short"}, 400, "10 characters or more"),
        ({"again": "four quiet velvet chairs"}, 400, "not the same"),
    ],
)
def test_a_change_is_refused_in_words_that_help(
    client: FlaskClient, sign_in: SignIn, fields: dict[str, str], status: int, says: str
) -> None:
    answer = change(sign_in(client, "usher"), **fields)
    assert (answer.status_code, says in answer.text) == (status, True)
    assert client.get("/account/password").status_code == 200, "and nobody is signed out"


def test_a_stranger_changes_nothing(client: FlaskClient) -> None:
    assert change(client).location.startswith("/account/login")


@pytest.mark.settings(limit_requests=True, limit_logins="2 per minute")
def test_guessing_the_present_password_ends_soon(client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(client, "manager")
    answers = [change(client, present="a guess").status_code for _ in range(4)]
    assert answers == [403, 403, 429, 429]


@pytest.mark.usefixtures("slow_passwords")
def test_what_is_stored_is_slow_to_guess() -> None:
    stored = extract_parameters(passwords.hashed(NEW))
    assert (stored.type, stored.memory_cost >= 19456, stored.time_cost >= 2) == (
        Type.ID,
        True,
        True,
    )


def test_made_passwords_are_long_and_never_the_same() -> None:
    made = {passwords.generated() for _ in range(50)}
    assert len(made) == 50
    assert all(len(one.replace("-", "")) == 16 for one in made)
