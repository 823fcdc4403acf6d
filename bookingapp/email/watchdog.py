"""A deadline for a whole conversation: a time limit per read does not stop a server that drips bytes.

One thread, the keeper, looks after all connections of this process every quarter of a second, so that
arming costs nothing. It ends when nobody needs it.
"""

import socket
import threading
import time
from contextlib import suppress
from typing import Protocol

WATCH_SECONDS = 0.25


class Kept(Protocol):
    """Anything to be looked after."""

    def look(self, now: float) -> None:
        """Called by the keeper again and again; must not wait."""


class Keeper:
    """Calls `look` on all it was given, on a thread that lives as long as there are any."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        self._lock = threading.Lock()
        self._kept: set[Kept] = set()
        self._thread: threading.Thread | None = None

    def add(self, one: Kept) -> None:
        """From now on this one, too."""
        with self._lock:
            self._kept.add(one)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="mail-keeper", daemon=True)
                self._thread.start()

    def remove(self, one: Kept) -> None:
        """No longer this one."""
        with self._lock:
            self._kept.discard(one)

    @property
    def idle(self) -> bool:
        """Whether there is nothing to look after, and no thread."""
        with self._lock:
            return self._thread is None

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._kept:
                    self._thread = None
                    return
                kept = list(self._kept)
            for one in kept:
                one.look(time.monotonic())
            time.sleep(WATCH_SECONDS)


keeper = Keeper()


class Watchdog:
    """Shuts a connection when its deadline has passed; the blocked read then fails at once."""

    def __init__(self) -> None:
        """Nothing to watch yet."""
        self._deadline = float("inf")
        self._tap: socket.socket | None = None
        self.bit = False

    def arm(self, until: float) -> None:
        """There is time until this instant of the monotonic clock."""
        self.bit = False
        self._deadline = until

    def disarm(self) -> None:
        """Nothing is under way."""
        self._deadline = float("inf")

    def watch(self, connection: socket.socket) -> None:
        """A second handle on the connection: it stays good when TLS wraps the first one."""
        self._tap = connection.dup()
        keeper.add(self)

    def look(self, now: float) -> None:
        """Bite when it is time."""
        tap = self._tap
        if now > self._deadline and tap is not None:
            self.bit = True
            self.disarm()
            with suppress(OSError):
                tap.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        """The connection is over."""
        keeper.remove(self)
        if self._tap is not None:
            self._tap.close()
            self._tap = None
