"""Figure, in town: the tower of Metropolis and the clock of Safety Last!"""

from bookingapp.posters.canvas import HEIGHT, WIDTH, Point, Sheet, polar, turned

STEEL, BEAM, FAR, NEAR = "#11182b", "#1f2b49", "#2b3a5e", "#3b4e78"
BRASS, GLOW = "#e9b44c", "#fff1cf"
Tower = tuple[float, float, float, int]  # axis, width, top of the first step, steps
STOREY = 48
FAR_TOWERS = ((20, 110, 860, 4), (940, 110, 820, 4), (120, 150, 700, 4), (840, 150, 650, 4))
NEAR_TOWERS = ((250, 150, 540, 4), (700, 160, 500, 4))
BABEL = (WIDTH / 2, 330, 540, 9)
SKY, CHERRY, RED, FACE = "#a9d5ea", "#2a0b17", "#d8342b", "#fff7e6"
CLOCK: Point = (640, 470)
CLOCK_RADIUS = 560
KICKS = (((-34, 338), (-78, 430)), ((62, 318), (44, 424)))  # knee and foot, seen from the grip
MINUTE_HAND, HOUR_HAND = 165, -9  # degrees; a quarter to three, as in the film


def metropolis() -> Sheet:
    sheet = Sheet(STEEL)
    _searchlights(sheet, (WIDTH / 2, 790))
    for towers, colour in ((FAR_TOWERS, FAR), (NEAR_TOWERS, NEAR)):
        for tower in towers:
            _stepped(sheet, tower, (colour, colour), 0.22)
    _rings(sheet, (180, 360))
    _stepped(sheet, BABEL, (BRASS, STEEL), 0.105)
    _rings(sheet, (0, 180))
    sheet.box((0, 1085, WIDTH, HEIGHT), BRASS)
    sheet.words("METROPOLIS", 1122, STEEL)
    sheet.credit("Fritz Lang", "1927", STEEL, top=1354)
    return sheet


def _searchlights(sheet: Sheet, source: Point) -> None:
    for ray in range(24):
        edges = [polar(source, 1500, 180 + ray * 7.5 + spread) for spread in (0, 3.4)]
        sheet.shape([source, *edges], BEAM)


def _stepped(sheet: Sheet, tower: Tower, colours: tuple[str, str], narrower: float) -> None:
    """A tower that steps back as it rises, its storeys in two colours."""
    x, width, top, steps = tower
    for step in range(steps):
        half = width * (1 - step * narrower) / 2
        sheet.box((x - half, top - step * STOREY, x + half, 1130), colours[step % 2])


def _rings(sheet: Sheet, span: Point) -> None:
    """Light around the tower: the far halves are drawn before it, the near ones after."""
    for ring in range(5):
        half, y = 250 + ring * 34, 640 + ring * 88
        sheet.arc((WIDTH / 2 - half, y - 46, WIDTH / 2 + half, y + 46), span, GLOW, 11)


def safety_last() -> Sheet:
    sheet = Sheet(SKY)
    sheet.disc(*CLOCK, CLOCK_RADIUS, CHERRY)
    sheet.disc(*CLOCK, CLOCK_RADIUS - 34, FACE)
    _minutes(sheet)
    _hand(sheet, 250, 25, HOUR_HAND)
    _hand(sheet, 420, 17, MINUTE_HAND)
    sheet.disc(*CLOCK, 38, RED)
    _climber(sheet, polar(CLOCK, 392, MINUTE_HAND))
    sheet.box((0, 1090, WIDTH, HEIGHT), RED)
    sheet.words("SAFETY LAST!", 1126, FACE)
    sheet.credit("Newmeyer, Taylor", "1923", FACE, top=1358)
    return sheet


def _minutes(sheet: Sheet) -> None:
    for minute in range(60):
        length, width = (66, 22) if minute % 5 == 0 else (20, 6)
        outer = CLOCK_RADIUS - 54
        ends = [polar(CLOCK, reach, minute * 6) for reach in (outer - length, outer)]
        sheet.pen.line(ends, fill=CHERRY, width=width)


def _hand(sheet: Sheet, length: float, half: float, degrees: float) -> None:
    x, y = CLOCK
    pointing_right = [
        (x - 64, y - half),
        (x + length, y - half / 2),
        (x + length, y + half / 2),
        (x - 64, y + half),
    ]
    sheet.shape(turned(pointing_right, degrees, CLOCK), CHERRY)


def _climber(sheet: Sheet, grip: Point) -> None:
    """A man in a boater, both hands on the minute hand, both feet on nothing."""
    x, y = grip
    shoulder = y + 118
    sheet.stroke([(x - 6, y), (x - 34, y + 60), (x - 22, shoulder + 14)], RED, 24)
    sheet.stroke([(x + 34, y - 24), (x + 48, y + 50), (x + 24, shoulder + 14)], RED, 24)
    for hand in ((x - 6, y), (x + 34, y - 24)):
        sheet.disc(*hand, 15, FACE)
        sheet.disc(*hand, 11, CHERRY)
    for knee, foot in KICKS:
        shoe = (x + foot[0] - 8, y + foot[1] + 8)
        sheet.stroke(
            [(x + 2, y + 246), (x + knee[0], y + knee[1]), (x + foot[0], y + foot[1])], RED, 36
        )
        sheet.stroke([shoe, (shoe[0] - 26, shoe[1] - 4)], CHERRY, 28)
    sheet.shape([(x - 46, shoulder), (x + 50, shoulder), (x + 34, y + 262), (x - 26, y + 262)], RED)
    sheet.disc(x + 4, y + 82, 33, CHERRY)
    _boater(sheet, (x + 4, y + 64))


def _boater(sheet: Sheet, brow: Point) -> None:
    x, y = brow
    for points, colour in (
        ([(x - 56, y - 6), (x + 56, y - 6), (x + 56, y + 8), (x - 56, y + 8)], CHERRY),
        ([(x - 34, y - 42), (x + 34, y - 42), (x + 34, y - 6), (x - 34, y - 6)], CHERRY),
        ([(x - 34, y - 22), (x + 34, y - 22), (x + 34, y - 10), (x - 34, y - 10)], RED),
    ):
        sheet.shape(turned(points, -8, brow), colour)
