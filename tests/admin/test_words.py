"""Nothing of the house's inner names reaches the office: deeds, outcomes, phases and faults have words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

import bookingapp
from bookingapp.admin import deed_words, mail_words
from bookingapp.email.faults import Fault
from bookingapp.email.models import OutboxState
from bookingapp.email.retry import Ending

ROOT = Path(bookingapp.__file__).parent
# The functions that write down a deed; the action is their second argument.
WRITERS = {"note", "_note", "_decide"}
STATES = [OutboxState.SENT, OutboxState.SIMULATED]


def actions() -> Iterator[str]:
    """Every action that is written into the audit, as the source names it."""
    for path in sorted(ROOT.rglob("*.py")):
        room = path.relative_to(ROOT).parts[0]
        if room == "email" and path.name in {"rows.py", "marks.py", "claims.py"}:
            continue  # these note tries, not deeds
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and len(node.args) > 1 and name_of(node.func) in WRITERS:
                action = node.args[1]
                named = str(action.value) if isinstance(action, ast.Constant) else ""
                if re.fullmatch(r"[a-z_.]+", named):
                    yield f"user.{named}" if room == "accounts" else named


def name_of(function: ast.expr) -> str:
    """`note` of `audit.note` and of `note` alike."""
    return getattr(function, "attr", getattr(function, "id", ""))


def test_the_source_is_read_rightly() -> None:
    assert {"mail.hold", "user.sign_in", "refund_due", "mail.restored_send"} <= set(actions())


@pytest.mark.parametrize(
    "action", sorted({*actions(), "mail.retry", "mail.cancel", "booking.address"})
)
def test_every_deed_has_words(action: str) -> None:
    assert action in deed_words.DEEDS, "name it in admin/deed_words.py"


@pytest.mark.engine("sqlite")  # words
def test_a_deed_of_a_later_version_is_no_code_either(app: Flask) -> None:
    assert deed_words.deed("booking.seat_swapped") == "Booking: seat swapped"


@pytest.mark.parametrize("outcome", [*Ending, *STATES, "crashed"])
def test_every_outcome_of_a_try_has_words(outcome: str) -> None:
    assert str(outcome) in mail_words.OUTCOMES


@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_has_words(fault: Fault) -> None:
    assert fault in mail_words.FAULTS


def test_every_phase_of_a_try_has_words() -> None:
    told = {
        node.value.value
        for name in ("smtp.py", "smtp_talk.py", "oauth.py")
        for node in ast.walk(ast.parse((ROOT / "email" / name).read_text(encoding="utf-8")))
        if isinstance(node, ast.Assign)
        and name_of(node.targets[0]) == "phase"
        and isinstance(node.value, ast.Constant)
    }
    assert {"connect", "tls", "dot"} <= told
    assert told <= set(mail_words.PHASES)
