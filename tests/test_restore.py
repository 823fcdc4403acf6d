"""A backup is brought back whole, and no mail goes out a second time because of it."""

import io
import json
import shutil
import sqlite3
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from bookingapp import clock, create_app
from bookingapp.catalogue.models import Movie
from bookingapp.db import db, transaction
from bookingapp.email import drain, outbox, restored
from bookingapp.email.lock import SendingLock
from bookingapp.email.models import OutboxMessage, OutboxState
from bookingapp.email.samples import samples
from bookingapp.settings import Settings
from tests.email.conftest import use_server
from tests.factories import Cinema
from tests.house import House, wait_for
from tests.mailservers import MailServer

# PostgreSQL is restored by its own tool; what is ours there is tested by its mark.
sqlite = pytest.mark.engine("sqlite")


@pytest.fixture(autouse=True)
def process() -> Iterator[None]:
    restored.forget()
    yield
    restored.forget()


def owe(number: int = 1) -> None:
    """Mails to nobody in particular."""
    with transaction() as session:
        for n in range(number):
            message = samples(clock.now(), "http://cinema.test")["booking_confirmation"]
            outbox.put(session, message, recipient=f"guest{n}@example.org", locale="en",
                       dedupe_key=f"restore:{clock.now().isoformat()}:{n}")  # fmt: skip


def flask(app: Flask, *words: object) -> Result:
    return app.test_cli_runner().invoke(args=[str(word) for word in words])


def backed_up(app: Flask) -> Path:
    answer = flask(app, "backup")
    assert answer.exit_code == 0, answer.output
    return Path(answer.output.split()[-1])


def titles() -> set[str]:
    db.session.remove()
    return set(db.session.scalars(select(Movie.title)))


def states() -> list[OutboxState]:
    db.session.remove()
    return list(db.session.scalars(select(OutboxMessage.state)))


@sqlite
def test_the_database_is_as_it_was_and_what_it_owed_is_held(app: Flask, cinema: Cinema) -> None:
    cinema.movie("Sunrise")
    owe(2)
    archive = backed_up(app)
    cinema.movie("Metropolis")
    answer = flask(app, "restore", archive)
    assert answer.exit_code == 0, answer.output
    assert "2 owed mails wait for the manager" in answer.output
    assert titles() == {"Sunrise"}
    assert states() == [OutboxState.HELD] * 2
    assert restored.guard() == 0, "asked once, not again at the start"


@sqlite
def test_what_was_replaced_is_kept_aside(app: Flask, cinema: Cinema) -> None:
    archive = backed_up(app)
    cinema.movie("Metropolis")
    answer = flask(app, "restore", archive)
    aside = Path(answer.output.splitlines()[0].split()[-1])
    with closing(sqlite3.connect(aside / "matinee.db")) as former:
        assert former.execute("SELECT title FROM movie").fetchall() == [("Metropolis",)]
    assert aside.stat().st_mode & 0o077 == 0


@sqlite
def test_posters_and_keys_come_back_with_it(app: Flask) -> None:
    instance = app.config["SETTINGS"].instance
    (instance / "secret_key").write_text("the key of then")
    (instance / "posters").mkdir()
    (instance / "posters" / "1.png").write_bytes(b"sunrise")
    archive = backed_up(app)
    (instance / "secret_key").write_text("the key of now")
    shutil.rmtree(instance / "posters")
    assert flask(app, "restore", archive).exit_code == 0
    assert (instance / "secret_key").read_text() == "the key of then"
    assert (instance / "posters" / "1.png").read_bytes() == b"sunrise"
    [kept] = (instance / "replaced").glob("*/secret_key")
    assert kept.read_text() == "the key of now"


@sqlite
def test_not_while_the_house_is_open(app: Flask, cinema: Cinema) -> None:
    archive = backed_up(app)
    cinema.movie("Metropolis")
    instance = app.config["SETTINGS"].instance
    server = SendingLock(instance)
    server.take()
    answer = flask(app, "restore", archive)
    server.release()
    assert answer.exit_code == 1
    assert "Matinee is running" in answer.output
    assert titles() == {"Metropolis"}


@sqlite
def test_not_while_another_program_writes(app: Flask, cinema: Cinema) -> None:
    archive = backed_up(app)
    cinema.movie("Metropolis")
    with closing(sqlite3.connect(app.config["SETTINGS"].instance / "matinee.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = flask(app, "restore", archive)
    assert answer.exit_code == 1
    assert "Another program uses the database" in answer.output
    assert not list((app.config["SETTINGS"].instance / "replaced").iterdir())
    assert titles() == {"Metropolis"}


@sqlite
def test_a_house_without_a_database_gets_one(app: Flask, cinema: Cinema) -> None:
    """A new machine: only the archive is there."""
    cinema.movie("Sunrise")
    archive = backed_up(app)
    db.session.remove()
    db.engine.dispose()
    for path in app.config["SETTINGS"].instance.glob("matinee.db*"):
        path.unlink()
    assert flask(app, "restore", archive).exit_code == 0
    assert titles() == {"Sunrise"}


@sqlite
def test_a_broken_database_is_put_aside_with_its_log(app: Flask, cinema: Cinema) -> None:
    cinema.movie("Sunrise")
    archive = backed_up(app)
    db.session.remove()
    db.engine.dispose()
    instance = app.config["SETTINGS"].instance
    (instance / "matinee.db").write_bytes(b"this was a database once" * 400)
    (instance / "matinee.db-wal").write_bytes(b"and this its log")
    assert flask(app, "restore", archive).exit_code == 0
    assert titles() == {"Sunrise"}
    [log] = (instance / "replaced").glob("*/matinee.db-wal")
    assert log.read_bytes() == b"and this its log"


def packed(folder: Path, **files: bytes) -> Path:
    """An archive with these files."""
    path = folder / "made.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


@sqlite
@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"matinee.db": b"not a database" * 100}, "not sound"),
        ({"secret_key": b"alone"}, "without a database"),
        ({"matinee.pgdump": b"PGDMP"}, "of a PostgreSQL database"),
    ],
)
def test_a_bad_archive_changes_nothing(
    app: Flask, cinema: Cinema, tmp_path: Path, files: dict[str, bytes], said: str
) -> None:
    cinema.movie("Sunrise")
    answer = flask(app, "restore", packed(tmp_path, **files))
    assert answer.exit_code == 1
    assert said in answer.output
    assert titles() == {"Sunrise"}


@sqlite
def test_a_file_that_is_no_archive_is_said_so(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    answer = flask(app, "restore", tmp_path / "notes.txt")
    assert (answer.exit_code, "can't be read as a backup" in answer.output) == (1, True)


@sqlite
def test_an_archive_can_not_write_elsewhere(app: Flask, tmp_path: Path) -> None:
    archive = packed(tmp_path, **{"posters/../../evil": b"!", "../evil": b"!", "matinee.db": b"x"})
    assert flask(app, "restore", archive).exit_code == 1
    assert not list(tmp_path.rglob("evil"))


@sqlite
def test_a_backup_of_a_later_matinee_is_refused(app: Flask, tmp_path: Path) -> None:
    archive = backed_up(app)
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "out", filter="data")
    with closing(sqlite3.connect(tmp_path / "out" / "matinee.db")) as copy:
        copy.execute("UPDATE alembic_version SET version_num = '9999'")
        copy.commit()
    later = packed(tmp_path, **{"matinee.db": (tmp_path / "out" / "matinee.db").read_bytes()})
    answer = flask(app, "restore", later)
    assert "from a later Matinee" in answer.output


@sqlite
def test_a_backup_of_the_first_version_is_migrated_and_its_mails_held(
    settings: Settings, tmp_path: Path
) -> None:
    import flask_migrate  # noqa: PLC0415

    old = replace(settings, instance_dir=str(tmp_path / "old"), database_url="")
    with create_app(old).app_context():
        flask_migrate.upgrade(revision="0001")
        with closing(sqlite3.connect(old.instance / "matinee.db")) as first:
            first.execute(
                "INSERT INTO outbox_message (public_id, channel, kind, dedupe_key, recipient, locale,"
                " payload, priority, state, due_at, attempts, created_at, message_id, phase, uncertain,"
                " last_error, provider_ref) VALUES ('a', 'email', 'mail_test', 'k', 'x@example.org', 'en',"
                " '{}', 20, 'queued', '2026-01-01 00:00:00.000000', 0, '2026-01-01 00:00:00.000000', '<a@x>',"
                " '', 0, '', '')"
            )
            first.commit()
        db.engine.dispose()
    archive = packed(tmp_path, **{"matinee.db": (old.instance / "matinee.db").read_bytes()})
    app = create_app(settings)
    with app.app_context():
        answer = flask(app, "restore", archive)
        assert "1 owed mail waits for the manager" in answer.output
        assert states() == [OutboxState.HELD]
        db.engine.dispose()


# SQLite has the command above.
@pytest.mark.engine("postgresql")
def test_postgresql_is_told_its_own_way(app: Flask, tmp_path: Path) -> None:
    archive = packed(tmp_path, **{"matinee.pgdump": b"PGDMP"})
    answer = flask(app, "restore", archive)
    assert answer.exit_code == 1
    assert "pg_restore --clean" in answer.output
    assert "restore --hold" in answer.output
    url = app.config["SETTINGS"].database_url
    assert (
        ":" not in url.partition("@")[0].removeprefix("postgresql://") or url not in answer.output
    )


# SQLite's way is walked by whole houses below.
@pytest.mark.engine("postgresql")
def test_a_dump_brought_back_by_its_own_tool_is_known_for_an_older_copy(
    app: Flask, smtp: MailServer, tmp_path: Path
) -> None:
    use_server(app, smtp.port)
    owe(2)
    archive = backed_up(app)
    assert drain.run() == 2
    restored.renew()
    db.session.remove()
    db.engine.dispose()
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "out", filter="data")
    done = subprocess.run(
        ["pg_restore", "--clean", "--if-exists", "--no-owner", "-d",
         app.config["SETTINGS"].database_url, tmp_path / "out" / "matinee.pgdump"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert states() == [OutboxState.QUEUED] * 2
    db.session.remove()
    restored.forget()
    assert drain.run() == 0
    assert states() == [OutboxState.HELD] * 2
    assert len(smtp.received) == 2


def test_what_a_database_owes_can_be_held_by_hand(app: Flask) -> None:
    owe(3)
    answer = flask(app, "restore", "--hold")
    assert "3 owed mails wait for the manager" in answer.output
    assert states() == [OutboxState.HELD] * 3
    assert flask(app, "restore", "--hold").output == "No mail was owed.\n"


def test_an_archive_must_be_named(app: Flask) -> None:
    answer = flask(app, "restore")
    assert answer.exit_code == 2
    assert "Name the archive" in answer.output


def unpack_over(archive: Path, instance: Path) -> None:
    """How people restore who have not read the README."""
    for name in ("matinee.db-wal", "matinee.db-shm"):
        (instance / name).unlink(missing_ok=True)
    with tarfile.open(archive) as tar:
        tar.extractall(instance, filter="data")


@pytest.fixture
def closed(demo_instance: Path, tmp_path: Path, smtp: MailServer) -> Iterator[House]:
    """A house with a mail server, not open yet."""
    shutil.copytree(demo_instance, tmp_path / "house")
    house = House(
        tmp_path / "house", mail_transport="smtp", mail_server="127.0.0.1", mail_port=str(smtp.port)
    )
    yield house
    if house.process is not None and house.process.poll() is None:
        house.close()


@contextmanager
def beside(house: House) -> Iterator[Flask]:
    """Another program on the house's files; the commands themselves are tested above."""
    app = create_app(Settings(instance_dir=str(house.instance)))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def owe_in(house: House, number: int) -> None:
    with beside(house):
        owe(number)


def held(house: House) -> int:
    with beside(house):
        return states().count(OutboxState.HELD)


def backup_of(house: House) -> Path:
    with beside(house) as app:
        return backed_up(app)


def unpacked(house: House, archive: Path) -> None:
    unpack_over(archive, house.instance)


def by_the_command(house: House, archive: Path) -> None:
    assert "3 owed mails wait" in house.flask("restore", str(archive))


@pytest.mark.parametrize("restore", [unpacked, by_the_command])
@pytest.mark.parametrize("end", [House.close, House.kill])
def test_a_restored_house_sends_nothing_a_second_time(
    closed: House,
    smtp: MailServer,
    restore: Callable[[House, Path], None],
    end: Callable[[House], object],
) -> None:
    owe_in(closed, 3)
    archive = backup_of(closed)
    closed.open()
    wait_for(lambda: len(smtp.received) == 3, "mails")
    mark = closed.instance / "heartbeat"
    wait_for(lambda: mark.exists() and json.loads(mark.read_text())["attempt"] >= 3, "mark")
    end(closed)
    restore(closed, archive)
    closed.open()
    assert wait_for(lambda: held(closed), "held mails") == 3
    # a mail owed from now on goes out, the drain has come round and left the others alone
    owe_in(closed, 1)
    wait_for(lambda: len(smtp.received) == 4, "mail")
    assert held(closed) == 3
    assert len(smtp.received) == 4


def test_a_restart_without_a_restore_holds_nothing(closed: House, smtp: MailServer) -> None:
    closed.open()
    owe_in(closed, 2)
    wait_for(lambda: len(smtp.received) == 2, "mails")
    closed.kill()
    owe_in(closed, 2)
    closed.open()
    wait_for(lambda: len(smtp.received) == 4, "mails")
    assert held(closed) == 0


def test_the_mark_is_in_no_backup(closed: House, tmp_path: Path) -> None:
    (closed.instance / "heartbeat").write_text("{}")
    with tarfile.open(backup_of(closed)) as archive:
        assert "heartbeat" not in archive.getnames()
