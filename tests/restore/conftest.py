"""What is backed up and brought back: mails owed, archives, commands."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from bookingapp import clock
from bookingapp.catalogue.models import Movie
from bookingapp.db import db, transaction
from bookingapp.email import outbox, restored
from bookingapp.email.models import OutboxMessage, OutboxState
from bookingapp.email.samples import samples

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


def packed(folder: Path, **files: bytes) -> Path:
    """An archive with these files."""
    path = folder / "made.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path
