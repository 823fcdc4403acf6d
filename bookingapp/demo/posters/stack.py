"""Stack: words as wide as the sheet over one machine part."""

from bookingapp.posters.canvas import HEIGHT, WIDTH, Sheet
from bookingapp.posters.parts import wheel

BONE, SOOT, RUST = "#f3e3c3", "#1e1512", "#c8401b"
WHEEL, AXLE = 226, 1072


def the_general() -> Sheet:
    sheet = Sheet(BONE)
    foot = sheet.words("THE", 72, RUST, right=372)
    sheet.words("GENERAL", foot + 36, SOOT)
    sheet.box((0, AXLE + WHEEL, WIDTH, HEIGHT), SOOT)
    for hub in (0, WIDTH / 2, WIDTH):
        wheel(sheet, hub, AXLE, WHEEL, (SOOT, RUST, BONE))
    _coupling_rod(sheet)
    sheet.credit("Bruckman, Keaton", "1926", BONE, top=1350)
    return sheet


def _coupling_rod(sheet: Sheet) -> None:
    """The rod that makes all wheels one; it runs off the sheet on both sides."""
    height = AXLE + 104
    sheet.box((0, height - 21, WIDTH, height + 21), BONE)
    for pin in (0, WIDTH / 2, WIDTH):
        sheet.disc(pin, height, 38, BONE)
        sheet.disc(pin, height, 15, SOOT)
