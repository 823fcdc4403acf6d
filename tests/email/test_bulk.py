"""One deed for many mails: chosen ones or all that match, each once, what can't be done passed over."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from bookingapp import clock
from bookingapp.audit import AuditEntry
from bookingapp.db import db
from bookingapp.email import service
from bookingapp.email.listing import Search
from bookingapp.email.models import OutboxMessage, OutboxState
from bookingapp.email.queries import FAILED
from bookingapp.email.service import Done, bulk
from tests.email.conftest import opened
from tests.email.test_deeds import InState, change, in_state, stop

__all__ = ["in_state"]
S = OutboxState


def count(state: OutboxState) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).where(OutboxMessage.state == state)) or 0


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 3)


def test_every_failed_mail_goes_again_in_small_steps(
    in_state: InState, small_batches: None
) -> None:
    for _ in range(7):
        in_state(S.DEAD, attempts=12)
    sent, waiting = in_state(S.SENT), in_state(S.QUEUED)
    assert service.retry_many(Search(states=FAILED)) == Done(7, 0)
    assert count(S.QUEUED) == 8
    assert opened(sent).line.state is S.SENT
    assert service.retry_many(Search(states=FAILED)) == Done(0, 0), "pressed twice"
    entries = db.session.scalars(select(AuditEntry.row_id).where(AuditEntry.action == "mail.retry"))
    assert len(entries.all()) == 7
    assert waiting


def test_what_can_not_go_is_passed_over_and_counted(in_state: InState, small_batches: None) -> None:
    late = in_state(S.EXPIRED, expires_at=clock.now() - timedelta(hours=1))
    emptied = in_state(S.DEAD, pruned_at=clock.now())
    barred = in_state(S.SUPPRESSED, recipient="Gone@example.org")
    stop("gone@example.org")
    good = in_state(S.DEAD)
    assert service.retry_many(Search(states=FAILED)) == Done(1, 3)
    assert opened(good).line.state is S.QUEUED
    assert [opened(mail).line.state for mail in (late, emptied, barred)] == [
        S.EXPIRED, S.DEAD, S.SUPPRESSED,
    ]  # fmt: skip


def test_only_what_matches_is_touched(in_state: InState) -> None:
    one, other = in_state(S.DEAD, fault="auth"), in_state(S.DEAD, fault="recipient")
    assert service.retry_many(Search(states=FAILED, fault="auth")) == Done(1, 0)
    assert [opened(mail).line.state for mail in (one, other)] == [S.QUEUED, S.DEAD]


def test_chosen_mails_alone_go_and_one_that_went_meanwhile_is_passed_over(
    in_state: InState, small_batches: None
) -> None:
    chosen = [in_state(S.DEAD) for _ in range(4)]
    left = in_state(S.DEAD)
    change(chosen[2], state=S.SENT)
    assert service.retry_many([*chosen, "nonsense"]) == Done(3, 1)
    assert opened(left).line.state is S.DEAD


@pytest.mark.parametrize(
    ("deed", "state"), [(service.release_many, S.QUEUED), (service.cancel_many, S.CANCELLED)]
)
def test_all_that_is_held_can_be_let_go_or_struck_off(
    in_state: InState, deed: Callable[..., Any], state: OutboxState, small_batches: None
) -> None:
    for _ in range(4):
        in_state(S.HELD)
    assert deed(Search(states=(S.HELD,))) == Done(4, 0)
    assert count(state) == 4


def test_every_simulated_mail_can_be_replayed(in_state: InState) -> None:
    mail = in_state(S.SIMULATED, sent_at=clock.now())
    assert service.retry_many(Search(states=(S.SIMULATED,))) == Done(1, 0)
    assert (opened(mail).line.state, opened(mail).line.sent_at) == (S.QUEUED, None)


def test_nothing_chosen_is_nothing_done(app: Flask) -> None:
    assert service.retry_many([]) == Done(0, 0)
