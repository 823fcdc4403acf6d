"""A ground to torture: a demo cinema's folder and database, and the processes opened on it."""

import itertools
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, create_engine, text

from bookingapp import clock, create_app
from bookingapp.db import db, transaction
from bookingapp.email import outbox, samples
from bookingapp.settings import Settings
from tests.house import House
from tests.postgres import Cluster

# Everything that limits one customer: here one address is a whole town.
TOWN = {
    "limit_holds_per_session": "1000000",
    "limit_holds_per_address": "1000000",
    "limit_holds_per_email": "1000000",
}
# On PostgreSQL the lease bounds the recovery; short, so that a crash is over soon.
HASTE = {
    "outbox_lease_seconds": "7",
    "mail_deadline_seconds": "6",
    "mail_timeout_seconds": "5",
    "outbox_poll_seconds": "0.5",
}
STEP = 0.002
SHOWINGS = """SELECT id FROM showtime WHERE state = 'on_sale' ORDER BY starts_at DESC LIMIT 24"""
FREE = """
    SELECT seat.name FROM seat JOIN showtime ON showtime.seat_plan_id = seat.seat_plan_id
    WHERE showtime.id = :showing AND seat.kind = 'standard' AND seat.id NOT IN (
        SELECT seat_id FROM booking_seat WHERE showtime_id = :showing AND released_at IS NULL)
    ORDER BY seat.id
"""


class Ground:
    """One database of a demo cinema, on one engine; `house()` is a process on it, `ask()` its rows."""

    def __init__(self, engine: str, instance: Path, database_url: str = "") -> None:
        self.engine, self.instance, self.database_url = engine, instance, database_url
        self.houses: list[House] = []

    def house(self, mail_port: int = 0, **settings: str) -> House:
        """A process on this database, not open yet; its mails go to `mail_port` or into files."""
        smtp = {"mail_transport": "smtp", "mail_server": "127.0.0.1", "mail_port": str(mail_port)}
        values = {**TOWN, **HASTE, **(smtp if mail_port else {}), **settings}
        self.houses.append(House(self.instance, database_url=self.database_url, **values))
        return self.houses[-1]

    def ask(self, statement: str, **values: object) -> list[Any]:
        """Rows as they stand now; of one column its values."""
        with self._rows.connect() as connection:
            found = connection.execute(text(statement), values).all()
        return [row[0] if len(row) == 1 else tuple(row) for row in found]

    def count(self, what: str, **values: object) -> int:
        """How many rows: `count("booking WHERE state = 'confirmed'")`."""
        return int(self.ask(f"SELECT count(*) FROM {what}", **values)[0])

    def change(self, statement: str, **values: object) -> None:
        """An operator's hand in the rows."""
        with self._rows.begin() as connection:
            connection.execute(text(statement), values)

    def seats(self) -> Iterator[tuple[int, str]]:
        """Free seats, each once: a showing and a name, another showing every time."""
        rows = [[(one, name) for name in self.ask(FREE, showing=one)] for one in self.ask(SHOWINGS)]
        for turn in itertools.zip_longest(*rows):
            yield from filter(None, turn)

    def owe(self, letters: int) -> list[str]:
        """Owe so many confirmations to as many guests, in one transaction; their Message-IDs."""
        key = secrets.token_hex(4)
        with self._app.app_context():
            letter = samples.samples(clock.now(), "http://cinema.test")["booking_confirmation"]
            with transaction() as session:
                for number in range(letters):
                    to, dedupe = f"guest{number}@example.com", f"torture:{key}:{number}"
                    outbox.put(session, letter, recipient=to, locale="en", dedupe_key=dedupe)
        like = "SELECT message_id FROM outbox_message WHERE dedupe_key LIKE :key"
        return self.ask(like, key=f"torture:{key}:%")

    def unsettled(self) -> int:
        """Mails still waiting for something."""
        return self.count("outbox_message WHERE due_at IS NOT NULL")

    def close(self) -> None:
        """End what was opened here, and let go of the rows."""
        for house in self.houses:
            if house.process is not None and house.process.poll() is None:
                house.process.kill()
                house.process.wait(timeout=30)
        if "_app" in vars(self):
            with self._app.app_context():
                db.session.remove()
                db.engine.dispose()
        if "_rows" in vars(self):
            self._rows.dispose()

    @cached_property
    def _settings(self) -> Settings:
        return Settings(instance_dir=str(self.instance), database_url=self.database_url)

    @cached_property
    def _rows(self) -> Engine:
        return create_engine(self._settings.database)

    @cached_property
    def _app(self) -> Flask:
        return create_app(self._settings)


class Grounds:
    """Makes grounds from the demo cinema that was filled once."""

    def __init__(self, engine: str, demo: Path, folder: Path, cluster: Cluster | None) -> None:
        self._engine, self._demo, self._folder, self._cluster = engine, demo, folder, cluster
        self.made: list[Ground] = []

    def make(self) -> Ground:
        """A new one; nothing that happens elsewhere is seen on it."""
        name = f"ground_{secrets.token_hex(6)}"
        instance = self._folder / name
        shutil.copytree(self._demo, instance)
        url = ""
        if self._cluster:
            self._cluster.create(name, "demo")
            url = self._cluster.url(name)
        self.made.append(Ground(self._engine, instance, url))
        return self.made[-1]

    def clear(self) -> None:
        """Away with all."""
        for ground in self.made:
            ground.close()
            if self._cluster:
                self._cluster.drop(ground.database_url.rpartition("/")[2])


def at_once(probe: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Like `wait_for`, looking so often that one may act within some milliseconds."""
    deadline = time.monotonic() + seconds
    while not probe():
        assert time.monotonic() < deadline, f"after {seconds} s still no {what}"
        time.sleep(STEP)


def unharmed(house: House) -> None:
    """Whatever happened, nothing crashed: neither a traceback nor an error in the log."""
    said = [line for line in house.log.splitlines() if " ERROR " in line or "Traceback" in line]
    assert said == [], house.log[-5000:]
