"""Keeps what the full size found: the table in docs/torture.md, written at the end of `make torture`.

A run of some scenarios brings their lines up to date and leaves the others; each line says when and on
which commit it was run. A whole run begins anew, so that what no longer exists is not told.
"""

import os
import platform
import sqlite3
import subprocess
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
    def key(self) -> str:
        """What the line is about: its first three cells."""
        return " | ".join((self.scenario, self.found["engine"], self.found["size"]))

    def line(self, run: str) -> str:
        """As Markdown. `run`: when, and on which commit."""
        told = ", ".join(f"{name} {value}" for name, value in self.found["figures"].items())
        result = "passed" if self.passed else "**failed**"
        return " | ".join((f"| {self.key}", result, f"{self.seconds:.0f} s", run, told)) + " |"


def scenario(test_name: str) -> str:
    """The sentence a test's name is."""
    words = test_name.partition("[")[0].removeprefix("test_").replace("_", " ")
    return words[:1].upper() + words[1:]


HEAD = [
    "| Scenario | Engine | Size | Result | Took | Run | Figures |",
    "|---|---|---|---|---|---|---|",
]


def write(rows: list[Row], postgresql: str, *, whole: bool) -> None:
    """Bring the table up to date; `whole`: begin it anew."""
    lines = {} if whole else kept(FILE)
    run = f"{clock.now():%Y-%m-%d %H:%M}, {commit()}"
    lines |= {row.key: row.line(run) for row in rows}
    FILE.parent.mkdir(exist_ok=True)
    table = "\n".join([*HEAD, *(lines[key] for key in sorted(lines))])
    FILE.write_text(OPENING + machine(postgresql) + "\n\n" + table + "\n", encoding="utf-8")


def kept(file: Path) -> dict[str, str]:
    """The lines of earlier runs, by what they are about."""
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    _, found, table = text.partition("\n".join(HEAD) + "\n")
    lines = table.splitlines() if found else []
    return {" | ".join(line[2:].split(" | ")[:3]): line for line in lines}


def commit() -> str:
    """The commit that was run, or nothing outside a clone."""
    asked = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, cwd=FILE.parent)
    return done.stdout.strip()


def machine(postgresql: str) -> str:
    """When and on what."""
    load = os.getloadavg()[2]
    return (
        f"The last run: {os.cpu_count()} cores (load {load:.1f} over the last quarter of an hour),"
        f" {platform.system()} {platform.machine()}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version},"
        f" PostgreSQL {postgresql}. Times are UTC."
    )
