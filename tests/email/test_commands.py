"""`flask outbox …` and `flask mail test`: what an operator reads."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import Result
from flask import Flask

from bookingapp import clock
from bookingapp.email import drain, samples
from bookingapp.email.messages import KINDS
from bookingapp.email.models import OutboxState
from tests.email.conftest import URL, Owe, opened, use_server
from tests.mailservers import FaultyServer, MailServer, free_port

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Run:
    """Run a command."""

    def command(*words: str) -> Result:
        return app.test_cli_runner().invoke(args=list(words))

    return command


def test_stats_counts_each_state_and_names_the_oldest(run: Run, owe: Owe) -> None:
    owe()
    owe()
    said = run("outbox", "stats").output
    assert "queued           2" in said
    assert "sent             0" in said
    assert "oldest waiting: 20" in said
    facts = json.loads(run("outbox", "stats", "--json").output)
    assert facts["counts"]["queued"] == 2
    assert facts["oldest_waiting"].endswith("+00:00")


def test_list_filters_by_state_kind_and_address(run: Run, owe: Owe) -> None:
    failed = samples.samples(clock.now(), URL)["payment_failed"]
    ticket, letter = owe(), owe(failed, to="ravi@example.org")
    assert ticket in run("outbox", "list").output
    assert run("outbox", "list", "--state", "sent,dead").output == ""
    assert run("outbox", "list", "--kind", "payment_failed").output.split()[0] == letter
    assert run("outbox", "list", "--to", "RAVI").output.split()[0] == letter
    assert [row["public_id"] for row in json.loads(run("outbox", "list", "--json").output)] == [
        letter,
        ticket,
    ]
    assert len(run("outbox", "list", "--limit", "1").output.splitlines()) == 1


def test_a_state_that_does_not_exist_is_answered_with_those_that_do(run: Run) -> None:
    result = run("outbox", "list", "--state", "lost")
    assert result.exit_code == 1
    assert "queued, sending, sent" in result.output


def test_show_tells_every_try_in_the_servers_words(
    app: Flask, run: Run, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    faulty.faults["RCPT"] = "450 4.7.1 Later"
    mail = owe()
    drain.run()
    said = run("outbox", "show", mail).output
    assert "retry at rcpt in " in said
    assert "450 4.7.1 Later" in said
    assert "Your tickets: Sherlock Jr." in said
    assert json.loads(run("outbox", "show", mail, "--json").output)["tries"][0]["code"] == 450
    assert run("outbox", "show", mail, "--raw").output.startswith("Subject: Your tickets")


def test_a_mail_that_does_not_exist_is_said_so(run: Run) -> None:
    result = run("outbox", "show", "nonsense")
    assert result.exit_code == 1
    assert "no such mail" in result.output


def test_retry_makes_a_failed_mail_due_and_drain_sends_it(
    app: Flask, run: Run, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    faulty.faults["RCPT"], faulty.times["RCPT"] = "550 5.7.1 Blocked", 1
    mail = owe()
    assert run("outbox", "drain").output == "0 sent\n"
    assert run("outbox", "retry", mail).output == f"{mail}: due now\n"
    assert run("outbox", "drain").output == "1 sent\n"
    assert opened(mail).line.state is OutboxState.SENT


def test_a_mail_that_was_sent_is_not_sent_again(
    app: Flask, run: Run, owe: Owe, smtp: MailServer
) -> None:
    use_server(app, smtp.port)
    mail = owe()
    run("outbox", "drain")
    assert run("outbox", "retry", mail).exit_code == 1
    assert len(smtp.received) == 1


def test_mail_test_says_what_the_server_answered(app: Flask, run: Run, smtp: MailServer) -> None:
    use_server(app, smtp.port)
    result = run("mail", "test", "box@example.org")
    assert result.exit_code == 0
    assert result.output == "Sent to box@example.org. The server said: 2.0.0 Ok: queued as TEST1\n"
    assert str(smtp.received[0].message["Subject"]) == "Test: mail from The Lantern arrives"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_mail_test_sends_any_kind(app: Flask, run: Run, smtp: MailServer, kind: str) -> None:
    use_server(app, smtp.port)
    assert run("mail", "test", "box@example.org", "--kind", kind).exit_code == 0
    assert smtp.received[0].message["Message-ID"].startswith(f"<{kind}.")


def test_mail_test_goes_before_whatever_waits(
    app: Flask, run: Run, owe: Owe, smtp: MailServer
) -> None:
    use_server(app, smtp.port)
    waiting = owe(due_at=clock.now() - timedelta(minutes=5))
    run("mail", "test", "box@example.org")
    assert len(smtp.received) == 1
    assert opened(waiting).line.state is OutboxState.QUEUED


def test_mail_test_names_what_is_wrong(app: Flask, run: Run) -> None:
    port = free_port()
    use_server(app, port)
    result = run("mail", "test", "box@example.org")
    assert result.exit_code == 1
    assert f"127.0.0.1:{port}" in result.output


def test_mail_test_does_not_pretend(run: Run) -> None:
    said = run("mail", "test", "box@example.org").output
    assert said.startswith("Not really sent (MAIL_TRANSPORT=file): ")
