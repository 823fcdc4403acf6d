"""A browser as far as the server can tell: one kept connection, cookies, gzip, no time lost on looks."""

import gzip
import http.client
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True)
class Answer:
    """A response with its body unpacked."""

    status: int
    location: str
    text: str


@dataclass
class Client:
    """One customer's browser."""

    host: str
    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Connects with the first request."""
        self._wire = http.client.HTTPConnection(self.host, self.port, timeout=60)

    def get(self, path: str) -> Answer:
        """One page."""
        return self._ask("GET", path, None, {})

    def post(self, path: str, fields: list[tuple[str, str]]) -> Answer:
        """One form."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, urlencode(fields), kind)

    def close(self) -> None:
        """Hang up."""
        self._wire.close()

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers |= {
            "Accept-Encoding": "gzip",
            "Accept": "text/html",
            **({"Cookie": cookie} if cookie else {}),
        }
        self._wire.request(method, path, body, headers)
        response = self._wire.getresponse()
        content = response.read()
        for header in response.headers.get_all("Set-Cookie") or ():
            name, _, value = header.partition(";")[0].partition("=")
            self.cookies[name] = value
        if response.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        where = urlsplit(response.headers.get("Location", ""))
        return Answer(response.status, where.path, content.decode("utf-8", "replace"))
