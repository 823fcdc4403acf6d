"""A real Postfix of the tests' own: in a temporary folder, on a high port, with STARTTLS and a login.

Whatever it takes for whomever is delivered into one Maildir. It is Debian's, with Cyrus SASL and its
password file; the mail server of this machine, if there is one, is not touched.
"""

import grp
import os
import pwd
import shutil
import subprocess
import tempfile
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import trustme

from tests.house import wait_for
from tests.mailservers import free_port, listens

POSTFIX, SASLPASSWD = "/usr/sbin/postfix", "/usr/sbin/saslpasswd2"
LOGIN = ("box@lantern.example", "a password of Postfix")
DAEMONS = {
    "cleanup": "unix n - n - 0", "qmgr": "unix n - n 60 1", "rewrite": "unix - - n - -",
    "bounce": "unix - - n - 0", "defer": "unix - - n - 0", "trace": "unix - - n - 0",
    "tlsmgr": "unix - - n 1000? 1", "proxymap": "unix - - n - -", "anvil": "unix - - n - 1",
    "virtual": "unix - n n - -", "error": "unix - - n - -", "postlog": "unix-dgram n - n - 1",
}  # fmt: skip
PROGRAMS = {
    "rewrite": "trivial-rewrite",
    "defer": "bounce",
    "trace": "bounce",
    "postlog": "postlogd",
}


class Postfix:
    """Runs until `stop()`; `letters` are what arrived."""

    def __init__(self, authority: trustme.CA) -> None:
        """Started, and answering."""
        for tool, package in ((POSTFIX, "postfix"), (SASLPASSWD, "sasl2-bin libsasl2-modules")):
            assert Path(tool).exists(), f"Install it: apt-get install {package}"
        assert os.getuid() == 0, (
            "Postfix starts as root only: sudo .venv/bin/pytest tests/torture/test_postfix.py"
        )
        # Postfix and its mailbox's owner must be able to walk in
        self.folder = Path(tempfile.mkdtemp(prefix="postfix-"))
        self.folder.chmod(0o755)
        self.port = free_port()
        self._certify(authority)
        self._know_the_login()
        self._configure()
        self._process = subprocess.Popen(
            [POSTFIX, "-c", str(self.folder / "etc"), "start-fg"],
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "start.log").open("wb"),
        )
        wait_for(lambda: listens(self.port), f"Postfix on port {self.port}")

    @property
    def letters(self) -> list[bytes]:
        """Each mail in the Maildir, as delivered."""
        return [file.read_bytes() for file in sorted((self.folder / "mail/all/new").glob("*"))]

    @property
    def log(self) -> str:
        """What Postfix says of itself."""
        file = self.folder / "mail.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def waiting(self) -> list[str]:
        """Mails it has taken and not yet delivered."""
        queues = [
            self.folder / "spool" / name for name in ("incoming", "active", "deferred", "maildrop")
        ]
        return [file.name for queue in queues for file in queue.rglob("*") if file.is_file()]

    def stop(self) -> None:
        """End it and clear up."""
        subprocess.run([POSTFIX, "-c", str(self.folder / "etc"), "stop"], check=True, timeout=60,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        self._process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _certify(self, authority: trustme.CA) -> None:
        certificate = authority.issue_cert("localhost")
        certificate.private_key_and_cert_chain_pem.write_to_path(self.folder / "tls.pem")
        authority.cert_pem.write_to_path(self.folder / "ca.pem")

    def _know_the_login(self) -> None:
        """Cyrus SASL's own file of passwords, readable by Postfix alone."""
        user, realm = LOGIN[0].split("@")
        file = self.folder / "sasldb2"
        subprocess.run(
            [SASLPASSWD, "-p", "-c", "-f", str(file), "-u", realm, user],
            input=LOGIN[1].encode(), check=True, timeout=30,
        )  # fmt: skip
        os.chown(file, pwd.getpwnam("postfix").pw_uid, grp.getgrnam("postfix").gr_gid)
        # Debian's looks beside main.cf, whatever cyrus_sasl_config_path says
        sasl = self.folder / "etc/sasl"
        sasl.mkdir(parents=True)
        (sasl / "smtpd.conf").write_text(
            "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\n"
            f"sasldb_path: {file}\n"
        )

    def _configure(self) -> None:
        for name, owner in (
            ("etc", "root"),
            ("spool", "root"),
            ("data", "postfix"),
            ("mail", "nobody"),
        ):
            (self.folder / name).mkdir(exist_ok=True)
            os.chown(self.folder / name, pwd.getpwnam(owner).pw_uid, -1)
        nobody = pwd.getpwnam("nobody")
        settings = {
            "compatibility_level": "3.6",
            "queue_directory": self.folder / "spool",
            "data_directory": self.folder / "data",
            "maillog_file": self.folder / "mail.log",
            "maillog_file_prefixes": self.folder,
            "myhostname": "localhost",
            "mydestination": "",
            "alias_maps": "",
            "mynetworks": "",
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "disable_dns_lookups": "yes",
            "smtpd_peername_lookup": "no",
            "default_transport": "virtual",
            "virtual_mailbox_base": self.folder / "mail",
            "virtual_mailbox_maps": "static:all/",
            "virtual_minimum_uid": "1",
            "virtual_uid_maps": f"static:{nobody.pw_uid}",
            "virtual_gid_maps": f"static:{nobody.pw_gid}",
            "smtpd_tls_security_level": "may",
            "smtpd_tls_auth_only": "yes",
            "smtpd_tls_chain_files": self.folder / "tls.pem",
            "smtpd_sasl_auth_enable": "yes",
            "smtpd_sasl_type": "cyrus",
            "cyrus_sasl_config_path": self.folder / "etc/sasl",
            "smtpd_relay_restrictions": "permit_sasl_authenticated, reject",
            "smtpd_sender_restrictions": "permit_sasl_authenticated, reject",
        }
        etc = self.folder / "etc"
        (etc / "main.cf").write_text(
            "".join(f"{name} = {value}\n" for name, value in settings.items())
        )
        lines = [f"127.0.0.1:{self.port} inet n - n - - smtpd"]
        lines += [f"{name} {how} {PROGRAMS.get(name, name)}" for name, how in DAEMONS.items()]
        (etc / "master.cf").write_text("\n".join(lines) + "\n")


def parsed(letter: bytes) -> EmailMessage:
    """As a mail program reads it."""
    return message_from_bytes(letter, policy=policy.default)
