"""The clock is put back or forward an hour, and the night the clocks change: nothing lost or doubled."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy.exc import OperationalError

from bookingapp import clock
from bookingapp.email import drain, stepped
from bookingapp.email.models import BreakerState, OutboxState
from bookingapp.email.parts import read
from tests.email.conftest import Owe, in_background, opened, use_server, way
from tests.mailservers import FaultyServer
from tests.torture.letterbox import by_id, copies_are_alike

HOUR = timedelta(hours=1)
# London, the night to 25 October 2026: at 01:00 UTC the wall clock goes from 02:00 back to 01:00.
THE_CHANGE = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
LONDON = "Europe/London"
STEPS = pytest.mark.parametrize("step", [HOUR, -HOUR], ids=["forward", "back"])


def states(mails: list[str]) -> list[OutboxState]:
    return [opened(mail).line.state for mail in mails]


@STEPS
def test_mails_owed_before_the_clock_was_put_go_out_at_once(
    app: Flask, owe: Owe, faulty: FaultyServer, step: timedelta
) -> None:
    use_server(app, faulty.port)
    mails = [owe() for _ in range(5)]
    drain.run(only=mails[0])
    with time_machine.travel(clock.now() + step):
        drain.run()
        mails.append(owe())
        drain.run()
    assert states(mails) == [OutboxState.SENT] * 6
    assert copies_are_alike(by_id(faulty.taken)) == 0


def test_a_clock_put_back_is_noticed_again_when_the_database_failed_over_it(
    app: Flask, owe: Owe, faulty: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("deadlock detected"))

    use_server(app, faulty.port)
    mails = [owe() for _ in range(3)]
    drain.run(only=mails[0])
    with time_machine.travel(clock.now() - HOUR):
        monkeypatch.setattr(stepped, "_due_again", fails)
        with pytest.raises(OperationalError):
            drain.run()
        monkeypatch.undo()
        drain.run()
    assert states(mails) == [OutboxState.SENT] * 3


@STEPS
def test_a_clock_put_while_a_mail_is_under_way_doubles_none(
    app: Flask, owe: Owe, faulty: FaultyServer, step: timedelta
) -> None:
    use_server(app, faulty.port)
    faulty.faults["DATA"], faulty.times["DATA"] = "wait", 1
    mails = [owe() for _ in range(4)]
    runs = in_background(app, drain.run)
    assert faulty.reach("DATA").wait(20)
    with time_machine.travel(clock.now() + step):
        faulty.go_on.set()
        runs.join(30)
        drain.run()
    assert states(mails) == [OutboxState.SENT] * 4
    assert copies_are_alike(by_id(faulty.taken)) == 0


@STEPS
def test_a_closed_way_out_opens_again_within_minutes_wherever_the_clock_went(
    app: Flask, owe: Owe, faulty: FaultyServer, step: timedelta
) -> None:
    use_server(app, faulty.port)
    faulty.faults["CONNECT"] = "drop"
    mails = [owe() for _ in range(4)]
    drain.run()
    assert way().breaker is BreakerState.OPEN
    faulty.faults.clear()
    with time_machine.travel(clock.now() + step + timedelta(minutes=15)):
        drain.run()
    assert states(mails) == [OutboxState.SENT] * 4


@STEPS
def test_who_retries_waits_no_hour_longer_because_the_clock_was_put(
    app: Flask, owe: Owe, faulty: FaultyServer, step: timedelta
) -> None:
    use_server(app, faulty.port)
    faulty.faults["DOT"] = "451 4.3.0 Later"
    mails = [owe() for _ in range(3)]
    drain.run()
    assert states(mails) == [OutboxState.RETRY] * 3
    faulty.faults.clear()
    with time_machine.travel(clock.now() + step + timedelta(minutes=15)):
        drain.run()
    assert states(mails) == [OutboxState.SENT] * 3
    assert len(faulty.taken) == 3


def test_a_retry_across_the_night_the_clocks_change_waits_seconds(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    faulty.faults["DOT"], faulty.times["DOT"] = "451 4.3.0 Later", 1
    with time_machine.travel(THE_CHANGE - timedelta(seconds=5)):
        mail = owe(zone=LONDON)
        drain.run()
    with time_machine.travel(THE_CHANGE + timedelta(seconds=16)):
        assert drain.run() == 1
    assert states([mail]) == [OutboxState.SENT]


@pytest.mark.parametrize(("minute", "wall"), [(-30, "1:30"), (30, "1:30")], ids=["first", "second"])
def test_a_film_in_the_hour_that_comes_twice_is_mailed_until_its_own_end(
    app: Flask, owe: Owe, faulty: FaultyServer, minute: int, wall: str
) -> None:
    use_server(app, faulty.port)
    starts_at = THE_CHANGE + timedelta(minutes=minute)
    ends_at = starts_at + timedelta(minutes=45)
    with time_machine.travel(starts_at - timedelta(hours=2)):
        facts = {"zone": LONDON, "starts_at": starts_at, "doors_at": starts_at}
        early, late = owe(**facts), owe(**facts)
    with time_machine.travel(ends_at - timedelta(minutes=1)):
        assert drain.run(only=early) == 1
    with time_machine.travel(ends_at + timedelta(minutes=1)):
        assert drain.run() == 0
    assert states([early, late]) == [OutboxState.SENT, OutboxState.EXPIRED]
    assert wall in read(faulty.taken[0]).text
