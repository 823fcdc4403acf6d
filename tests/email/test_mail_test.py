"""`flask mail test`: a letter goes the way of every ticket, and the operator reads how it went."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import Result
from flask import Flask

from bookingapp import clock
from bookingapp.email.messages import KINDS
from bookingapp.email.models import OutboxState
from tests.email.conftest import Owe, opened, use_server
from tests.mailservers import FaultyServer, MailServer, free_port

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Run:
    """Run a command."""

    def command(*words: str) -> Result:
        return app.test_cli_runner().invoke(args=list(words))

    return command


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


def test_all_sends_one_letter_of_every_kind(app: Flask, run: Run, smtp: MailServer) -> None:
    use_server(app, smtp.port)
    result = run("mail", "test", "box@example.org", "--kind", "all")
    assert result.exit_code == 0, result.output
    arrived = [str(mail.message["Message-ID"])[1:].split(".")[0] for mail in smtp.received]
    assert sorted(arrived) == sorted(KINDS)
    assert sorted(line.split(": Sent to")[0] for line in result.output.splitlines()) == sorted(
        KINDS
    )


def test_one_letter_that_fails_fails_all_and_the_others_go(
    app: Flask, run: Run, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    faulty.faults["DOT"], faulty.times["DOT"] = "554 5.7.1 Smells of spam", 1
    result = run("mail", "test", "box@example.org", "--kind", "all", "--json")
    assert result.exit_code == 1
    told = json.loads(result.output)
    assert [one["ok"] for one in told].count(False) == 1
    assert [one["said"] for one in told if not one["ok"]] == ["554 5.7.1 Smells of spam"]
    assert len(faulty.taken) == len(KINDS) - 1


def test_json_tells_what_became_of_the_letter(app: Flask, run: Run, smtp: MailServer) -> None:
    use_server(app, smtp.port)
    (told,) = json.loads(run("mail", "test", "box@example.org", "--json").output)
    assert opened(told["public_id"]).line.state is OutboxState.SENT
    assert (told["kind"], told["state"], told["ok"]) == ("mail_test", "sent", True)
    assert told["said"] == "2.0.0 Ok: queued as TEST1"


def test_a_refused_login_is_told_at_once_and_a_mended_one_is_not_waited_for(
    app: Flask, run: Run, faulty: FaultyServer, smtp: MailServer
) -> None:
    use_server(app, faulty.port)
    faulty.faults["MAIL"] = "535 5.7.8 Username and Password not accepted"
    first = run("mail", "test", "box@example.org")
    assert first.exit_code == 1
    assert first.output == "Not sent, queued: 535 5.7.8 Username and Password not accepted\n"
    # the way out is left alone now; who tries the set-up says that it is mended
    use_server(app, smtp.port)
    assert run("mail", "test", "box@example.org").exit_code == 0
