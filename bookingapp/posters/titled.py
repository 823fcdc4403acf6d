"""A poster for a film that has none: its title as wide as the sheet over one machine part."""

import hashlib

from PIL import Image

from bookingapp.posters.canvas import HEIGHT, MARGIN, WIDTH, Sheet
from bookingapp.posters.lettering import Face, face_for, ink_box
from bookingapp.posters.parts import PART_AT, PART_SIZE, PARTS

# ground, words, part, accent
PALETTES = (
    ("#f3e3c3", "#1e1512", "#c8401b", "#f3e3c3"),
    ("#0d3f49", "#f8e7b0", "#e2512b", "#f8e7b0"),
    ("#f6b7b2", "#3b0b1e", "#7c1432", "#ffe9df"),
    ("#0b5240", "#fff0d9", "#ffb21a", "#d92b6b"),
    ("#2a3670", "#fff2dd", "#f4a79d", "#2a3670"),
    ("#31102b", "#ffc72c", "#f26b4e", "#f7b9a8"),
    ("#a9d5ea", "#2a0b17", "#d8342b", "#fff7e6"),
)
TITLE_TOP, TITLE_FOOT = 72, 800
LINE_GAP = 30
TALLEST_LINE = 560
LONGEST_WORD = 22  # a longer one is broken


def titled(title: str, credit: str, year: str, seed: str) -> Image.Image:
    """The poster; the same seed always gives the same colours and part."""
    chance = hashlib.sha256(seed.encode()).digest()
    ground, words, part, accent = PALETTES[chance[0] % len(PALETTES)]
    sheet = Sheet(ground)
    _set_title(sheet, " ".join(title.upper().split()), words)
    sheet.box((0, PART_AT + PART_SIZE, WIDTH, HEIGHT), words)
    draw = PARTS[chance[1] % len(PARTS)]
    draw(sheet, (words, part, accent))
    _set_credit(sheet, credit, year, ground)
    return sheet.image


def _set_title(sheet: Sheet, title: str, fill: str) -> None:
    """Words that no face here can set are left out: the title stands beside every poster."""
    face = face_for(title)
    if face is None or not title:
        return
    top = float(TITLE_TOP)
    for line in _lines(title, face):
        top = sheet.words(line, top, fill, tallest=TALLEST_LINE, face=face) + LINE_GAP


def _lines(title: str, face: Face) -> list[str]:
    """The title broken into as few lines as fit the height, so that they are as large as can be.

    Short lines are tall when they fill the width; so more letters a line make the block lower.
    """
    words = [part for word in title.split() for part in _broken(word)]
    for letters in range(6, 200):
        lines = _wrapped(words, letters)
        if _height(lines, face) <= TITLE_FOOT - TITLE_TOP:
            return lines
    return lines


def _broken(word: str) -> list[str]:
    return [word[at : at + LONGEST_WORD] for at in range(0, len(word), LONGEST_WORD)]


def _wrapped(words: list[str], letters: int) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + 1 + len(word) <= letters:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _height(lines: list[str], face: Face) -> float:
    return sum(_line_height(line, face) + LINE_GAP for line in lines) - LINE_GAP


def _line_height(line: str, face: Face) -> float:
    left, top, right, bottom = ink_box(line, face, 100)
    return min(TALLEST_LINE, (bottom - top) * (WIDTH - 2 * MARGIN) / (right - left))


def _set_credit(sheet: Sheet, credit: str, year: str, fill: str) -> None:
    credit = " ".join(credit.split())[:34]
    known = Face().covers(credit.upper() + year)
    sheet.credit(credit if known else "", year if known else "", fill, top=1350)
