"""Connections kept open between mails and between the drain's runs: opening one costs more than a mail."""

import threading
import time
import weakref
from collections.abc import Callable

from bookingapp.email.smtp import Connection
from bookingapp.email.watchdog import keeper

IDLE_SECONDS = 60.0

_pools: "weakref.WeakSet[Pool]" = weakref.WeakSet()


class Pool:
    """The idle connections of one route. Who takes one has it alone until it is given back."""

    def __init__(
        self, connect: Callable[[], Connection], idle_seconds: float = IDLE_SECONDS
    ) -> None:
        """`connect` makes a connection that opens itself when first used."""
        self._connect, self._idle_seconds = connect, idle_seconds
        self._lock = threading.Lock()
        self._idle: list[tuple[float, Connection]] = []
        _pools.add(self)

    def take(self) -> Connection:
        """The one used last, else a new one."""
        with self._lock:
            if not self._idle:
                return self._connect()
            connection = self._idle.pop()[1]
        connection.in_doubt = True
        return connection

    def give(self, connection: Connection) -> None:
        """Keep it for the next mail, if there is anything to keep."""
        if connection.spent:
            connection.close()
        if connection.host is None:
            return
        with self._lock:
            self._idle.append((time.monotonic(), connection))
        keeper.add(self)

    def look(self, now: float) -> None:
        """Close what has been idle for too long."""
        with self._lock:
            old = [one for since, one in self._idle if now - since >= self._idle_seconds]
            self._idle = [kept for kept in self._idle if kept[1] not in old]
            if not self._idle:
                keeper.remove(self)
        for connection in old:
            connection.close()

    def close(self) -> None:
        """Close every idle one now."""
        self.look(float("inf"))


def close_all() -> None:
    """This process sends no more."""
    for pool in list(_pools):
        pool.close()
