"""A letter's bytes, joined from ready parts: Flask-Mail's Message with a body of our own making.

mixed( alternative( text, related( html, pictures ) ), attachments ). Flask-Mail knows no `related`
(pictures show as attachments), sends lines over 998 bytes raw and mangles names with commas; Python's
header folding loses a space in one version and makes what Yahoo refuses in another; and both take ten
times as long. Tests hold these bytes against what `email.message.EmailMessage` makes of the same letter.
"""

import re
from base64 import b64encode
from binascii import b2a_base64, b2a_qp
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import lru_cache

import flask_mail

from bookingapp import clock

LINE = 76
LONGEST = 998
# RFC 2047: an encoded word has at most 75 characters, 12 of them '=?utf-8?B?' and '?='.
WORD_BYTES = (75 - 12) // 4 * 3
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_PRINTABLE = bytes(range(0x20, 0x7F)) + b"\r\n"
_NOT_A_NAME = re.compile(r"[^\w.-]", re.ASCII)
_SPECIAL = re.compile(r'[()<>@,:;.\\"\[\]]')


@dataclass(frozen=True)
class Picture:
    """Shown inside the HTML by its content id."""

    cid: str
    filename: str
    data: bytes


class Letter(flask_mail.Message):
    """One mail to one person. `frozen`: bytes of an earlier render, sent again as they are."""

    def __init__(
        self,
        *,
        message_id: str,
        recipients: Sequence[str],
        sender: str,
        subject: str = "",
        body: str = "",
        html: str = "",
        reply_to: str | None = None,
        extra_headers: dict[str, str] | None = None,
        frozen: bytes | None = None,
    ) -> None:
        """As Flask-Mail's Message, with `msgId` given and `pictures` to add.

        Not by its own `__init__`: that makes an id nobody needs, and for it asks for this machine's
        name, which may wait for DNS.
        """
        self.recipients, self.cc, self.bcc = list(recipients), [], []
        self.subject, self.sender, self.reply_to = subject, sender, reply_to
        self.alts, self.body, self.html = {}, body, html
        self.date = self.charset = None
        self.extra_headers, self.attachments = extra_headers, []
        self.msgId = message_id
        # said to servers that offer reports (RFC 3461): come back when it fails, with its headers alone
        # and the name by which bounces.py finds it
        name = _NOT_A_NAME.sub("", message_id.partition("@")[0])
        self.mail_options = ["RET=HDRS", f"ENVID={name}"]
        self.rcpt_options = ["NOTIFY=FAILURE,DELAY"]
        self.pictures: list[Picture] = []
        self.frozen = frozen

    def as_bytes(self) -> bytes:
        """The whole mail, lines ended by CRLF; the same at every call."""
        if self.frozen is None:
            self.frozen = self._joined()
        return self.frozen

    def _message(self) -> EmailMessage:  # type: ignore[override] # the new kind of the same thing
        return message_from_bytes(self.as_bytes(), policy=policy.SMTP)

    def _joined(self) -> bytes:
        mark = re.sub(r"\W", "", self.msgId)[-24:]
        pictures = [_file("image/png", p.data, "inline", p.filename, p.cid) for p in self.pictures]
        related = _several("related", mark, [_text("html", self.html or ""), *pictures])
        both = _several("alternative", mark, [_text("plain", self.body or ""), related])
        whole = _several("mixed", mark, [both, *map(_attachment, self.attachments)])
        return _headers(self._named()) + whole

    def _named(self) -> list[tuple[str, str]]:
        headers = [
            ("Subject", words(self.subject, len("Subject: "))),
            ("From", address(self.sender)),
            ("To", ", ".join(map(address, self.recipients))),
            ("Date", _date(clock.now().replace(microsecond=0))),
            ("Message-ID", self.msgId),
        ]
        if self.reply_to:
            headers.append(("Reply-To", address(self.reply_to)))
        headers += (
            (name, words(text, len(name))) for name, text in (self.extra_headers or {}).items()
        )
        return [*headers, ("MIME-Version", "1.0")]


@lru_cache(maxsize=8)
def _date(second: datetime) -> str:
    return format_datetime(second)


@lru_cache(maxsize=256)
def words(text: str, used: int) -> str:
    """Header text, as encoded words where it is not ASCII, folded. `used`: the name's length."""
    text = _CONTROL.sub(" ", text)
    if text.isascii() and "=?" not in text:
        return _folded(text, used)
    return "\r\n ".join(f"=?utf-8?B?{b64encode(chunk).decode()}?=" for chunk in _chunks(text, used))


@lru_cache(maxsize=256)
def address(given: str | tuple[str, str]) -> str:
    """A name and an address, quoted or encoded as the name needs. The domain goes in ASCII."""
    name, mailbox = given if isinstance(given, tuple) else parseaddr(_CONTROL.sub(" ", given))
    name, mailbox = _CONTROL.sub(" ", name), ascii_domain(_CONTROL.sub("", mailbox))
    if not name:
        return mailbox
    if not name.isascii():
        return f"{words(name, 12)}\r\n <{mailbox}>"
    if _SPECIAL.search(name):
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name} <{mailbox}>"


def ascii_domain(mailbox: str) -> str:
    """The mailbox with its domain in ASCII; the local part is the server's business."""
    local, at, domain = mailbox.rpartition("@")
    return mailbox if domain.isascii() else local + at + domain.encode("idna").decode("ascii")


def _chunks(text: str, used: int) -> list[bytes]:
    """UTF-8 in pieces that fit into one encoded word each, never cutting a character."""
    chunks, room = [b""], WORD_BYTES - used * 3 // 4
    for character in text:
        encoded = character.encode()
        if len(chunks[-1]) + len(encoded) > room:
            chunks.append(b"")
            room = WORD_BYTES
        chunks[-1] += encoded
    return chunks


def _folded(text: str, used: int) -> str:
    """ASCII broken at spaces, each kept as the first character of the next line."""
    if len(text) + used <= LINE:
        return text
    lines, room = [""], LINE - used
    for piece in re.findall(r"^\S*|\s\S*", text):
        if lines[-1].strip() and piece.strip() and len(lines[-1]) + len(piece) > room:
            lines.append("")
            room = LINE
        lines[-1] += piece
    return "\r\n".join(lines)


def _headers(named: Iterable[tuple[str, str]]) -> bytes:
    return "".join(f"{name}: {text}\r\n" for name, text in named).encode()


def _several(kind: str, mark: str, parts: Iterable[bytes]) -> bytes:
    """Parts under a boundary that neither base64 nor quoted-printable can contain ('=_')."""
    boundary = f"=_{kind}_{mark}"
    between = f"--{boundary}\r\n".encode()
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    return head + b"".join(between + part for part in parts) + f"--{boundary}--\r\n".encode()


def _text(kind: str, text: str) -> bytes:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.rstrip("\n")
    lines = text.split("\n")
    # a line of its own after the text: the boundary's line break is not part of it
    content = "\r\n".join((*lines, "")).encode()
    encoding = "7bit"
    if not _as_it_is(content, lines):
        encoding, content = "quoted-printable", b2a_qp(content, istext=True)
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def _as_it_is(content: bytes, lines: Sequence[str]) -> bool:
    """Whether every server hands these lines on unchanged: ASCII, none too long, no mailbox's "From "."""
    if content.translate(None, _PRINTABLE) or max(map(len, lines)) > LONGEST:
        return False
    return not content.startswith(b"From ") and b"\nFrom " not in content


def _attachment(attachment: flask_mail.Attachment) -> bytes:
    data = attachment.data
    content = data.encode() if isinstance(data, str) else data
    return _file(attachment.content_type, content, "attachment", attachment.filename or "file")


def _file(content_type: str, data: bytes, disposition: str, filename: str, cid: str = "") -> bytes:
    named = [
        ("Content-Type", content_type),
        ("Content-Transfer-Encoding", "base64"),
        ("Content-Disposition", f'{disposition}; filename="{filename}"'),
    ]
    if cid:
        named.append(("Content-ID", f"<{cid}>"))
    text = b2a_base64(data, newline=False)
    lines = [text[start : start + LINE] for start in range(0, len(text), LINE)]
    return _headers(named) + b"\r\n" + b"\r\n".join(lines) + b"\r\n"
