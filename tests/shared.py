"""What the tests of a process share, so that none pays for it again: work whose result is always the same.

Each test has an application and an engine of its own. What these compile on their way (addresses,
statements) is the same in every test. Passwords of tests need not be slow to guess, nor files durable.
"""

import fcntl
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import URL, Dialect, Engine, QueuePool, event
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from bookingapp.accounts import passwords
from bookingapp.catalogue import kept

Builder = Callable[..., tuple[str, str]]


class SharedRule(Rule):
    """A rule whose builder of addresses is compiled once: most of what making an application costs."""

    def _compile_builder(self, append_unknown: bool = True) -> Builder:
        if self.defaults:
            return super()._compile_builder(append_unknown)
        return _builder(self.rule, tuple(self._trace), append_unknown)


@cache
def _builder(rule: str, trace: tuple[tuple[bool, str], ...], append_unknown: bool) -> Builder:
    made = Rule(rule)
    made._trace = list(trace)
    return made._compile_builder(append_unknown)


class Compiled(NamedTuple):
    """A kind of database's statements. They belong to the dialect that compiled them."""

    dialect: Dialect
    statements: LRUCache[Any, Any]


_compiled: dict[str, Compiled] = {}
_pools: dict[URL, QueuePool] = {}


def lend(engine: Engine) -> None:
    """What one test's engine compiled serves the next one's; so do its connections to PostgreSQL."""
    name = engine.dialect.name
    if name not in _compiled:
        # a dialect learns from its first connection whom it speaks to
        engine.connect().close()
        _compiled[name] = Compiled(engine.dialect, LRUCache(5000))
    engine.dialect, engine._compiled_cache = _compiled[name]
    if name == "postgresql" and isinstance(engine.pool, QueuePool):
        engine.pool = _pools.setdefault(engine.url, engine.pool)
    engine.pool._dialect = engine.dialect


def take_back(engine: Engine) -> None:
    """The test is over. Connections are kept if all came back."""
    pool = _pools.get(engine.url)
    if pool is None or pool is not engine.pool or pool.checkedout():
        _pools.pop(engine.url, None)
        engine.dispose()
    # what was read of the catalogue belongs to the pool
    kept._memories.pop(engine.pool, None)


REAL_HASHER = passwords._hasher


def install() -> None:
    """Once per process, before the first application is made."""
    Flask.url_rule_class = SharedRule
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    event.listen(Engine, "connect", _hurry)


def _hurry(connection: Any, _record: object) -> None:
    # What a power cut would take is of no interest here; a killed process loses nothing by it.
    if type(connection).__module__.startswith("sqlite3"):
        connection.execute("PRAGMA synchronous=OFF")


def once(factory: pytest.TempPathFactory, name: str, fill: Callable[[Path], object]) -> Path:
    """A folder that is filled once in a run, by the first of its processes that asks for it."""
    run = whole_run(factory)
    with (run / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = run / f"{name}-once"
        if not folder.exists():
            begun = factory.mktemp(name)
            fill(begun)
            begun.rename(folder)
    return folder


def whole_run(factory: pytest.TempPathFactory) -> Path:
    """The folder of this run, the same in all its processes."""
    mine = factory.getbasetemp()
    return mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine
