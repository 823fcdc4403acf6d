"""MAIL, RCPT and DATA in one round trip: the first refusal is the one that counts, and nothing slips out."""

from collections.abc import Callable

import pytest

from bookingapp.email import pool
from bookingapp.email.faults import Cause
from tests.email.wire import YES, Connect, evidence, letter
from tests.mailservers import FaultyServer, MailServer

# What is sent and heard does not depend on the database.
pytestmark = pytest.mark.engine("sqlite")
STAGES = {"MAIL": "mail", "RCPT": "rcpt", "DATA": "data", "DOT": "dot"}


@pytest.fixture
def quick(faulty: FaultyServer) -> FaultyServer:
    """A server that offers pipelining, and answers MAIL and RCPT only when it has seen DATA."""
    faulty.offers = ["PIPELINING", "8BITMIME"]
    return faulty


def test_all_three_go_in_one_round_trip(connect: Connect, quick: FaultyServer) -> None:
    transport = connect(quick.port, mail_timeout_seconds=5)
    made = letter(body=".a\n.\n")
    assert transport.send(made, "test", YES).reply == "2.0.0 Ok: queued as F1"
    assert quick.taken == [made.as_bytes()]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("code", [421, 451, 554])
@pytest.mark.parametrize("naive", [False, True])
def test_the_first_refusal_is_the_one_told(
    connect: Connect, quick: FaultyServer, stage: str, code: int, naive: bool
) -> None:
    quick.naive = naive
    quick.faults[stage] = f"{code} 4.3.0 The servers own words"
    said = evidence(connect(quick.port))
    assert (said.phase, said.cause, said.code) == (STAGES[stage], Cause.SERVER, code)
    assert said.reply == "4.3.0 The servers own words"
    assert quick.taken == []


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("fault", ["drop", "hang", "drip"])
def test_silence_is_told_by_where_it_began(
    connect: Connect, quick: FaultyServer, stage: str, fault: str
) -> None:
    quick.faults[stage] = fault
    said = evidence(connect(quick.port, mail_timeout_seconds=1, mail_deadline_seconds=2))
    assert (said.phase, said.cause, said.code) == (STAGES[stage], Cause.TRANSPORT, 0)
    assert said.ambiguous is (stage == "DOT")


@pytest.mark.parametrize("naive", [False, True])
def test_after_a_refused_recipient_the_next_mail_takes_the_same_connection(
    connect: Connect, quick: FaultyServer, naive: bool
) -> None:
    quick.faults["RCPT"], quick.times["RCPT"], quick.naive = "550 5.1.1 No such user", 1, naive
    transport = connect(quick.port)
    assert evidence(transport).code == 550
    assert transport.send(letter(), "test", YES).code == 250
    assert (quick.connections, len(quick.taken)) == (1, 1)


def test_a_server_that_wants_the_content_all_the_same_gets_none(
    connect: Connect, quick: FaultyServer
) -> None:
    quick.faults["RCPT"], quick.naive = "550 5.1.1 No such user", True
    evidence(connect(quick.port))
    assert (quick.taken, quick.to_nobody) == ([], [b""])


def test_without_a_sender_nobody_gets_an_empty_mail(connect: Connect, quick: FaultyServer) -> None:
    quick.faults["MAIL"], quick.times["MAIL"] = "553 5.7.1 Not you", 1
    transport = connect(quick.port)
    assert evidence(transport).phase == "mail"
    assert transport.send(letter(), "test", YES).code == 250
    assert (len(quick.taken), quick.to_nobody, quick.connections) == (1, [], 2)


def test_the_mark_is_made_after_the_content_and_before_the_dot(
    connect: Connect, quick: FaultyServer
) -> None:
    seen: list[list[str]] = []

    def mark() -> bool:
        seen.append(list(quick.seen))
        return True

    connect(quick.port).send(letter(), "test", mark)
    assert seen == [["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"]]


def test_a_kept_connection_is_asked_in_the_same_round_trip(
    connect: Connect, quick: FaultyServer
) -> None:
    for _ in range(2):
        transport = connect(quick.port, mail_timeout_seconds=5)
        transport.send(letter(), "test", YES)
        transport.close()
    pool.close_all()
    assert len(quick.taken) == 2


def test_reports_are_asked_for_where_the_server_offers_them(
    connect: Connect, quick: FaultyServer
) -> None:
    transport = connect(quick.port)
    for offers in (["PIPELINING"], ["PIPELINING", "DSN"]):
        quick.offers = offers
        made = letter()
        made.mail_options, made.rcpt_options = ["RET=HDRS"], ["NOTIFY=FAILURE,DELAY"]
        transport = connect(quick.port, mail_timeout_seconds=5)
        transport.send(made, "test", YES)
    asked = [line for line in quick.lines if line.startswith(("MAIL", "RCPT"))]
    assert asked == [
        "MAIL FROM:<box@lantern.test>",
        "RCPT TO:<asha@example.org>",
        "MAIL FROM:<box@lantern.test> RET=HDRS",
        "RCPT TO:<asha@example.org> NOTIFY=FAILURE,DELAY",
    ]


@pytest.mark.parametrize(
    "to", ["asha@example.org>\r\nRCPT TO:<eve@example.org", "a\nb@example.org"]
)
def test_an_address_cannot_smuggle_a_command(
    connect: Connect, quick: FaultyServer, smtp: MailServer, to: str
) -> None:
    for port in (quick.port, smtp.port):
        with pytest.raises(ValueError, match="line break"):
            connect(port).send(letter(to=to), "test", YES)
    assert (quick.taken, smtp.received) == ([], [])


def test_a_real_server_that_pipelines_takes_many(
    connect: Connect, smtp_sink: Callable[..., int]
) -> None:
    transport = connect(smtp_sink())
    assert [transport.send(letter(), "test", YES).code for _ in range(20)] == [250] * 20


SINK = {
    "CONNECT": "connect",
    "EHLO": "ehlo",
    "MAIL": "mail",
    "RCPT": "rcpt",
    "DATA": "data",
    ".": "dot",
}


CODES = {"-q": {0}, "-Q": {421}, "-r": range(400, 500), "-f": range(500, 600)}
# who refuses EHLO for good is greeted by HELO
FAULTS = [(how, stage) for stage in SINK for how in CODES if (how, stage) != ("-f", "EHLO")]


@pytest.mark.parametrize("fault", FAULTS, ids="".join)
def test_postfixs_own_sink_is_understood_at_every_stage(
    connect: Connect, smtp_sink: Callable[..., int], fault: tuple[str, str]
) -> None:
    how, stage = fault
    said = evidence(connect(smtp_sink(how, stage), mail_timeout_seconds=5))
    assert said.phase == SINK[stage], said
    assert said.code in CODES[how], said


def test_a_server_that_knows_no_ehlo_is_greeted_by_helo(
    connect: Connect, smtp_sink: Callable[..., int]
) -> None:
    assert connect(smtp_sink("-f", "EHLO")).send(letter(), "test", YES).code == 250
