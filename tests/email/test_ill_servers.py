"""A relay that is down, a wrong password, drips, wrong certificates, silence at the dot; two ways out.

Each is bounded and named, costs no mail a try it is not to blame for, and the drain goes on.
"""

import ssl
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
import trustme
from flask import Flask
from flask.testing import FlaskClient

from bookingapp import clock
from bookingapp.email import drain, samples
from bookingapp.email.faults import Fault
from bookingapp.email.models import BreakerState, OutboxState
from tests.email.conftest import URL, Owe, opened, run_at, use_server, way
from tests.mailservers import FaultyServer, MailServer, free_port
from tests.torture.letterbox import by_id, copies_are_alike

LOGIN = {"mail_username": "box", "mail_password": "secret"}
TLS = {"mail_use_tls": True, "mail_server": "localhost"}
# Deadline and what else a busy machine takes.
BOUND = 15


def states(mails: list[str]) -> list[tuple[OutboxState, int]]:
    """Each mail's state and burnt tries."""
    lines = [opened(mail).line for mail in mails]
    return [(line.state, line.attempts) for line in lines]


def sent_at_the_first_try(mails: list[str]) -> bool:
    return set(states(mails)) == {(OutboxState.SENT, 1)}


def test_a_relay_down_for_an_hour_costs_no_try_and_then_tickets_go_before_old_letters(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    faulty.faults["CONNECT"] = "drop"
    now = clock.now()
    failed = samples.samples(now, URL)["payment_failed"]
    old = [owe(failed, expires_at=now + timedelta(days=1)) for _ in range(10)]
    for minutes in range(0, 60, 4):
        run_at(now, minutes=minutes)
    # three faults open the breaker, then it asks less and less often
    assert faulty.connections <= 3 + 8
    with time_machine.travel(now + timedelta(hours=1)):
        new = [owe() for _ in range(10)]
    faulty.faults.clear()
    run_at(now, minutes=76)
    assert sent_at_the_first_try(old + new)
    assert len(faulty.taken) == 20
    arrived = list(by_id(faulty.taken))
    assert set(arrived[:10]) == {opened(mail).line.message_id for mail in new}


def test_a_wrong_password_is_tried_once_and_all_goes_when_it_is_right(
    app: Flask, owe: Owe, mail_servers: Callable[..., MailServer]
) -> None:
    server, now = mail_servers(login=("box", "secret")), clock.now()
    use_server(app, server.port, **{**LOGIN, "mail_password": "wrong"})
    mails = [owe() for _ in range(8)]
    for seconds in range(0, 50, 10):
        assert run_at(now, seconds=seconds) == 0
    assert server.connections == 1
    assert set(states(mails)) == {(OutboxState.QUEUED, 0)}
    assert (way().breaker, way().fault, way().last_code) == (BreakerState.OPEN, Fault.AUTH, 535)
    # another start, with the right one
    use_server(app, server.port, **LOGIN)
    with time_machine.travel(now + timedelta(seconds=50)):
        drain.mended()
        drain.run()
    assert sent_at_the_first_try(mails)
    assert way().breaker is BreakerState.CLOSED
    assert len(server.received) == 8


def test_the_manager_reads_of_a_wrong_password_and_try_now_asks_once_more(
    app: Flask, owe: Owe, mail_servers: Callable[..., MailServer], client: FlaskClient,
    sign_in: Callable[[FlaskClient, str], FlaskClient],
) -> None:  # fmt: skip
    manager, server = sign_in(client, "manager"), mail_servers(login=("box", "secret"))
    use_server(app, server.port, **{**LOGIN, "mail_password": "wrong"})
    mails = [owe() for _ in range(3)]
    drain.run()
    page = manager.get("/office/outbox").text
    assert "refuses the login" in page
    assert "all of them wait, and none has used up a try" in page
    assert manager.post("/office/outbox/transport/smtp/try").status_code == 303
    drain.run()
    assert server.connections == 2
    assert set(states(mails)) == {(OutboxState.QUEUED, 0)}


@pytest.mark.parametrize("stage", ["CONNECT", "RCPT"])
def test_a_server_that_drips_is_left_alone_after_three_deadlines(
    app: Flask, owe: Owe, faulty: FaultyServer, stage: str
) -> None:
    use_server(app, faulty.port, mail_timeout_seconds=60, mail_deadline_seconds=1)
    faulty.faults[stage] = "drip"
    mails, now, began = [owe() for _ in range(5)], clock.now(), time.monotonic()
    drain.run()
    assert time.monotonic() - began < BOUND
    assert set(states(mails)) == {(OutboxState.QUEUED, 0)}
    assert way().breaker is BreakerState.OPEN
    assert "took longer than 1 s over one mail" in way().last_error
    assert "took longer than 1 s over one mail" in opened(mails[0]).line.last_error
    faulty.faults.clear()
    run_at(now, minutes=3)
    assert sent_at_the_first_try(mails)
    assert len(faulty.taken) == 5


@pytest.fixture
def authority() -> trustme.CA:
    """A certificate authority of the cinema's own."""
    return trustme.CA()


def certified(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_a_wrong_certificate_is_named_and_nothing_goes_before_it_is_right(
    app: Flask, owe: Owe, mail_servers: Callable[..., MailServer], authority: trustme.CA,
    tmp_path: Path,
) -> None:  # fmt: skip
    server = mail_servers(tls=certified(authority, "localhost"))
    use_server(app, server.port, **TLS)
    mails = [owe() for _ in range(4)]
    drain.run()
    assert set(states(mails)) == {(OutboxState.QUEUED, 0)}
    assert "the certificate of localhost" in way().last_error
    assert "was not accepted" in opened(mails[0]).line.last_error
    assert server.received == []
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    use_server(app, server.port, mail_ca_file=str(ca_file), **TLS)
    drain.mended()
    drain.run()
    assert sent_at_the_first_try(mails)
    assert len(server.received) == 4


@pytest.mark.parametrize("silence", ["hang", "drip"])
def test_silence_at_one_mails_dot_is_doubt_about_that_mail_and_the_others_go_on(
    app: Flask, owe: Owe, faulty: FaultyServer, silence: str
) -> None:
    use_server(app, faulty.port, mail_timeout_seconds=1, mail_deadline_seconds=2)
    faulty.faults["DOT"], faulty.times["DOT"] = silence, 1
    mails, now, began = [owe() for _ in range(4)], clock.now(), time.monotonic()
    assert drain.run() == 3
    assert time.monotonic() - began < BOUND
    doubt = opened(mails[0])
    assert (doubt.line.state, doubt.line.uncertain) == (OutboxState.RETRY, True)
    assert "127.0.0.1" in doubt.line.last_error
    assert sent_at_the_first_try(mails[1:])
    run_at(now, minutes=11)
    letters = by_id(faulty.taken)
    assert len(letters) == 4
    assert copies_are_alike(letters) == 1
    assert len(letters[doubt.line.message_id]) == 2


def test_what_the_first_way_out_may_have_delivered_goes_by_no_other(
    app: Flask, owe: Owe, faulty: FaultyServer, smtp: MailServer
) -> None:
    use_server(app, faulty.port, mail2_server="127.0.0.1", mail2_port=smtp.port)
    faulty.faults["DOT"] = "drop"
    mails, now = [owe() for _ in range(8)], clock.now()
    # three lost answers open the first one's breaker; the other five go by the second
    assert drain.run() == 5
    doubtful = {opened(mail).line.message_id for mail in mails if opened(mail).line.uncertain}
    assert set(by_id(faulty.taken)) == doubtful
    assert len(doubtful) == 3
    run_at(now, minutes=12)
    faulty.faults.clear()
    run_at(now, minutes=40)
    assert {state for state, _ in states(mails)} == {OutboxState.SENT}
    by_second = by_id(mail.content for mail in smtp.received)
    assert set(by_second) & doubtful == set()
    assert len(by_second) == 5
    assert copies_are_alike(by_second) == 0
    assert set(by_id(faulty.taken)) == doubtful
    copies_are_alike(by_id(faulty.taken))


def test_when_a_way_out_is_gone_what_it_may_have_delivered_goes_by_one_that_is_left(
    app: Flask, owe: Owe, faulty: FaultyServer, smtp: MailServer
) -> None:
    use_server(app, free_port(), mail2_server="127.0.0.1", mail2_port=faulty.port)
    faulty.faults["DOT"] = "drop"
    mails, now = [owe() for _ in range(3)], clock.now()
    assert drain.run() == 0
    assert {opened(mail).line.uncertain for mail in mails} == {True}
    use_server(app, smtp.port, mail2_server="", mail2_port=0)
    run_at(now, minutes=40)
    assert {state for state, _ in states(mails)} == {OutboxState.SENT}
    assert set(by_id(mail.content for mail in smtp.received)) == set(by_id(faulty.taken))
    assert copies_are_alike(by_id([*faulty.taken, *(mail.content for mail in smtp.received)])) == 3


def test_when_mails_no_longer_go_anywhere_a_doubtful_one_is_no_exception(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    faulty.faults["DOT"] = "drop"
    mail, now = owe(), clock.now()
    drain.run()
    use_server(app, 0, mail_transport="file", mail_server="")
    run_at(now, minutes=40)
    assert opened(mail).line.state is OutboxState.SIMULATED


def test_for_how_long_a_mail_could_have_gone_grows_as_long_as_the_server_is_away(
    app: Flask, owe: Owe, faulty: FaultyServer, client: FlaskClient
) -> None:
    use_server(app, faulty.port)
    faulty.faults["CONNECT"] = "drop"
    now = clock.now()
    owe(expires_at=now + timedelta(days=1))
    told = []
    for minutes in range(5, 120, 5):
        run_at(now, minutes=minutes)
        with time_machine.travel(now + timedelta(minutes=minutes)):
            told.append(client.get("/healthz").get_json()["outbox"])
    # well for ten minutes, then unwell without a break
    assert [each["ok"] for each in told] == [True] * 2 + [False] * 21
    assert told[-1]["oldest_due_seconds"] == pytest.approx(115 * 60, abs=60)
