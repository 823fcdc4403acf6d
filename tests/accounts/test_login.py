"""Signing in and out, as a browser does it."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from bookingapp.accounts import passwords, queries, service
from bookingapp.audit import AuditEntry
from bookingapp.db import db
from tests.factories import Cinema

SignIn = Callable[[FlaskClient, str], FlaskClient]
REFUSED = "That address and password don&#39;t belong together"


def attempt(
    client: FlaskClient, email: str, password: str = Cinema.PASSWORD, then: str = ""
) -> int:
    answer = client.post(f"/account/login{then}", data={"email": email, "password": password})
    return answer.status_code


def test_the_right_password_opens_the_office(client: FlaskClient, cinema: Cinema) -> None:
    email = cinema.staff("manager")
    answer = client.post("/account/login", data={"email": email, "password": Cinema.PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/office/")
    assert client.get("/office/outbox").status_code == 200


def test_an_address_may_be_typed_in_any_case(client: FlaskClient, cinema: Cinema) -> None:
    assert attempt(client, f"  {cinema.staff('manager').upper()} ") == 303


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    client: FlaskClient, cinema: Cinema
) -> None:
    email = cinema.staff("manager")
    wrong = client.post("/account/login", data={"email": email, "password": "not this one"})
    unknown = client.post("/account/login", data={"email": "nobody@cinema.test", "password": "x"})
    assert wrong.status_code == unknown.status_code == 403
    assert REFUSED in wrong.text
    assert _plain(wrong.text, email) == _plain(unknown.text, "nobody@cinema.test")


def _plain(page: str, email: str) -> str:
    """The page without what was typed and without its own token."""
    return re.sub(r'(name="csrf_token" value=")[^"]*', r"\1", page.replace(email, "?"))


@pytest.mark.usefixtures("slow_passwords")
def test_an_unknown_address_costs_as_much_time_as_a_known_one() -> None:
    assert not passwords.outdated(passwords.NOBODY), "the stand-in must be as slow as real hashes"
    assert _seconds(passwords.NOBODY) > _seconds(passwords.hashed("another")) / 3


def _seconds(stored: str) -> float:
    start = time.perf_counter()
    assert not passwords.matches(stored, "a wrong password")
    return time.perf_counter() - start


def test_what_was_typed_as_address_is_kept_and_the_password_is_not(client: FlaskClient) -> None:
    answer = client.post(
        "/account/login", data={"email": 'a"b@cinema.test', "password": "hunter two"}
    )
    assert 'value="a&#34;b@cinema.test"' in answer.text
    assert "hunter two" not in answer.text


def test_a_disabled_account_is_refused_in_the_same_words(
    client: FlaskClient, cinema: Cinema
) -> None:
    email = cinema.staff("manager")
    service.disable(_id(email))
    assert attempt(client, email) == 403


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/office/bookings?q=asha", "/office/bookings?q=asha"),
        ("https://evil.example/", "/office/"),
        ("//evil.example/", "/office/"),
        ("/\\evil.example/", "/office/"),
        ("/\t/evil.example/", "/office/"),
        ("javascript:alert(1)", "/office/"),
    ],
)
def test_signing_in_leads_on_within_this_site_only(
    client: FlaskClient, cinema: Cinema, wanted: str, reached: str
) -> None:
    answer = client.post(
        "/account/login",
        query_string={"next": wanted},
        data={"email": cinema.staff("manager"), "password": Cinema.PASSWORD},
    )
    assert answer.location == reached


def test_a_page_of_the_office_asks_to_sign_in_and_comes_back(
    client: FlaskClient, cinema: Cinema
) -> None:
    asked = client.get("/office/bookings?q=asha")
    assert asked.status_code == 302
    answer = client.post(
        asked.location, data={"email": cinema.staff("manager"), "password": Cinema.PASSWORD}
    )
    assert answer.location == "/office/bookings?q=asha"


def test_who_is_signed_in_already_is_led_on(client: FlaskClient, sign_in: SignIn) -> None:
    assert sign_in(client, "manager").get("/account/login").location == "/office/"


def test_signing_out_ends_it(client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(client, "manager")
    assert client.post("/account/logout").location == "/account/login"
    assert client.get("/office/outbox").status_code == 302


def test_signing_out_by_a_link_is_not_possible(client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(client, "manager")
    assert client.get("/account/logout").status_code == 405
    assert client.get("/office/outbox").status_code == 200


def test_signing_in_empties_the_session_but_keeps_the_buyer(
    client: FlaskClient, sign_in: SignIn
) -> None:
    with client.session_transaction() as before:
        before.update(buyer="seats", csrf_token="planted", note="planted")
    sign_in(client, "manager")
    with client.session_transaction() as after:
        assert after["buyer"] == "seats"
        assert {"planted"}.isdisjoint(after.values())


def test_signing_in_is_written_down(client: FlaskClient, cinema: Cinema, sign_in: SignIn) -> None:
    sign_in(client, "manager")
    user = queries.by_email(cinema.staff("manager"))
    assert user is not None
    assert user.last_login_at is not None
    assert (datetime.now(UTC) - user.last_login_at).total_seconds() < 60
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.row_id, entry.actor_id) == ("user.sign_in", str(user.id), user.id)
    assert entry.request_id


@pytest.mark.usefixtures("slow_passwords")
def test_an_old_hash_is_made_anew_at_sign_in(client: FlaskClient, cinema: Cinema) -> None:
    email = cinema.staff("manager")
    assert passwords.outdated(_stored(email)), "the factory hashes cheaply"
    assert attempt(client, email) == 303
    assert not passwords.outdated(_stored(email))
    assert attempt(client, email) == 303


def test_a_hash_nobody_can_read_refuses_and_does_not_crash(app: Flask) -> None:
    assert not passwords.matches("{SSHA}old", "anything")


LIMIT = pytest.mark.settings(limit_requests=True, limit_logins="3 per minute")


@LIMIT
def test_guessing_one_address_from_many_places_ends_soon(app: Flask, cinema: Cinema) -> None:
    email = cinema.staff("owner")
    answers = [_from(app, f"198.51.100.{n}", email, "a guess").status_code for n in range(5)]
    assert answers == [403, 403, 403, 429, 429]


@LIMIT
def test_guessing_many_addresses_from_one_place_ends_soon(app: Flask) -> None:
    answers = [_from(app, "203.0.113.9", f"{n}@x.test", "a guess") for n in range(5)]
    assert [answer.status_code for answer in answers] == [403, 403, 403, 429, 429]
    assert "Wait a minute" in answers[-1].text
    assert "4@x.test" in answers[-1].text


@LIMIT
def test_signing_in_rightly_counts_for_nothing(app: Flask, cinema: Cinema) -> None:
    email = cinema.staff("box_office")
    answers = {_from(app, "203.0.113.77", email, Cinema.PASSWORD).status_code for _ in range(6)}
    assert answers == {303}


def _from(app: Flask, address: str, email: str, password: str) -> TestResponse:
    return app.test_client().post(
        "/account/login",
        data={"email": email, "password": password},
        environ_overrides={"REMOTE_ADDR": address},
    )


def _id(email: str) -> int:
    user = queries.by_email(email)
    assert user is not None
    return user.id


def _stored(email: str) -> str:
    db.session.rollback()
    return queries.password_hash(_id(email))


def test_a_session_of_a_disabled_account_is_nobodys_whatever_its_epoch(cinema: Cinema) -> None:
    user_id = _id(cinema.staff("manager"))
    service.disable(user_id)
    db.session.rollback()
    assert queries.by_session(f"{user_id}:1") is None


@pytest.mark.parametrize("key", ["", ":", "1", "x:0", "0:0", "-1:0", "1:0:0", "\u0661:0"])
def test_a_session_that_is_not_ours_is_nobodys(app: Flask, key: str) -> None:
    assert queries.by_session(key) is None
