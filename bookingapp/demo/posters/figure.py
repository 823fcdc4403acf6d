"""Figure: one circle or one axis, and one visitor."""

import random

from bookingapp.posters.canvas import HEIGHT, WIDTH, Point, Sheet, bezier, turned

TEAL, MOON, CRATER, ROCKET = "#0d3f49", "#f8e7b0", "#e9cf86", "#e2512b"
DUSK, EVENING, SUN = "#31102b", "#f7b9a8", "#ffc72c"
SUN_RINGS = ((640, "#f49a86"), (520, "#f26b4e"), (400, "#ff9a3d"), (280, SUN), (160, "#fff0c2"))
AGRA, ROSE, MARBLE = "#2a3670", "#f4a79d", "#fff2dd"


def a_trip_to_the_moon() -> Sheet:
    sheet = Sheet(TEAL)
    _stars(sheet)
    sheet.disc(490, 500, 380, MOON)
    for x, y, radius in (
        (236, 620, 52),
        (690, 262, 34),
        (700, 700, 58),
        (330, 232, 40),
        (196, 440, 26),
    ):
        sheet.disc(x, y, radius, CRATER)
    _moon_face(sheet)
    _rocket(sheet, (640, 440))
    foot = sheet.words("A TRIP TO", 988, MOON, right=560, tallest=100)
    sheet.words("THE MOON", foot + 22, ROCKET, tallest=192)
    sheet.credit("Georges Méliès", "1902", MOON)
    return sheet


def _stars(sheet: Sheet) -> None:
    chance = random.Random(4)
    for _ in range(46):
        x, y = chance.randrange(30, 930), chance.randrange(30, 960)
        sheet.disc(x, y, chance.choice((3, 4, 6)), MOON)


def _moon_face(sheet: Sheet) -> None:
    """One good eye, a nose, and a mouth that says what it thinks of the visit."""
    sheet.disc(356, 440, 50, TEAL)
    sheet.disc(372, 424, 17, MOON)
    sheet.stroke(bezier((290, 352), (330, 322), (390, 322), (424, 350)), TEAL, 14)
    sheet.stroke(bezier((492, 470), (520, 560), (510, 592), (462, 590)), CRATER, 18)
    sheet.shape(
        bezier((360, 690), (440, 640), (560, 650), (620, 712))
        + bezier((620, 712), (560, 780), (430, 780), (360, 690)),
        TEAL,
    )
    sheet.shape(
        bezier((420, 738), (470, 712), (540, 716), (572, 744))
        + bezier((572, 744), (520, 768), (450, 766), (420, 738)),
        ROCKET,
    )


def _rocket(sheet: Sheet, eye: Point) -> None:
    """The shell from Earth, stuck in the other eye."""
    x, y = eye
    sheet.disc(x, y, 84, CRATER)
    sheet.disc(x, y, 60, TEAL)
    hull = [(x - 20, y - 64), (x + 220, y - 64), (x + 220, y + 64), (x - 20, y + 64)]
    sheet.shape(turned(hull, -32, eye), ROCKET)
    for start, width, colour in ((40, 26, MOON), (150, 12, TEAL)):
        band = [
            (x + start, y - 64),
            (x + start + width, y - 64),
            (x + start + width, y + 64),
            (x + start, y + 64),
        ]
        sheet.shape(turned(band, -32, eye), colour)
    collar = [(x + 220, y - 64), (x + 264, y - 92), (x + 264, y + 92), (x + 220, y + 64)]
    sheet.shape(turned(collar, -32, eye), MOON)
    for dx, dy in ((-60, -92), (-98, -38), (-84, 40), (-30, 86)):
        sheet.stroke([(x + dx * 0.85, y + dy * 0.85), (x + dx * 1.25, y + dy * 1.25)], TEAL, 12)


def sunrise() -> Sheet:
    horizon = 900.0
    sheet = Sheet(EVENING)
    for radius, colour in SUN_RINGS:
        sheet.disc(WIDTH / 2, horizon, radius, colour)
    sheet.box((0, horizon, WIDTH, HEIGHT), DUSK)
    _glitter(sheet, horizon)
    _sailing_boat(sheet, horizon)
    sheet.words("SUNRISE", 1090, SUN, tallest=226)
    sheet.credit("F. W. Murnau", "1927", EVENING, top=1352)
    return sheet


def _glitter(sheet: Sheet, horizon: float) -> None:
    """The sun's path on the water, narrower towards us."""
    for line in range(7):
        y, half = horizon + 20 + line * 22, (620 - line * 66) / 2
        colour = (SUN, "#ff9a3d", "#f26b4e")[min(line // 2, 2)]
        sheet.box((WIDTH / 2 - half, y, WIDTH / 2 + half, y + 8), colour, radius=4)


def _sailing_boat(sheet: Sheet, water: float) -> None:
    x = WIDTH / 2
    sheet.box((x - 4, water - 256, x + 4, water - 20), DUSK)
    mainsail = [
        (x + 12, water - 240),
        *bezier(
            (x + 12, water - 240),
            (x + 60, water - 170),
            (x + 100, water - 100),
            (x + 108, water - 46),
        ),
        (x + 12, water - 46),
    ]
    jib = [
        (x - 12, water - 206),
        (x - 12, water - 46),
        *bezier(
            (x - 76, water - 46),
            (x - 60, water - 110),
            (x - 40, water - 160),
            (x - 12, water - 206),
        ),
    ]
    sheet.shape(mainsail, DUSK)
    sheet.shape(jib, DUSK)
    sheet.shape(
        [(x - 110, water - 30), (x + 124, water - 30), (x + 82, water + 4), (x - 74, water + 4)],
        DUSK,
    )


def shiraz() -> Sheet:
    ground = 860.0
    sheet = Sheet(ROSE)
    sheet.box((0, 0, WIDTH, 300), "#f7bfa9")
    sheet.disc(752, 232, 112, MARBLE)
    _mausoleum(sheet, ground)
    for x, width, height in ((480, 150, 186), (280, 74, 124), (680, 74, 124)):
        _pointed_arch(sheet, x, ground, width, height)
    sheet.box((0, ground, WIDTH, HEIGHT), AGRA)
    _pool(sheet, ground)
    sheet.words("SHIRAZ", 1096, MARBLE, tallest=222)
    sheet.credit("Franz Osten", "1928", ROSE, top=1352)
    return sheet


def _mausoleum(sheet: Sheet, ground: float) -> None:
    sheet.box((180, ground - 214, 780, ground), MARBLE)
    sheet.box((372, ground - 250, 588, ground), MARBLE)
    _onion(sheet, (480, ground - 236), 148, 350)
    sheet.box((475, ground - 650, 485, ground - 560), MARBLE)
    for x in (235, 725):
        _onion(sheet, (x, ground - 206), 52, 130)
    for x in (84, 876):
        _minaret(sheet, x, ground)


def _onion(sheet: Sheet, foot: Point, half: float, height: float) -> None:
    """A dome that bulges over its drum and ends in a point."""
    x, y = foot
    left = bezier(
        (x - half * 0.8, y),
        (x - half * 1.45, y - height * 0.45),
        (x - half * 0.55, y - height * 0.72),
        (x, y - height),
    )
    right = [(2 * x - px, py) for px, py in reversed(left)]
    sheet.shape(left + right, MARBLE)


def _minaret(sheet: Sheet, x: float, ground: float) -> None:
    sheet.shape(
        [(x - 20, ground), (x - 14, ground - 500), (x + 14, ground - 500), (x + 20, ground)], MARBLE
    )
    for height in (200, 350, 492):
        sheet.box((x - 28, ground - height, x + 28, ground - height + 12), MARBLE)
    _onion(sheet, (x, ground - 498), 24, 62)


def _pointed_arch(sheet: Sheet, x: float, ground: float, width: float, height: float) -> None:
    half, spring = width / 2, ground - height * 0.56
    left = bezier(
        (x - half, spring),
        (x - half, spring - height * 0.2),
        (x - half * 0.5, spring - height * 0.3),
        (x, ground - height),
    )
    right = [(2 * x - px, py) for px, py in reversed(left)]
    sheet.shape([(x - half, ground), *left, *right, (x + half, ground)], AGRA)


def _pool(sheet: Sheet, ground: float) -> None:
    """The white house and the rose sky, broken by the water."""
    for line in range(10):
        half, y = 300 * (1 - line * 0.08), ground + 24 + line * 20
        left = WIDTH / 2 - half + (line % 3 - 1) * 26
        right = WIDTH / 2 + half + (line % 2) * 30
        sheet.box((left, y, right, y + 8), ROSE if line % 2 else MARBLE, radius=4)
