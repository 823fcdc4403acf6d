"""What tests of the wire share: a small letter, and what a failed try leaves behind."""

from collections.abc import Callable

import pytest

from bookingapp.email.faults import Evidence
from bookingapp.email.mime import Letter
from bookingapp.email.smtp import SendFailed
from bookingapp.email.transports import Transport

# `connect(port, **settings)`: a transport to a port of this machine
Connect = Callable[..., Transport]
YES: Callable[[], bool] = lambda: True  # noqa: E731


def letter(to: str = "asha@example.org", body: str = "Hello") -> Letter:
    """A letter with one line."""
    made = Letter(message_id="<test.1@lantern.test>", subject="Test", sender="Box <box@lantern.test>",
                  recipients=[to])  # fmt: skip
    made.body, made.html = body, f"<p>{body}</p>"
    return made


def evidence(transport: Transport, **values: str) -> Evidence:
    """Of a try that must fail."""
    with pytest.raises(SendFailed) as failed:
        transport.send(letter(**values), "test", YES)
    return failed.value.evidence
