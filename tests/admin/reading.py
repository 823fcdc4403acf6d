"""A page as a reader takes it in: its words, its table's rows."""

import re
from html import unescape

from flask.testing import FlaskClient


def words(html: str) -> str:
    """The page's text with single blanks."""
    bare = re.sub(r"<(script|style|head)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", bare))).strip()


def rows_of(html: str, table: str) -> list[str]:
    """The text of each row in the body of `<table class="list …">`."""
    found = re.search(rf'<table class="list {table}">.*?<tbody>(.*?)</tbody>', html, re.DOTALL)
    if found is None:
        return []
    return [words(row) for row in re.findall(r"<tr>.*?</tr>", found[1], re.DOTALL)]


def listed(client: FlaskClient, address: str, table: str) -> list[str]:
    """Those rows of a page."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return rows_of(answer.text, table)


def tiles(html: str) -> dict[str, str]:
    """The tiles of the outbox: name -> what it says."""
    found = re.findall(
        r"<dt>([^<]*)</dt><dd>(.*?)</dd>", html.split("</dl>", maxsplit=1)[0], re.DOTALL
    )
    return {name: words(value) for name, value in found}
