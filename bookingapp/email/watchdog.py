"""A deadline for a whole conversation: a time limit per read does not stop a server that drips bytes."""

import socket
import threading
import time
from contextlib import suppress

WATCH_SECONDS = 0.25


class Watchdog(threading.Thread):
    """Shuts a connection when its deadline has passed; the blocked read then fails at once.

    One thread for the life of a connection: a time limit per read does not stop a server that sends a
    byte a second. It looks every quarter of a second, so arming it costs nothing.
    """

    def __init__(self) -> None:
        """Started with the connection, ended by `stop()`."""
        super().__init__(name="mail-watchdog", daemon=True)
        self._deadline = float("inf")
        self._tap: socket.socket | None = None
        self._over = threading.Event()
        self.bit = False

    def arm(self, seconds: float) -> None:
        """From now on there is so much time."""
        self.bit = False
        self._deadline = time.monotonic() + seconds

    def disarm(self) -> None:
        """Nothing is under way."""
        self._deadline = float("inf")

    def watch(self, connection: socket.socket) -> None:
        """A second handle on the connection: it stays good when TLS wraps the first one."""
        self._tap = connection.dup()

    def run(self) -> None:
        """Look, wait, look again."""
        while not self._over.wait(WATCH_SECONDS):
            if time.monotonic() > self._deadline and self._tap is not None:
                self.bit = True
                self.disarm()
                with suppress(OSError):
                    self._tap.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        """The connection is over."""
        self._over.set()
        if self._tap is not None:
            self._tap.close()
            self._tap = None
