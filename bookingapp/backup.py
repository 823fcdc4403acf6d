"""A backup while the house is open: one archive with the database, the posters and the keys.

SQLite is copied by its own online backup, which never catches half a transaction; PostgreSQL by
pg_dump. The archive is readable by its owner alone, for it holds customers' names.
"""

import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from pathlib import Path

from sqlalchemy.engine import make_url

from bookingapp import clock
from bookingapp.settings import Settings

KEPT = ("posters", "secret_key", "sandbox.sqlite3")


class BackupError(Exception):
    """One line that says what is missing or broken."""


def write(settings: Settings) -> Path:
    """Write an archive into instance/backups and return where. Raises BackupError."""
    folder = settings.instance / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / f"matinee-{clock.now():%Y%m%d-%H%M%S}.tar.gz"
    with tempfile.TemporaryDirectory(dir=folder) as work:
        dump = _dump(settings, Path(work))
        target.touch(mode=0o600)
        with tarfile.open(target, "w:gz") as archive:
            archive.add(dump, dump.name)
            for name in KEPT:
                if (settings.instance / name).exists():
                    archive.add(settings.instance / name, name)
    return target


def _dump(settings: Settings, work: Path) -> Path:
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite":
        return _copy(Path(str(url.database)), work / "matinee.db")
    return _pg_dump(settings.database.replace("+psycopg", "", 1), work / "matinee.pgdump")


def _copy(source: Path, target: Path) -> Path:
    if not source.is_file():
        raise BackupError(f"There is no database at {source} yet.")
    origin, copy = sqlite3.connect(source), sqlite3.connect(target)
    try:
        origin.backup(copy)
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
    finally:
        origin.close()
        copy.close()
    if verdict != "ok":
        raise BackupError(f"The copy is not sound: {verdict}")
    return target


def _pg_dump(url: str, target: Path) -> Path:
    program = shutil.which("pg_dump")
    if program is None:
        raise BackupError("pg_dump is missing. Install it: apt-get install postgresql-client")
    done = subprocess.run(  # noqa: S603 (the operator's own database, no shell)
        [program, "--format=custom", f"--file={target}", url],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise BackupError(f"pg_dump failed: {done.stderr.strip().splitlines()[-1]}")
    return target
