"""The kinds of letters, looked at before anybody gets one."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from bookingapp.db import db
from bookingapp.email.messages import KINDS
from bookingapp.email.models import OutboxMessage
from tests.admin.reading import words
from tests.admin.rows import Rows


def test_every_kind_is_on_the_list_with_its_subject(manager: FlaskClient, rows: Rows) -> None:
    page = manager.get("/office/letters/").text
    for kind in KINDS:
        assert f'href="/office/letters/{kind}"' in page
    assert "Your tickets: Sherlock Jr." in words(page)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_is_shown_as_it_looks_and_as_text(
    manager: FlaskClient, rows: Rows, kind: str
) -> None:
    page = manager.get(f"/office/letters/{kind}")
    assert f'src="/office/letters/{kind}/html"' in page.text
    framed = manager.get(f"/office/letters/{kind}/html")
    assert "sandbox" in framed.headers["Content-Security-Policy"]
    assert "cid:" not in framed.text
    text = manager.get(f"/office/letters/{kind}?show=text")
    assert '<pre class="raw"' in text.text


def test_looking_owes_nobody_a_mail(manager: FlaskClient, rows: Rows) -> None:
    manager.get("/office/letters/booking_confirmation/html")
    db.session.rollback()
    assert db.session.scalars(select(OutboxMessage.id)).all() == []


def test_there_is_no_page_for_a_letter_nobody_writes(manager: FlaskClient, rows: Rows) -> None:
    assert manager.get("/office/letters/invoice_reminder").status_code == 404


@pytest.mark.parametrize("role", ["usher", "box_office"])
def test_letters_are_the_managers(
    client: FlaskClient, sign_in: Callable[[FlaskClient, str], FlaskClient], rows: Rows, role: str
) -> None:
    assert sign_in(client, role).get("/office/letters/").status_code == 403
