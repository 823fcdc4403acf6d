"""Shadow: slanted planes, one silhouette, at most one bright spot."""

import math

from PIL import Image

from bookingapp.posters.canvas import GLASS, HEIGHT, WIDTH, Point, Sheet, bezier

FOG, PALE, NIGHT, STEP, BLOOD = "#c9d8c5", "#dfe9da", "#14201f", "#22332f", "#b3262e"
LAMP, BRICK, SOOT, LIGHT = "#e7a92f", "#b4372b", "#1b1512", "#f5e3b8"


def nosferatu() -> Sheet:
    sheet = Sheet(FOG)
    sheet.shape([(0, 0), (520, 0), (0, 1000)], PALE)
    sheet.disc(236, 800, 96, BLOOD)
    _stairs(sheet)
    _arm(sheet)
    for bones in FINGERS:
        _finger(sheet, bones)
    sheet.words("NOSFERATU", 1112, FOG)
    sheet.credit("F. W. Murnau", "1922", FOG)
    return sheet


def _stairs(sheet: Sheet) -> None:
    for step in range(8):
        top = 1006 - step * 84
        sheet.box((60 + step * 120, top, WIDTH, HEIGHT), NIGHT if step % 2 == 0 else STEP)
    sheet.box((0, 1060, WIDTH, HEIGHT), NIGHT)


# Each finger from its knuckle over two joints to the claw.
FINGERS: tuple[tuple[Point, ...], ...] = (
    ((612, 258), (430, 92), (250, 64), (118, 164)),
    ((600, 286), (392, 178), (196, 186), (56, 336)),
    ((602, 322), (400, 262), (222, 318), (110, 498)),
    ((616, 356), (446, 360), (320, 444), (262, 604)),
    ((690, 384), (600, 470), (520, 520), (398, 540)),
)
THICKNESS = (27, 22, 16, 2)


def _finger(sheet: Sheet, bones: tuple[Point, ...]) -> None:
    """Three thin bones and two knobbly joints, getting thinner towards the claw."""
    for start, end, thick, thin in zip(bones, bones[1:], THICKNESS, THICKNESS[1:], strict=False):
        (x0, y0), (x1, y1) = start, end
        length = math.dist(start, end)
        nx, ny = (y1 - y0) / length, (x0 - x1) / length
        corners = [
            (x0 + nx * thick, y0 + ny * thick),
            (x1 + nx * thin, y1 + ny * thin),
            (x1 - nx * thin, y1 - ny * thin),
            (x0 - nx * thick, y0 - ny * thick),
        ]
        sheet.shape(corners, NIGHT)
        sheet.disc(x0, y0, thick * 1.12, NIGHT)


def _arm(sheet: Sheet) -> None:
    """The back of the hand, a thin wrist, and a sleeve that enters from the right."""
    hand = [
        (592, 236),
        (650, 216),
        (742, 262),
        (770, 266),
        (770, 352),
        (742, 368),
        (700, 412),
        (640, 398),
        (592, 340),
    ]
    sheet.shape(hand, NIGHT)
    sheet.shape([(752, 252), (WIDTH, 130), (WIDTH, 540), (752, 384)], NIGHT)


def caligari() -> Sheet:
    sheet = Sheet(LAMP)
    _crooked_street(sheet)
    _sleepwalker(sheet)
    sheet.shape([(0, 1000), (WIDTH, 884), (WIDTH, HEIGHT), (0, HEIGHT)], SOOT)
    _slanted(sheet, "THE CABINET OF DR.", (66, 950), 5.5, (730, LIGHT))
    _slanted(sheet, "CALIGARI", (60, 1094), 4, (700, LAMP))
    sheet.credit("Robert Wiene", "1920", LIGHT, top=1364)
    return sheet


def _crooked_street(sheet: Sheet) -> None:
    """Houses that lean together over a lane that no cart could take."""
    for points, colour in (
        ([(0, 0), (420, 0), (250, 620), (0, 760)], SOOT),
        ([(960, 0), (700, 0), (770, 540), (960, 700)], SOOT),
        ([(420, 0), (700, 0), (770, 540), (560, 700), (250, 620)], LIGHT),
        ([(0, 760), (250, 620), (560, 700), (770, 540), (960, 700), (960, 1440), (0, 1440)], BRICK),
        (
            [
                (380, 1440),
                (470, 1010),
                (380, 860),
                (500, 670),
                (610, 670),
                (580, 850),
                (680, 1020),
                (640, 1440),
            ],
            LIGHT,
        ),
        ([(60, 250), (190, 190), (170, 420), (90, 400)], LAMP),
        ([(80, 560), (150, 520), (138, 640), (84, 660)], BRICK),
        ([(800, 160), (905, 210), (890, 400), (830, 380)], LAMP),
    ):
        sheet.shape(points, colour)


def _sleepwalker(sheet: Sheet) -> None:
    """A long coat, a tall hat, and the arm of one who walks asleep."""
    body = bezier((478, 706), (500, 560), (498, 430), (530, 372)) + bezier(
        (584, 372), (606, 440), (612, 580), (640, 700)
    )
    sheet.shape(body, SOOT)
    sheet.shape([(520, 400), (420, 470), (352, 452), (350, 470), (424, 506), (524, 470)], SOOT)
    sheet.disc(557, 328, 44, SOOT)
    sheet.shape([(498, 306), (616, 296), (618, 312), (500, 322)], SOOT)
    sheet.shape([(514, 310), (600, 302), (594, 196), (516, 204)], SOOT)
    sheet.shape([(514, 306), (600, 298), (599, 276), (514, 284)], BRICK)


def _slanted(
    sheet: Sheet, text: str, place: Point, degrees: float, look: tuple[float, str]
) -> None:
    """Words that climb to the right; `look` is their width and colour."""
    width, colour = look
    slip = Sheet(GLASS)
    slip.words(text, 10, colour, left=10, right=10 + width)
    words = slip.image.crop(slip.image.getbbox())
    sheet.stamp(words.rotate(degrees, expand=True, resample=Image.Resampling.BICUBIC), *place)
