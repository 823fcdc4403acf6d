"""One mail, opened."""

import base64
from email import message_from_bytes, policy

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from bookingapp.audit import AuditEntry
from bookingapp.db import db
from bookingapp.email.models import OutboxMessage, OutboxState
from tests.admin.reading import rows_of, words
from tests.admin.rows import PICTURE, Rows, letter

SMTP = pytest.mark.settings(mail_transport="smtp", mail_server="mail.cinema.test")


def row(public_id: str) -> OutboxMessage:
    db.session.rollback()
    return db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.public_id == public_id)
    ).one()


def test_its_page_shows_subject_recipient_booking_and_message_id(
    manager: FlaskClient, rows: Rows
) -> None:
    booking = rows.booking(number="BK7Q4MXW2P")
    mail = rows.mail(content=letter(), recipient="asha@x.test", booking_id=booking)
    page = words(manager.get(f"/office/outbox/{mail}").text)
    for told in ("See you at 2:30, Asha", "to asha@x.test", "BK7Q4MXW2P", "@x.test>"):
        assert told in page


def test_its_html_stands_in_a_frame_that_can_do_nothing(manager: FlaskClient, rows: Rows) -> None:
    mail = rows.mail(content=letter())
    page = manager.get(f"/office/outbox/{mail}")
    assert f'<iframe class="letter" src="/office/outbox/{mail}/html"' in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    framed = manager.get(f"/office/outbox/{mail}/html")
    rules = dict(
        part.strip().partition(" ")[::2]
        for part in framed.headers["Content-Security-Policy"].split(";")
    )
    assert rules["sandbox"] == "", "no script, no forms, no way out of the frame"
    assert rules["default-src"] == "'none'"
    assert rules["frame-ancestors"] == "'self'"
    assert 'style="color:#2a0b17"' in framed.text


def test_its_pictures_are_shown_from_within_the_mail(manager: FlaskClient, rows: Rows) -> None:
    html = manager.get(f"/office/outbox/{rows.mail(content=letter())}/html").text
    assert "cid:" not in html
    assert f'src="data:image/png;base64,{base64.b64encode(PICTURE).decode()}"' in html


def test_a_picture_the_mail_lacks_breaks_nothing(manager: FlaskClient, rows: Rows) -> None:
    mail = rows.mail(content=letter(html="<p>Hello <img src=cid:gone></p>"))
    assert "<img src=data:,>" in manager.get(f"/office/outbox/{mail}/html").text


def test_text_and_headers_can_be_read(manager: FlaskClient, rows: Rows) -> None:
    mail = rows.mail(content=letter())
    alone = manager.get(f"/office/outbox/{mail}/text")
    assert alone.mimetype == "text/plain"
    assert "See you at the cinema." in alone.text
    assert "See you at the cinema." in manager.get(f"/office/outbox/{mail}?show=text").text
    assert "From: box@cinema.test" in manager.get(f"/office/outbox/{mail}?show=headers").text


def test_the_source_is_the_very_bytes(manager: FlaskClient, rows: Rows) -> None:
    content = letter()
    answer = manager.get(f"/office/outbox/{rows.mail(content=content)}/raw")
    assert answer.data == content
    assert answer.mimetype == "message/rfc822"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_attachments_are_downloaded_never_shown_as_our_page(
    manager: FlaskClient, rows: Rows
) -> None:
    mail = rows.mail(content=letter())
    page = manager.get(f"/office/outbox/{mail}").text
    assert "booking_BK.png" in page
    answer = manager.get(f"/office/outbox/{mail}/part/4")
    assert answer.data == PICTURE
    assert answer.headers["Content-Disposition"] == "attachment; filename=booking_BK.png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_every_try_is_told_in_the_servers_words(manager: FlaskClient, rows: Rows) -> None:
    mail = rows.mail(state=OutboxState.DEAD, last_error="550 5.1.1 Recipient unknown")
    rows.attempt(mail, outcome="retry", code=451, enhanced_code="4.7.1", reply="4.7.1 Busy")
    rows.attempt(mail)
    first, second = rows_of(manager.get(f"/office/outbox/{mail}").text, "tries")
    assert "Not yet, once more later 451 4.7.1 Busy naming the recipient 42 ms" in first
    assert "Given up 550 5.1.1 <a@b>: Recipient unknown naming the recipient 42 ms" in second


def test_a_mail_not_rendered_yet_says_so(manager: FlaskClient, rows: Rows) -> None:
    mail = rows.mail(state=OutboxState.QUEUED)
    assert "Not written yet" in manager.get(f"/office/outbox/{mail}").text
    for part in ("html", "text", "raw", "part/1"):
        assert manager.get(f"/office/outbox/{mail}/{part}").status_code == 404


def test_an_unknown_mail_is_not_found(manager: FlaskClient) -> None:
    for address in ("nothing", "nothing/html", "nothing/raw"):
        assert manager.get(f"/office/outbox/{address}").status_code == 404
    assert manager.post("/office/outbox/nothing/retry").status_code == 404


@pytest.mark.parametrize("state", [OutboxState.DEAD, OutboxState.EXPIRED, OutboxState.RETRY])
def test_a_failed_mail_is_sent_now_at_the_managers_word(
    manager: FlaskClient, rows: Rows, state: OutboxState
) -> None:
    mail = rows.mail(state=state, attempts=12, last_error="550 no", content=letter())
    answer = manager.post(f"/office/outbox/{mail}/retry", follow_redirects=True)
    assert "goes out again within seconds" in answer.text
    assert row(mail).state is OutboxState.QUEUED
    assert row(mail).due_at is not None
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "mail.retry")).one()
    assert entry.before is not None
    assert entry.before["state"] == state
    assert "Sent again Manager" in " ".join(rows_of(answer.text, "deeds"))


@pytest.mark.parametrize(
    "state", [OutboxState.SENT, OutboxState.QUEUED, OutboxState.SENDING, OutboxState.CANCELLED]
)
def test_a_mail_on_its_way_or_done_is_not_sent_twice(
    manager: FlaskClient, rows: Rows, state: OutboxState
) -> None:
    mail = rows.mail(state=state)
    answer = manager.post(f"/office/outbox/{mail}/retry", follow_redirects=True)
    assert "This mail can't be sent again" in words(answer.text)
    assert row(mail).state is state
    assert f"/office/outbox/{mail}/retry" not in manager.get(f"/office/outbox/{mail}").text


@SMTP
def test_a_simulated_mail_can_be_sent_for_real_once_there_is_a_server(
    manager: FlaskClient, rows: Rows
) -> None:
    mail = rows.mail(state=OutboxState.SIMULATED)
    assert "Send again" in manager.get(f"/office/outbox/{mail}").text
    assert manager.post(f"/office/outbox/{mail}/retry").status_code == 303
    assert row(mail).state is OutboxState.QUEUED


def test_without_a_server_a_simulated_mail_offers_no_sending(
    manager: FlaskClient, rows: Rows
) -> None:
    mail = rows.mail(state=OutboxState.SIMULATED)
    assert "Send again" not in manager.get(f"/office/outbox/{mail}").text


def test_the_test_letter_is_what_it_claims_to_be() -> None:
    parts = list(message_from_bytes(letter(), policy=policy.default).walk())
    assert [part.get_content_type() for part in parts] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html",
        "image/png", "image/png",
    ]  # fmt: skip
