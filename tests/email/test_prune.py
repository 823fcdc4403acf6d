"""Age: bytes go after weeks, address and contents after a year; what is not over stays whole."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from bookingapp import clock
from bookingapp.db import db, transaction
from bookingapp.email import prune, service
from bookingapp.email.models import OutboxAttempt, OutboxMessage, OutboxMime, OutboxState
from bookingapp.errors import Refused
from bookingapp.web import errors
from tests.admin.rows import Rows, ago
from tests.email import plans
from tests.email.conftest import opened
from tests.factories import Cinema

S = OutboxState
FINISHED = (S.SENT, S.SIMULATED, S.DEAD, S.CANCELLED, S.SUPPRESSED, S.EXPIRED)
UNFINISHED = (S.QUEUED, S.SENDING, S.RETRY, S.HELD)


@pytest.fixture
def rows(cinema: Cinema) -> Rows:
    return Rows(cinema)


def old(rows: Rows, days: float, state: OutboxState = S.SENT, **values: Any) -> str:
    """A mail with its bytes, made and finished so many days ago."""
    at = clock.now() - timedelta(days=days)
    done = at if state in {S.SENT, S.SIMULATED} else None
    return rows.mail(**{
        "content": b"Subject: your seats\r\n\r\nH6", "state": state, "created_at": at, "sent_at": done,
        "payload": {"name": "Asha"}, "recipient": "asha@example.org", "last_error": "550 no asha",
        **values,
    })  # fmt: skip


def tried(rows: Rows, public_id: str, at: datetime) -> None:
    rows.attempt(public_id, at=at, reply="550 asha@example.org is unknown")


@pytest.mark.parametrize("state", FINISHED)
def test_the_bytes_of_a_finished_mail_go_after_thirty_days_and_nothing_else(
    rows: Rows, state: OutboxState
) -> None:
    mail = old(rows, 31, state)
    assert prune.run() == prune.Swept(bytes=1, contents=0)
    left = opened(mail)
    assert (left.content, left.line.recipient, left.payload) == (
        None, "asha@example.org", {"name": "Asha"},
    )  # fmt: skip


@pytest.mark.parametrize("state", FINISHED)
def test_address_contents_and_replies_go_after_four_hundred_days_the_row_stays(
    rows: Rows, state: OutboxState
) -> None:
    mail = old(rows, 401, state, attempts=3)
    tried(rows, mail, ago(days=401))
    assert prune.run().contents == 1
    left = opened(mail)
    assert (left.line.recipient, left.payload, left.content) == ("", {}, None)
    assert (left.line.state, left.line.attempts, left.line.last_error) == (state, 3, "")
    (kept,) = left.attempts
    # how a try ended says nothing of anybody, so it stays
    assert (kept.phase, kept.outcome, kept.code, kept.reply) == ("rcpt", "dead", 550, "")
    pruned = db.session.scalars(select(OutboxMessage.pruned_at)).one()
    assert pruned is not None
    assert clock.now() - pruned < timedelta(minutes=1)


@pytest.mark.parametrize("state", FINISHED)
def test_what_is_younger_stays_whole(rows: Rows, state: OutboxState) -> None:
    old(rows, 29, state)
    assert prune.run() == prune.Swept(0, 0)


@pytest.mark.parametrize("state", UNFINISHED)
def test_what_is_owed_or_held_stays_whole_however_old(rows: Rows, state: OutboxState) -> None:
    mail = old(rows, 500, state)
    assert prune.run() == prune.Swept(0, 0)
    assert opened(mail).content is not None


@pytest.mark.parametrize("state", FINISHED)
def test_an_old_mail_that_was_tried_lately_stays_whole(rows: Rows, state: OutboxState) -> None:
    mail = old(rows, 500, state)
    tried(rows, mail, ago(days=29))
    assert prune.run() == prune.Swept(0, 0)
    assert opened(mail).line.recipient == "asha@example.org"


def test_an_old_mail_sent_lately_stays_whole(rows: Rows) -> None:
    old(rows, 500, sent_at=ago(days=2))
    assert prune.run() == prune.Swept(0, 0)


@pytest.mark.settings(outbox_keep_bytes_days=2, outbox_keep_days=5)
def test_the_days_are_settings(rows: Rows) -> None:
    old(rows, 6)
    old(rows, 3)
    assert prune.run() == prune.Swept(bytes=2, contents=1)


def test_a_second_round_finds_nothing(rows: Rows) -> None:
    old(rows, 401)
    prune.run()
    assert prune.run() == prune.Swept(0, 0)


def test_a_round_ends_after_its_batches_and_the_next_goes_on(
    rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prune, "BATCH", 2)
    for _ in range(5):
        old(rows, 401)
    assert prune.run(2) == prune.Swept(bytes=4, contents=4)
    assert prune.run(2) == prune.Swept(bytes=1, contents=1)


def test_no_transaction_touches_more_than_two_hundred_mails(rows: Rows) -> None:
    fill(rows, 450, days=401)
    assert prune.run(1) == prune.Swept(bytes=200, contents=200)
    assert prune.run(None) == prune.Swept(bytes=250, contents=250)


def test_a_pruned_mail_is_not_sent_again(rows: Rows) -> None:
    mail = old(rows, 401, S.DEAD)
    prune.run()
    with pytest.raises(Refused) as refused:
        service.retry(mail)
    assert refused.value.code == "mail_pruned"
    assert "age" in errors.sentence(refused.value)
    assert opened(mail).line.state is S.DEAD


def test_a_mail_without_its_bytes_may_be_sent_again(rows: Rows) -> None:
    mail = old(rows, 31, S.DEAD)
    prune.run()
    service.retry(mail)
    assert opened(mail).line.state is S.QUEUED


def test_the_operator_prunes_everything_at_once(rows: Rows, app: Flask) -> None:
    fill(rows, 4500, days=401, mime=False)
    old(rows, 31)
    answer = app.test_cli_runner().invoke(args=["outbox", "prune", "--json"])
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.output) == {"bytes": 2, "contents": 4500}
    told = app.test_cli_runner().invoke(args=["outbox", "prune"]).output
    assert told == "bytes of 0, address and contents of 0 removed\n"


def test_neither_sweep_reads_the_history(rows: Rows, app: Flask) -> None:
    """Beside pruned, unpruned and owed mails each statement goes by an index."""
    fill(rows, 3000, days=500)
    prune.run(None)
    fill(rows, 3000, days=100, mime=False)
    fill(rows, 300, days=1)
    plans.analyze()
    with plans.asked() as asked:
        prune.run()
        old(rows, 401)
        prune.run()
    assert asked.scans("outbox_message", "outbox_attempt", "outbox_mime") == []
    assert len(asked.statements) >= 6


def fill(rows: Rows, number: int, *, days: float, mime: bool = True) -> None:
    """Many finished mails of one day, one after the other, written as one statement each."""
    old(rows, days)
    at = clock.now() - timedelta(days=days)
    with transaction() as session:
        last = (
            session.scalars(select(OutboxMessage.id).order_by(OutboxMessage.id.desc())).first() or 0
        )
        ids = range(last + 1, last + number)
        session.execute(OutboxMessage.__table__.insert(), [  # type: ignore[attr-defined]
            {"id": n, "public_id": f"f{n}", "channel": "email", "kind": "mail_test",
             "dedupe_key": f"fill:{n}", "recipient": f"guest{n}@example.org", "locale": "en",
             "payload": {}, "priority": 50, "state": S.SENT, "attempts": 1,
             "created_at": at + timedelta(microseconds=n), "sent_at": at, "message_id": f"<f{n}@x.test>", "phase": "", "uncertain": False,
             "last_error": "", "provider_ref": ""} for n in ids])  # fmt: skip
        session.execute(OutboxAttempt.__table__.insert(), [  # type: ignore[attr-defined]
            {"message_id": n, "at": at, "phase": "sent", "outcome": "sent", "enhanced_code": "",
             "reply": "ok", "duration_ms": 3} for n in ids])  # fmt: skip
        if mime:
            session.execute(OutboxMime.__table__.insert(), [  # type: ignore[attr-defined]
                {"message_id": n, "content": b"x", "sha256": "", "created_at": at} for n in ids])  # fmt: skip
        if db.engine.dialect.name == "postgresql":
            session.execute(
                text("SELECT setval('outbox_message_id_seq', (SELECT max(id) FROM outbox_message))")
            )
