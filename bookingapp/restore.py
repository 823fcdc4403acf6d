"""Bringing a backup back: the way of `backup.py` in reverse, and nothing is mailed a second time.

For SQLite. The copy is checked, migrated and its owed mails are held before it takes the database's
place in one step; what it replaces is kept aside. PostgreSQL has a tool of its own; `how_to` says how.
"""

import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import flask_migrate
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url

from bookingapp import clock, create_app
from bookingapp.backup import KEPT, BackupError
from bookingapp.db import db
from bookingapp.email import restored
from bookingapp.email.lock import SendingLock
from bookingapp.settings import ROOT, Settings

DATABASE, DUMP = "matinee.db", "matinee.pgdump"


class Done(NamedTuple):
    """Where the replaced files are, and how many mails wait for the manager."""

    aside: Path
    held: int


def restore(settings: Settings, archive: Path) -> Done:
    """Replace the database, posters and keys by those of an archive. Raises BackupError."""
    lock = SendingLock(settings.instance)
    if not lock.take():
        raise BackupError(f"Matinee is running (pid {lock.holder()}). Stop it, then restore.")
    try:
        with tempfile.TemporaryDirectory(dir=settings.instance) as work:
            folder = Path(work)
            _unpack(archive, folder)
            _check(folder / DATABASE)
            held = _prepare(settings, folder / DATABASE)
            db.engine.dispose()
            aside = _swap(settings, folder)
        restored.accept()
    finally:
        lock.release()
    return Done(aside, held)


def hold() -> int:
    """After the database was restored by other means: hold what it owes. How many mails."""
    held = restored.hold()
    restored.accept()
    return held


def how_to(settings: Settings, archive: Path) -> str:
    """The way for PostgreSQL, to be read and typed."""
    url = make_url(settings.database).set(drivername="postgresql", password=None)
    instance = settings.instance
    return (
        "PostgreSQL is restored by its own tool. Stop every Matinee process, then:\n"
        f"  tar -xzf {archive} -C {instance}\n"
        f"  pg_restore --clean --if-exists --no-owner -d {url} {instance / DUMP}\n"
        "  flask --app app db upgrade\n"
        "  flask --app app restore --hold    # what it owes waits for the manager\n"
        f"  rm {instance / DUMP}"
    )


def _unpack(archive: Path, folder: Path) -> None:
    """Only what a backup holds, and nothing outside the folder."""
    try:
        with tarfile.open(archive) as tar:
            for member in tar.getmembers():
                if Path(member.name).parts[:1] in {(name,) for name in (DATABASE, DUMP, *KEPT)}:
                    tar.extract(member, folder, filter="data")
    except (OSError, tarfile.TarError) as error:
        raise BackupError(f"{archive} can't be read as a backup: {error}") from None
    if not (folder / DATABASE).is_file():
        what = "of a PostgreSQL database" if (folder / DUMP).exists() else "without a database"
        raise BackupError(f"{archive} is a backup {what}; this house keeps its in SQLite.")


def _check(copy: Path) -> None:
    """Sound, and not from a later version than this one."""
    scripts = ScriptDirectory.from_config(_alembic())
    known = {script.revision for script in scripts.walk_revisions()}
    try:
        with closing(sqlite3.connect(copy)) as connection:
            verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
            revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    except (sqlite3.Error, TypeError) as error:
        raise BackupError(f"The database in the backup is not sound: {error}") from None
    if verdict != "ok":
        raise BackupError(f"The database in the backup is not sound: {verdict}")
    if revision not in known:
        raise BackupError(
            f"The backup is from a later Matinee (revision {revision}). Update first."
        )


def _prepare(settings: Settings, copy: Path) -> int:
    """Migrate the copy and hold what it owes, before anybody can see it."""
    app = create_app(replace(settings, database_url=f"sqlite:///{copy}"))
    with app.app_context():
        flask_migrate.upgrade()
        held = restored.hold()
        db.engine.dispose()
    return held


def _swap(settings: Settings, folder: Path) -> Path:
    """The copy takes the database's place at once; the rest follows. Where the former files are."""
    aside = settings.instance / "replaced" / f"{clock.now():%Y%m%d-%H%M%S-%f}"
    aside.mkdir(mode=0o700, parents=True)
    target = Path(str(make_url(settings.database).database))
    logs = [Path(f"{target}{end}") for end in ("-wal", "-shm")]
    for path in (target, logs[0]):
        if path.exists():
            shutil.copy2(path, aside / path.name)
    try:
        _close(target)
    except BackupError:
        shutil.rmtree(aside)
        raise
    for path in logs:
        path.unlink(missing_ok=True)
    copy = folder / DATABASE
    copy.chmod(0o600)
    copy.replace(target)
    for name in KEPT:
        if (folder / name).exists():
            with suppress(FileNotFoundError):
                (settings.instance / name).rename(aside / name)
            (folder / name).rename(settings.instance / name)
    return aside


def _close(database: Path) -> None:
    """Make sure that nobody else has the former database open. Whether it is sound does not matter."""
    if not database.exists():
        return
    try:
        with closing(sqlite3.connect(database, timeout=2)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise BackupError("Another program uses the database. Stop it, then restore.") from None
    except sqlite3.DatabaseError:
        pass


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return config
