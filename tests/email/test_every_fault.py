"""The 28 faults: drop, 421, 4xx, 5xx at CONNECT EHLO MAIL RCPT DATA, the dot and QUIT.

Each has the right class on the mail and on the transport; when it ends all mails arrive; a mail comes
twice only when the connection was lost at the dot, and then with the same bytes. With Debian's
smtp-sink, on both engines: tests/torture.
"""

import pytest
from flask import Flask

from bookingapp import clock
from tests.email import fault_table
from tests.email.conftest import Owe, opened, use_server
from tests.email.fault_table import CASES, LETTERS, WANTED
from tests.mailservers import FaultyServer
from tests.torture.letterbox import by_id, copies_are_alike

# What is heard from a server does not depend on the database.
pytestmark = pytest.mark.engine("sqlite")
SAID = {"drop": "drop", "421": "421 4.3.2 Closing", "4xx": "451 4.3.0 Later", "5xx": "554 5.3.0 No"}


@pytest.mark.parametrize(("stage", "mode"), CASES)
def test_each_fault_has_its_class_and_when_it_ends_every_mail_arrives(
    app: Flask, owe: Owe, faulty: FaultyServer, stage: str, mode: str
) -> None:
    use_server(app, faulty.port)
    mails = [owe(to=f"guest{number}@example.org") for number in range(LETTERS)]
    now, wanted = clock.now(), WANTED[stage, mode]
    faulty.faults["DOT" if stage == "." else stage] = SAID[mode]
    assert fault_table.first_run() == (wanted.mails, wanted.transport)
    faulty.faults.clear()
    fault_table.until_all_are_sent(now)
    letters = by_id(faulty.taken)
    assert set(letters) == {opened(mail).line.message_id for mail in mails}
    assert copies_are_alike(letters) == wanted.copies


def test_the_table_names_all_twenty_eight() -> None:
    assert len(CASES) == len(fault_table.STAGES) * len(fault_table.MODES) == 28
