"""Never mail from an old copy of the database: what it calls owed may have gone out long ago.

The running process notes in `instance/heartbeat` how far the outbox has come: its newest mail and its
newest try. That file is in no backup. If it knows more than the database does, the database is an
older copy (restored, or a replica that lagged behind): all that is owed becomes `held`, and the
manager is asked once. A file of another database, known by its first mail, says nothing.
"""

import json
import logging
import os
import threading
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update
from sqlalchemy.orm import Session

from bookingapp import audit, clock
from bookingapp.db import db, on_commit, transaction
from bookingapp.email import wake
from bookingapp.email.models import OutboxAttempt, OutboxMessage, OutboxState
from bookingapp.settings import current

log = logging.getLogger(__name__)
NAME = "heartbeat"
# In the column that says who is to blame: a copy, not a person, parked this mail.
RESTORED = "restored"
WHY = "held: this database is an older copy, so the mail may have gone out already"


@dataclass(frozen=True)
class Mark:
    """How far an outbox has come. `database`: its first mail's public id; `at`: for people."""

    database: str = ""
    message: int = 0
    attempt: int = 0
    at: str = ""

    def knows_more_than(self, other: "Mark") -> bool:
        """Whether the other is an older state of the same database."""
        same = self.database != "" and self.database == other.database
        return same and (self.message > other.message or self.attempt > other.attempt)


@dataclass(frozen=True)
class Waiting:
    """Mails held because the database is an older copy."""

    mails: int
    oldest: datetime
    newest: datetime


_lock = threading.Lock()
_marks: dict[Path, Mark] = {}


def guard() -> int:
    """Before anything is sent: hold what an older copy calls owed. How many mails that were."""
    path = _path()
    # first what is known, then the database: it can only have come further meanwhile
    known = _known(path)
    with db.engine.connect() as connection:
        found = _found(connection)
        connection.rollback()
    if not known.knows_more_than(found):
        return 0
    held = hold()
    _write(path, found)
    log.warning("the database is older than %s says (%s): %s owed mails are held", path, known.at, held)  # fmt: skip
    return held


def renew() -> None:
    """Note how far the outbox has come. Writes only when it has come further."""
    path = _path()
    known = _known(path)
    with db.engine.connect() as connection:
        found = _found(connection)
        connection.rollback()
    if not known.knows_more_than(found) and replace(known, at="") != found:
        _write(path, found)


def accept() -> None:
    """This copy is meant to be the database from now on; what it owes was held."""
    with db.engine.connect() as connection:
        found = _found(connection)
        connection.rollback()
    _write(_path(), found)


def hold() -> int:
    """All that is owed waits for a person from now on. How many mails that are.

    A mail that was at its final dot stays doubtful.
    """
    parked = (
        update(OutboxMessage)
        .where(OutboxMessage.due_at.is_not(None))
        .values(
            state=OutboxState.HELD,
            due_at=None,
            lease_token=None,
            uncertain=OutboxMessage.uncertain | (OutboxMessage.phase == "dot"),
            phase="",
            fault=RESTORED,
            last_error=WHY,
        )
    )
    with transaction() as session:
        return session.connection().execute(parked).rowcount


def waiting() -> Waiting | None:
    """What the manager is to decide about; None when nothing is."""
    made = OutboxMessage.created_at
    mails, oldest, newest = db.session.execute(
        select(func.count(), func.min(made), func.max(made)).where(*_held())
    ).one()
    return Waiting(mails, oldest, newest) if mails else None


def send(*, actor_id: int | None = None) -> int:
    """Owe them again, all that still wait. How many."""
    again = {"state": OutboxState.QUEUED, "due_at": clock.now(), "fault": "", "last_error": ""}
    with transaction() as session:
        number = _decide(session, "mail.restored_send", actor_id, _held(), again)
        on_commit(session, wake.wake)
    return number


def drop_older(hours: int, *, actor_id: int | None = None) -> int:
    """Those owed for longer than so many hours are owed no more; the others go on waiting. How many."""
    before = clock.now() - timedelta(hours=hours)
    why = "not sent: dropped after the database was restored"
    gone = {"state": OutboxState.CANCELLED, "last_error": why}
    with transaction() as session:
        which = (*_held(), OutboxMessage.created_at < before)
        return _decide(session, "mail.restored_drop", actor_id, which, gone)


def _decide(
    session: Session,
    deed: str,
    actor_id: int | None,
    which: tuple[ColumnElement[bool], ...],
    values: dict[str, Any],
) -> int:
    number = session.connection().execute(
        update(OutboxMessage).where(*which).values(**values)
    ).rowcount  # fmt: skip
    audit.note(
        session, deed, ("outbox_message", RESTORED), actor_id=actor_id, after={"mails": number}
    )
    return number


def _held() -> tuple[ColumnElement[bool], ...]:
    return OutboxMessage.state == OutboxState.HELD, OutboxMessage.fault == RESTORED


def _found(connection: Connection) -> Mark:
    """How far this database has come: three looks at the ends of primary keys."""
    # "id > 0" says to SQLite what it does anyway: search, not scan
    first = (
        select(OutboxMessage.public_id)
        .where(OutboxMessage.id > 0)
        .order_by(OutboxMessage.id)
        .limit(1)
        .scalar_subquery()
    )
    newest = select(func.max(OutboxMessage.id)).scalar_subquery()
    tried = select(func.max(OutboxAttempt.id)).scalar_subquery()
    row = connection.execute(select(first, newest, tried)).one()
    return Mark(row[0] or "", row[1] or 0, row[2] or 0)


def _path() -> Path:
    return current().instance / NAME


def _known(path: Path) -> Mark:
    """What this process noted last, else what a former one did. A broken file knows nothing."""
    with _lock:
        if path in _marks:
            return _marks[path]
    try:
        return Mark(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Mark()
    except (OSError, ValueError, TypeError):
        log.warning("%s can't be read, so an old copy of the database would not be noticed", path)
        return Mark()


def _write(path: Path, mark: Mark) -> None:
    """Whole or not at all, and on the disk before it is believed."""
    unfinished = path.with_suffix(f".{os.getpid()}")
    file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as text:
        json.dump(asdict(replace(mark, at=clock.now().isoformat())), text)
        text.flush()
        os.fsync(text.fileno())
    unfinished.replace(path)
    with _lock:
        _marks[path] = mark


def forget() -> None:
    """Read the file anew next time: another process, or a test, may have written it."""
    with _lock:
        _marks.clear()
