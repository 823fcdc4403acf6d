"""A cinema for the time of a drill: a folder of its own, real processes, a demo's week of showings.

No setting of the house around it gets in: each is given empty, which means its default.
"""

import contextlib
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import requests

from bookingapp.settings import ROOT, Settings

OPEN_SECONDS = 120.0
T = TypeVar("T")
FREE = """SELECT s.id, seat.name FROM showtime s JOIN seat ON seat.seat_plan_id = s.seat_plan_id
    WHERE s.state = 'on_sale' AND s.starts_at > datetime('now', '+1 day') AND seat.kind = 'standard'
    AND seat.id NOT IN (SELECT c.seat_id FROM booking_seat c WHERE c.showtime_id = s.id
                        AND c.released_at IS NULL)
    ORDER BY s.starts_at, seat.id"""


class DrillError(Exception):
    """The drill itself could not go on. The text says why."""


def until(probe: Callable[[], T | None], what: str, seconds: float) -> T:
    """Ask until the answer is true. Raises DrillError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := probe():
            return answer
        time.sleep(0.2)
    raise DrillError(f"waited {seconds:.0f} s for {what}")


class DrillHouse:
    """One running cinema in `folder`."""

    def __init__(self, folder: Path) -> None:
        port, sandbox = _free_ports()
        self.folder, self.url = folder, f"http://127.0.0.1:{port}"
        self.sandbox_url = f"http://127.0.0.1:{sandbox}"
        ours = {"MODE": "demo", "INSTANCE_DIR": str(folder), "PORT": str(port),
                "SANDBOX_PORT": str(sandbox), "LIMIT_REQUESTS": "false", "OUTBOX_POLL_SECONDS": "1",
                "GATEWAY_TIMEOUT_SECONDS": "2", "LIMIT_HOLDS_PER_ADDRESS": "1000"}  # fmt: skip
        names = [field.name.upper() for field in fields(Settings)]
        unset = dict.fromkeys([*names, *(f"{name}_FILE" for name in names)], "")
        self._environ = {"PATH": os.environ.get("PATH", ""), **unset, **ours}
        self._process: subprocess.Popen[bytes] | None = None
        self._seats: Iterator[tuple[int, str]] = iter(())

    def open(self) -> None:
        """Migrate, fill, start, and wait until it answers."""
        for words in (("db", "upgrade"), ("demo",)):
            self._flask(*words)
        with (self.folder / "house.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "app.py"], cwd=ROOT, env=self._environ, stdout=log, stderr=log
            )
        until(self._answers, "the drill's cinema to open", OPEN_SECONDS)
        self._seats = iter(self.rows(FREE))

    def close(self) -> None:
        """End it, and its sandbox with it."""
        if self._process is not None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=40)

    def next_seat(self) -> tuple[int, str]:
        """A showing and a free seat in it, each once."""
        return next(self._seats)

    def rows(self, statement: str, *values: object) -> list[Any]:
        """What stands in its database."""
        with contextlib.closing(self._connect()) as db:
            return db.execute(statement, values).fetchall()

    def time_is_over(self, token: str) -> None:
        """What waiting would do: the hold has run out."""
        with contextlib.closing(self._connect()) as db, db:
            db.execute(
                "UPDATE booking SET hold_expires_at = created_at WHERE manage_token = ?", (token,)
            )

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.folder / "matinee.db", timeout=20)

    def _flask(self, *words: str) -> None:
        done = subprocess.run(  # noqa: S603 (our own program, no shell)
            [sys.executable, "-m", "flask", "--app", "app", *words],
            cwd=ROOT, env=self._environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise DrillError(
                f"flask {' '.join(words)}: {(done.stderr or done.stdout).strip()[-500:]}"
            )

    def _answers(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise DrillError((self.folder / "house.log").read_text(errors="replace")[-500:])
        return all(_listens(url) for url in (self.url + "/healthz", self.sandbox_url))


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1]), int(other.getsockname()[1])


def _listens(url: str) -> bool:
    with contextlib.suppress(requests.RequestException), requests.Session() as session:
        session.trust_env = False
        session.get(url, timeout=5)
        return True
    return False
