"""The clock: what is done every few seconds. What is due is read from rows, never from memory.

Only `main()` in app.py starts it. Each round has its own application context, logs its own errors and
never overlaps itself. Mail has an executor of its own, so a slow server holds up nothing else; so have
the outbox's mark, which must be timely, and what may take long and is in no hurry.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator
from datetime import UTC
from typing import NamedTuple

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from bookingapp import clock, heartbeat
from bookingapp.booking import change_job, outage, reconcile, refund_job, service
from bookingapp.db import db
from bookingapp.email import bounces, drain, prune, restored
from bookingapp.payments import event_prune, settlement_job
from bookingapp.settings import Settings

log = logging.getLogger(__name__)
STOP_SECONDS = 20


class Job(NamedTuple):
    """A name, how often in seconds, what, and on which executor."""

    name: str
    every: Callable[[Settings], float]
    function: Callable[[], object]
    executor: str


MARK = Job("mark", lambda _: 1.0, restored.renew, "mark")
JOBS = (
    Job("drain", lambda s: s.outbox_poll_seconds, drain.run, "mail"),
    MARK,
    Job("expire", lambda _: 20.0, service.expire_lapsed, "default"),
    Job("outage", lambda _: 5.0, outage.run, "default"),
    Job("reconcile", lambda _: 5.0, reconcile.run, "default"),
    Job("showings", lambda _: 3.0, change_job.run, "default"),
    Job("refund", lambda _: 15.0, refund_job.run, "default"),
    Job("prune", lambda _: 300.0, prune.run, "leisure"),
    Job("settlements", lambda _: 60.0, settlement_job.run, "leisure"),
    Job("events", lambda _: 600.0, event_prune.run, "leisure"),
    Job("bounces", lambda _: 120.0, bounces.job, "leisure"),
)


@contextlib.contextmanager
def running(app: Flask) -> Iterator[BackgroundScheduler]:
    """Jobs run for the time of the block; at its end the mail being sent is finished, within 20 s."""
    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={name: ThreadPoolExecutor(1) for name in ("default", "mail", "mark", "leisure")},
        # Two instances on one thread never overlap, but one may wait: a wake-up in the instant between
        # the drain's last look and its return would be skipped otherwise, until the next poll.
        job_defaults={"coalesce": True, "max_instances": 2, "misfire_grace_time": None},
    )
    settings: Settings = app.config["SETTINGS"]
    for job in JOBS:
        scheduler.add_job(
            _round, "interval", args=(app, job), id=job.name, executor=job.executor, seconds=job.every(settings)
        )  # fmt: skip
    heartbeat.begin()
    scheduler.start()
    with app.app_context():
        drain.mended()
        drain.started(lambda: _now(scheduler, "drain"))
    try:
        yield scheduler
    finally:
        drain.stop()
        scheduler.pause()
        drain.join(STOP_SECONDS)
        _round(app, MARK)
        scheduler.shutdown(wait=False)
        heartbeat.clear()


def _round(app: Flask, job: Job) -> None:
    """One round of one job."""
    with app.app_context():
        try:
            job.function()
            heartbeat.beat(job.name)
        except Exception:
            log.exception("job %s failed", job.name)
        finally:
            db.session.remove()


def _now(scheduler: BackgroundScheduler, name: str) -> None:
    """Bring a job's next round forward to this moment."""
    with contextlib.suppress(Exception):
        scheduler.modify_job(name, next_run_time=clock.now())
