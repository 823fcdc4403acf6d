"""Debian's smtp-sink on one port: it fails as it is told, then works; every mail it gets is kept."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.house import wait_for
from tests.mailservers import SMTP_SINK, free_port, listens

# drop, 421, 4xx, 5xx
OPTIONS = {"drop": "-q", "421": "-Q", "4xx": "-r", "5xx": "-f"}
# After a refused EHLO a client says HELO; a server that is ill refuses that, too.
COMMANDS = {"EHLO": "EHLO,HELO"}
OWN_LINES = b"(UTC)\n"


class Sink:
    """One port; the server behind it changes."""

    def __init__(self) -> None:
        """Nobody listens yet."""
        assert Path(SMTP_SINK).exists(), "Install it: apt-get install postfix"
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="matinee-sink-"))
        # postfix refuses to work as root, or in a folder its user can't enter
        root = os.getuid() == 0
        if root:
            shutil.chown(self.folder, "nobody", "nogroup")
        self._user: dict[str, Any] = (
            {"user": "nobody", "group": "nogroup", "extra_groups": []} if root else {}
        )
        self._process: subprocess.Popen[bytes] | None = None

    def fails(self, stage: str, mode: str) -> None:
        """From now on it fails so."""
        # a mail refused at the dot is written down all the same; only what it may have taken counts
        keep = [] if stage == "." and mode != "drop" else ["-d", "taken."]
        self._start(OPTIONS[mode], COMMANDS.get(stage, stage), *keep)

    def works(self) -> None:
        """From now on it takes every mail."""
        self._start("-d", "taken.")

    def stop(self) -> None:
        """Nobody listens any more."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)

    def close(self) -> None:
        """Away with the mails, too."""
        self.stop()
        shutil.rmtree(self.folder)

    def taken(self) -> list[bytes]:
        """All mails since the last call, without the sink's own lines."""
        contents = []
        for file in self.folder.glob("taken.*"):
            contents.append(file.read_bytes().partition(OWN_LINES)[2])
            file.unlink()
        return [content for content in contents if content]

    def _start(self, *options: str) -> None:
        self.stop()
        self._process = subprocess.Popen(
            [SMTP_SINK, *options, f"127.0.0.1:{self.port}", "100"],
            cwd=self.folder, stderr=subprocess.DEVNULL, **self._user,
        )  # fmt: skip
        wait_for(lambda: listens(self.port), f"smtp-sink on port {self.port}")
