"""A backup is worth what can be restored from it."""

import shutil
import tarfile
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from tests.factories import Cinema
from tests.postgres import Cluster


def test_the_archive_holds_a_sound_copy_of_the_database(
    app: Flask, cinema: Cinema, engine: str, tmp_path: Path
) -> None:
    cinema.movie("Sunrise")
    answer = app.test_cli_runner().invoke(args=["backup"])
    assert answer.exit_code == 0, answer.output
    with tarfile.open(answer.output.split()[-1]) as archive:
        archive.extractall(tmp_path / "out", filter="data")
    if engine == "sqlite":
        copy = create_engine(f"sqlite:///{tmp_path / 'out' / 'matinee.db'}")
        with copy.connect() as connection:
            assert connection.execute(text("SELECT title FROM movie")).scalars().all() == [
                "Sunrise"
            ]
    else:
        assert (tmp_path / "out" / "matinee.pgdump").read_bytes().startswith(b"PGDMP")


def test_only_its_owner_may_read_the_archive(app: Flask) -> None:
    answer = app.test_cli_runner().invoke(args=["backup"])
    assert Path(answer.output.split()[-1]).stat().st_mode & 0o077 == 0


@pytest.mark.engine("postgresql")  # SQLite needs no tool of its own
def test_a_missing_pg_dump_is_named_with_the_line_that_installs_it(
    app: Flask, postgres: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    answer = app.test_cli_runner().invoke(args=["backup"])
    assert answer.exit_code == 1
    assert "apt-get install postgresql-client" in answer.output
