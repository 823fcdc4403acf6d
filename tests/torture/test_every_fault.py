"""Debian's smtp-sink fails in all 28 ways; what the mails and the transport are to look like then.

The table, and the same with a server of our own for `make test`: tests/email.
"""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import delete

from bookingapp import clock
from bookingapp.db import transaction
from bookingapp.email.models import MailTransport, OutboxAttempt, OutboxMessage, OutboxMime
from tests.email import fault_table
from tests.email.conftest import Owe, opened, use_server
from tests.email.fault_table import CASES, LETTERS, WANTED
from tests.torture.letterbox import by_id, copies_are_alike
from tests.torture.sink import Sink

pytestmark = [pytest.mark.torture, pytest.mark.timeout(3600)]
TABLES = (OutboxAttempt, OutboxMime, OutboxMessage, MailTransport)


@pytest.fixture
def sink() -> Iterator[Sink]:
    """One port that fails in turn."""
    made = Sink()
    yield made
    made.close()


def test_however_smtp_sink_fails_every_mail_arrives_and_twice_only_from_the_dot(
    app: Flask,
    owe: Owe,
    sink: Sink,
    figures: dict[str, object],
) -> None:
    use_server(app, sink.port)
    found = {case: lived_through(case, owe, sink) for case in CASES}
    assert {case: wrong for case, (wrong, _) in found.items() if wrong} == {}
    copies = {case: copies for case, (_, copies) in found.items()}
    assert copies == {case: wanted.copies for case, wanted in WANTED.items()}
    figures.update(
        {"faults": len(CASES), "mails": LETTERS * len(CASES), "lost": 0,
         "at the dot": LETTERS, "duplicates": sum(copies.values())})  # fmt: skip


def lived_through(case: tuple[str, str], owe: Owe, sink: Sink) -> tuple[object, int]:
    """What was other than the table says (nothing), and how many copies came."""
    wanted, now = WANTED[case], clock.now()
    mails = [owe(to=f"guest{number}@example.org") for number in range(LETTERS)]
    sink.fails(*case)
    first = fault_table.first_run()
    sink.works()
    fault_table.until_all_are_sent(now)
    fault_table.hang_up()
    letters = by_id(sink.taken())
    assert set(letters) == {opened(mail).line.message_id for mail in mails}
    forget()
    return first if first != (wanted.mails, wanted.transport) else (), copies_are_alike(letters)


def forget() -> None:
    """The next fault meets a new house."""
    with transaction() as session:
        for table in TABLES:
            session.execute(delete(table))
