"""A token endpoint as Google's and Microsoft's: trades the newest refresh token for access tokens."""

import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


class TokenEndpoint(ThreadingHTTPServer):
    """`good`: access tokens that a mail server would take. `answer`: (status, body) said instead."""

    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://localhost:{self.server_address[1]}/token"
        self.asked: list[dict[str, str]] = []
        self.good: set[str] = set()
        self.lasts = 3600
        self.replaces: str = ""
        self.answer: tuple[int, str] | None = None
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def token(self) -> tuple[int, str]:
        """What is said to the next who asks."""
        if self.answer:
            return self.answer
        token = f"token-{len(self.asked)}"
        self.good.add(token)
        said = {"access_token": token, "expires_in": self.lasts, "token_type": "Bearer"}
        if self.replaces:
            said["refresh_token"] = self.replaces
        return 200, json.dumps(said)

    def stop(self) -> None:
        """Close the port."""
        self.shutdown()
        self.server_close()


class _Request(BaseHTTPRequestHandler):
    server: TokenEndpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked.append({name: values[0] for name, values in parse_qs(body).items()})
        status, said = self.server.token()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(said.encode())

    def log_message(self, *_: object) -> None:
        pass
