"""Kept connections: used again by the next run, asked before they are, given up when idle or spent."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest
from flask import Flask

from bookingapp.email import pool as pools
from bookingapp.email.mailer import Mail
from bookingapp.email.pool import Pool
from bookingapp.email.smtp import Connection
from bookingapp.email.transports import Smtp, make
from bookingapp.email.watchdog import keeper
from tests.email.conftest import use_server
from tests.email.wire import YES, letter
from tests.house import wait_for
from tests.mailservers import FaultyServer, MailServer

# What is sent and heard does not depend on the database.
pytestmark = pytest.mark.engine("sqlite")
Lane = Callable[[], Smtp]


@pytest.fixture
def made(app: Flask) -> Iterator[Callable[..., Pool]]:
    """A pool of connections to a port of this machine, its route changed as wanted."""

    def start(port: int, idle_seconds: float = 60, **route: object) -> Pool:
        mail = Mail(app, use_server(app, port))
        chosen = replace(mail.routes["smtp"], **route)  # type: ignore[arg-type]
        return Pool(partial(Connection, mail, chosen), idle_seconds)

    yield start
    pools.close_all()


def send(pool: Pool, mails: int = 1) -> None:
    """One run of a lane."""
    lane = Smtp(pool)
    for _ in range(mails):
        assert lane.send(letter(), "test", YES).code == 250
    lane.close()


def test_the_next_run_finds_the_connection_open(
    made: Callable[..., Pool], smtp: MailServer
) -> None:
    pool = made(smtp.port)
    for _ in range(3):
        send(pool, 2)
    assert (len(smtp.received), smtp.connections) == (6, 1)


@pytest.mark.parametrize("offers", [[], ["PIPELINING"]])
def test_a_kept_connection_is_asked_before_it_is_used(
    made: Callable[..., Pool], faulty: FaultyServer, offers: list[str]
) -> None:
    faulty.offers = offers
    pool = made(faulty.port)
    send(pool, 2)
    assert "RSET" not in faulty.lines
    send(pool, 2)
    words = [line.split(" ")[0].split(":")[0] for line in faulty.lines[1:]]
    assert words == ["MAIL", "RCPT", "DATA"] * 2 + ["RSET"] + ["MAIL", "RCPT", "DATA"] * 2


@pytest.mark.parametrize("offers", [[], ["PIPELINING"]])
@pytest.mark.parametrize("fault", ["drop", "421 4.4.2 Idle too long", "503 5.5.1 Bad sequence"])
def test_one_gone_stale_is_renewed_without_a_word(
    made: Callable[..., Pool], faulty: FaultyServer, offers: list[str], fault: str
) -> None:
    faulty.offers = offers
    pool = made(faulty.port)
    send(pool)
    faulty.faults["RSET"], faulty.times["RSET"] = fault, 1
    send(pool)
    assert (len(faulty.taken), faulty.connections) == (2, 2)


def test_two_lanes_have_a_connection_each(made: Callable[..., Pool], smtp: MailServer) -> None:
    pool = made(smtp.port)
    lanes = [Smtp(pool), Smtp(pool)]
    for _ in range(3):
        for lane in lanes:
            lane.send(letter(), "test", YES)
    for lane in lanes:
        lane.close()
    send(pool)
    assert (len(smtp.received), smtp.connections) == (7, 2)


def test_a_connection_is_renewed_after_as_many_mails_as_the_provider_likes(
    made: Callable[..., Pool], faulty: FaultyServer
) -> None:
    pool = made(faulty.port, per_connection=20)
    send(pool, 15)
    send(pool, 30)
    assert (len(faulty.taken), faulty.connections) == (45, 3)
    assert faulty.seen.count("QUIT") == 2


def test_an_idle_connection_says_goodbye_after_a_while(
    made: Callable[..., Pool], faulty: FaultyServer
) -> None:
    send(made(faulty.port, idle_seconds=0.1))
    wait_for(lambda: "QUIT" in faulty.seen, "goodbye")


def test_at_shutdown_every_connection_says_goodbye(
    made: Callable[..., Pool], faulty: FaultyServer
) -> None:
    pool = made(faulty.port)
    send(pool)
    pools.close_all()
    assert faulty.seen[-1] == "QUIT"
    send(pool)
    assert faulty.connections == 2


def test_a_server_that_is_silent_at_goodbye_is_not_waited_for(
    made: Callable[..., Pool], faulty: FaultyServer
) -> None:
    faulty.faults["QUIT"] = "hang"
    send(made(faulty.port))
    pools.close_all()
    assert len(faulty.taken) == 1


def test_a_failed_connection_is_not_kept(made: Callable[..., Pool], faulty: FaultyServer) -> None:
    pool = made(faulty.port)
    faulty.faults["DOT"], faulty.times["DOT"] = "421 4.3.2 Closing", 1
    lane = Smtp(pool)
    with pytest.raises(Exception, match="Closing"):
        lane.send(letter(), "test", YES)
    lane.close()
    send(pool)
    assert faulty.connections == 2


def test_nobody_looks_after_connections_that_are_gone(
    made: Callable[..., Pool], smtp: MailServer
) -> None:
    send(made(smtp.port))
    pools.close_all()
    wait_for(lambda: keeper.idle, "end of the keeper")


def test_any_route_has_connections_of_its_own(app: Flask, mail_servers: Callable[..., MailServer]) -> None:  # fmt: skip
    one, two = mail_servers(), mail_servers()
    settings = use_server(app, one.port)
    mail = Mail(app, settings)
    app.extensions["matinee_mail"] = mail
    first = mail.routes["smtp"]
    second = replace(first, name="smtp2", port=two.port)
    for route in (first, second, second):
        lane = make(app, route)
        lane.send(letter(), "test", YES)
        lane.close()
    pools.close_all()
    assert (len(one.received), len(two.received)) == (1, 2)
    assert (one.connections, two.connections) == (1, 1)


def test_the_face_is_flask_mails(app: Flask, smtp: MailServer) -> None:
    mail = Mail(app, use_server(app, smtp.port))
    assert app.extensions["mail"].port == smtp.port
    with mail.connect() as connection:
        connection.send(letter())
        connection.send(letter())
    mail.send(letter())
    mail.connect("smtp").send(letter())
    assert (len(smtp.received), smtp.connections) == (4, 3)
