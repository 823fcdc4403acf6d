"""A sheet of paper to draw a poster on: flat shapes only, three times as large as it is shown."""

import math
from collections.abc import Iterable, Sequence

from PIL import Image, ImageDraw

from bookingapp.posters.lettering import Box, Face, ink_box

WIDTH, HEIGHT = 960, 1440
MARGIN = 64
CREDIT_SIZE, CREDIT_TRACKING = 46, 3
GLASS = "#00000000"

Point = tuple[float, float]


def turned(points: Iterable[Point], degrees: float, centre: Point) -> list[Point]:
    """The points after a turn about a centre (clockwise: y grows downwards)."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    cx, cy = centre
    return [
        (cx + (x - cx) * cos - (y - cy) * sin, cy + (x - cx) * sin + (y - cy) * cos)
        for x, y in points
    ]


def polar(centre: Point, radius: float, degrees: float) -> Point:
    """The point at a distance and an angle from a centre."""
    angle = math.radians(degrees)
    return centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)


def bezier(start: Point, pull: Point, push: Point, end: Point, steps: int = 24) -> list[Point]:
    """A cubic curve as points, for outlines that bend."""
    points = []
    for step in range(steps + 1):
        t = step / steps
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        x = a * start[0] + b * pull[0] + c * push[0] + d * end[0]
        y = a * start[1] + b * pull[1] + c * push[1] + d * end[1]
        points.append((x, y))
    return points


def mirrored(points: Sequence[Point], axis: float) -> list[Point]:
    """The points and then their reflections in an upright axis, as one closed outline."""
    return [*points, *((2 * axis - x, y) for x, y in reversed(points))]


class Sheet:
    """One poster in the making, or with GLASS as its ground a part to be laid on one."""

    def __init__(self, ground: str) -> None:
        mode = "RGBA" if ground == GLASS else "RGB"
        self.image = Image.new(mode, (WIDTH, HEIGHT), ground)
        self.pen = ImageDraw.Draw(self.image)

    def box(self, corners: Box, fill: str, radius: float = 0) -> None:
        """A rectangle given by left, top, right, bottom."""
        self.pen.rounded_rectangle(corners, radius, fill=fill)

    def disc(self, x: float, y: float, radius: float, fill: str) -> None:
        self.pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)

    def shape(self, points: Sequence[Point], fill: str) -> None:
        self.pen.polygon(points, fill=fill)

    def stroke(self, points: Sequence[Point], fill: str, width: int) -> None:
        """A line with round ends and joints."""
        self.pen.line(points, fill=fill, width=width, joint="curve")
        for x, y in (points[0], points[-1]):
            self.disc(x, y, width / 2, fill)

    def arc(self, box: Box, span: Point, fill: str, width: int) -> None:
        """A part of the outline of the ellipse in a box; `span` is from and to in degrees."""
        self.pen.arc(box, *span, fill=fill, width=width)

    def words(
        self,
        text: str,
        top: float,
        fill: str,
        *,
        left: float = MARGIN,
        right: float = WIDTH - MARGIN,
        tallest: float = math.inf,
        face: Face | None = None,
    ) -> float:
        """Set capitals whose ink runs from left to right; gives the height of their foot."""
        face = face or Face()
        x0, y0, x1, y1 = ink_box(text, face, 400)
        size = 400 * min((right - left) / (x1 - x0), tallest / (y1 - y0))
        x0, y0, x1, y1 = ink_box(text, face, size)
        self.pen.text((left - x0, top - y0), text, font=face.at(size), fill=fill)
        return top + y1 - y0

    def tracked(self, text: str, x: float, y: float, fill: str, size: int = CREDIT_SIZE) -> float:
        """Set small capitals a little apart; gives where the next letter would stand."""
        font = Face().at(size)
        for letter in text:
            self.pen.text((x, y), letter, font=font, fill=fill)
            x += font.getlength(letter) + CREDIT_TRACKING
        return x

    def credit(self, director: str, year: str, fill: str, top: float = HEIGHT - 92) -> None:
        """The line at the foot: who made it on the left, when on the right."""
        font = Face().at(CREDIT_SIZE)
        year_width = sum(font.getlength(digit) + CREDIT_TRACKING for digit in year)
        self.tracked(director.upper(), MARGIN, top, fill)
        self.tracked(year, WIDTH - MARGIN + CREDIT_TRACKING - year_width, top, fill)

    def stamp(self, picture: Image.Image, left: float, top: float) -> None:
        """Lay a drawing with transparency on the sheet."""
        self.image.paste(picture, (round(left), round(top)), picture)
