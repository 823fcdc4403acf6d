"""Claims and fences on both engines: nobody gets what another holds, nobody writes after losing it."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from bookingapp import clock
from bookingapp.db import db, transaction
from bookingapp.email import claims, marks, messages, queries
from bookingapp.email.faults import Cause, Evidence
from bookingapp.email.messages import Policy
from bookingapp.email.models import OutboxMessage, OutboxState
from bookingapp.email.retry import Ending, Verdict
from bookingapp.email.rows import Due, Tried
from tests.email.conftest import Owe, opened

LEASE = timedelta(seconds=60)
YES = Evidence("sent", Cause.SERVER, 250, "Ok")
NO = Evidence("rcpt", Cause.SERVER, 451, "4.7.1 Later")


def take(limit: int = 50, later: timedelta = timedelta()) -> list[Due]:
    db.session.rollback()
    return claims.claim(clock.now() + later, limit=limit, lease=LEASE)


def tried(evidence: Evidence = YES) -> Tried:
    return Tried(evidence, clock.now(), 5)


def test_a_claim_takes_no_more_than_it_was_told(owe: Owe) -> None:
    for _ in range(5):
        owe()
    assert [len(take(2)), len(take(2)), len(take(2)), len(take(2))] == [2, 2, 1, 0]


def test_claims_of_many_at_once_never_overlap(app: Flask, owe: Owe) -> None:
    mails = {owe() for _ in range(60)}
    got: list[str] = []
    start = threading.Barrier(6)

    def work() -> None:
        with app.app_context():
            start.wait()
            while found := claims.claim(clock.now(), limit=3, lease=LEASE):
                got.extend(due.public_id for due in found)
            db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert Counter(got) == Counter(mails)


def test_a_held_claim_is_nobody_elses_until_its_lease_ends(owe: Owe) -> None:
    mail = owe()
    first = take()[0]
    assert take(later=LEASE - timedelta(seconds=1)) == []
    second = take(later=LEASE + timedelta(seconds=1))[0]
    assert second.public_id == mail
    assert second.lease_token != first.lease_token
    assert second.attempts == 1


@pytest.mark.parametrize(
    "write",
    [
        lambda due: marks.mark_dot(due, b"x", clock.now(), LEASE),
        lambda due: marks.sent(due, OutboxState.SENT, tried()),
        lambda due: marks.failed(due, Verdict(Ending.RETRY, clock.now()), tried(NO), None),
        lambda due: marks.finish(due, OutboxState.EXPIRED, "over"),
    ],
    ids=["mark", "sent", "failed", "finish"],
)
def test_who_lost_the_claim_writes_nothing_to_the_row(
    owe: Owe, write: Callable[[Due], bool]
) -> None:
    mail = owe()
    lost = take()[0]
    held = take(later=LEASE * 2)[0]
    before = opened(mail).line
    assert not write(lost)
    assert opened(mail).line == before
    assert opened(mail).content is None
    assert write(held)


def test_who_lost_the_claim_gives_nothing_back(owe: Owe) -> None:
    mail = owe()
    lost = take()[0]
    take(later=LEASE * 2)
    claims.give_back([lost], clock.now())
    assert opened(mail).line.state is OutboxState.SENDING


def test_what_is_given_back_is_due_at_once_and_has_lost_no_try(owe: Owe) -> None:
    mail = owe()
    claims.give_back(take(), clock.now())
    assert (opened(mail).line.state, opened(mail).line.attempts) == (OutboxState.QUEUED, 0)
    assert len(take()) == 1


def test_marking_the_dot_makes_the_lease_longer_and_keeps_the_bytes(owe: Owe) -> None:
    mail = owe()
    due = take()[0]
    later = clock.now() + timedelta(seconds=50)
    assert marks.mark_dot(due, b"bytes", later, LEASE)
    assert opened(mail).line.due_at == later + LEASE
    assert opened(mail).content == b"bytes"


def test_the_first_bytes_are_never_replaced(owe: Owe) -> None:
    mail = owe()
    marks.failed(take()[0], Verdict(Ending.RETRY, clock.now()), tried(NO), b"first")
    again = take(later=timedelta(seconds=1))[0]
    assert again.frozen == b"first"
    marks.mark_dot(again, b"first", clock.now(), LEASE)
    assert opened(mail).content == b"first"


def test_a_crash_before_the_dot_is_taken_back_at_once(owe: Owe) -> None:
    mail = owe()
    take()
    assert claims.take_back(clock.now()) == 1
    line = opened(mail).line
    assert (line.state, line.uncertain) == (OutboxState.QUEUED, False)
    assert len(take()) == 1


def test_a_crash_at_the_dot_is_doubt_and_waits_ten_minutes(owe: Owe) -> None:
    mail = owe()
    marks.mark_dot(take()[0], b"bytes", clock.now(), LEASE)
    assert claims.take_back(clock.now()) == 1
    found = opened(mail)
    assert (found.line.state, found.line.uncertain) == (OutboxState.RETRY, True)
    assert [(a.outcome, a.phase) for a in found.attempts] == [("crashed", "dot")]
    assert take(later=timedelta(minutes=9)) == []
    assert [due.frozen for due in take(later=timedelta(minutes=11))] == [b"bytes"]


def test_a_lease_that_ran_out_at_the_dot_is_doubt_too(owe: Owe) -> None:
    mail = owe()
    marks.mark_dot(take()[0], b"bytes", clock.now(), LEASE)
    assert take(later=LEASE * 2) == []
    line = opened(mail).line
    assert (line.state, line.uncertain) == (OutboxState.RETRY, True)


def test_a_yes_that_comes_after_the_lease_ends_the_doubt(owe: Owe) -> None:
    mail = owe()
    slow = take()[0]
    marks.mark_dot(slow, b"bytes", clock.now(), LEASE)
    assert take(later=LEASE * 2) == []
    assert opened(mail).line.uncertain
    assert marks.sent(slow, OutboxState.SENT, tried())
    line = opened(mail).line
    assert (line.state, line.uncertain, line.due_at) == (OutboxState.SENT, False, None)
    assert take(later=LEASE * 30) == []


def test_a_yes_that_comes_when_it_is_under_way_again_changes_nothing(owe: Owe) -> None:
    mail = owe()
    slow = take()[0]
    marks.mark_dot(slow, b"bytes", clock.now(), LEASE)
    take(later=LEASE * 2)
    again = take(later=LEASE * 30)[0]
    assert not marks.sent(slow, OutboxState.SENT, tried())
    assert opened(mail).line.state is OutboxState.SENDING
    assert marks.sent(again, OutboxState.SENT, tried())


def test_in_doubt_some_letters_are_not_sent_twice(
    owe: Owe, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = messages.KINDS["booking_confirmation"]
    once = messages.Kind(kind.name, kind.cls, kind.priority, kind.expiry, Policy.AT_MOST_ONCE)
    monkeypatch.setitem(messages.KINDS, kind.name, once)
    mail = owe()
    marks.mark_dot(take()[0], b"bytes", clock.now(), LEASE)
    claims.take_back(clock.now())
    line = opened(mail).line
    assert (line.state, line.uncertain) == (OutboxState.DEAD, True)
    assert "may have" in line.last_error


def test_taking_back_leaves_alone_what_waits(owe: Owe) -> None:
    mail = owe(due_at=clock.now() + timedelta(minutes=2))
    before = opened(mail).line
    assert claims.take_back(clock.now()) == 0
    assert opened(mail).line == before


def test_one_mail_can_be_claimed_by_name(owe: Owe) -> None:
    first, second = owe(), owe()
    found = claims.claim(clock.now(), limit=50, lease=LEASE, only=second)
    assert [due.public_id for due in found] == [second]
    assert opened(first).line.state is OutboxState.QUEUED


def test_what_a_person_holds_is_not_claimed(owe: Owe) -> None:
    owe()
    with transaction() as session:
        session.execute(update(OutboxMessage).values(state=OutboxState.HELD, due_at=None))
    assert take() == []


def test_finding_work_reads_the_small_index(app: Flask, owe: Owe, engine: str) -> None:
    """However long the history: the plan names the index over what is owed."""
    from sqlalchemy import text  # noqa: PLC0415

    owe()
    question = "SELECT id FROM outbox_message WHERE state = 'queued' AND due_at <= :now AND phase <> 'dot' ORDER BY priority, due_at, id LIMIT 50"  # fmt: skip
    with transaction() as session:
        if engine == "postgresql":
            session.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN " if engine == "sqlite" else "EXPLAIN "
        plan = session.execute(text(explain + question), {"now": clock.now()}).all()
    # PostgreSQL may as well take another of the small indexes while the table is nearly empty
    found = "ix_outbox_message_due" if engine == "sqlite" else "Index Scan using ix_outbox_message_"
    assert found in str(plan)
    assert "SCAN outbox" not in str(plan)


def test_the_counts_know_what_is_being_sent(owe: Owe) -> None:
    owe()
    take()
    db.session.rollback()
    assert queries.counts((OutboxState.SENDING,)) == {OutboxState.SENDING: 1}
