"""Rhythm: one form repeated, nested or thrown."""

from PIL import Image, ImageDraw

from bookingapp.posters.canvas import HEIGHT, WIDTH, Sheet, bezier, mirrored, turned

PINK, PLUM, WINE, BLUSH = "#f6b7b2", "#3b0b1e", "#7c1432", "#ffe9df"
MIDNIGHT, LAGOON, AMBER, EMBER, SAND = "#1a1d4d", "#0f7f80", "#f2a541", "#e4572e", "#fce7c3"
PAPER, SIGNAL, COAL = "#efe6d2", "#d5281f", "#17171a"
BAIZE, MAGENTA, GOLD, IVORY = "#0b5240", "#d92b6b", "#ffb21a", "#fff0d9"


def sherlock_jr() -> Sheet:
    """A screen inside a screen inside a screen, and a hat that fell through them all."""
    sheet = Sheet(PINK)
    for depth in range(8):
        half_width, half_height = 436 * 0.8**depth, 372 * 0.8**depth
        x, y = WIDTH / 2 + depth * 9, 500 + depth * 14
        corners = [
            (x - half_width, y - half_height),
            (x + half_width, y - half_height),
            (x + half_width, y + half_height),
            (x - half_width, y + half_height),
        ]
        sheet.shape(turned(corners, -3 + depth * 4.6, (x, y)), (PLUM, PINK, WINE, BLUSH)[depth % 4])
    _pork_pie_hat(sheet, WIDTH / 2 + 64, 606)
    sheet.words("SHERLOCK JR.", 1072, PLUM)
    sheet.credit("Buster Keaton", "1924", WINE)
    return sheet


def _pork_pie_hat(sheet: Sheet, x: float, y: float) -> None:
    sheet.box((x - 42, y - 46, x + 42, y), PLUM, radius=9)
    sheet.box((x - 42, y - 16, x + 42, y - 8), WINE)
    sheet.box((x - 74, y - 5, x + 74, y + 11), PLUM, radius=8)


def prince_achmed() -> Sheet:
    """Arches in arches, and the night that they lead to."""
    sheet = Sheet(MIDNIGHT)
    for depth, colour in enumerate((LAGOON, AMBER, EMBER, SAND, MIDNIGHT)):
        _arch(sheet, 430 - depth * 60, 1000 - depth * 128, colour)
    sheet.disc(474, 742, 66, SAND)
    sheet.disc(502, 724, 56, MIDNIGHT)
    for x, y, radius in (
        (392, 850, 5),
        (570, 820, 6),
        (440, 930, 4),
        (546, 950, 5),
        (490, 862, 4),
        (386, 1000, 5),
        (470, 1010, 3),
    ):
        sheet.disc(x, y, radius, SAND)
    sheet.box((0, 1060, WIDTH, HEIGHT), SAND)
    for tooth in range(16):
        left = tooth * 60
        sheet.shape([(left, 1059), (left + 30, 1094), (left + 60, 1059)], MIDNIGHT)
    foot = sheet.words("THE ADVENTURES OF", 1124, LAGOON, right=620)
    sheet.words("PRINCE ACHMED", foot + 20, MIDNIGHT)
    sheet.credit("Lotte Reiniger", "1926", EMBER, top=1372)
    return sheet


def _arch(sheet: Sheet, half: float, height: float, colour: str) -> None:
    """An ogee: straight sides that swing in and then up to a point."""
    x, base = WIDTH / 2, 1060.0
    spring, tip = base - height * 0.55, base - height
    shoulder = (x - half * 0.52, base - height * 0.84)
    left = [
        (x - half, base),
        *bezier(
            (x - half, spring),
            (x - half, spring - height * 0.16),
            (x - half * 0.8, shoulder[1] + height * 0.06),
            shoulder,
        ),
        *bezier(
            shoulder,
            (x - half * 0.26, shoulder[1] - height * 0.055),
            (x - half * 0.06, tip + height * 0.08),
            (x, tip),
        ),
    ]
    sheet.shape(mirrored(left, x), colour)


def man_with_a_movie_camera() -> Sheet:
    """Lenses, shutters and tracks, cut like his film."""
    sheet = Sheet(PAPER)
    for row in range(6):
        for column in range(4):
            _frame(sheet, row, column)
    sheet.box((0, 720, WIDTH, 1200), SIGNAL)
    foot = sheet.words("MAN WITH A", 764, COAL, right=620, tallest=110)
    sheet.words("MOVIE CAMERA", foot + 26, PAPER)
    sheet.credit("Dziga Vertov", "1929", COAL, top=1132)
    return sheet


FRAME = 240
FRAME_COLOURS = ((PAPER, COAL), (SIGNAL, PAPER), (COAL, SIGNAL), (PAPER, SIGNAL), (COAL, PAPER))


def _frame(sheet: Sheet, row: int, column: int) -> None:
    """One square of the pattern: which form and which colours follow from its place."""
    x, y = column * FRAME, row * FRAME
    ground, form = FRAME_COLOURS[(row * 3 + column * 2 + row // 2) % 5]
    sheet.box((x, y, x + FRAME - 1, y + FRAME - 1), ground)
    draw = (_lens, _shutter, _tracks)[(row + column) % 3]
    draw(sheet, x, y, (ground, form), row)


def _lens(sheet: Sheet, x: int, y: int, colours: tuple[str, str], _row: int) -> None:
    ground, form = colours
    for ring, radius in enumerate((100, 76, 50, 22)):
        sheet.disc(x + 120, y + 120, radius, form if ring % 2 == 0 else ground)


def _shutter(sheet: Sheet, x: int, y: int, colours: tuple[str, str], row: int) -> None:
    ground, form = colours
    sheet.pen.pieslice((x + 16, y + 16, x + 224, y + 224), 30 * row, 30 * row + 180, fill=form)
    sheet.disc(x + 120, y + 120, 26, ground)


def _tracks(sheet: Sheet, x: int, y: int, colours: tuple[str, str], _row: int) -> None:
    for track in range(4):
        sheet.box((x, y + track * 60 + 12, x + FRAME - 1, y + track * 60 + 42), colours[1])


PIPS = {
    1: ((0, 0),),
    2: ((-1, -1), (1, 1)),
    3: ((-1, -1), (0, 0), (1, 1)),
    5: ((-1, -1), (1, -1), (0, 0), (-1, 1), (1, 1)),
    6: ((-1, -1), (-1, 0), (-1, 1), (1, -1), (1, 0), (1, 1)),
}
THROW = (
    (690, 190, 250, 18, 5, GOLD, BAIZE),
    (240, 330, 330, -24, 3, MAGENTA, IVORY),
    (660, 640, 420, 33, 6, IVORY, MAGENTA),
    (190, 800, 190, 8, 2, GOLD, BAIZE),
    (900, 940, 170, -14, 1, MAGENTA, IVORY),
)


def a_throw_of_dice() -> Sheet:
    sheet = Sheet(BAIZE)
    for x, y, size, degrees, count, body, pip in THROW:
        die = _die(size, count, body, pip).rotate(degrees, resample=Image.Resampling.BICUBIC)
        sheet.stamp(die, x - size, y - size)
    foot = sheet.words("A THROW OF", 985, IVORY, right=540, tallest=116)
    sheet.words("DICE", foot + 24, GOLD, tallest=215)
    sheet.credit("Franz Osten", "1929", IVORY)
    return sheet


def _die(size: int, count: int, body: str, pip: str) -> Image.Image:
    """One face of a die on glass, with room around it to be turned."""
    glass = Image.new("RGBA", (size * 2, size * 2))
    pen = ImageDraw.Draw(glass)
    pen.rounded_rectangle((size * 0.5, size * 0.5, size * 1.5, size * 1.5), size * 0.14, fill=body)
    for column, row in PIPS[count]:
        x, y, radius = size * (1 + column * 0.27), size * (1 + row * 0.27), size * 0.095
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=pip)
    return glass
