"""No raw word of the gateway's or of a rule's stands on the booking's page in the office."""

import pytest
from flask import Flask

from bookingapp.admin import words
from bookingapp.admin.money_words import HAPPENED
from bookingapp.booking.cancel_rules import Cause

# Words alone: no database is asked.
pytestmark = pytest.mark.engine("sqlite")


def test_every_reason_of_a_refund_has_words(app: Flask) -> None:
    with app.test_request_context():
        for reason in {*HAPPENED, *(cause.value for cause in Cause)} - {"unsettled"}:
            assert words.how("refund", reason) != reason.replace("_", " ") or reason == ""
