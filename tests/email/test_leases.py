"""Claims whose lease ran out: no mail pays for what it did not do, and one that kills the process ends."""

import subprocess
import sys
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask

from bookingapp import clock
from bookingapp.db import db
from bookingapp.email import claims, drain
from bookingapp.email.models import OutboxState
from bookingapp.email.rows import Due
from tests.email.conftest import Owe, opened, use_server
from tests.email.test_takeover import ROOT, environment
from tests.mailservers import FaultyServer, MailServer

LEASE = timedelta(seconds=60)
OVER = LEASE + timedelta(seconds=1)
WEEK = timedelta(days=7)
S = OutboxState


def take(now: datetime) -> list[Due]:
    """What a process takes and then dies with."""
    db.session.rollback()
    return claims.claim(now, limit=50, lease=LEASE)


def ids(dues: list[Due]) -> list[str]:
    return [due.public_id for due in dues]


def test_a_lease_that_ran_out_costs_no_try_and_no_line_of_history(owe: Owe) -> None:
    mail, now = owe(), clock.now()
    take(now)
    (again,) = take(now + OVER)
    assert (again.public_id, again.attempts) == (mail, 1)
    assert opened(mail).attempts == ()


def test_taken_back_from_a_dead_process_it_is_as_new_as_before(owe: Owe) -> None:
    mail, now = owe(), clock.now()
    take(now)
    assert claims.take_back(now) == 1
    assert (opened(mail).line.state, opened(mail).line.attempts) == (S.QUEUED, 0)


def test_after_it_each_goes_alone_and_before_new_ones(owe: Owe) -> None:
    old, now = {owe() for _ in range(3)}, clock.now()
    assert set(ids(take(now))) == old
    new = {owe(), owe()}
    found = [ids(take(now + OVER)) for _ in range(4)]
    assert [len(each) for each in found] == [1, 1, 1, 2]
    assert {mail for each in found[:3] for mail in each} == old
    assert set(found[3]) == new


def test_a_lease_that_ran_out_alone_is_a_try_with_a_wait_and_the_others_go_on(owe: Owe) -> None:
    first, second, now = owe(), owe(), clock.now()
    take(now)
    assert ids(take(now + OVER)) == [first]
    assert ids(take(now + OVER * 2)) == [second]
    found = opened(first)
    assert (found.line.state, found.line.attempts) == (S.RETRY, 1)
    assert [(tried.outcome, tried.phase) for tried in found.attempts] == [("crashed", "claimed")]
    assert "with this mail alone in hand" in found.line.last_error
    assert ids(take(now + OVER * 3)) == [first]


def test_a_mail_that_ran_out_alone_twelve_times_is_given_up_and_says_why(owe: Owe) -> None:
    now = clock.now()
    killer = owe(expires_at=now + WEEK)
    taken = 0
    while opened(killer).line.state is not S.DEAD:
        taken += len(take(now))
        now += timedelta(hours=5)
    # once among others, then alone
    assert taken == 1 + 12
    line = opened(killer).line
    assert (line.state, line.attempts) == (S.DEAD, 12)
    assert "with this mail alone in hand; given up after 12 tries" in line.last_error


def test_killed_every_minute_for_an_hour_by_something_else_no_mail_is_lost(
    app: Flask, owe: Owe, smtp: MailServer
) -> None:
    use_server(app, smtp.port)
    now = clock.now()
    mails = [owe(expires_at=now + WEEK) for _ in range(8)]
    for _ in range(60):
        take(now)
        now += OVER
    with time_machine.travel(now + timedelta(hours=4)):
        drain.run()
    assert {opened(mail).line.state for mail in mails} == {S.SENT}
    assert len(smtp.received) == len(mails)


DYING = """
import os
from bookingapp import create_app
from bookingapp.email import drain, render
real = render.letter
def letter(due):
    if due.recipient == "killer@example.org":
        os.kill(os.getpid(), 9)
    return real(due)
render.letter = letter
for _ in range(3):
    child = os.fork()
    if not child:
        with create_app().app_context():
            drain.run()
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


# Processes cost seconds; on PostgreSQL the lease says when, as above, and the rest is the same.
@pytest.mark.engine("sqlite")
def test_a_mail_that_kills_the_process_kills_it_twice_and_then_the_others_go(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port, mail_connections=3)
    killer, others = owe(to="killer@example.org"), [owe() for _ in range(5)]
    ends = subprocess.run([sys.executable, "-c", DYING], cwd=ROOT, check=True, text=True,
                          env=environment(app.config["SETTINGS"]), stdout=subprocess.PIPE)  # fmt: skip
    assert ends.stdout.split() == ["-9", "-9", "0"]
    lines = [opened(mail).line for mail in others]
    assert {(line.state, line.attempts) for line in lines} == {(S.SENT, 1)}
    assert len(faulty.taken) == 5
    assert (opened(killer).line.state, opened(killer).line.attempts) == (S.RETRY, 1)
