"""The walk through the URL map: every page says who may see it, and keeps to it."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from bookingapp.web import access
from bookingapp.web.csp import STRICT

SignIn = Callable[[FlaskClient, str], FlaskClient]
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
STAFF = access.ROLES
# Who gets more than the strict policy, and what exactly. A new one belongs here with its reason.
CSP_EXCEPTIONS: dict[str, set[str]] = {
    "admin.letter": {"frame-src"},
    "admin.letter_html": {"sandbox", "frame-ancestors", "img-src", "style-src"},
    "admin.mail": {"frame-src"},
    "admin.mail_elsewhere": {"frame-src"},
    "admin.mail_html": {"sandbox", "frame-ancestors", "img-src", "style-src"},
    "pay.pay": {"form-action", "script-src", "frame-src", "connect-src", "style-src"},
}


class Page(NamedTuple):
    """One address with one method."""

    endpoint: str
    path: str
    method: str
    who: str | None


def pages(app: Flask) -> Iterator[Page]:
    """Every address there is, with something in its place-holders."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            who = access.access_of(app, rule.endpoint)
            yield Page(rule.endpoint, _address(app, rule), method, who)


def _address(app: Flask, rule: Rule) -> str:
    filled: dict[str, object] = dict.fromkeys(rule.arguments, "none")
    filled.update(rule.defaults or {})
    for name, converter in rule._converters.items():
        if converter.regex.startswith("\\d"):
            filled[name] = 999999
        elif type(converter).__name__ == "UUIDConverter":
            filled[name] = "00000000-0000-0000-0000-000000000000"
    with app.test_request_context():
        built = rule.build(filled)
    assert built is not None, rule
    return built[1]


def opens(answer_status: int, location: str) -> bool:
    """Whether the door was open, whatever stood behind it: a page, a redirect, "no such row"."""
    return answer_status not in {401, 403} and not location.startswith("/account/login?")


def test_every_view_declares_who_may_see_it(app: Flask) -> None:
    assert {page.endpoint for page in pages(app) if page.who is None} == set()


def test_the_walk_sees_all_rooms(app: Flask) -> None:
    rooms = {page.endpoint.split(".")[0] for page in pages(app)}
    assert {"shop", "booking", "accounts", "admin", "health"} <= rooms


def test_the_office_is_for_staff_only(app: Flask) -> None:
    office = [page for page in pages(app) if page.path.startswith("/office")]
    assert len(office) > 5
    assert {page.who for page in office} <= set(STAFF)


def test_strangers_are_asked_to_sign_in_and_learn_nothing(app: Flask, client: FlaskClient) -> None:
    for page in pages(app):
        if page.who in STAFF:
            answer = client.open(page.path, method=page.method)
            assert answer.status_code == 302, page
            assert answer.location.startswith("/account/login?"), page


@pytest.mark.parametrize("role", ["customer", *STAFF])
def test_each_role_opens_its_own_doors_and_no_others(
    app: Flask, sign_in: SignIn, role: str
) -> None:
    client = sign_in(app.test_client(), role)
    for page in pages(app):
        if page.who in STAFF:
            answer = client.open(page.path, method=page.method)
            allowed = access.may(role, page.who)
            assert opens(answer.status_code, answer.location or "") == allowed, page
            assert answer.status_code < 500, page


def test_whoever_lacks_the_secret_of_a_link_finds_nothing(app: Flask, client: FlaskClient) -> None:
    for page in pages(app):
        if page.who == "link":
            answer = client.open(page.path, method=page.method)
            assert answer.status_code in {404, 410}, (page, answer.status_code)


def test_every_form_demands_its_token_except_the_gateways(app: Flask, sign_in: SignIn) -> None:
    client = sign_in(app.test_client(), "owner")
    app.config["WTF_CSRF_ENABLED"] = True
    unsafe = [page for page in pages(app) if page.method in UNSAFE]
    assert len(unsafe) >= 4
    for page in unsafe:
        refused = "open for too long" in client.open(page.path, method=page.method).text
        assert refused == (page.who != "gateway"), page


def test_only_signed_messages_of_the_gateway_come_without_a_token(app: Flask) -> None:
    gateway = {page.endpoint for page in pages(app) if page.who == "gateway"}
    assert all(endpoint.startswith(("booking.", "pay.", "webhook.")) for endpoint in gateway)


def test_every_exception_from_the_strict_policy_is_known_and_has_a_reason(app: Flask) -> None:
    found = {
        endpoint: view.csp for endpoint, view in app.view_functions.items() if hasattr(view, "csp")
    }
    assert set(found) == set(CSP_EXCEPTIONS)
    with app.test_request_context():
        for endpoint, (reason, sources) in found.items():
            assert len(reason) > 10, endpoint
            assert set(sources()) == CSP_EXCEPTIONS[endpoint]
            script = " ".join(sources().get("script-src", ()))
            assert "unsafe" not in script, endpoint


def test_pages_without_an_exception_get_exactly_the_strict_policy(
    app: Flask, client: FlaskClient
) -> None:
    strict = "; ".join(" ".join([name, *sources]) for name, sources in STRICT.items())
    for page in pages(app):
        if page.method == "GET" and page.who == "public" and page.endpoint not in CSP_EXCEPTIONS:
            answer = client.get(page.path)
            assert answer.headers["Content-Security-Policy"] == strict, page


def test_a_view_that_declares_nothing_is_refused_to_everybody(app: Flask, sign_in: SignIn) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    for client in (app.test_client(), sign_in(app.test_client(), "owner")):
        answer = client.get("/forgotten")
        assert answer.status_code == 403
        assert "secret" not in answer.text
