"""`flask outbox retry|hold|release|cancel|drain`, in words and as JSON, with an exit code that tells."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from bookingapp.email.models import OutboxState
from bookingapp.settings import Settings
from tests.email.conftest import opened
from tests.email.test_deeds import InState, change, in_state

__all__ = ["in_state"]
S = OutboxState
Run = Callable[..., Result]
# Takes the lock and keeps it until its input ends, as a server would.
SERVER = """
import sys
from pathlib import Path
from bookingapp.email.lock import SendingLock
assert SendingLock(Path(sys.argv[1])).take()
print("mine", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def run(app: Flask) -> Run:
    """Run a command."""

    def command(*words: str) -> Result:
        return app.test_cli_runner().invoke(args=["outbox", *words])

    return command


def told(result: Result) -> Any:
    """Its JSON."""
    return json.loads(result.output)


@pytest.mark.parametrize(
    ("deed", "state", "after", "says"),
    [
        ("retry", S.DEAD, S.QUEUED, "due now"),
        ("hold", S.QUEUED, S.HELD, "held"),
        ("release", S.HELD, S.QUEUED, "due now"),
        ("cancel", S.DEAD, S.CANCELLED, "cancelled"),
    ],
)
def test_a_deed_is_done_and_told(
    run: Run, in_state: InState, deed: str, state: OutboxState, after: OutboxState, says: str
) -> None:
    one, other = in_state(state), in_state(state)
    result = run(deed, one)
    assert (result.exit_code, result.output) == (0, f"{one}: {says}\n")
    answer = run(deed, other, "--json")
    assert told(answer) == [{"public_id": other, "done": True, "refused": False, "says": says}]
    assert opened(one).line.state is opened(other).line.state is after


@pytest.mark.parametrize("deed", ["hold", "release", "cancel"])
def test_what_is_so_already_is_said_and_is_no_error(run: Run, in_state: InState, deed: str) -> None:
    state = {"hold": S.HELD, "release": S.QUEUED, "cancel": S.CANCELLED}[deed]
    result = run(deed, in_state(state))
    assert result.exit_code == 0
    assert "already" in result.output


def test_one_refusal_does_not_stop_the_others_and_ends_with_1(run: Run, in_state: InState) -> None:
    sent, failed = in_state(S.SENT), in_state(S.DEAD)
    result = run("cancel", sent, "nonsense", failed)
    assert result.exit_code == 1
    assert f"{sent}: Nothing is left to cancel" in result.output
    assert "nonsense: no such mail" in result.output
    assert opened(failed).line.state is S.CANCELLED
    answer = run("cancel", sent, "--json")
    assert answer.exit_code == 1
    assert told(answer)[0]["refused"] is True


def test_all_that_failed_or_was_simulated_or_is_held_goes_by_one_command(
    run: Run, in_state: InState
) -> None:
    failed, simulated, held = in_state(S.DEAD), in_state(S.SIMULATED), in_state(S.HELD)
    assert run("retry", "--failed").output == "1 due now\n"
    assert told(run("retry", "--simulated", "--json")) == {"done": 1, "left": 0}
    assert run("release", "--all").output == "1 due now\n"
    assert {opened(mail).line.state for mail in (failed, simulated, held)} == {S.QUEUED}


@pytest.mark.parametrize("words", [["retry"], ["retry", "x", "--failed"], ["release"], ["hold"]])
def test_a_command_that_makes_no_sense_ends_with_2(run: Run, words: list[str]) -> None:
    assert run(*words).exit_code == 2


def test_a_private_letter_is_not_shown_even_here(run: Run, in_state: InState) -> None:
    mail = in_state(S.QUEUED)
    run("drain")
    assert "Your tickets" in run("show", mail).output
    change(mail, kind="password_reset")
    said = run("show", mail)
    assert said.exit_code == 0
    assert "Your tickets" not in said.output
    raw = run("show", mail, "--raw")
    assert raw.exit_code == 1
    assert "nobody but its recipient reads this letter" in raw.output


def test_bytes_that_are_not_there_yet_are_said_to_be(run: Run, in_state: InState) -> None:
    result = run("show", in_state(S.QUEUED), "--raw")
    assert result.exit_code == 1
    assert "there are no bytes" in result.output


def test_stats_name_each_way_out(run: Run) -> None:
    assert "file: up, 0 today" in run("stats").output
    assert told(run("stats", "--json"))["transports"][0]["name"] == "file"


def test_drain_tells_how_many(run: Run, in_state: InState) -> None:
    in_state(S.QUEUED)
    assert told(run("drain", "--json")) == {"sent": 1, "sending": None}
    assert run("drain").output == "0 sent\n"


@pytest.mark.engine("sqlite")  # on PostgreSQL rows coordinate, and everybody may send
def test_drain_leaves_the_sending_to_the_server_and_names_it(
    run: Run, settings: Settings, in_state: InState
) -> None:
    mail = in_state(S.QUEUED)
    root = Path(__file__).resolve().parents[2]
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(settings.instance)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root, env=dict(os.environ),
    )  # fmt: skip
    try:
        assert server.stdout is not None
        assert server.stdout.readline() == "mine\n"
        result = run("drain")
        assert result.exit_code == 1
        assert f"the server (pid {server.pid}) is sending" in result.output
        answer = run("drain", "--json")
        assert answer.exit_code == 1
        assert told(answer) == {"sent": 0, "sending": server.pid}
        assert opened(mail).line.state is S.QUEUED
    finally:
        server.communicate(timeout=20)
    assert run("drain").output == "1 sent\n"
