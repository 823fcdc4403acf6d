"""A house that was restored sends no mail a second time."""

import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from bookingapp import create_app
from bookingapp.db import db
from bookingapp.email.models import OutboxState
from bookingapp.settings import Settings
from tests.house import House, wait_for
from tests.mailservers import MailServer
from tests.restore.conftest import backed_up, owe, states


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
    """Another program on the house's files; the commands themselves are tested in test_restore.py."""
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
