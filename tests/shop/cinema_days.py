"""Days at the test cinema: its wall clock, full halls, and pages as people read them."""

import html
import re
from collections.abc import Collection
from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from flask.testing import FlaskClient
from sqlalchemy import event, select

from bookingapp.booking.models import BookingSeat
from bookingapp.catalogue.models import Seat, Showtime
from bookingapp.db import db, transaction

KOCHI = "Asia/Kolkata"


def at(wall_clock: str, zone: str = KOCHI) -> datetime:
    """The instant when the cinema's wall clock shows this, such as 2026-11-22 14:30."""
    return datetime.fromisoformat(wall_clock).replace(tzinfo=ZoneInfo(zone))


def fill(showtime: int, *, leave: Collection[str] | int = (), only: Collection[str] = ()) -> None:
    """Claim every seat of a showing for the house but the ones to leave (the first so many); or only some."""
    with transaction() as session:
        plan = session.get_one(Showtime, showtime).seat_plan_id
        every = session.scalars(
            select(Seat).where(Seat.seat_plan_id == plan).order_by(Seat.id)
        ).all()
        kept = {seat.name for seat in every[:leave]} if isinstance(leave, int) else set(leave)
        session.add_all(
            BookingSeat(showtime_id=showtime, seat_id=seat.id, seat_plan_id=plan, reason="house")
            for seat in every
            if (seat.name in only if only else seat.name not in kept)
        )


def words(client: FlaskClient, path: str) -> str:
    """A page as it is read: its words alone."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.status
    return plain(answer.text)


def plain(page: str) -> str:
    """Markup to words."""
    main = re.sub(r"<(head|footer|script)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", main)).split())


def ticked(page: str) -> list[str]:
    """The seats that are ticked on a seat map."""
    return re.findall(r'value="(\w+)" data-n[^>]* checked>', page)


class Statements:
    """Counts what the database is asked inside the block."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.values: list[Any] = []

    def __enter__(self) -> Self:
        event.listen(db.engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(db.engine, "before_cursor_execute", self._note)

    def steps(self) -> list[str]:
        """How SQLite went about all of them."""
        ask = db.session.connection().exec_driver_sql
        asked = zip(self.texts, self.values, strict=True)
        return [
            row[3] for text, values in asked for row in ask(f"EXPLAIN QUERY PLAN {text}", values)
        ]

    def _note(self, _c: object, _k: object, statement: str, values: Any, *_: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            self.texts.append(statement)
            self.values.append(values)
