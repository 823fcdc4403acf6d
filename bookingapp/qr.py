"""Text to a QR picture: the modules, a PNG for mails, an SVG path for pages. Knows nothing of cinemas.

Level M, a fixed mask: any mask is legal to a scanner, and trying all eight costs ten times as much.
`qrcode` says what a code looks like: where each bit goes is learnt from it, once a size, by drawing codes
whose bits count; then a code is one sorting of its bits. Its own way takes six times as long, and a mail
has time for little else. The PNG is written here by zlib, one bit a module. Both are tested against it,
bit by bit.
"""

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, groupby, zip_longest
from operator import itemgetter

from qrcode import base, util
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

QUIET = 4  # white modules around; the standard's number, painted in so that no dark page eats it
MASK = 2
# Cherry on white, as on paper tickets.
PALETTE = bytes.fromhex("ffffff2a0b17")
SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Higher ones take three times as long for a tenth less.
LEVEL = 2
PADDING = bytes((0xEC, 0x11))
# 'f' is a line's filter
_A_BYTE_EACH = bytes.maketrans(b"01f", b"\x00\xff\x00")


@dataclass(frozen=True)
class _Size:
    """A version of the code. `order` picks every module's bit; `blank` is the code of no bits at all."""

    version: int
    side: int
    blocks: tuple[tuple[int, int], ...]  # (words of text, words of error correction)
    order: Callable[[str], Sequence[str]]
    blank: int


_versions: dict[tuple[tuple[int, int], ...], int] = {}


@lru_cache(maxsize=64)
def _rows(text: str) -> list[str]:
    """The modules, row by row: '1' is dark."""
    code = QRCode(error_correction=ERROR_CORRECT_M, mask_pattern=MASK)
    code.add_data(text)
    # The library writes all bits twice over to find the smallest size; texts of one shape share it.
    shape = tuple((part.mode, len(part.data)) for part in code.data_list)
    size = _size(_versions.get(shape) or _versions.setdefault(shape, code.best_fit()))
    words = _corrected(_words(code.data_list, size), size.blocks)
    bits = f"{int.from_bytes(words, 'big'):0{len(words) * 8}b}"
    modules = int("".join(size.order("0" + bits)), 2) ^ size.blank
    side = size.side
    drawn = f"{modules:0{side * side}b}"
    return [drawn[start : start + side] for start in range(0, side * side, side)]


class _Bits:
    """What the library's parts write themselves to: one number instead of a list of bits."""

    def __init__(self) -> None:
        self.value = self.length = 0

    def put(self, number: int, length: int) -> None:
        """So many bits more."""
        self.value = self.value << length | number
        self.length += length


def _words(parts: Sequence[util.QRData], size: _Size) -> bytes:
    """The text in bytes, filled up."""
    bits, room = _Bits(), sum(words for words, _ in size.blocks)
    for part in parts:
        bits.put(part.mode, 4)
        bits.put(len(part), util.length_in_bits(part.mode, size.version))
        part.write(bits)  # type: ignore[arg-type] # asks only for `put`
    bits.put(0, min(4, room * 8 - bits.length))
    bits.put(0, -bits.length % 8)
    return (
        bits.value.to_bytes(bits.length // 8, "big") + (PADDING * room)[: room - bits.length // 8]
    )


def _corrected(words: bytes, blocks: Sequence[tuple[int, int]]) -> bytes:
    """With the error correction (Reed-Solomon), the blocks' words in turn."""
    texts, corrections, start = [], [], 0
    for many, more in blocks:
        texts.append(words[start : start + many])
        corrections.append(_remainder(texts[-1], more))
        start += many
    in_turn = chain(zip_longest(*texts), zip_longest(*corrections))
    return bytes([word for turn in in_turn for word in turn if word is not None])


def _remainder(words: bytes, many: int) -> bytes:
    """Of the division by the generator polynomial, a word at a time."""
    table, top, rest = _multiples(many), (many - 1) * 8, 0
    for word in words:
        lead = word ^ rest >> top
        rest = (rest & (1 << top) - 1) << 8 ^ table[lead]
    return rest.to_bytes(many, "big")


@lru_cache(maxsize=16)
def _multiples(many: int) -> list[int]:
    """The generator polynomial without its first term, times every word there is."""
    generator = base.Polynomial([1], 0)
    for power in range(many):
        generator *= base.Polynomial([1, base.gexp(power)], 0)
    terms = list(generator)[1:]
    return [0] + [
        int.from_bytes(bytes(base.gexp(base.glog(t) + base.glog(word)) for t in terms), "big")
        for word in range(1, 256)
    ]


@lru_cache(maxsize=16)
def _size(version: int) -> _Size:
    """Learnt from the library: bit n is drawn dark in the codes that stand for the digits of n + 1."""
    blocks = base.rs_blocks(version, ERROR_CORRECT_M)
    words = sum(block.total_count for block in blocks)
    blank = _drawn(version, 0, words)
    places = [0] * len(blank)
    for digit in range((words * 8).bit_length()):
        counting = "".join(str((n + 1) >> digit & 1) for n in range(words * 8))
        for place, (one, none) in enumerate(
            zip(_drawn(version, int(counting, 2), words), blank, strict=True)
        ):
            places[place] |= (one != none) << digit
    return _Size(
        version=version,
        side=version * 4 + 17,
        blocks=tuple((b.data_count, b.total_count - b.data_count) for b in blocks),
        order=itemgetter(*places),
        blank=int(blank, 2),
    )


def _drawn(version: int, value: int, words: int) -> str:
    """The library's code of these very words."""
    code = QRCode(version, error_correction=ERROR_CORRECT_M, mask_pattern=MASK)
    code.data_cache = list(value.to_bytes(words, "big"))
    code.makeImpl(False, MASK)
    return "".join("1" if module else "0" for row in code.modules for module in row)


def matrix(text: str) -> list[list[bool]]:
    """The code's modules, row by row, True is dark; without the quiet zone."""
    return [[module == "1" for module in row] for row in _rows(text)]


def png(text: str, scale: int = 8) -> bytes:
    """The picture with its white quiet zone, `scale` pixels a module, one bit a pixel."""
    rows = _rows(text)
    side = (len(rows) + 2 * QUIET) * scale
    line = 1 + (side + 7) // 8
    lines = _pixels(rows, scale, line * 8)
    # PNG's filter 2: a line is what differs from the one above, so all but a module's first are nothing
    again = (b"\2" + bytes(line - 1)) * (scale - 1)
    drawn = [lines[start : start + line] + again for start in range(0, len(lines), line)]
    margin = bytes(line) * (QUIET * scale)
    body = margin + b"".join(drawn) + margin
    header = struct.pack(">IIBBBBB", side, side, 1, 3, 0, 0, 0)
    return b"".join(
        (
            SIGNATURE,
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", PALETTE),
            _chunk(b"IDAT", zlib.compress(body, LEVEL)),
            _chunk(b"IEND", b""),
        )
    )


@lru_cache(maxsize=64)
def svg_path(text: str) -> tuple[int, str]:
    """(side in modules with the quiet zone, path data of the dark ones) for an inline SVG."""
    rows = _rows(text)
    parts = []
    for y, row in enumerate(rows, QUIET):
        x = QUIET
        for dark, run in groupby(row):
            width = len(list(run))
            if dark == "1":
                parts.append(f"M{x} {y}h{width}v1h-{width}z")
            x += width
    return len(rows) + 2 * QUIET, "".join(parts)


def _pixels(rows: Sequence[str], scale: int, line: int) -> bytes:
    """One line of pixels for every row, one bit each from the highest: no filter, quiet, modules, quiet."""
    if scale == 8:
        # a module is a whole byte
        quiet_bytes = b"0" * QUIET
        drawn = b"".join([b"f%b%b%b" % (quiet_bytes, row.encode(), quiet_bytes) for row in rows])
        return drawn.translate(_A_BYTE_EACH)
    quiet = "0" * QUIET
    text = "".join([f"f{quiet}{row}{quiet}e" for row in rows])
    pixels = text.replace("0", "0" * scale).replace("1", "1" * scale).replace("f", "0" * 8)
    rest = line - 8 - (len(rows) + 2 * QUIET) * scale
    return int(pixels.replace("e", "0" * rest), 2).to_bytes(line * len(rows) // 8, "big")


def _chunk(kind: bytes, data: bytes) -> bytes:
    checked = kind + data
    return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))
