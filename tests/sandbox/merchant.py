"""A cinema reduced to what a gateway sees of it: a page to pay from, a return, a webhook."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

OPENER = """
const options = JSON.parse(document.body.dataset.options);
const say = (text) => { document.querySelector("output").textContent = text; };
if (options.handled) options.handler = (answer) => say(JSON.stringify(answer));
options.modal = { escape: options.escape, ondismiss: () => say("dismissed") };
const checkout = new Razorpay(options);
checkout.on("payment.failed", (answer) => say("failed: " + answer.error.reason));
document.querySelector("button").addEventListener("click", () => checkout.open());
"""


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass
class Merchant:
    """Keeps what it receives; `answers` are the status codes its webhook gives, then 200."""

    url: str = ""
    sandbox_url: str = ""
    options: dict[str, object] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def at(self, path: str) -> list[Received]:
        return [one for one in self.received if one.path == path]

    def shop_page(self) -> str:
        options = json.dumps(self.options).replace('"', "&quot;")
        return (
            f'<!doctype html><html lang="en"><title>Shop</title><body data-options="{options}">'
            f"<button>Pay</button><output></output>"
            f'<script src="{self.sandbox_url}/v1/checkout.js"></script>'
            f'<script src="/shop.js"></script></body></html>'
        )

    def policy(self) -> str:
        """As strict as Matinee's own: no inline style, no inline script."""
        there = self.sandbox_url
        return (
            f"default-src 'none'; style-src 'self'; script-src 'self' {there};"
            f" frame-src {there}; form-action 'self' {there}; base-uri 'none'"
        )


@contextmanager
def merchant() -> Iterator[Merchant]:
    shop = Merchant()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script = self.path == "/shop.js"
            text = OPENER if script else shop.shop_page() if self.path == "/shop" else self.path
            self._answer(200, text, "text/javascript" if script else "text/html")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            shop.received.append(Received(self.path, dict(self.headers.items()), body))
            status = shop.answers.pop(0) if shop.answers and self.path == "/webhook" else 200
            self._answer(status, "<!doctype html><h1>Back at the cinema</h1>", "text/html")

        def _answer(self, status: int, text: str, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Security-Policy", shop.policy())
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """A test's output is for what went wrong."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    shop.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield shop
    server.shutdown()
    server.server_close()
