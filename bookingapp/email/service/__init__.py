"""What people do to mails: one public function, one deed, one transaction (many mails: small ones)."""

from bookingapp.email.rules import SENDABLE, NotSendable
from bookingapp.email.service.again import resend, send_elsewhere
from bookingapp.email.service.bulk import Done, cancel_many, release_many, retry_many
from bookingapp.email.service.mending import lift, try_now
from bookingapp.email.service.parking import cancel, hold, release
from bookingapp.email.service.sending import retry, send_sample

__all__ = [
    "SENDABLE",
    "Done",
    "NotSendable",
    "cancel",
    "cancel_many",
    "hold",
    "lift",
    "release",
    "release_many",
    "resend",
    "retry",
    "retry_many",
    "send_elsewhere",
    "send_sample",
    "try_now",
]
