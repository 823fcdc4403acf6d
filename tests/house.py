"""The whole house as real processes: `app.py` with its scheduler and its payment sandbox.

For journeys, crashes and storms. A demo database is filled once per test session and copied, so a
house opens in about two seconds.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
import requests

from tests.shared import once

ROOT = Path(__file__).resolve().parent.parent
# Two seconds with nothing else to do; on a busy machine many more.
OPEN_SECONDS = 120
T = TypeVar("T")


def wait_for(probe: Callable[[], T | None], what: str, seconds: float = 30) -> T:
    """Ask until the answer is true; fail with `what` was awaited after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := probe():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"after {seconds} s still no {what}")


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on just now, all different."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


class House:
    """One running cinema; `instance` is its folder."""

    program: tuple[str, ...] = ("app.py",)

    def __init__(self, instance: Path, **settings: str) -> None:
        self.instance = instance
        port, sandbox = free_ports(2)
        self.url = f"http://127.0.0.1:{port}"
        self.sandbox_url = f"http://127.0.0.1:{sandbox}"
        self.environ = {
            "PATH": os.environ["PATH"],
            "MODE": "demo",
            "INSTANCE_DIR": str(instance),
            "PORT": str(port),
            "SANDBOX_PORT": str(sandbox),
            "LIMIT_REQUESTS": "false",
            **{name.upper(): value for name, value in settings.items()},
        }
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """All the house has said since it was first started."""
        path = self.instance / "house.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def flask(self, *words: str) -> str:
        """One operator's command; its output."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", *words],
            cwd=ROOT, env=self.environ, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def open(self) -> "House":
        """Start and wait until it answers."""
        with (self.instance / "house.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.program], cwd=ROOT, env=self.environ, stdout=log, stderr=log
            )
        wait_for(self._answers, f"answer at {self.url}; it said: {self.log}", OPEN_SECONDS)
        return self

    def kill(self) -> None:
        """SIGKILL: no goodbye. The sandbox ends by itself when its parent is gone."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=20)
        wait_for(lambda: not _listens(self.sandbox_url), "end of the sandbox")

    def close(self) -> int:
        """SIGTERM; its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=40)

    def mails(self) -> list[Path]:
        """Every mail written to a file, in order."""
        return sorted((self.instance / "mail").glob("*.eml"))

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log
        return _listens(self.url) and _listens(self.sandbox_url)


def _listens(url: str) -> bool:
    with contextlib.suppress(requests.ConnectionError, requests.Timeout):
        requests.get(url + "/healthz", timeout=5)
        return True
    return False


@pytest.fixture(scope="session")
def demo_instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo cinema's folder, filled once."""

    def fill(folder: Path) -> None:
        house = House(folder)
        house.flask("db", "upgrade")
        house.flask("demo")

    return once(tmp_path_factory, "demo", fill)


@pytest.fixture
def house(demo_instance: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[House]:
    """An open demo cinema of this test's own; `@pytest.mark.settings(name="value")` sets it up."""
    shutil.copytree(demo_instance, tmp_path / "house")
    values = {
        k: v for mark in request.node.iter_markers("settings") for k, v in mark.kwargs.items()
    }
    cinema = House(tmp_path / "house", **values).open()
    yield cinema
    if cinema.process is not None and cinema.process.poll() is None:
        cinema.close()
