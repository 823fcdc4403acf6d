"""Several mails at once: one claimer, and as many lanes as the provider allows connections.

Each lane is a thread with a connection, an application context and database reads of its own; it takes
the next mail when the last one is written down. One lane needs no thread. A mail that hangs holds up
its own lane only. The claimer makes the letters, some in a row, before lanes take them.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Flask

from bookingapp import clock
from bookingapp.db import db, transaction
from bookingapp.email import claims, sending, transport_state, transports
from bookingapp.email.routes import Route
from bookingapp.email.rows import Due
from bookingapp.email.sending import Made
from bookingapp.email.transports import Transport
from bookingapp.settings import Settings
from bookingapp.web import requests

# One process, one interpreter lock: requests first, but no mail waits for them longer than this.
POLITE_SECONDS = 0.05
POLITE_STEP = 0.002
LOOK_SECONDS = 0.25
# So many letters are made in a row, if that is quick: between two waits for a server or a disk each takes
# twice as long.
AHEAD = 16
AHEAD_SECONDS = 0.05


@dataclass(eq=False)
class Task:
    """A claimed mail, to be begun before `until`: later its deadline would not fit into the lease."""

    route: Route
    due: Due
    until: float
    made: Made | None = None


class Lanes:
    """The lanes of one run."""

    def __init__(self, app: Flask, many: int, stop: threading.Event) -> None:
        """No thread yet. `stop` is looked at between mails."""
        self._app, self._many, self._stop = app, max(many, 1), stop
        settings: Settings = app.config["SETTINGS"]
        self._margin = settings.outbox_lease_seconds - settings.mail_deadline_seconds
        # one lock: the claimer waits for news, lanes wait for something to send
        lock = threading.Lock()
        self._news = threading.Condition(lock)  # the claimer waits for it
        self._mail = threading.Condition(lock)  # lanes wait for it
        self._door = threading.Lock()
        self._waiting: deque[Task] = deque()
        self._running: Counter[str] = Counter()
        self._threads: list[threading.Thread] = []
        self._ended = self._nudged = False
        self._error: BaseException | None = None
        self._counting = threading.Lock()
        # of a route, and whether it was a probe
        self._uncounted: Counter[tuple[Route, bool]] = Counter()
        self.gone = 0

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is under way."""
        with self._news:
            return not self._waiting and not self._running.total()

    def hand(self, route: Route, dues: Sequence[Due]) -> None:
        """Mails just claimed for a route."""
        until = time.monotonic() + self._margin
        coming = deque(Task(route, due, until) for due in dues)
        with self._news:
            self._waiting.extend(coming)
        while coming:
            self._make(coming)
            if self._many == 1:
                self._work()
            else:
                self._open_lanes()

    def _make(self, coming: deque[Task]) -> None:
        """The letters of the first of these. When the run is to end, of none: they are given back.

        Where lanes send meanwhile, the making waits for people as the sending does: both at once.
        """
        if self._many > 1:
            self._wait_for_requests()
        until = time.monotonic() + AHEAD_SECONDS
        for _ in range(min(AHEAD, len(coming))):
            if self._stop.is_set() or self._error is not None:
                coming.clear()
                return
            task = coming.popleft()
            task.made = sending.make(task.due)
            if time.monotonic() > until or requests.in_flight():
                return

    def _open_lanes(self) -> None:
        """As many as have something to do; those that wait hear of it."""
        with self._news:
            self._mail.notify_all()
            for _ in range(min(self._many - len(self._threads), len(self._waiting))):
                lane = threading.Thread(target=self._lane, name="mail-lane", daemon=True)
                self._threads.append(lane)
                lane.start()

    def nudge(self) -> None:
        """There is new mail: who waits for the lanes shall claim it."""
        with self._news:
            self._nudged = True
            self._news.notify_all()

    def wait(self, *, all_done: bool) -> None:
        """Until every mail is done or new ones came (`all_done`), else until a lane may soon be free.

        Raises what a lane died of.
        """

        def over() -> bool:
            if self._error is not None or self._stop.is_set():
                return True
            if not all_done:
                return len(self._waiting) < self._many
            return self._nudged or not (self._waiting or self._running.total())

        with self._news:
            while not self._news.wait_for(over, LOOK_SECONDS):
                pass
            self._nudged = False
            if self._error is not None:
                raise self._error

    def end(self) -> None:
        """Finish what is under way, give back what is not begun."""
        with self._news:
            left, self._ended = list(self._waiting), True
            self._waiting.clear()
            self._mail.notify_all()
        for lane in self._threads:
            lane.join()
        claims.give_back([task.due for task in left], clock.now())
        self.count()

    def count(self) -> None:
        """Note what went out: for the day's quota, and because the route is well."""
        with self._counting:
            counted, self._uncounted = self._uncounted, Counter()
            for (route, probe), mails in counted.items():
                with transaction() as session:
                    transport_state.note_sent(session, route.name, mails, clock.now(), probe=probe)

    def _lane(self) -> None:
        """A thread's life."""
        with self._app.app_context():
            try:
                self._work()
            except BaseException as error:  # noqa: BLE001 (the claimer raises it)
                with self._news:
                    self._error = self._error or error
                    self._news.notify_all()
            finally:
                db.session.remove()

    def _work(self) -> None:
        """Mail after mail."""
        made: dict[Route, Transport] = {}
        try:
            while (task := self._next()) is not None:
                try:
                    if task.route not in made:
                        made[task.route] = transports.make(self._app, task.route)
                    self._one(made[task.route], task)
                finally:
                    self._done(task)
        finally:
            for transport in made.values():
                transport.close()

    def _done(self, task: Task) -> None:
        """A connection is free. The claimer is woken only if that is news to it."""
        with self._news:
            self._running[task.route.name] -= 1
            self._mail.notify()
            if len(self._waiting) < self._many:
                self._news.notify()

    def _next(self) -> Task | None:
        """The next mail of a route with a connection to spare; None: go home."""
        with self._news:
            while True:
                if self._ended or self._error is not None or self._stop.is_set():
                    return None
                for task in self._waiting:
                    if task.made and self._running[task.route.name] < task.route.connections:
                        self._waiting.remove(task)
                        self._running[task.route.name] += 1
                        return task
                if self._many == 1:
                    return None
                self._mail.wait(LOOK_SECONDS)

    def _one(self, transport: Transport, task: Task) -> None:
        # it may have been the cancellation that we waited for
        waited = self._let_requests_pass()
        if self._stop.is_set() or time.monotonic() > task.until:
            claims.give_back([task.due], clock.now())
            return
        end = sending.send(
            transport,
            task.route,
            task.due,
            made=task.made,
            ask_again=waited,
            before_fault=self.count,
        )
        if end is sending.End.GONE:
            with self._counting:
                self._uncounted[task.route, task.due.probe] += 1
                self.gone += 1
        if end is sending.End.BREAKER_OPEN:
            self._leave(task.route)

    def _leave(self, route: Route) -> None:
        """The route's breaker has opened: its mails go back."""
        with self._news:
            left = [task.due for task in self._waiting if task.route == route]
            self._waiting = deque(task for task in self._waiting if task.route != route)
        claims.give_back(left, clock.now())

    def _let_requests_pass(self) -> bool:
        """Wait while people wait for pages, within bounds. One lane at a time gets past them.

        Whether there was anybody to wait for.
        """
        if not requests.in_flight():
            return False
        with self._door:
            self._wait_for_requests()
        return True

    def _wait_for_requests(self) -> None:
        until = time.monotonic() + POLITE_SECONDS
        while requests.in_flight() and time.monotonic() < until and not self._stop.is_set():
            time.sleep(POLITE_STEP)
