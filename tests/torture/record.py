"""Keeps what the full size found: the table in docs/torture.md, written at the end of `make torture`."""

import os
import platform
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from bookingapp import clock

FILE = Path(__file__).resolve().parent.parent.parent / "docs" / "torture.md"
OPENING = """# What the house went through

Written by `make torture`: the scenarios of `tests/torture/` at full size, against real processes (the
server with its scheduler, the payment sandbox, PostgreSQL, SMTP servers). Crashes are SIGKILL. The same
scenarios run small in `make test`.

"""


class Found(TypedDict, total=False):
    """What a test says about itself."""

    engine: str
    size: str
    figures: dict[str, object]
    full: bool


@dataclass(frozen=True)
class Row:
    """One scenario's line."""

    scenario: str
    found: Found
    passed: bool
    seconds: float

    @property
    def line(self) -> str:
        """As Markdown."""
        told = ", ".join(f"{name} {value}" for name, value in self.found["figures"].items())
        cells = (self.scenario, self.found["engine"], self.found["size"],
                 "passed" if self.passed else "**failed**", f"{self.seconds:.0f} s", told)  # fmt: skip
        return "| " + " | ".join(cells) + " |"


def scenario(test_name: str) -> str:
    """The sentence a test's name is."""
    words = test_name.partition("[")[0].removeprefix("test_").replace("_", " ")
    return words[:1].upper() + words[1:]


def write(rows: list[Row], postgresql: str) -> None:
    """The whole table, anew."""
    lines = ["| Scenario | Engine | Size | Result | Took | Figures |", "|---|---|---|---|---|---|"]
    FILE.parent.mkdir(exist_ok=True)
    text = OPENING + machine(postgresql) + "\n\n" + "\n".join(lines + [row.line for row in rows])
    FILE.write_text(text + "\n", encoding="utf-8")


def machine(postgresql: str) -> str:
    """When and on what."""
    load = os.getloadavg()[2]
    return (
        f"{clock.now():%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores (load {load:.1f} over the last quarter"
        f" of an hour), {platform.system()} {platform.machine()}, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}, PostgreSQL {postgresql}."
    )
