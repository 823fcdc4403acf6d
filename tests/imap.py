"""A real IMAP server for the tests: Dovecot on a port of its own, TLS from the first byte.

As root it runs as `nobody`. One server for all tests, a mailbox for each: `put` lays a mail into it,
`flags` tells how each stands there.
"""

import contextlib
import imaplib
import itertools
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from tests.house import wait_for

MISSING = "Dovecot is missing. Install it: apt-get install dovecot-imapd"
PASSWORD = "secret-of-the-mailbox"
_numbers = itertools.count(1)
_CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
ssl = required
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{folder}/mail/%u
first_valid_uid = 1
auth_failure_delay = 0
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


class Server:
    """A running Dovecot. Whoever knows the password has a mailbox."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("dovecot") or "/usr/sbin/dovecot"
        assert Path(program).exists(), MISSING
        self.folder = folder
        self.ca_file = str(folder / "ca.pem")
        root = os.getuid() == 0
        user = "nobody" if root else pwd.getpwuid(os.getuid()).pw_name
        group = "nogroup" if root else str(os.getgid())
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._furnish(user, group)
        if root:
            for path in (folder, *folder.rglob("*")):
                shutil.chown(path, user, group)
        who = {"user": user, "group": group, "extra_groups": []} if root else {}
        self.process = subprocess.Popen([program, "-F", "-c", str(folder / "dovecot.conf")], **who)  # type: ignore[call-overload]
        self._wait()

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(timeout=20)

    def _furnish(self, user: str, group: str) -> None:
        authority = trustme.CA()
        cert = authority.issue_cert("localhost")
        authority.cert_pem.write_to_path(self.ca_file)
        cert.private_key_pem.write_to_path(str(self.folder / "key.pem"))
        chain = b"".join(pem.bytes() for pem in cert.cert_chain_pems)
        (self.folder / "cert.pem").write_bytes(chain)
        (self.folder / "mail").mkdir()
        values = {"folder": self.folder, "user": user, "group": group, "port": self.port,
                  "password": PASSWORD}  # fmt: skip
        (self.folder / "dovecot.conf").write_text(_CONFIG.format(**values))

    @contextmanager
    def signed_in(self, user: str) -> Iterator[imaplib.IMAP4_SSL]:
        """As a mail program would."""
        context = ssl.create_default_context(cafile=self.ca_file)
        with imaplib.IMAP4_SSL("localhost", self.port, ssl_context=context, timeout=10) as box:
            box.login(user, PASSWORD)
            yield box

    def _wait(self) -> None:
        wait_for(self._answers, f"Dovecot; it said: {self.folder / 'log'}", 60)

    def _answers(self) -> bool:
        assert self.process.poll() is None, (self.folder / "log").read_text()
        with contextlib.suppress(OSError, imaplib.IMAP4.error), self.signed_in("nobody-yet"):
            return True
        return False


class Mailbox:
    """One mailbox; `user` signs in with PASSWORD."""

    def __init__(self, server: Server) -> None:
        self.server, self.port, self.ca_file = server, server.port, server.ca_file
        self.user = f"bounces{next(_numbers)}"

    def put(self, mail: bytes, folder: str = "INBOX") -> None:
        """A mail arrives."""
        with self.server.signed_in(self.user) as box:
            box.create(f'"{folder}"')
            said, why = box.append(
                f'"{folder}"', "", "", mail.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            )
            assert said == "OK", why

    def flags(self) -> list[str]:
        """The flags of each mail, in order."""
        with self.server.signed_in(self.user) as box:
            box.select("INBOX", readonly=True)
            _, found = box.fetch("1:*", "(FLAGS)")
            return [
                line.decode().partition("(FLAGS (")[2].split(")")[0].replace(r"\Recent", "").strip()
                for line in found
                if isinstance(line, bytes)
            ]

    def delete(self, folder: str) -> None:
        """Away with a folder; made again, its numbers begin anew."""
        with self.server.signed_in(self.user) as box:
            assert box.delete(f'"{folder}"')[0] == "OK"


@pytest.fixture(scope="session")
def imap_server() -> Iterator[Server]:
    """One Dovecot for all tests."""
    folder = Path(tempfile.mkdtemp(prefix="matinee-imap-"))
    folder.chmod(0o755)
    running = Server(folder)
    yield running
    running.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def mailbox(imap_server: Server) -> Mailbox:
    """An empty mailbox of this test's own."""
    return Mailbox(imap_server)
