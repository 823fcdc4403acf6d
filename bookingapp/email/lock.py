"""Which one process sends on SQLite: whoever holds `instance/outbox.lock`.

The lock is the kernel's (flock), so it ends with the process that holds it, however that ends. The
file holds the pid for people to read. On PostgreSQL nobody needs it: rows coordinate the processes.
"""

import fcntl
import os
from pathlib import Path

NAME = "outbox.lock"


class SendingLock:
    """Taken once and kept; `take()` may be tried at every poll."""

    def __init__(self, instance: Path) -> None:
        self.path = instance / NAME
        self._file: int | None = None

    @property
    def held(self) -> bool:
        """Whether it is ours."""
        return self._file is not None

    def take(self) -> bool:
        """Try to get it. True if it is ours now."""
        if self._file is not None:
            return True
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()}\n".encode())
        self._file = file
        return True

    def release(self) -> None:
        """Give it up; harmless when it is not ours."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def holder(self) -> int | None:
        """The pid of the process that sends, if another one does."""
        if self.take():
            self.release()
            return None
        return self.written()

    def written(self) -> int | None:
        """The pid in the file, without asking the kernel: whose it was last."""
        try:
            text = self.path.read_text(encoding="ascii").strip()
        except OSError:
            return None
        return int(text) if text.isdigit() else None
