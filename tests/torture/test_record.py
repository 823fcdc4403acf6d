"""The table of what the full size found: a part's run keeps the other lines, a whole run begins anew."""

from pathlib import Path

import pytest

from tests.torture import record
from tests.torture.record import Found, Row


def row(name: str, *, passed: bool = True) -> Row:
    found = Found(engine="sqlite", size="40", figures={"lost": 0}, full=True)
    return Row(name, found, passed, 3.2)


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(record, "FILE", tmp_path / "torture.md")
    return record.FILE


def test_a_run_of_a_part_keeps_the_other_lines(table: Path) -> None:
    record.write([row("Forty want one seat"), row("Killed")], "15.14", whole=True)
    record.write([row("Killed", passed=False)], "15.14", whole=False)
    text = table.read_text(encoding="utf-8")
    assert "| Forty want one seat | sqlite | 40 | passed | 3 s |" in text
    assert "| Killed | sqlite | 40 | **failed** | 3 s |" in text
    assert text.count("| Killed |") == 1


def test_a_whole_run_forgets_what_is_no_longer_there(table: Path) -> None:
    record.write([row("Forty want one seat"), row("Killed")], "15.14", whole=True)
    record.write([row("Killed")], "15.14", whole=True)
    assert "Forty" not in table.read_text(encoding="utf-8")
