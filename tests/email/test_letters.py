"""Every kind of letter keeps the rules of mail: headers, limits, senders."""

import re
from typing import Any

import pytest
from flask import Flask

from bookingapp.email import render, samples
from bookingapp.email.messages import KINDS
from bookingapp.email.mime import Letter
from tests.email.arrived import NOW, due, html_of, parsed, text_of
from tests.email.conftest import URL, Render

# Letters know no database; one engine is enough.
pytestmark = pytest.mark.engine("sqlite")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_parses_without_a_defect(app: Flask, kind: str) -> None:
    content = render.letter(due(samples.samples(NOW, URL)[kind])).as_bytes()
    mail = parsed(content)
    assert [part.defects for part in mail.walk() if part.defects] == []
    assert [value.defects for value in mail.values() if value.defects] == []
    assert text_of(mail)
    assert html_of(mail)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_keeps_to_the_limits_of_mail(app: Flask, kind: str) -> None:
    content = render.letter(due(samples.samples(NOW, URL)[kind])).as_bytes()
    lines = content.split(b"\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(map(len, lines)) <= 998
    assert content.isascii()
    html = html_of(parsed(content)).encode()
    assert 3300 < len(html) < 40_000
    assert len(parsed(content)["Subject"]) < 60


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_letter_loads_anything(app: Flask, kind: str) -> None:
    html = html_of(parsed(render.letter(due(samples.samples(NOW, URL)[kind])).as_bytes()))
    assert re.findall(r"<link|@import|@font-face|url\(", html) == []
    assert set(re.findall(r'<img[^>]*src="([a-z]+):', html)) <= {"cid"}
    assert re.findall(r"<script(?! type=\"application/ld\+json\")", html) == []
    assert re.findall(r"(?<!-)\bdata:", html) == []


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_says_it_was_made_by_a_machine(app: Flask, kind: str) -> None:
    mail = parsed(render.letter(due(samples.samples(NOW, URL)[kind])).as_bytes())
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["Feedback-ID"].startswith(f"{kind}:")
    assert mail["Message-ID"] == f"<{kind}.abcdef0123456789@lantern.test>"
    assert mail["Date"].datetime.tzinfo is not None
    assert [mail["To"], mail["Cc"], mail["Bcc"]] == ["asha@example.org", None, None]


def test_the_letters_of_a_booking_are_one_thread(confirmation: Render) -> None:
    assert confirmation()["References"] == "<booking.BK7Q4MXW2P@localhost.localdomain>"


@pytest.mark.settings(contact_email="desk@lantern.test")
def test_an_answer_goes_to_the_desk(confirmation: Render) -> None:
    assert confirmation()["Reply-To"] == "desk@lantern.test"


@pytest.mark.settings(mail_default_sender='"Lantern, The" <tickets@lantern.test>')
def test_a_comma_in_the_senders_name_is_no_second_sender(confirmation: Render) -> None:
    sender = confirmation()["From"].addresses
    assert [(a.display_name, a.addr_spec) for a in sender] == [
        ("Lantern, The", "tickets@lantern.test")
    ]


@pytest.mark.settings(mail_default_sender="दीपक सिनेमा <tickets@lantern.test>")
def test_a_sender_in_another_script_arrives_whole(confirmation: Render) -> None:
    sender = confirmation()["From"].addresses[0]
    assert (sender.display_name, sender.addr_spec) == ("दीपक सिनेमा", "tickets@lantern.test")


def test_the_same_row_gives_the_same_bytes_once_rendered(app: Flask) -> None:
    letter = render.letter(due(samples.samples(NOW, URL)["booking_confirmation"]))
    assert letter.as_bytes() == letter.as_bytes()


def test_every_kind_has_a_sample() -> None:
    assert set(samples.samples(NOW, URL)) == set(KINDS)


@pytest.mark.parametrize("field", ["subject", "sender", "reply_to", "extra_headers"])
def test_a_line_break_begins_no_header(app: Flask, field: str) -> None:
    evil = "Box <box@lantern.test>\r\nBcc: eve@example.org"
    values: dict[str, Any] = {"subject": "Hello", "sender": "box@lantern.test",
                              "recipients": ["asha@example.org"]}  # fmt: skip
    values[field] = {"X-Note": evil} if field == "extra_headers" else evil
    mail = parsed(Letter(message_id="<1@lantern.test>", body="", html="", **values).as_bytes())
    assert mail["Bcc"] is None
    assert [part.defects for part in mail.walk() if part.defects] == []
