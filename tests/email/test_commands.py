"""`flask outbox …`: what an operator reads."""

import json
import re
from base64 import b64decode
from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask

from bookingapp import clock
from bookingapp.email import drain, samples
from bookingapp.email.models import OutboxState
from bookingapp.settings import ROOT
from tests.email.conftest import URL, Owe, opened, use_server
from tests.mailservers import FaultyServer, MailServer

PACKAGE, README = ROOT / "bookingapp", ROOT / "README.md"
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


@pytest.mark.engine("sqlite")  # what a command prints does not depend on the database
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("outbox", "show", "nonsense"), "nonsense: no such mail"),
        (("outbox", "show", "nonsense", "--raw"), "nonsense: no such mail"),
        (("outbox", "show", "MAIL", "--raw"), "there are no bytes, not yet or no more"),
        (("outbox", "show", "PRIVATE", "--raw"), "nobody but its recipient reads this letter"),
        (("outbox", "list", "--state", "lost"), "--state knows: queued, sending, sent"),
        (("mail", "bounces"), "set MAIL_BOUNCE_IMAP_SERVER"),
    ],
)
def test_a_refusal_is_json_where_json_was_asked_for(
    run: Run, owe: Owe, words: tuple[str, ...], says: str
) -> None:
    private = owe(samples.samples(clock.now(), URL)["email_changed"])
    named = {"MAIL": owe(), "PRIVATE": private}
    words = tuple(named.get(word, word) for word in words)
    told, plain = run(*words, "--json"), run(*words)
    assert (told.exit_code, plain.exit_code) == (1, 1)
    refusal = json.loads(told.stdout)
    assert refusal["refused"] is True
    assert says in refusal["says"]
    assert plain.output == f"Error: {refusal['says']}\n"


def test_the_exact_bytes_come_as_json_too(run: Run, owe: Owe) -> None:
    mail = owe()
    drain.run()
    told = json.loads(run("outbox", "show", mail, "--raw", "--json").output)
    kept = opened(mail)
    assert kept.content is not None
    assert b64decode(told["base64"]) == kept.content
    assert (told["public_id"], told["sha256"]) == (mail, kept.sha256)


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


def _product() -> str:
    """All code and all pages."""
    files = sorted(path for kind in ("*.py", "*.html") for path in PACKAGE.rglob(kind))
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


@pytest.mark.parametrize(
    "said",
    [
        "The database can't be written", "Perhaps sent twice", "No mail goes to this address",
        "An older copy of the database was put back", "held: this database is an older copy",
        "the server (pid {}) is sending", "given up after {} tries", "Allow mail there again",
        "Not really sent",
    ],
)  # fmt: skip
def test_what_matinee_says_of_mails_in_trouble_stands_in_the_readmes_table(said: str) -> None:
    """Word for word, or nobody who searches for it finds the cure."""
    said_by = "[^\\s|]+".join(re.escape(part) for part in said.split("{}"))
    table = [line for line in README.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    assert any(re.search(said_by, line) for line in table)
    assert re.search(said_by.replace("[^\\s|]+", ".+?"), _product())
