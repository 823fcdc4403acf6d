"""`python -m bookingapp.sandbox`: start the stand-in for Razorpay and say where it listens."""

import argparse
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

from waitress import create_server

from .app import create_app
from .config import Config
from .events import keep_quiet, queue
from .faults import Faults
from .store import Store
from .worker import Worker

THREADS = 32  # a request that hangs in a fault keeps its thread
# Browsers and the SDK keep connections they no longer use: at waitress' own 100 they shut the door for
# everybody until the two minutes of the oldest are over (seen in a storm, and in a long run of tests).
CONNECTIONS = 800


def read_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m bookingapp.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5051, help="0 picks a free one")
    parser.add_argument("--file", type=Path, default=Path("instance/sandbox.sqlite3"))
    parser.add_argument("--key-id", default=os.environ.get("RAZORPAY_KEY_ID", ""))
    parser.add_argument("--key-secret", default=os.environ.get("RAZORPAY_KEY_SECRET", ""))
    parser.add_argument("--late-seconds", type=float, default=8.0, help="how late 'late' is")
    parser.add_argument("--webhook-url", default="", help="off when not given")
    parser.add_argument("--webhook-secret", default=os.environ.get("RAZORPAY_WEBHOOK_SECRET", ""))
    parser.add_argument(
        "--settle-after-days",
        type=float,
        help="pay captured money out by itself; off when not given",
    )
    parser.add_argument("--control", action="store_true", help="open /sandbox/ for tests")
    parser.add_argument(
        "--end-with-parent", action="store_true", help="end when the process that started it does"
    )
    given = parser.parse_args(arguments)
    if not (given.key_id and given.key_secret):
        parser.error("give --key-id and --key-secret, or RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET")
    if given.webhook_url and not given.webhook_secret:
        parser.error("a webhook needs --webhook-secret or RAZORPAY_WEBHOOK_SECRET")
    return given


def read_config(given: argparse.Namespace) -> Config:
    return Config(
        key_id=given.key_id,
        key_secret=given.key_secret,
        file=given.file,
        late_seconds=given.late_seconds,
        webhook_url=given.webhook_url,
        webhook_secret=given.webhook_secret,
        control=given.control,
        settle_after_days=given.settle_after_days,
    )


def end_with_parent(parent: int) -> None:
    """A demo that was killed outright must not leave its sandbox holding the port."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> int:
    given = read_arguments()
    config, faults = read_config(given), Faults()
    store = Store(config.file)
    worker = Worker(store, config, queue if config.webhook_url else keep_quiet)
    app = create_app(config, store, faults)
    try:
        server = create_server(
            app, host=given.host, port=given.port, threads=THREADS,
            connection_limit=CONNECTIONS, asyncore_use_poll=True,
        )  # fmt: skip
    except OSError as error:
        sys.exit(f"The sandbox cannot listen on port {given.port} ({error.strerror}).")

    def stop(_signal: int, _frame: FrameType | None) -> NoReturn:
        """End the server's loop as Ctrl-C does; who hangs in a fault must not hold it up."""
        faults.clear()
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    worker.start()
    if given.end_with_parent:
        threading.Thread(target=end_with_parent, args=(os.getppid(),), daemon=True).start()
    print(f"sandbox listening on http://{given.host}:{server.effective_port}", flush=True)
    try:
        server.run()
    finally:
        worker.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
