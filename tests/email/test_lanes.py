"""Several connections at once: nothing is sent twice, nothing waits behind a mail that hangs."""

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import func, or_, select
from sqlalchemy.exc import OperationalError

from bookingapp import clock
from bookingapp.db import db, transaction
from bookingapp.email import drain, sending, suppressions
from bookingapp.email.models import OutboxMessage, OutboxState, Scope
from tests.email.conftest import Owe, use_server
from tests.house import wait_for
from tests.mailservers import FaultyServer, MailServer

LANES = 3
Run = Callable[[], threading.Thread]


@pytest.fixture
def run(app: Flask, faulty: FaultyServer) -> Iterator[Run]:
    """A drain on a thread of its own; the server is told to go on at the end."""
    started: list[threading.Thread] = []

    def work() -> None:
        with app.app_context():
            drain.run()
            db.session.remove()

    def start() -> threading.Thread:
        started.append(threading.Thread(target=work))
        started[-1].start()
        return started[-1]

    yield start
    faulty.go_on.set()
    for thread in started:
        thread.join(30)
        assert not thread.is_alive()


def count(*conditions: object) -> int:
    """Rows as anybody else would see them: only what is durable."""
    with db.engine.connect() as connection:
        asked = select(func.count(OutboxMessage.id)).where(*conditions)  # type: ignore[arg-type]
        return connection.scalar(asked) or 0


def in_state(state: OutboxState) -> int:
    return count(OutboxMessage.state == state)


def test_as_many_mails_are_under_way_as_there_may_be_connections(
    app: Flask, owe: Owe, faulty: FaultyServer, run: Run
) -> None:
    use_server(app, faulty.port, mail_connections=LANES)
    faulty.faults["DOT"] = "wait"
    for _ in range(LANES + 2):
        owe()
    thread = run()
    wait_for(lambda: faulty.seen.count("DOT") == LANES, "dots")
    assert count(OutboxMessage.phase == "dot") == LANES
    faulty.go_on.set()
    thread.join(30)
    assert in_state(OutboxState.SENT) == LANES + 2
    assert (len(faulty.taken), faulty.connections) == (LANES + 2, LANES)


def test_a_mail_that_hangs_holds_up_no_other_and_no_later_one(
    app: Flask, owe: Owe, faulty: FaultyServer, run: Run
) -> None:
    use_server(app, faulty.port, mail_connections=LANES)
    faulty.faults["DOT"], faulty.times["DOT"] = "wait", 1
    for _ in range(10):
        owe()
    thread = run()
    wait_for(lambda: in_state(OutboxState.SENT) == 9, "the other nine")
    owe()
    wait_for(lambda: in_state(OutboxState.SENT) == 10, "the one owed meanwhile")
    assert thread.is_alive()
    faulty.go_on.set()
    thread.join(30)
    assert in_state(OutboxState.SENT) == 11


def test_every_mark_is_durable_before_the_server_hears_more(
    app: Flask, owe: Owe, faulty: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong: list[str] = []
    fault, seeing = faulty.fault, threading.Lock()

    def look(stage: str) -> str:
        with app.app_context(), seeing:
            if stage == "DOT":
                dots = faulty.seen.count("DOT") + 1
                marked = or_(OutboxMessage.phase == "dot", OutboxMessage.state == OutboxState.SENT)
                if count(marked) < dots:
                    wrong.append(f"dot {dots} came unmarked")
            if stage == "MAIL" and len(faulty.taken) - in_state(OutboxState.SENT) > LANES - 1:
                wrong.append("a connection went on before its mail was marked sent")
            return fault(stage)

    monkeypatch.setattr(faulty, "fault", look)
    use_server(app, faulty.port, mail_connections=LANES)
    for _ in range(20):
        owe()
    assert drain.run() == 20
    assert wrong == []
    assert len(faulty.taken) == 20


def test_all_mails_go_out_once_each(app: Flask, owe: Owe, smtp: MailServer) -> None:
    use_server(app, smtp.port, mail_connections=LANES, outbox_batch=7)
    for number in range(40):
        owe(to=f"guest{number}@example.org")
    assert drain.run() == 40
    assert sorted(mail.recipients[0] for mail in smtp.received) == sorted(
        f"guest{number}@example.org" for number in range(40)
    )
    assert in_state(OutboxState.SENT) == 40


def test_whether_a_letter_made_ahead_may_still_go_is_asked_when_its_turn_comes(
    app: Flask, owe: Owe, faulty: FaultyServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "TRUE_SECONDS", 0)
    use_server(app, faulty.port)
    faulty.faults["DOT"], faulty.times["DOT"] = "wait", 1
    owe()
    owe(to="gone@example.org")
    thread = run()
    wait_for(lambda: faulty.seen.count("DOT") == 1, "the first dot")
    with app.app_context(), transaction() as session:
        suppressions.add(session, "gone@example.org", Scope.ALL, "moved away", clock.now())
    faulty.go_on.set()
    thread.join(30)
    assert (len(faulty.taken), in_state(OutboxState.SUPPRESSED)) == (1, 1)


@pytest.mark.parametrize("connections", [1, LANES])
def test_one_that_can_not_be_made_holds_up_none_of_those_made_beside_it(
    app: Flask, owe: Owe, smtp: MailServer, connections: int
) -> None:
    use_server(app, smtp.port, mail_connections=connections)
    ids = [owe() for _ in range(5)]
    with transaction() as session:
        broken = select(OutboxMessage).where(OutboxMessage.public_id == ids[2])
        session.scalars(broken).one().payload = {"ticket": 7}
    assert drain.run() == 4
    assert (len(smtp.received), in_state(OutboxState.DEAD)) == (4, 1)


def test_told_to_stop_every_lane_finishes_its_mail_and_the_rest_is_given_back(
    app: Flask, owe: Owe, faulty: FaultyServer, run: Run
) -> None:
    use_server(app, faulty.port, mail_connections=LANES)
    faulty.faults["DOT"] = "wait"
    for _ in range(10):
        owe()
    run()
    wait_for(lambda: faulty.seen.count("DOT") == LANES, "dots")
    drain.stop()
    faulty.go_on.set()
    assert drain.join(20)
    assert in_state(OutboxState.SENT) == len(faulty.taken) == LANES
    assert count(OutboxMessage.state == OutboxState.QUEUED, OutboxMessage.attempts == 0) == 7


def test_a_lane_that_dies_ends_the_run_and_takes_no_mail_with_it(
    app: Flask, owe: Owe, smtp: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_server(app, smtp.port, mail_connections=LANES)
    for _ in range(12):
        owe()
    real, calls = sending.send, iter(range(99))

    def send(*given: object, **more: object) -> sending.End:
        if next(calls) == 4:
            raise OperationalError("COMMIT", {}, Exception("disk full"))
        return real(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(sending, "send", send)
    with pytest.raises(OperationalError):
        drain.run()
    left = count(OutboxMessage.state == OutboxState.SENDING)
    assert left == 1
    assert in_state(OutboxState.SENT) + in_state(OutboxState.QUEUED) == 11
    monkeypatch.undo()
    drain.run()
    assert in_state(OutboxState.SENT) == len(smtp.received) == 11


def test_when_the_server_goes_away_what_has_not_begun_is_given_back(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port, mail_connections=LANES)
    faulty.faults["CONNECT"] = "drop"
    for _ in range(20):
        owe()
    assert drain.run() == 0
    assert count(OutboxMessage.attempts == 0) == 20
    assert faulty.connections <= 2 * LANES
    assert in_state(OutboxState.SENDING) == 0


def test_a_days_quota_holds_for_all_lanes_together(app: Flask, owe: Owe, smtp: MailServer) -> None:
    use_server(app, smtp.port, mail_connections=LANES, mail_daily_limit=10, outbox_batch=4)
    for _ in range(14):
        owe()
    assert drain.run() == 10
    assert (len(smtp.received), in_state(OutboxState.QUEUED)) == (10, 4)


def test_one_connection_needs_no_thread(
    app: Flask, owe: Owe, smtp: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_server(app, smtp.port)
    where: list[str] = []
    real = sending.send

    def send(*given: object, **more: object) -> sending.End:
        where.append(threading.current_thread().name)
        return real(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(sending, "send", send)
    owe()
    drain.run()
    assert where == [threading.current_thread().name]


def test_one_mail_asked_for_goes_alone_and_is_waited_for(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port, mail_connections=LANES)
    owe()
    wanted = owe(to="this@example.org")
    assert drain.run(only=wanted) == 1
    assert [b"this@example.org" in mail for mail in faulty.taken] == [True]
    assert in_state(OutboxState.QUEUED) == 1
