"""After a restore the manager is asked once what becomes of the mails that waited in the copy."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from bookingapp import clock
from bookingapp.audit import AuditEntry
from bookingapp.db import db
from bookingapp.email import restored
from bookingapp.email.models import OutboxMessage, OutboxState
from tests.admin.reading import words
from tests.admin.rows import Rows, ago

S = OutboxState


@pytest.fixture
def waiting(rows: Rows) -> tuple[str, str]:
    """A mail of last week and one of an hour ago, held."""
    old = rows.mail(state=S.QUEUED, created_at=ago(days=7))
    young = rows.mail(state=S.RETRY, created_at=ago(hours=1))
    restored.hold()
    return old, young


def state(public_id: str) -> OutboxState:
    db.session.rollback()
    wanted = select(OutboxMessage.state).where(OutboxMessage.public_id == public_id)
    return db.session.scalars(wanted).one()


def page(client: FlaskClient) -> str:
    return words(client.get("/office/outbox").text)


def test_nothing_is_asked_when_nothing_waits(manager: FlaskClient, rows: Rows) -> None:
    rows.mail(state=S.QUEUED)
    assert "restored" not in page(manager)


def test_the_page_says_how_many_wait_and_why(
    manager: FlaskClient, waiting: tuple[str, str]
) -> None:
    said = page(manager)
    assert "2 mails wait for you: the database was restored from an older copy" in said
    assert "Send them" in said
    assert "Drop those" in said


def test_send_them_owes_them_again_and_the_question_is_gone(
    manager: FlaskClient, waiting: tuple[str, str]
) -> None:
    answer = manager.post("/office/outbox/restored/send", follow_redirects=True)
    assert "2 mails go out now." in answer.text
    assert "restored from" not in words(answer.text)
    assert [state(mail) for mail in waiting] == [S.QUEUED, S.QUEUED]


def test_the_older_ones_can_be_dropped_and_the_rest_still_waits(
    manager: FlaskClient, waiting: tuple[str, str]
) -> None:
    answer = manager.post(
        "/office/outbox/restored/drop", data={"hours": "24"}, follow_redirects=True
    )
    assert "One mail is owed no more" in answer.text
    assert "One mail waits for you" in words(answer.text)
    assert [state(mail) for mail in waiting] == [S.CANCELLED, S.HELD]


def test_all_can_be_dropped(manager: FlaskClient, waiting: tuple[str, str]) -> None:
    manager.post("/office/outbox/restored/drop", data={"hours": "0"})
    assert [state(mail) for mail in waiting] == [S.CANCELLED, S.CANCELLED]


@pytest.mark.parametrize("hours", ["", "-5", "a day", "1e9"])
def test_an_age_that_is_not_on_the_list_drops_nothing_young(
    manager: FlaskClient, waiting: tuple[str, str], hours: str
) -> None:
    manager.post("/office/outbox/restored/drop", data={"hours": hours})
    assert state(waiting[1]) is S.HELD


def test_who_decided_is_written_down(manager: FlaskClient, waiting: tuple[str, str]) -> None:
    manager.post("/office/outbox/restored/send")
    db.session.rollback()
    noted = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "mail.restored_send")
    ).one()
    assert noted.actor_id is not None
    assert clock.now() - noted.at < timedelta(minutes=1)


@pytest.mark.parametrize("deed", ["send", "drop"])
def test_the_box_office_does_not_decide(
    client: FlaskClient, sign_in: object, waiting: tuple[str, str], deed: str
) -> None:
    sign_in(client, "box_office")  # type: ignore[operator]
    assert client.post(f"/office/outbox/restored/{deed}").status_code == 403
    assert state(waiting[0]) is S.HELD
