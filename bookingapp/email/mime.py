"""A letter's bytes: Flask-Mail's Message with a body of our own making.

mixed( alternative( text, related( html, pictures ) ), attachments ). Flask-Mail knows no `related`
(pictures show as attachments), sends lines over 998 bytes raw and mangles names with commas; Python's
own header folding loses a space in one version and makes what Yahoo refuses in another. So headers
arrive here ready folded, and texts ready encoded by C code: quicker too, half a millisecond a mail.
"""

import re
from base64 import b64encode
from binascii import b2a_base64, b2a_qp
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Any

import flask_mail

from bookingapp import clock

LINE = 76
# RFC 2047: an encoded word has at most 75 characters, 12 of them '=?utf-8?B?' and '?='.
WORD_BYTES = (75 - 12) // 4 * 3
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_SPECIAL = re.compile(r'[()<>@,:;.\\"\[\]]')


class Ready(EmailPolicy):
    """Headers are stored and written exactly as given; who makes them folds them."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:  # noqa: ANN401
        """Refuse what would begin a new header."""
        if re.search(r"[\r\n](?![ \t])", str(value).replace("\r\n", "\n")):
            raise ValueError(f"a line break in {name}")
        return name, value

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002
        """As stored."""
        return value

    def fold(self, name: str, value: str) -> str:
        """One header line, or several that were folded before."""
        return f"{name}: {value}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        """As `fold`; UTF-8 only where an address needs it."""
        return self.fold(name, value).encode()


READY = Ready(linesep=SMTP.linesep, max_line_length=None, mangle_from_=False)


@dataclass(frozen=True)
class Picture:
    """Shown inside the HTML by its content id."""

    cid: str
    filename: str
    data: bytes


class Letter(flask_mail.Message):
    """One mail to one person. `frozen`: bytes of an earlier render, sent again as they are."""

    def __init__(self, *, message_id: str, frozen: bytes | None = None, **values: Any) -> None:  # noqa: ANN401
        """As Flask-Mail's Message, with `msgId` given and `pictures` to add."""
        super().__init__(**values)
        self.msgId = message_id
        self.pictures: list[Picture] = []
        self.frozen = frozen

    def as_bytes(self) -> bytes:
        """The whole mail, lines ended by CRLF."""
        if self.frozen is None:
            self.frozen = self._message().as_bytes(policy=READY)
        return self.frozen

    def _message(self) -> EmailMessage:  # type: ignore[override] # the new kind of the same thing
        mark = re.sub(r"\W", "", self.msgId)[-24:]
        related = _several(
            "related", mark, [_text("html", self.html), *map(_picture, self.pictures)]
        )
        both = _several("alternative", mark, [_text("plain", self.body), related])
        whole = _several("mixed", mark, [both, *map(_attachment, self.attachments)])
        mail = EmailMessage(policy=READY)
        for name, value in self._headers():
            mail[name] = value
        for name, value in whole.items():
            mail[name] = value
        mail.set_payload(whole.get_payload())
        return mail

    def _headers(self) -> list[tuple[str, str]]:
        headers = [
            ("Subject", words(self.subject, len("Subject: "))),
            ("From", address(self.sender)),
            ("To", ", ".join(map(address, self.recipients))),
            ("Date", format_datetime(clock.now())),
            ("Message-ID", self.msgId),
        ]
        if self.reply_to:
            headers.append(("Reply-To", address(self.reply_to)))
        headers += (self.extra_headers or {}).items()
        return [*headers, ("MIME-Version", "1.0")]


def words(text: str, used: int) -> str:
    """Header text, as encoded words where it is not ASCII, folded. `used`: the name's length."""
    text = _CONTROL.sub(" ", text)
    if text.isascii() and "=?" not in text:
        return _folded(text, used)
    return "\r\n ".join(f"=?utf-8?B?{b64encode(chunk).decode()}?=" for chunk in _chunks(text, used))


def address(given: str | tuple[str, str]) -> str:
    """A name and an address, quoted or encoded as the name needs. The domain goes in ASCII."""
    name, mailbox = given if isinstance(given, tuple) else parseaddr(_CONTROL.sub(" ", given))
    name, mailbox = _CONTROL.sub(" ", name), ascii_domain(_CONTROL.sub("", mailbox))
    if not name:
        return mailbox
    if not name.isascii():
        return f"{words(name, 12)} <{mailbox}>"
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
    lines, room = [""], LINE - used
    for piece in re.findall(r"^\S*|\s\S*", text):
        if lines[-1].strip() and len(lines[-1]) + len(piece) > room:
            lines.append("")
            room = LINE
        lines[-1] += piece
    return "\r\n".join(lines)


def _several(kind: str, mark: str, parts: Sequence[EmailMessage]) -> EmailMessage:
    """Parts under a boundary that neither base64 nor quoted-printable can contain ('=_')."""
    whole = EmailMessage(policy=READY)
    whole["Content-Type"] = f'multipart/{kind}; boundary="=_{kind}_{mark}"'
    for part in parts:
        whole.attach(part)
    return whole


def _text(kind: str, text: str | None) -> EmailMessage:
    part = EmailMessage(policy=READY)
    part["Content-Type"] = f'text/{kind}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    encoded = b2a_qp((text or "").replace("\r\n", "\n").encode(), istext=True)
    part.set_payload(encoded.decode("ascii"))
    return part


def _picture(picture: Picture) -> EmailMessage:
    part = _file("image/png", picture.data, "inline", picture.filename)
    part["Content-ID"] = f"<{picture.cid}>"
    return part


def _attachment(attachment: flask_mail.Attachment) -> EmailMessage:
    data = attachment.data
    content = data.encode() if isinstance(data, str) else data
    return _file(attachment.content_type, content, "attachment", attachment.filename or "file")


def _file(content_type: str, data: bytes, disposition: str, filename: str) -> EmailMessage:
    part = EmailMessage(policy=READY)
    part["Content-Type"] = content_type
    part["Content-Transfer-Encoding"] = "base64"
    part["Content-Disposition"] = f'{disposition}; filename="{filename}"'
    part.set_payload("\n".join(_lines(data)))
    return part


def _lines(data: bytes) -> list[str]:
    """Base64 in lines of 76."""
    text = b2a_base64(data, newline=False).decode("ascii")
    return [text[start : start + LINE] for start in range(0, len(text), LINE)]
