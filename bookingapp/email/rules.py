"""What a person may do with a mail, by its state, and how the house says no. Pure."""

from bookingapp.email.models import OutboxState
from bookingapp.errors import Refused

# Failed: once more, with all its tries. Trying again: without the wait. Simulated: replayed.
SENDABLE = (
    OutboxState.DEAD,
    OutboxState.EXPIRED,
    OutboxState.SUPPRESSED,
    OutboxState.RETRY,
    OutboxState.SIMULATED,
)
HOLDABLE = (OutboxState.QUEUED, OutboxState.RETRY)
# A failed one too: somebody rang the customer, and the list should say so.
CANCELLABLE = (
    OutboxState.QUEUED,
    OutboxState.RETRY,
    OutboxState.HELD,
    OutboxState.DEAD,
    OutboxState.EXPIRED,
    OutboxState.SUPPRESSED,
)
# As a new mail: what was sent, and what somebody cancelled and wants sent after all.
AGAIN = (OutboxState.SENT, OutboxState.CANCELLED)
ON_ITS_WAY = (OutboxState.QUEUED, OutboxState.SENDING, OutboxState.RETRY)
GONE = (OutboxState.SENT, OutboxState.SIMULATED)


class NotSendable(Refused):
    """The mail is on its way, has arrived, or is no longer owed."""

    code = "not_sendable"


class BeingSent(Refused):
    """The mail server has it in hand this very moment."""

    code = "mail_being_sent"


class NotWaiting(Refused):
    """Only a mail that waits can be held."""

    code = "mail_not_waiting"


class NotHeld(Refused):
    """Nobody holds this mail."""

    code = "mail_not_held"


class NotOwed(Refused):
    """It was sent or cancelled: nothing is left to cancel."""

    code = "mail_not_owed"


class SameAddress(Refused):
    """The mail goes there already."""

    code = "mail_same_address"


class Private(Refused):
    """Nobody but its recipient reads this letter."""

    code = "mail_private"


class AddressSuppressed(Refused):
    """This address gets no mail; `reason` says why."""

    code = "address_suppressed"


class NotSuppressed(Refused):
    """This address gets its mail."""

    code = "address_not_suppressed"


class BreakerClosed(Refused):
    """There is nothing to try: mail goes by this transport."""

    code = "breaker_closed"
