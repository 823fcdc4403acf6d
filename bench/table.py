"""The table on the terminal and results.json."""

import json
import os
import platform
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.maths import Result, rounded
from bench.targets import TARGETS

FILE = Path(__file__).parent / "results.json"
COLUMNS = "{:31} {:>8} {:6} {:>6} {:>6} {:7} {:>17}  {}"


def machine() -> str:
    """Where the numbers were taken."""
    return (
        f"{os.cpu_count()} cores {_processor()}, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def heading() -> str:
    """The columns' names."""
    return COLUMNS.format(
        "name", "value", "unit", "must", "aim", "verdict", "min to max (runs)", "remark"
    )


def line(result: Result) -> str:
    """One number as a row."""
    target, kept = result.target, result.as_json()
    return COLUMNS.format(
        result.name, _text(result.value), target.unit, _text(target.must), _text(target.aim),
        result.verdict, f"{_text(min(result.values))} to {_text(max(result.values))} ({kept['runs']})",
        result.note,
    )  # fmt: skip


def write(results: Iterable[Result], file: Path = FILE) -> None:
    """Keep the results; those of a name not run now stay, if they are of this machine."""
    kept = _kept(file)
    kept |= {result.name: result.as_json() for result in results}
    ordered = [kept[name] for name in TARGETS if name in kept]
    file.write_text(json.dumps({"machine": machine(), "results": ordered}, indent=1) + "\n")


def missing(results: Sequence[Result], asked: Iterable[str]) -> list[str]:
    """What was asked for and could not be measured."""
    have = {result.name for result in results}
    return [name for name in asked if name not in have]


def _kept(file: Path) -> dict[str, dict[str, object]]:
    if not file.is_file():
        return {}
    before = json.loads(file.read_text(encoding="utf-8"))
    if before["machine"] != machine():
        return {}
    return {entry["name"]: entry for entry in before["results"]}


def _text(value: float | None) -> str:
    return "-" if value is None else f"{rounded(value):g}"


def _processor() -> str:
    """The processor's name where the kernel tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    names = (entry.partition(":")[2].strip() for entry in lines if entry.startswith("model name"))
    return next(names, platform.machine())
