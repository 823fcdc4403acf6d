"""The session's cookie: signed when it says something new, and once a day."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask, session
from flask.testing import FlaskClient

from bookingapp.web.access import access

# the database is not asked
pytestmark = pytest.mark.engine("sqlite")
START = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """A browser in front of two pages: one begins a session that lasts, one only reads it."""

    def begin() -> str:
        session["buyer"], session.permanent = "asha", True
        return "begun"

    for rule, view in (("/begin", begin), ("/read", lambda: session.get("buyer", "nobody"))):
        app.add_url_rule(rule, rule, access("public")(view))
    return app.test_client()


def after(wait: timedelta, browser: FlaskClient, path: str = "/read") -> tuple[str, bool]:
    """What a page says so long after the start, and whether it sets a cookie."""
    with time_machine.travel(START + wait, tick=False):
        answer = browser.get(path)
    return answer.text, "Set-Cookie" in answer.headers


def test_a_page_that_changes_nothing_sends_no_cookie(browser: FlaskClient) -> None:
    assert after(timedelta(), browser, "/begin") == ("begun", True)
    assert after(timedelta(hours=23), browser) == ("asha", False)


def test_who_comes_back_is_known_for_another_month(browser: FlaskClient) -> None:
    after(timedelta(), browser, "/begin")
    assert after(timedelta(days=20), browser) == ("asha", True)
    assert after(timedelta(days=45), browser) == ("asha", True)
    assert after(timedelta(days=80), browser) == ("nobody", False)


def test_a_cookie_signed_by_another_key_says_nothing(app: Flask, browser: FlaskClient) -> None:
    after(timedelta(), browser, "/begin")
    app.secret_key = "another"
    assert after(timedelta(hours=1), browser) == ("nobody", False)


def test_the_key_before_is_believed_while_it_is_changed(app: Flask, browser: FlaskClient) -> None:
    after(timedelta(), browser, "/begin")
    app.config["SECRET_KEY_FALLBACKS"] = [app.secret_key]
    app.secret_key = "another"
    assert after(timedelta(hours=1), browser) == ("asha", False)
