"""Character 0: no database takes it in a text, so no address, query or form with it reaches a page."""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from bookingapp.web import access

SignIn = Callable[[FlaskClient, str], FlaskClient]
ZERO = "a\x00b"


@pytest.fixture
def owner(client: FlaskClient, sign_in: SignIn) -> FlaskClient:
    """Every door is open to the owner."""
    return sign_in(client, "owner")


def addresses(app: Flask, word: str) -> Iterator[tuple[str, str, Rule]]:
    """Every address with each of its methods, and `word` wherever it takes a text."""
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            places = {name: _fill(rule, name, word) for name in rule.arguments}
            built = rule.build({**places, **(rule.defaults or {})})
            assert built is not None, rule
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, built[1], rule


def _fill(rule: Rule, name: str, word: str) -> Any:
    kind = type(rule._converters[name]).__name__
    return {"RowNumber": 7, "UUIDConverter": "0" * 8 + "-0000" * 3 + "-" + "0" * 12}.get(kind, word)


def test_an_address_with_it_is_not_there(app: Flask, owner: FlaskClient) -> None:
    odd = [(m, path, rule) for m, path, rule in addresses(app, ZERO) if "%00" in path]
    assert len(odd) > 20
    for method, path, _rule in odd:
        answer = owner.open(path, method=method)
        assert answer.status_code == 404, (method, path, answer.status_code)
        assert "Nothing here" in answer.text


def test_a_query_with_it_did_not_arrive_whole(app: Flask, owner: FlaskClient) -> None:
    for method, path, _rule in addresses(app, "none"):
        for query in ({"q": ZERO}, {ZERO: "1"}, [("q", "good"), ("q", ZERO)]):
            answer = owner.open(path, method=method, query_string=query)
            assert answer.status_code == 400, (method, path, answer.status_code)


def test_a_form_with_it_did_not_arrive_whole(app: Flask, owner: FlaskClient) -> None:
    for method, path, rule in addresses(app, "none"):
        if method == "POST" and access.access_of(app, rule.endpoint) != "gateway":
            answer = owner.post(path, data={"name": "Matinee", "words": ZERO})
            assert answer.status_code == 400, (path, answer.status_code)
            assert "did not arrive whole" in answer.text


@pytest.mark.engine("sqlite")  # what is refused never reaches a database
@pytest.mark.parametrize(
    "form",
    [
        {ZERO: "1"},
        {"seat": ["C4", ZERO]},
        {"file": (BytesIO(b"id\n"), "a\x00.csv")},
        {ZERO: (BytesIO(b"id\n"), "a.csv")},
    ],
)
def test_neither_a_fields_name_nor_a_files_nor_a_second_value_may_hold_it(
    owner: FlaskClient, form: dict[str, Any]
) -> None:
    assert owner.post("/office/prices", data=form).status_code == 400


@pytest.mark.engine("sqlite")  # a file is not looked into, whatever the database
def test_what_stands_in_a_file_is_its_readers_business(owner: FlaskClient) -> None:
    form = {"file": (BytesIO(b"a\x00b"), "a.csv"), "name": ""}
    assert "did not arrive whole" not in owner.post("/office/prices", data=form).text


@pytest.mark.engine("sqlite")  # nothing is asked of a database before the signature is right
@pytest.mark.settings(razorpay_webhook_secret="secret" * 4)
def test_the_gateways_signed_body_is_left_as_it_came(client: FlaskClient) -> None:
    answer = client.post("/webhooks/razorpay", data={"words": ZERO})
    assert (answer.status_code, answer.text) == (401, "refused\n")
