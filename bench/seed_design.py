"""Design A without its broker: what a task per mail does. `python -m bench.seed_design PORT MAILS`.

For each mail, as written in many a tutorial: `qrcode` with automatic mask over 150 characters and
Pillow's PNG, a template compiled from its source, `EmailMessage` with its parts encoded, a new SMTP
connection. Left out, in its favour: the queue, the worker's own accounting, reading the booking, and
writing down that the mail was sent.
"""

import io
import smtplib
import sys
from email.message import EmailMessage

import qrcode
from jinja2 import Environment

from bench import workers

LINK_CHARACTERS = 150
ROWS = 24
SOURCE = """<!doctype html><html><body style="font-family:sans-serif"><table>
<h1>{{ title }}</h1><p>Dear {{ name }}, your booking {{ number }} is confirmed.</p>
{% for row in rows %}<tr><td style="padding:8px 16px;border-bottom:1px solid #cccccc;color:#222222">{{ row.label }}</td>
<td style="padding:8px 16px;border-bottom:1px solid #cccccc;text-align:right">{{ row.value|e }}</td></tr>
{% endfor %}</table><img src="cid:qr" alt="QR code"></body></html>"""
TEXT = "Dear {{ name }}, your booking {{ number }}.\n{% for row in rows %}{{ row.label }}: {{ row.value }}\n{% endfor %}"


def mail(number: int) -> EmailMessage:
    """One confirmation, made from nothing."""
    values = {
        "title": "Your tickets", "name": "A Guest", "number": number,
        "rows": [{"label": f"Line {i}", "value": f"{number * i} rupees"} for i in range(ROWS)],
    }  # fmt: skip
    environment = Environment(autoescape=True)
    message = EmailMessage()
    message["From"], message["To"] = "tickets@example.com", f"guest{number}@example.com"
    message["Subject"] = f"Your tickets, booking {number}"
    message.set_content(environment.from_string(TEXT).render(values))
    message.add_alternative(environment.from_string(SOURCE).render(values), subtype="html")
    picture = code(
        f"https://cinema.example.com/verify?booking={number}&signature=".ljust(LINK_CHARACTERS, "f")
    )
    message.add_attachment(picture, maintype="image", subtype="png", filename="qr.png", cid="<qr>")
    message.add_attachment(
        picture, maintype="image", subtype="png", filename=f"booking_{number}.png"
    )
    return message


def code(link: str) -> bytes:
    """The QR code as a PNG."""
    drawn = qrcode.QRCode(box_size=6)
    drawn.add_data(link)
    drawn.make(fit=True)
    file = io.BytesIO()
    drawn.make_image().save(file)
    return file.getvalue()


def send(port: int, mails: int) -> int:
    """One after the other, as one worker process does."""
    for number in range(mails):
        content = mail(number).as_bytes()
        with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") as server:
            server.sendmail("tickets@example.com", [f"guest{number}@example.com"], content)
    return mails


if __name__ == "__main__":
    at, many = int(sys.argv[1]), int(sys.argv[2])
    send(at, 1)
    workers.serve(lambda: send(at, many))
