"""The cinema under test: the demo's database in a folder of its own, and the real `app.py` serving it.

It is built once by the commands an operator would use; each benchmark works on a copy.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask

from bench import furnish, process
from bench.client import Client
from bench.sinks import Sink, await_port, free_port
from bookingapp import create_app
from bookingapp.settings import Settings, load

ROOT = Path(__file__).resolve().parent.parent
# Everything that limits a single customer; here one address is many.
UNLIMITED = {
    "LIMIT_REQUESTS": "false",
    "LIMIT_HOLDS_PER_SESSION": "1000000",
    "LIMIT_HOLDS_PER_ADDRESS": "1000000",
    "LIMIT_HOLDS_PER_EMAIL": "1000000",
    "LIMIT_RESENDS": "1000000",
}


@dataclass
class House:
    """Where the finished demo lies, and the mail server benchmarks send to."""

    folder: Path
    sink: Sink
    copies: int = field(default=0)

    def copy(self) -> Path:
        """An instance folder of one's own."""
        self.copies += 1
        return Path(shutil.copytree(self.folder / "demo", self.folder / f"copy{self.copies}"))

    def environment(self, instance: Path, **more: str) -> dict[str, str]:
        """The settings of a cinema in this folder that mails to the sink."""
        return {
            **os.environ, **UNLIMITED, "MODE": "demo", "INSTANCE_DIR": str(instance),
            "MAIL_TRANSPORT": "smtp", "MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(self.sink.port),
            "LOG_LEVEL": "WARNING", **more,
        }  # fmt: skip

    def app(self, instance: Path, **more: str) -> Flask:
        """The application on this folder in our own process, to prepare and to look things up."""
        return create_app(self.settings(instance, **more))

    def settings(self, instance: Path, **more: str) -> Settings:
        """What `environment` says, read as the application does."""
        return load(self.environment(instance, **more))

    @contextlib.contextmanager
    def serving(self, instance: Path, **more: str) -> Iterator["Server"]:
        """`app.py` on this folder, with the payment sandbox beside it."""
        ports = {"PORT": str(free_port()), "SANDBOX_PORT": str(free_port())}
        env = self.environment(instance, **ports, **more)
        log = (instance / "serving.log").open("ab")
        running = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=env, stdout=log, stderr=log
        )
        server = Server(running.pid, int(ports["PORT"]), instance)
        try:
            server.wait_open(running)
            await_port(int(ports["SANDBOX_PORT"]))
            yield server
        except Exception as error:
            raise RuntimeError(f"{error}\n\nThe server said:\n{server.said()}") from error
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(30)
            log.close()


@dataclass(frozen=True)
class Server:
    """A running one."""

    pid: int
    port: int
    instance: Path

    @property
    def cpu_ms(self) -> float:
        """CPU of the serving process alone, without the payment sandbox."""
        return process.cpu_ms(self.pid)

    def client(self) -> Client:
        """A browser that has never been here."""
        return Client("127.0.0.1", self.port)

    def wait_open(self, running: subprocess.Popen[bytes]) -> None:
        """Until a page comes. Raises when the process ends instead."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if running.poll() is not None:
                break
            with contextlib.suppress(OSError):
                if self.client().get("/").status == 200:
                    return
            time.sleep(0.1)
        raise RuntimeError("it does not serve")

    def said(self) -> str:
        """The end of its log, without the queue's lengths."""
        text = (self.instance / "serving.log").read_text(encoding="utf-8")
        return "\n".join(line for line in text.splitlines() if "queue depth" not in line)[-6000:]


def build(folder: Path, sink: Sink) -> House:
    """Migrate and fill a database as `make run` does, then add the hall and showings we need."""
    house = House(folder, sink)
    instance = folder / "demo"
    instance.mkdir()
    for words in (["db", "upgrade"], ["demo"]):
        command = [sys.executable, "-m", "flask", "--app", "app", *words]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=house.environment(instance),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr[-2000:]}")
    app = house.app(instance)
    with app.app_context():
        furnish.add()
    close(app)
    return house


def close(app: Flask) -> None:
    """Let go of the database's files."""
    from bookingapp.db import db  # noqa: PLC0415 (beside its only use)

    with app.app_context():
        db.session.remove()
        db.engine.dispose()
