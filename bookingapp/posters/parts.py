"""Machine parts for posters of the Stack family: wheels, a reel, a lamp, a lens.

Each takes three colours: its outline, its body and an accent.
"""

from collections.abc import Callable

from bookingapp.posters.canvas import WIDTH, Sheet, polar

PART_AT, PART_SIZE = 1050, 210  # height of the middle, radius
SPOKES = 10

Colours = tuple[str, str, str]


def wheel(sheet: Sheet, x: float, y: float, radius: float, colours: tuple[str, str, str]) -> None:
    """A driving wheel: rim, spokes and hub."""
    rim, disc, cap = colours
    sheet.disc(x, y, radius, rim)
    sheet.disc(x, y, radius * 0.86, disc)
    for spoke in range(SPOKES):
        end = polar((x, y), radius * 0.88, spoke * 360 / SPOKES + 9)
        sheet.stroke([(x, y), end], rim, round(radius * 0.06))
    sheet.disc(x, y, radius * 0.26, rim)
    sheet.disc(x, y, radius * 0.09, cap)


def _wheels(sheet: Sheet, colours: Colours) -> None:
    for x in (0, WIDTH / 2, WIDTH):
        wheel(sheet, x, PART_AT, PART_SIZE, colours)


def _reel(sheet: Sheet, colours: Colours) -> None:
    """A reel of film that runs off along the foot."""
    dark, body, _ = colours
    x = WIDTH / 2
    sheet.disc(x, PART_AT, PART_SIZE, dark)
    sheet.disc(x, PART_AT, PART_SIZE - 18, body)
    for hole in range(5):
        sheet.disc(*polar((x, PART_AT), PART_SIZE * 0.56, hole * 72 - 90), PART_SIZE * 0.2, dark)
    sheet.disc(x, PART_AT, PART_SIZE * 0.12, dark)
    sheet.box((x, PART_AT + PART_SIZE - 40, WIDTH, PART_AT + PART_SIZE), body)
    for hole in range(12):
        left = x + 20 + hole * 42
        sheet.box(
            (left, PART_AT + PART_SIZE - 28, left + 20, PART_AT + PART_SIZE - 12), dark, radius=4
        )


def _half_sun(sheet: Sheet, colours: Colours) -> None:
    """A lamp behind its screen, and its rays."""
    _, body, accent = colours
    foot = (WIDTH / 2, float(PART_AT + PART_SIZE))
    for ray in range(7):
        angle = 180 + 15 + ray * 25
        sheet.stroke([polar(foot, 300, angle), polar(foot, 410, angle)], body, 34)
    sheet.pen.pieslice((foot[0] - 250, foot[1] - 250, foot[0] + 250, foot[1] + 250), 180, 360, body)
    sheet.pen.pieslice(
        (foot[0] - 120, foot[1] - 120, foot[0] + 120, foot[1] + 120), 180, 360, accent
    )


def _lens(sheet: Sheet, colours: Colours) -> None:
    dark, body, accent = colours
    for share, colour in ((1, dark), (0.86, body), (0.66, dark), (0.5, body), (0.26, dark)):
        sheet.disc(WIDTH / 2, PART_AT, PART_SIZE * share, colour)
    sheet.disc(WIDTH / 2 - 74, PART_AT - 74, 22, accent)


PARTS: tuple[Callable[[Sheet, Colours], None], ...] = (
    _wheels,
    _reel,
    _half_sun,
    _lens,
)
