"""Poster files: where they lie, their addresses, and one drawn from the title where there is none."""

import contextlib
import hashlib
import re
import threading
from pathlib import Path

from flask import current_app, url_for

from bookingapp import posters
from bookingapp.catalogue.programme import Film

SMALL, LARGE = 208, 320
DRAWN = "drawn"
_STORED = re.compile(r"[0-9a-f]{8,64}")
_drawing = threading.Lock()


def address(film: Film, width: int = SMALL) -> str:
    """Where a film's poster is; a changed poster has another address, so caches may keep it."""
    key = film.poster or _drawn_key(film)
    return url_for("shop.poster", movie_id=film.id, key=key, width=width)


def stored(key: str, width: int) -> Path | None:
    """The file of a poster by its content's name, if it is there."""
    if width not in {SMALL, LARGE} or not _STORED.fullmatch(key.removeprefix(DRAWN)):
        return None
    path = folder() / posters.file_name(key, width)
    return path if path.is_file() else None


def drawn(film: Film, key: str, width: int) -> Path | None:
    """The file of the poster made from a film's title, drawn at the first asking."""
    if key != _drawn_key(film) or width not in {SMALL, LARGE}:
        return None
    with _drawing:
        if stored(key, width) is None:
            _draw(film, key)
    return stored(key, width)


def _draw(film: Film, key: str) -> None:
    picture = posters.titled(film.title, film.director, str(film.year or ""), str(film.id))
    # another process may draw the same at the same time and have moved the file already
    with contextlib.suppress(FileNotFoundError):
        made = posters.save(picture, folder())
        for size in (SMALL, LARGE):
            source = folder() / posters.file_name(made.key, size)
            source.replace(folder() / posters.file_name(key, size))


def folder() -> Path:
    """Where the posters of this cinema are kept."""
    return Path(current_app.config["SETTINGS"].instance) / "posters"


def _drawn_key(film: Film) -> str:
    said = f"{film.id} {film.title} {film.director} {film.year}"
    return DRAWN + hashlib.sha256(said.encode()).hexdigest()[:16]
