"""Looking for mails: what matches, page by page, and never by reading the history."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event, insert, text

from bookingapp import clock
from bookingapp.db import db, transaction
from bookingapp.email import listing, pulse, queries
from bookingapp.email.listing import Search
from bookingapp.email.models import OutboxMessage, OutboxState

S = OutboxState
NOW = clock.now()
Many = Callable[..., None]


@pytest.fixture
def many(app: Flask) -> Many:
    """Mails by the hundred, put one a second up to now."""
    count = 0

    def put(number: int, state: OutboxState = S.SENT, **values: Any) -> None:
        nonlocal count
        rows = []
        for n in range(count, count + number):
            owed = state in {S.QUEUED, S.SENDING, S.RETRY}
            at = NOW - timedelta(seconds=100_000 - n)
            rows.append({
                "public_id": f"{n:016x}", "channel": "email", "kind": "booking_confirmation",
                "dedupe_key": f"k{n}", "recipient": f"guest{n}@example.com", "locale": "en",
                "payload": {"n": n}, "priority": 10, "state": state, "due_at": NOW if owed else None,
                "attempts": 0, "created_at": at, "sent_at": at if state is S.SENT else None,
                "message_id": f"<{n}@x>", "phase": "", "uncertain": False, "last_error": "",
                "provider_ref": "", **values,
            })  # fmt: skip
        count += number
        with transaction() as session:
            session.execute(insert(OutboxMessage), rows)

    return put


def found(search: Search, **values: Any) -> list[int]:
    """The numbers of the mails found, in the order of the list."""
    db.session.rollback()
    return [int(line.public_id, 16) for line in listing.look(search, **values).lines]


def test_pages_follow_each_other_without_loss_and_without_repetition(many: Many) -> None:
    many(25)
    seen: list[int] = []
    before = None
    while True:
        page = listing.look(Search(), before=before, size=10)
        seen += [int(line.public_id, 16) for line in page.lines]
        before = page.older
        if before is None:
            break
    assert seen == list(reversed(range(25)))


def test_several_states_are_one_list_in_the_order_of_time(many: Many) -> None:
    for state in (S.DEAD, S.SENT, S.EXPIRED, S.DEAD, S.SUPPRESSED):
        many(1, state)
    assert found(Search(states=queries.FAILED)) == [4, 3, 2, 0]
    page = listing.look(Search(states=queries.FAILED), size=2)
    assert found(Search(states=queries.FAILED), before=page.older) == [2, 0]


def test_a_whole_address_is_found_however_old(many: Many, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "WINDOW", 5)
    many(1, recipient="asha@example.com")
    many(30)
    assert found(Search(recipient="Asha@example.com")) == [0]


def test_part_of_an_address_is_looked_for_step_by_step(
    many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "WINDOW", 10)
    many(1, recipient="asha@example.com")
    many(24)
    many(1, recipient="asha.m@example.com")
    search, seen, steps, before = Search(recipient="asha"), [], 0, None
    while steps == 0 or before is not None:
        page = listing.look(search, before=before)
        seen += [line.recipient for line in page.lines]
        before, steps = page.older, steps + 1
        assert page.far is (before is not None)
    assert seen == ["asha.m@example.com", "asha@example.com"]
    assert steps == 3


def test_a_mail_in_doubt_and_one_that_came_back_are_found_among_thousands(many: Many) -> None:
    many(3)
    many(1, uncertain=True)
    many(1, delivery="bounced")
    many(1, S.RETRY, uncertain=True)
    assert found(Search(uncertain=True)) == [5, 3]
    assert found(Search(uncertain=True, states=(S.SENT,))) == [3]
    assert found(Search(bounced=True)) == [4]


def test_who_is_to_blame_narrows(many: Many) -> None:
    many(1, S.DEAD, fault="auth")
    many(1, S.DEAD, fault="recipient")
    assert found(Search(states=queries.FAILED, fault="auth")) == [0]


@pytest.mark.parametrize("asked", [(10, 20), (0, 40), (39, 40), (20, 20)])
def test_a_period_holds_what_was_put_in_it(many: Many, asked: tuple[int, int]) -> None:
    many(40)
    first, last = asked

    def at(n: int) -> datetime:
        return NOW - timedelta(seconds=100_000 - n)

    wanted = list(reversed(range(first, last)))
    assert found(Search(since=at(first), until=at(last))) == wanted


def test_a_period_without_mails_is_empty(many: Many) -> None:
    many(5)
    later = NOW + timedelta(days=1)
    assert found(Search(since=later)) == []
    assert found(Search(until=NOW - timedelta(days=9))) == []


# ---------- Cost ----------

SEQUENTIAL = re.compile(r"\bSCAN outbox_message\b(?!.* USING )|Seq Scan on outbox_message\b")


class Asked:
    """What the database was asked, with values, to be planned again."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.statements = engine, []  # type: ignore[var-annotated]

    def note(self, _c: Any, _u: Any, statement: str, values: Any, *_: Any) -> None:
        self.statements.append((statement, values))

    def scans(self) -> list[str]:
        """Plans that read the table from end to end."""
        sqlite = self.engine.dialect.name == "sqlite"
        head = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
        bad = []
        with self.engine.connect() as connection:
            for statement, values in self.statements:
                plan = connection.exec_driver_sql(head + statement, values).all()
                told = "\n".join(str(row[-1]) for row in plan)
                if SEQUENTIAL.search(told):
                    bad.append(f"{statement}\n{told}")
        return bad


def asks(deed: Callable[[], object]) -> Asked:
    """What a deed asks."""
    db.session.rollback()
    asked = Asked(db.engine)
    event.listen(db.engine, "before_cursor_execute", asked.note)
    try:
        deed()
    finally:
        event.remove(db.engine, "before_cursor_execute", asked.note)
    return asked


@pytest.fixture
def history(many: Many) -> None:
    """Enough for PostgreSQL to prefer an index, and statistics to know it by. SQLite has none."""
    many(9_000)
    many(300, S.QUEUED)
    many(30, S.DEAD)
    many(20, S.RETRY, due_at=NOW + timedelta(minutes=5))
    many(1, uncertain=True)
    many(1, delivery="bounced")
    if db.engine.dialect.name == "postgresql":
        with db.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("VACUUM ANALYZE outbox_message"))


FIGURES: dict[str, Callable[[], object]] = {
    "counts": lambda: queries.counts((*queries.OWED, *queries.FAILED, S.HELD)),
    "oldest waiting": queries.oldest_waiting,
    "gone since": lambda: pulse.gone_since(S.SENT, NOW, NOW, NOW - timedelta(hours=1)),
    "gone per hour": lambda: pulse.gone_per_hour(NOW - timedelta(hours=24)),
    "newest gone": lambda: pulse.newest_gone(S.SENT, NOW - timedelta(days=1)),
    "given up": lambda: pulse.given_up(NOW - timedelta(hours=1)),
    "next tries": lambda: pulse.next_tries(NOW),
    "doubts": lambda: pulse.doubts(NOW - timedelta(hours=1)),
    "first page": lambda: listing.look(Search()),
    "failed": lambda: listing.look(Search(states=queries.FAILED)),
    "sent": lambda: listing.look(Search(states=(S.SENT,)), before=5_000),
    "uncertain": lambda: listing.look(Search(uncertain=True)),
    "bounced": lambda: listing.look(Search(bounced=True)),
    "an address": lambda: listing.look(Search(recipient="guest17@example.com")),
    "bookings": lambda: listing.look(Search(recipient="BK7Q4MXW2P", booking_ids=(1, 2))),
}  # fmt: skip


def test_no_figure_and_no_list_reads_the_history(history: None) -> None:
    asked = {name: asks(deed) for name, deed in FIGURES.items()}
    assert all(each.statements for each in asked.values())
    assert {name: each.scans() for name, each in asked.items() if each.scans()} == {}


def steps(deed: Callable[[], object]) -> int:
    """How much SQLite had to do, in hundreds of its machine's steps."""
    count = 0

    def tick() -> int:
        nonlocal count
        count += 1
        return 0

    db.session.rollback()
    driver = db.session.connection().connection.dbapi_connection
    assert driver is not None
    driver.set_progress_handler(tick, 100)
    try:
        deed()
    finally:
        driver.set_progress_handler(None, 100)
    return count


@pytest.mark.engine("sqlite")  # it counts its steps, whatever the machine has to do besides
def test_ten_times_the_history_costs_the_same(many: Many, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "WINDOW", 500)
    deeds: dict[str, Callable[[], object]] = {
        **FIGURES,
        "a kind": lambda: listing.look(Search(kind="mail_test")),
        "a period": lambda: listing.look(Search(since=NOW - timedelta(seconds=100_000 - 500))),
    }
    many(1_000)
    few = {name: steps(deed) for name, deed in deeds.items()}
    many(9_000)
    grown = {name: (few[name], cost) for name, deed in deeds.items()
             if (cost := steps(deed)) > 1.3 * few[name] + 10}  # fmt: skip
    assert grown == {}


def test_a_scan_would_be_seen(history: None) -> None:
    def scan() -> None:
        db.session.execute(text("SELECT count(*) FROM outbox_message WHERE locale = 'xx'"))

    assert len(asks(scan).scans()) == 1


def test_the_figures_are_right(history: None) -> None:
    assert queries.counts((S.QUEUED, S.DEAD)) == {S.QUEUED: 300, S.DEAD: 30}
    assert [len(pulse.next_tries(NOW)), pulse.next_tries(NOW + timedelta(hours=1))] == [5, []]
    assert pulse.doubts(NOW - timedelta(days=2)) == pulse.Doubts(uncertain=1, bounced=1)
    assert pulse.doubts(NOW + timedelta(hours=1)) == pulse.Doubts(uncertain=0, bounced=0)
    assert queries.oldest_waiting() == NOW - timedelta(seconds=100_000 - 9_000)
