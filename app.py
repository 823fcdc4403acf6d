"""Makes `app`; `python app.py` starts the scheduler and the payment sandbox (demo), then serves.

Importing this file starts nothing, so that `flask --app app …` is only a command.
"""

import contextlib
import gc
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from types import FrameType

import waitress
from flask import Flask

from bookingapp import create_app
from bookingapp.db import safe_url
from bookingapp.email import routes
from bookingapp.payments.gateway import credentials, webhook_secrets
from bookingapp.scheduler import running
from bookingapp.settings import ROOT, Settings, load
from bookingapp.settings_checks import SettingsError

log = logging.getLogger("bookingapp.app")
# A browser keeps up to six open for two minutes though it asks for nothing more: at waitress' own 100,
# seventeen browsers shut the door for everybody (seen with a hundred webhooks at once).
CONNECTIONS = 800


def _make() -> Flask:
    try:
        return create_app(load())
    except SettingsError as error:
        # An operator's mistake stops the start with one line that names the setting.
        sys.exit(f"Matinee can't start: {error}")


app = _make()


def main() -> None:
    """Serve until SIGTERM or Ctrl-C; then finish the mail being sent, and go."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    settings: Settings = app.config["SETTINGS"]
    signal.signal(signal.SIGTERM, _stop)
    try:
        server = waitress.create_server(
            app, host=settings.host, port=settings.port, threads=settings.web_threads, ident=None,
            connection_limit=CONNECTIONS, asyncore_use_poll=True,
        )  # fmt: skip
    except OSError as error:
        sys.exit(f"Matinee can't start: PORT {settings.port} can't be used ({error.strerror}).")
    with _sandbox(settings), running(app):
        collect_less()
        log.info("database %s", safe_url(settings.database))
        for line in routes.warnings(settings):
            log.warning(line)
        print(f"Matinee is open at {settings.url}", flush=True)
        server.run()
        # Nobody new waits at a closed door while the last mail is finished.
        server.close()
    log.info("closed")
    _leave()


def collect_less() -> None:
    """Look for garbage more seldom: nearly all of a request's dies by its reference counts.

    Python's own thresholds walk through some 100,000 objects of imported code again and again, a tenth
    of every request (measured). What is here now stays, so the collector need not look at it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def _leave() -> None:
    """End now, even if a job's thread still waits for a mail server or the gateway.

    Python would wait for it as long as it takes. What it was doing is a row, taken up at the next start.
    """
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


@contextlib.contextmanager
def _sandbox(settings: Settings) -> Iterator[None]:
    """The stand-in for the payment gateway, a process of its own beside the demo."""
    if not settings.sandbox:
        yield
        return
    key_id, key_secret = credentials(settings, str(app.secret_key))
    (webhook_secret,) = webhook_secrets(settings, str(app.secret_key))
    # "everywhere" is no address to send to
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104
    process = subprocess.Popen(  # noqa: S603 (our own module, no shell)
        [sys.executable, "-m", "bookingapp.sandbox", "--port", settings.sandbox_url.rsplit(":", 1)[1],
         "--file", str(settings.instance / "sandbox.sqlite3"), "--end-with-parent",
         "--settle-after-days", "0",
         "--webhook-url", f"http://{host}:{settings.port}/webhooks/razorpay"],
        cwd=ROOT,
        env={"RAZORPAY_KEY_ID": key_id, "RAZORPAY_KEY_SECRET": key_secret,
             "RAZORPAY_WEBHOOK_SECRET": webhook_secret, "PATH": ""},
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)


if __name__ == "__main__":
    main()
