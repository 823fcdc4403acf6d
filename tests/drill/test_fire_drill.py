"""The fire drill: what it plays is real, what differs is said, and it stays away from real money."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from bookingapp.drill.cases import CASES, Case
from bookingapp.drill.cli import NAMES
from bookingapp.drill.people import headline, words
from bookingapp.drill.play import Seen, _differences

pytestmark = pytest.mark.engine("sqlite")  # the drill's cinema has a database of its own
CASE = Case("x", "X", lambda _c, _m: [], "See you", "confirmed", ("booking_confirmation",))
GOOD = Seen(
    "x", "X", "BK1", "confirmed", ["See you on Tuesday"], ["booking_confirmation"], "", [], []
)


def drilled(app: Flask, *names: str) -> list[dict[str, Any]]:
    """What the command tells machines of these cases."""
    words = [word for name in names for word in ("--only", name)]
    answer = app.test_cli_runner().invoke(args=["fire-drill", "--json", *words])
    assert answer.exit_code == 0, answer.output
    told: list[dict[str, Any]] = json.loads(answer.output)
    return told


def test_a_drill_plays_with_real_processes_and_tells_what_staff_will_see(
    app: Flask, tmp_path: Path
) -> None:
    twice, failed = drilled(app, "double_webhook", "refund_failed")
    assert (twice["state"], twice["mails"], twice["money_page"]) == (
        "confirmed", ["booking_confirmation"], "",
    )  # fmt: skip
    assert failed["booking"] in failed["money_page"]
    assert "Another sum was paid than the booking costs" in failed["money_page"]
    assert "Try again now" in failed["money_page"]
    assert any("Failed Refund" in row for row in failed["office"])


@pytest.mark.torture
@pytest.mark.timeout(600)
def test_every_case_comes_to_what_it_has_to(app: Flask) -> None:
    told = drilled(app)
    assert [one["case"] for one in told] == NAMES
    assert [one["wrong"] for one in told] == [[]] * len(CASES)


@pytest.mark.settings(
    payment_gateway="razorpay", razorpay_key_id="rzp_live_x", razorpay_key_secret="s"
)
def test_it_does_not_play_beside_real_keys(app: Flask) -> None:
    answer = app.test_cli_runner().invoke(args=["fire-drill"])
    assert answer.exit_code == 1
    assert "PAYMENT_GATEWAY is razorpay" in answer.output


def test_it_stays_out_of_production(app: Flask) -> None:
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(
        settings, mode="production", public_url="https://cinema.test", sandbox_in_production=True,
        mail_transport="smtp", mail_server="mail.cinema.test", mail_default_sender="box@cinema.test",
    )  # fmt: skip
    answer = app.test_cli_runner().invoke(args=["fire-drill"])
    assert answer.exit_code == 1
    assert "stays out of production" in answer.output


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"customer": ["Something broke"]}, "the customer should read “See you”"),
        ({"state": "held"}, "the booking should be confirmed"),
        ({"mails": []}, "the mails should be booking_confirmation"),
        ({"mails": ["booking_confirmation"] * 2}, "the mails should be booking_confirmation"),
        ({"money_page": "Refund failed"}, "the money page should say nothing"),
    ],
)
def test_whatever_differs_is_said(changes: dict[str, Any], said: str) -> None:
    assert list(_differences(CASE, GOOD)) == []
    assert list(_differences(CASE, replace(GOOD, **changes))) == [said]


def test_what_the_office_has_to_show_is_missed_too() -> None:
    case = replace(CASE, office="Failed Refund", money="Refund failed", warned="does not answer")
    assert len(list(_differences(case, GOOD))) == 3


def test_a_page_is_read_as_people_read_it() -> None:
    page = (
        '<h1>Nearly <i>there</i></h1><div class="note info"><strong>Not this</strong></div>'
        '<div class="note bad" role="alert">\n <strong>Your bank&#39;s no.</strong><p>More</p></div>'
    )
    assert headline(page) == "Nearly there. Your bank's no"
    assert words("<td>a</td><td>b &amp; c</td>") == "a b & c"
