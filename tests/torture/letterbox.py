"""What arrived at a mail server, told apart: whose letter, how often, the same bytes or not."""

import time
from collections import defaultdict
from collections.abc import Iterable
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.house import House, wait_for
from tests.mailservers import MailServer
from tests.torture.ground import Ground

DONE = "SELECT count(*) FROM outbox_message WHERE due_at IS NOT NULL AND NOT uncertain"
IN_DOUBT = (
    """SELECT public_id, message_id FROM outbox_message WHERE uncertain AND state = 'retry'"""
)


class Postbox(MailServer):
    """Takes every mail and notes which process brought it, by the name it greets with."""

    def __init__(self) -> None:
        """Listens at once."""
        self.greetings: list[str] = []
        super().__init__()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """aiosmtpd: a mail has arrived."""
        self.greetings.append(str(session.host_name))
        return await super().handle_DATA(server, session, envelope)

    @property
    def contents(self) -> list[bytes]:
        """All that arrived, in order."""
        return [mail.content for mail in self.received]


def by_id(contents: Iterable[bytes]) -> dict[str, list[bytes]]:
    """The copies of each letter by Message-ID, stripped of what the wire adds at the end."""
    found: dict[str, list[bytes]] = defaultdict(list)
    for content in contents:
        head = message_from_bytes(content, policy=policy.default)
        found[str(head["Message-ID"])].append(content.rstrip())
    return found


def copies_are_alike(letters: dict[str, list[bytes]]) -> int:
    """How many copies came besides each first one; all must have its bytes."""
    for copies in letters.values():
        assert len(set(copies)) == 1, "a copy with other bytes"
    return sum(len(copies) - 1 for copies in letters.values())


def settle(ground: Ground, house: House, seconds: float = 120) -> set[str]:
    """Wait until nothing is left to send. Which letters (Message-IDs) a crash had left in doubt.

    Those wait ten minutes before they go once more; the manager's "send now" spares us that.
    """
    wait_for(lambda: ground.ask(DONE) == [0], "end of the sending", seconds)
    doubtful = ground.ask(IN_DOUBT)
    if doubtful:
        house.flask("outbox", "retry", *(public_id for public_id, _ in doubtful))
    until = time.monotonic() + seconds
    wait_for(lambda: not ground.unsettled(), "end of all", until - time.monotonic())
    return {message_id for _, message_id in doubtful}
