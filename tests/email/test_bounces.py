"""Bounces are read from a real mailbox (Dovecot), and every mail that is not about ours is left alone."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from bookingapp import clock
from bookingapp.email import bounces, drain, prune
from bookingapp.email.models import Delivery, OutboxState
from tests.admin.rows import Rows, ago
from tests.email.bounced import mail, read, rows, sent, suppressed, use
from tests.email.conftest import Owe, use_server
from tests.email.dsn import report
from tests.imap import PASSWORD, Mailbox, imap_server, mailbox
from tests.mailservers import FaultyServer

__all__ = ["imap_server", "mailbox", "read", "rows"]
NEWSLETTER = b"From: shop@example.com\nSubject: Offers\nContent-Type: text/plain\n\nBuy.\n"


def test_a_bounce_is_written_down_and_its_address_gets_no_more_mail(
    read: Flask, rows: Rows, mailbox: Mailbox
) -> None:
    public_id, message_id = sent(rows)
    mailbox.put(report(message_id=message_id))
    assert bounces.run() == bounces.Read(seen=1, ours=1)
    row = mail(public_id)
    assert (row.delivery, row.delivery_words) == (Delivery.BOUNCED, "550 5.1.1 User unknown")
    assert row.delivery_at is not None
    assert row.state is OutboxState.SENT, "our own server did take it"
    assert suppressed() == [("asha@example.org", "bounced: 550 5.1.1 User unknown")]
    assert mailbox.flags() == [r"\Seen"]


def test_a_second_look_changes_nothing(read: Flask, rows: Rows, mailbox: Mailbox) -> None:
    public_id, message_id = sent(rows)
    mailbox.put(report(message_id=message_id))
    bounces.run()
    heard = mail(public_id).delivery_at
    assert bounces.run() == bounces.Read(0, 0)
    (read.config["SETTINGS"].instance / bounces.NAME).unlink()
    assert bounces.run() == bounces.Read(seen=1, ours=1)
    assert (mail(public_id).delivery_at, len(suppressed())) == (heard, 1)


def test_only_what_came_since_is_looked_at(read: Flask, rows: Rows, mailbox: Mailbox) -> None:
    first, second = sent(rows), sent(rows)
    mailbox.put(report(message_id=first[1]))
    bounces.run()
    mailbox.put(report(message_id=second[1], status="5.2.2", words="552 5.2.2 Mailbox full"))
    assert bounces.run() == bounces.Read(1, 1)
    assert mail(second[0]).delivery is Delivery.BOUNCED


@pytest.mark.parametrize("status", ["5.2.2", "5.7.1", "5.4.4", "4.4.7", "5.1.8"])
def test_an_address_that_exists_is_written_to_again(
    read: Flask, rows: Rows, mailbox: Mailbox, status: str
) -> None:
    public_id, message_id = sent(rows)
    mailbox.put(report(message_id=message_id, status=status))
    bounces.run()
    assert mail(public_id).delivery is Delivery.BOUNCED
    assert suppressed() == []


def test_a_bounce_behind_a_forwarding_blames_nobody_we_know(
    read: Flask, rows: Rows, mailbox: Mailbox
) -> None:
    public_id, message_id = sent(rows)
    mailbox.put(report(message_id=message_id, to="her-old-job@example.com"))
    bounces.run()
    assert mail(public_id).delivery is Delivery.BOUNCED
    assert suppressed() == []


def test_the_address_we_asked_for_counts_where_it_was_rewritten(
    read: Flask, rows: Rows, mailbox: Mailbox
) -> None:
    _, message_id = sent(rows)
    mailbox.put(
        report(message_id=message_id, to="asha@inner.example.org", asked="Asha@example.org")
    )
    bounces.run()
    assert [address for address, _ in suppressed()] == ["asha@example.org"]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (["delayed"], Delivery.DELAYED),
        (["delivered"], Delivery.DELIVERED),
        (["delayed", "delivered"], Delivery.DELIVERED),
        (["delivered", "delayed"], Delivery.DELIVERED),
        (["delayed", "failed"], Delivery.BOUNCED),
        (["failed", "delivered"], Delivery.BOUNCED),
    ],
)
def test_what_says_more_stays(
    read: Flask, rows: Rows, mailbox: Mailbox, said: list[str], left: Delivery
) -> None:
    public_id, message_id = sent(rows)
    for action in said:
        mailbox.put(report(message_id=message_id, action=action, status="4.2.2"))
    bounces.run()
    assert mail(public_id).delivery is left


def test_the_envelopes_id_is_enough(read: Flask, rows: Rows, mailbox: Mailbox) -> None:
    public_id, _ = sent(rows)
    mailbox.put(report(envelope=f"booking_confirmation.{public_id}"))
    assert bounces.run().ours == 1
    assert mail(public_id).delivery is Delivery.BOUNCED


@pytest.mark.parametrize(
    "raw",
    [
        NEWSLETTER,
        report(message_id="<booking_confirmation.ffffffffffffffff@lantern.test>"),
        report(message_id="<somebody@else.example>"),
        report(envelope="'; DROP TABLE outbox_message; --"),
        report().replace(b"Sorry.", b"x" * 600_000),
        b"Content-Type: multipart/report; report-type=delivery-status\n\n\x00\xff garbage",
    ],
)  # fmt: skip
def test_other_mails_are_left_as_they_were(
    read: Flask, rows: Rows, mailbox: Mailbox, raw: bytes
) -> None:
    public_id, message_id = sent(rows)
    mailbox.put(raw)
    mailbox.put(report(message_id=message_id))
    assert bounces.run() == bounces.Read(seen=2, ours=1)
    assert mailbox.flags() == ["", r"\Seen"]
    assert mail(public_id).delivery is Delivery.BOUNCED


def test_a_round_ends_and_the_next_goes_on(
    read: Flask, rows: Rows, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounces, "MOST_MAILS", 2)
    for _ in range(3):
        mailbox.put(report(message_id=sent(rows)[1]))
    assert [bounces.run().ours for _ in range(3)] == [2, 1, 0]


def test_a_mailbox_made_anew_is_read_from_its_beginning(
    read: Flask, rows: Rows, mailbox: Mailbox
) -> None:
    use(read, mailbox, mail_bounce_imap_folder="Reports")
    for _ in range(3):
        mailbox.put(NEWSLETTER, folder="Reports")
    bounces.run()
    mailbox.delete("Reports")
    public_id, message_id = sent(rows)
    mailbox.put(report(message_id=message_id), folder="Reports")
    assert bounces.run().ours == 1
    assert mail(public_id).delivery is Delivery.BOUNCED


def test_the_first_look_goes_a_week_back(read: Flask, rows: Rows, mailbox: Mailbox) -> None:
    mailbox.put(report(message_id=sent(rows)[1]))
    with time_machine.travel(clock.now() + timedelta(days=9)):
        assert bounces.run() == bounces.Read(0, 0)


def test_another_folder_may_hold_them(read: Flask, rows: Rows, mailbox: Mailbox) -> None:
    public_id, message_id = sent(rows)
    mailbox.put(report(message_id=message_id), folder="Old bounces")
    use(read, mailbox, mail_bounce_imap_folder="Old bounces")
    assert bounces.run().ours == 1
    assert mail(public_id).delivery is Delivery.BOUNCED


def test_a_pruned_mail_keeps_no_words(read: Flask, rows: Rows, mailbox: Mailbox) -> None:
    public_id, message_id = sent(rows, created_at=ago(days=500), sent_at=ago(days=500))
    prune.run()
    mailbox.put(report(message_id=message_id))
    bounces.run()
    row = mail(public_id)
    assert (row.delivery, row.delivery_words) == (Delivery.BOUNCED, "")
    assert suppressed() == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mail_bounce_imap_password": "wrong"}, "Authentication failed"),
        ({"mail_bounce_imap_folder": "Nowhere"}, "there is no folder Nowhere"),
        ({"mail_bounce_imap_port": 9}, "refused"),
        ({"mail_ca_file": ""}, "certificate verify failed"),
    ],
)
def test_a_mailbox_that_cannot_be_read_is_one_line_in_the_log(
    app: Flask,
    mailbox: Mailbox,
    change: dict[str, Any],
    said: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    use(app, mailbox, **change)
    bounces.job()
    [line] = [record.getMessage() for record in caplog.records if record.name == bounces.__name__]
    assert said in line
    assert "\n" not in line
    assert PASSWORD not in line


def test_without_a_mailbox_nothing_happens(app: Flask) -> None:
    assert bounces.run() == bounces.Read(0, 0)
    assert not (app.config["SETTINGS"].instance / bounces.NAME).exists()


def test_how_far_it_was_read_is_kept(read: Flask, mailbox: Mailbox) -> None:
    mailbox.put(NEWSLETTER)
    bounces.run()
    kept = json.loads((read.config["SETTINGS"].instance / bounces.NAME).read_text())
    assert kept["uid"] == 1


def test_the_operator_reads_them_at_once(read: Flask, rows: Rows, mailbox: Mailbox) -> None:
    mailbox.put(NEWSLETTER)
    mailbox.put(report(message_id=sent(rows)[1]))
    answer = read.test_cli_runner().invoke(args=["mail", "bounces", "--json"])
    assert json.loads(answer.output) == {"seen": 2, "ours": 1}
    told = read.test_cli_runner().invoke(args=["mail", "bounces"]).output
    assert told == "0 mails looked at, 0 reports about mails of ours\n"


def test_the_operator_is_told_why_they_cannot_be_read(app: Flask, mailbox: Mailbox) -> None:
    answer = app.test_cli_runner().invoke(args=["mail", "bounces"])
    assert (answer.exit_code, "MAIL_BOUNCE_IMAP_SERVER" in answer.output) == (1, True)
    use(app, mailbox, mail_bounce_imap_password="wrong")
    answer = app.test_cli_runner().invoke(args=["mail", "bounces"])
    assert (answer.exit_code, "Authentication failed" in answer.output) == (1, True)
    answer = app.test_cli_runner().invoke(args=["mail", "bounces", "--json"])
    assert (answer.exit_code, json.loads(answer.stdout)["refused"]) == (1, True)


def test_a_bounce_of_a_mail_sent_with_reports_asked_for_finds_it(
    read: Flask, owe: Owe, faulty: FaultyServer, mailbox: Mailbox
) -> None:
    """From the commands said to the server to the row."""
    faulty.offers = ["DSN"]
    use_server(read, faulty.port)
    public_id = owe()
    assert drain.run() == 1
    asked = next(line for line in faulty.lines if line.startswith("MAIL"))
    assert "RET=HDRS" in asked
    assert any("NOTIFY=FAILURE,DELAY" in line for line in faulty.lines if line.startswith("RCPT"))
    use(read, mailbox)
    mailbox.put(report(envelope=asked.partition("ENVID=")[2].split()[0]))
    assert bounces.run().ours == 1
    assert mail(public_id).delivery is Delivery.BOUNCED
