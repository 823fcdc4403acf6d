"""What is not the gateway's word: refused with the right number, logged without secrets, no trace."""

import json
import logging

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookingapp.payments import webhooks
from bookingapp.payments.models import WebhookEvent
from bookingapp.payments.webhooks import BadEvent
from tests.booking import buyers, events
from tests.booking.buyers import go_to_pay, hold
from tests.booking.events import Delivery, captured, event, sign
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.settings(razorpay_webhook_secret=events.SECRET)


@pytest.fixture
def good(cinema: Cinema, sandbox: SandboxProcess) -> Delivery:
    """An event that would confirm a booking."""
    token = hold(cinema.showtime(), "C4", "C5")
    return captured(sandbox, sandbox.pay(go_to_pay(token)).payment_id)


def forged(good: Delivery) -> list[tuple[str, Delivery]]:
    """Bodies and signatures that do not belong together."""
    right = sign(good.body)
    return [
        ("no signature", good.but(signature="")),
        ("a guess", good.but(signature="0" * 64)),
        ("another's secret", good.but(signature=sign(good.body, "the-key-secret"))),
        ("capitals", good.but(signature=right.upper())),
        ("too long", good.but(signature=right + "0")),
        ("not ASCII", good.but(signature="é" * 64)),
        ("truncated", good.but(body=good.body[:-1], signature=right)),
        ("one byte changed", good.but(body=good.body.replace(b"36000", b"36001"), signature=right)),
        ("white space", good.but(body=good.body + b"\n", signature=right)),
        ("empty", good.but(body=b"", signature=right)),
    ]


def test_what_is_not_signed_is_refused_and_leaves_no_trace(
    app: Flask, good: Delivery, caplog: pytest.LogCaptureFixture
) -> None:
    before = buyers.counts()
    with caplog.at_level(logging.DEBUG, "bookingapp"):
        for what, delivery in forged(good):
            assert delivery.to(app).status_code == 401, what
    assert buyers.counts() == before
    assert buyers.rows(WebhookEvent) == []
    for secret in (events.SECRET, sign(good.body), "pay_", "Traceback"):
        assert secret not in caplog.text
    assert caplog.text.count("a webhook was refused: signature") == len(forged(good))
    # and the same event, honest, is taken afterwards
    assert good.to(app).text == "taken\n"


def test_a_body_beyond_the_limit_is_not_even_read(app: Flask, good: Delivery) -> None:
    large = good.but(body=good.body + b" " * webhooks.LARGEST)
    assert large.to(app).status_code == 413
    assert buyers.rows(WebhookEvent) == []


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"5", b'"text"', b"{", b'{"event": "payment.captured"', b"\xff\xfe{}",
        b'{"event": "\xe9"}', '{"event": "x"}'.encode("utf-16"), b'{"event": 5}', b"{}",
        b'{"event": ""}', b'{"event": "a b"}', b'{"event": "\\u0000"}', b'{"event": "\\ud800"}',
        b'{"event": "x", "n": NaN}', b"[" * 20_000, b'{"event": "' + b"x" * 61 + b'"}',
        b'{"event": "x", "n": ' + b"9" * 5000 + b"}",
    ],
)  # fmt: skip
def test_a_signed_body_that_is_no_event_is_refused(
    app: Flask, sandbox: SandboxProcess, body: bytes
) -> None:
    assert Delivery(body, "evt_good").to(app).status_code == 400
    assert buyers.rows(WebhookEvent) == []


@pytest.mark.parametrize("event_id", ["", "x", "a" * 81, "evt 1", "evt_é", "' OR 1=1 --"])
def test_an_event_without_a_good_id_is_refused(
    app: Flask, sandbox: SandboxProcess, event_id: str
) -> None:
    assert event("payment.captured").but(event_id=event_id).to(app).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None}, {"id": "pay_\x00"}, {"id": "x" * 41}, {"id": {"a": 1}}, {"amount": "36000"},
        {"amount": -1}, {"amount": 10**12}, {"amount": 1.5}, {"amount": True}, {"status": "eaten"},
        {"currency": "rupees"}, {"currency": None}, {"order_id": ["a"]}, {"order_id": "o\x00rder"},
    ],
)  # fmt: skip
def test_a_signed_event_of_a_strange_payment_is_kept_and_changes_nothing(
    app: Flask, good: Delivery, changes: dict[str, object]
) -> None:
    told = json.loads(good.body)
    told["payload"]["payment"]["entity"].update(changes)
    strange = good.but(body=json.dumps(told).encode())
    before = buyers.counts()
    assert strange.to(app).status_code == 200
    assert buyers.counts() == before
    assert [row.outcome.value for row in buyers.rows(WebhookEvent)] == ["ignored"]


def test_words_no_column_takes_do_not_stop_the_money(app: Flask, good: Delivery) -> None:
    told = json.loads(good.body)
    told["payload"]["payment"]["entity"].update(
        method="u\x00pi\ud800" + "x" * 99, error_reason="\ud83d", error_description="\ud800\x00",
        bank={"card": "4242"}, fee=10**40, tax=1e308,
    )  # fmt: skip
    assert good.but(body=json.dumps(told).encode()).to(app).text == "taken\n"
    assert buyers.counts()["letters"] == 1


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_only_a_post_is_heard(app: Flask, method: str) -> None:
    assert getattr(app.test_client(), method)(events.ADDRESS).status_code == 405


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)


@pytest.mark.engine("sqlite")  # reading an event knows no database
@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=200) | JSON.map(lambda v: json.dumps(v).encode()))
def test_whatever_the_bytes_reading_them_ends_in_an_event_or_a_refusal(body: bytes) -> None:
    try:
        read = webhooks.read("evt_1", body)
    except BadEvent:
        return
    assert read.kind


@pytest.mark.engine("sqlite")
@settings(max_examples=200)
@given(st.binary(max_size=100), st.text(max_size=70), st.text(min_size=1, max_size=20))
def test_no_other_text_is_a_signature(body: bytes, text: str, secret: str) -> None:
    made = sign(body, secret)
    assert webhooks.signed(body, made, ["another", secret])
    assert not webhooks.signed(body, made, ["another"])
    assert webhooks.signed(body, text, [secret]) == (text == made)
