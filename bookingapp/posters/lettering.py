"""The posters' type: League Gothic, and a face of this machine for scripts it has no letters for."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont, features

LEAGUE_GOTHIC = Path(__file__).parents[1] / "static" / "fonts" / "league-gothic.woff2"
# Bold faces that common systems bring for what League Gothic cannot set; looked up by file name.
SYSTEM_FACES = (
    "DejaVuSans-Bold.ttf",
    "NotoSans-Bold.ttf",
    "NotoSansDevanagari-Bold.ttf",
    "NotoSansMalayalam-Bold.ttf",
    "NotoSansTamil-Bold.ttf",
    "NotoSansCJK-Bold.ttc",
    "Nirmala.ttf",
    "Kohinoor.ttc",
    "Arial Unicode.ttf",
)
UNASSIGNED = "\U000effff"  # no face has it, so it shows what a missing letter looks like

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Face:
    """A typeface; League Gothic when nothing else is said."""

    file: str = str(LEAGUE_GOTHIC)

    def at(self, size: float) -> ImageFont.FreeTypeFont:
        return _opened(self.file, round(size, 1))

    def covers(self, text: str) -> bool:
        """Whether every letter of the text has a shape of its own here."""
        font = self.at(40)
        missing = bytes(font.getmask(UNASSIGNED))
        return all(bytes(font.getmask(sign)) != missing for sign in set(text) if sign.strip())


@lru_cache(maxsize=256)
def _opened(file: str, size: float) -> ImageFont.FreeTypeFont:
    # Basic layout sets League Gothic as well and far faster; other scripts need shaping.
    engine = ImageFont.Layout.BASIC if file == str(LEAGUE_GOTHIC) else ImageFont.Layout.RAQM
    return ImageFont.truetype(file, size, layout_engine=engine)


def ink_box(text: str, face: Face, size: float) -> Box:
    """The box that the letters' ink fills, measured from where the pen is put down."""
    x0, y0, x1, y1 = face.at(size).getbbox(text)
    return x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)


@lru_cache(maxsize=1)
def _system_faces() -> tuple[Face, ...]:
    if not features.check_feature("raqm"):
        return ()  # without shaping, Devanagari and its kin come out misspelt: better no words
    return tuple(Face(name) for name in SYSTEM_FACES if _is_installed(name))


def _is_installed(name: str) -> bool:
    try:
        ImageFont.truetype(name, 40)
    except OSError:
        return False
    return True


def face_for(text: str) -> Face | None:
    """The first face that can set the whole text, or none."""
    return next((face for face in (Face(), *_system_faces()) if face.covers(text)), None)
