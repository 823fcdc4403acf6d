"""The wire to the gateway and the line before it: time limits, honest errors, few who wait.

The SDK prints to standard output, loses the HTTP status and trips over answers that are not JSON.
`Wire` is the requests session it is given; it judges each answer first, so the SDK only ever sees
good ones, and turns what went wrong into one of the GatewayError family.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from urllib3.exceptions import NewConnectionError

# While those before us are served this quickly, standing in line for a moment is kinder than "no".
PATIENCE_SECONDS = 1.0
LONGEST_SECONDS = 3.0


class GatewayError(Exception):
    """The gateway gave no good answer. The text is for the log; it holds no secret."""


class GatewayUnreachable(GatewayError):  # noqa: N818 (named by what happened)
    """The request never arrived there."""


class GatewayLeftAlone(GatewayUnreachable):
    """It is known to be down; nobody asked it."""


class GatewaySlow(GatewayError):  # noqa: N818
    """No answer in time: the work may have been done."""


class GatewayBusy(GatewaySlow):
    """Enough requests of ours are waiting already; this one was not sent."""


class GatewayBroken(GatewayError):  # noqa: N818
    """An answer that means nothing (5xx, an HTML page): the work may have been done."""


class GatewayRefused(GatewayError):  # noqa: N818
    """The gateway understood and said no. `says`: its own words, for the office."""

    def __init__(self, text: str, status: int = 400, says: str = "") -> None:
        super().__init__(text)
        self.status, self.says = status, says


class Wire(requests.Session):
    """A session that believes no environment variable and follows no redirect."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False

    def request(self, *args: object, **options: object) -> requests.Response:
        """One request. Raises GatewayError; returns only a JSON object with a status under 300."""
        options["allow_redirects"] = False
        try:
            answer = super().request(*args, **options)  # type: ignore[arg-type]
        except requests.ConnectTimeout as error:
            raise GatewayUnreachable("no connection in time") from error
        except requests.Timeout as error:
            raise GatewaySlow("no answer in time") from error
        except requests.RequestException as error:
            if _never_left(error):
                raise GatewayUnreachable("no connection") from error
            raise GatewaySlow("the connection was lost") from error
        return _judged(answer)


def _never_left(error: requests.RequestException) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", cause), NewConnectionError)


def _judged(answer: requests.Response) -> requests.Response:
    status = answer.status_code
    if status == requests.codes.too_many_requests:
        raise GatewaySlow("it asked us to wait (429)")
    try:
        body = answer.json()
    except ValueError:
        raise GatewayBroken(f"no JSON in the answer ({status})") from None
    if status >= 500 or not isinstance(body, dict):
        raise GatewayBroken(f"an answer that means nothing ({status})")
    if status >= 300:
        error = body.get("error")
        told = error if isinstance(error, dict) else {}
        code, says = str(told.get("code", "")), str(told.get("description") or "")
        raise GatewayRefused(f"refused ({status} {code[:60]})", status, says[:200])
    return answer


class Line:
    """How many may wait for the gateway at once. The next is told at once if the line stands still."""

    def __init__(self, places: int) -> None:
        self._places = threading.Semaphore(places)
        self._lock = threading.Lock()
        self._since: list[float] = []

    @contextmanager
    def place(self) -> Iterator[None]:
        """Wait in here. Raises GatewayBusy when there is no place."""
        if not self._places.acquire(blocking=False) and not self._soon():
            raise GatewayBusy("too many are waiting already")
        started = time.monotonic()
        with self._lock:
            self._since.append(started)
        try:
            yield
        finally:
            with self._lock:
                self._since.remove(started)
            self._places.release()

    def _soon(self) -> bool:
        """A place that came free in a moment, as it does while the gateway answers quickly."""
        until = time.monotonic() + LONGEST_SECONDS
        while self._moves() and time.monotonic() < until:
            if self._places.acquire(timeout=0.1):
                return True
        return False

    def _moves(self) -> bool:
        """Whether nobody has been waiting for an answer for long."""
        with self._lock:
            oldest = min(self._since, default=time.monotonic())
        return time.monotonic() - oldest < PATIENCE_SECONDS
