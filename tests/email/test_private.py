"""Letters that open something are for their recipient alone."""

from dataclasses import replace

import pytest

from bookingapp.email.messages import KINDS, is_private


def test_a_ticket_may_be_read_by_staff_who_help() -> None:
    assert not is_private("booking_confirmation")


def test_a_kind_can_be_for_its_recipient_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "password_reset", replace(KINDS["mail_test"], private=True))
    assert is_private("password_reset")


def test_a_kind_nobody_knows_is_not_shown() -> None:
    assert is_private("from_another_version")
