"""A real PostgreSQL for the tests: its own cluster on its own port, thrown away afterwards.

`initdb` refuses root, so as root it runs as `nobody`. A database per test is a clone of a migrated
template, which takes some 30 ms.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

MISSING = "PostgreSQL's server is missing. Install it: apt-get install postgresql"
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "timezone=UTC")


def binaries() -> Path:
    """Where initdb and postgres are. Fails with the line that installs them."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    which = shutil.which("initdb")
    if not found and not which:
        raise AssertionError(MISSING)
    return (found[0] if found else Path(str(which))).parent


class Cluster:
    """A running server; `url(name)` addresses a database in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.user = "nobody" if os.getuid() == 0 else None
        if self.user:
            shutil.chown(folder, "nobody", "nogroup")
        self._run("initdb", "-A", "trust", "-U", "matinee", "-E", "UTF8", "--no-sync",
                  "--locale=C.UTF-8", "-D", str(folder / "data"))  # fmt: skip
        options = [part for option in FAST for part in ("-c", option)]
        self.process = self._start(
            "postgres", "-D", str(folder / "data"), "-p", str(self.port), "-k", str(folder),
            "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=300", *options,
        )  # fmt: skip
        self._wait()

    def url(self, name: str) -> str:
        """The address of one database."""
        return f"postgresql://matinee@127.0.0.1:{self.port}/{name}"

    def create(self, name: str, template: str = "template0") -> None:
        """A new database, by cloning."""
        self._admin(sql.SQL("CREATE DATABASE {} TEMPLATE {}"), name, template)

    def drop(self, name: str) -> None:
        """Away with it, whoever is still connected."""
        self._admin(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), name)

    def stop(self) -> None:
        """SIGINT is PostgreSQL's fast shutdown."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=20)

    def _admin(self, statement: sql.SQL, *names: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.format(*map(sql.Identifier, names)))

    def _start(self, program: str, *words: str) -> "subprocess.Popen[bytes]":
        log = (self.folder / f"{program}.log").open("wb")
        group = "nogroup" if self.user else None
        extra: list[int] | None = [] if self.user else None
        return subprocess.Popen(
            [str(binaries() / program), *words], stdout=log, stderr=log, cwd=self.folder,
            user=self.user, group=group, extra_groups=extra,
        )  # fmt: skip

    def _run(self, program: str, *words: str) -> None:
        if self._start(program, *words).wait(timeout=60):
            raise AssertionError((self.folder / f"{program}.log").read_text())

    def _wait(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(self.url("postgres")).close()
                return
            time.sleep(0.05)
        raise AssertionError((self.folder / "postgres.log").read_text())


class Databases:
    """Migrated databases, emptied and used again: that costs a hundredth of cloning one for every test.

    Rows are deleted and sequences set back over a connection that is kept. TRUNCATE and ALTER SEQUENCE
    would write every table's files anew.
    """

    def __init__(self, server: Cluster, template: str) -> None:
        self.server, self.template = server, template
        self.free: list[str] = []
        self.made = 0
        self._brooms: dict[str, psycopg.Connection] = {}
        with psycopg.connect(server.url(template)) as connection:
            found = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            ).fetchall()
            tables = [name for (name,) in found if name != "alembic_version"]
            sequences = connection.execute(
                "SELECT sequencename, coalesce(last_value, 0) + 1 FROM pg_sequences"
            ).fetchall()
            again = [row for name in tables if (row := _rows_again(connection, name))]
        empty = [f'DELETE FROM "{name}"' for name in tables]
        restart = [f"SELECT setval('\"{name}\"', {first}, false)" for name, first in sequences]
        self.emptying = "; ".join(
            [
                "SET lock_timeout = '3s'", "SET session_replication_role = replica",
                *empty, *restart, *again,
            ]
        ).encode()  # fmt: skip

    def take(self) -> str:
        """The name of an empty, migrated database nobody else uses."""
        if self.free:
            return self.free.pop()
        self.made += 1
        name = f"test_{os.getpid()}_{self.made}"
        self.server.create(name, self.template)
        return name

    def give_back(self, name: str) -> None:
        """Empty it for the next; one that can't be emptied (locked, another schema) is dropped."""
        try:
            self._broom(name).execute(self.emptying)
        except psycopg.Error:
            if broken := self._brooms.pop(name, None):
                broken.close()
            self.server.drop(name)
        else:
            self.free.append(name)

    def close(self) -> None:
        """Put the brooms away."""
        for broom in self._brooms.values():
            broom.close()

    def _broom(self, name: str) -> psycopg.Connection:
        """A connection to this database. Several statements sent as one are one transaction."""
        if name not in self._brooms:
            self._brooms[name] = psycopg.connect(self.server.url(name), autocommit=True)
        return self._brooms[name]


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """A server for the time of the block."""
    folder = Path(tempfile.mkdtemp(prefix="matinee-pg-"))
    folder.chmod(0o755)
    server = Cluster(folder)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _rows_again(connection: psycopg.Connection, table: str) -> str:
    """A statement that puts back what the migrations wrote into a table; empty if they wrote nothing."""
    query = f'SELECT json_agg(t)::text FROM "{table}" t'
    (rows,) = connection.execute(query.encode()).fetchone() or (None,)
    if not rows:
        return ""
    return (
        f'INSERT INTO "{table}" SELECT * FROM json_populate_recordset(NULL::"{table}", \'{rows}\')'
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
