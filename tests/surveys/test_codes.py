"""A code is read back from its pixels as a phone reads it, by the rules of ISO/IEC 18004."""

import re
import struct
import zlib

import pytest

from surveys.codes import PIXELS_A_MODULE, QUIET_ZONE, qr_png, qr_svg

# As long as fits into version 3: its codewords are one block, so that none are interleaved.
LINK = "https://voice.example.com/s/shop/"
SIZE = 29
MASKS = (
    lambda row, column: (row + column) % 2,
    lambda row, column: row % 2,
    lambda row, column: column % 3,
    lambda row, column: (row + column) % 3,
    lambda row, column: (row // 2 + column // 3) % 2,
    lambda row, column: row * column % 2 + row * column % 3,
    lambda row, column: (row * column % 2 + row * column % 3) % 2,
    lambda row, column: ((row + column) % 2 + row * column % 3) % 2,
)


def modules_of_png(png):
    """Return the dark modules within the quiet zone, which must be light, by the middles of their pixels."""
    chunks, at = {}, 8
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        chunks[name] = chunks.get(name, b"") + png[at + 8 : at + 8 + length]
        at += 12 + length
    width, height, depth, colours = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (depth, colours, width) == (1, 0, height)
    stride = 1 + (width + 7) // 8
    packed = zlib.decompress(chunks[b"IDAT"])
    lines = [bytes(stride - 1)]
    for start in range(0, len(packed), stride):
        # A line is written as it is (0), or as what it adds to the one above (2).
        how, line = packed[start], packed[start + 1 : start + stride]
        assert how in (0, 2)
        above = lines[-1] if how else bytes(stride - 1)
        lines.append(bytes((one + other) & 255 for one, other in zip(line, above, strict=True)))
    middles = range(PIXELS_A_MODULE // 2, width, PIXELS_A_MODULE)
    whole = {
        (row, column)
        for row, y in enumerate(middles)
        for column, x in enumerate(middles)
        if not lines[y + 1][x // 8] >> (7 - x % 8) & 1
    }
    return within(whole, len(middles))


def modules_of_svg(svg):
    """Return the same by the strokes of the dark path, each a run of modules one high."""
    whole, x, y = set(), 0.0, 0.0
    (path,) = re.findall(r'<path[^>]*stroke="#000"[^>]* d="([^"]+)"', svg)
    for command, numbers in re.findall(r"([Mmh])([-0-9. ]+)", path):
        first, *second = (float(number) for number in re.findall(r"-?[0-9.]+", numbers))
        if command == "h":
            whole |= {(int(y), int(x) + step) for step in range(int(first))}
            x += first
        else:
            x, y = (first, second[0]) if command == "M" else (x + first, y + second[0])
    return within(whole, int(re.search(r'viewBox="0 0 (\d+) ', svg)[1]))


def within(whole, size):
    assert size == SIZE + 2 * QUIET_ZONE
    dark = {(row - QUIET_ZONE, column - QUIET_ZONE) for row, column in whole}
    assert all(0 <= place < SIZE for each in dark for place in each), "the quiet zone is light"
    return dark


def text_of(dark):
    """Return the text of a code of version 3 whose answers are bytes, without repairing anything."""
    # The mask's number, itself masked with 101, stands beside the upper left corner.
    mask = MASKS[sum(((8, column) in dark) << 4 - column for column in (2, 3, 4)) ^ 0b101]
    bits = "".join(
        str(int(((row, column) in dark) != (mask(row, column) == 0))) for row, column in order_of_reading()
    )
    data = int(bits[: len(bits) // 8 * 8], 2).to_bytes(len(bits) // 8, "big")
    assert data[0] >> 4 == 0b0100, "bytes"
    length = (data[0] & 15) << 4 | data[1] >> 4
    return bytes((data[n] & 15) << 4 | data[n + 1] >> 4 for n in range(1, length + 1)).decode()


def order_of_reading():
    """Yield the modules of data: two columns at a time from the right, up and down in turn."""
    rights = [right if right > 6 else right - 1 for right in range(SIZE - 1, 0, -2)]
    for turn, right in enumerate(rights):
        rows = range(SIZE) if turn % 2 else range(SIZE - 1, -1, -1)
        for row in rows:
            yield from ((row, column) for column in (right, right - 1) if not is_pattern(row, column))


def is_pattern(row, column):
    """Whether a module helps to find, align, time or tell the format of the code."""
    in_corner = (row < 9 and (column < 9 or column > SIZE - 9)) or (row > SIZE - 9 and column < 9)
    return in_corner or 6 in (row, column) or (20 <= row <= 24 and 20 <= column <= 24)


@pytest.mark.parametrize("link", [LINK, "https://v.example.com/r/abcdefghijkl/"])
def test_a_code_is_read_back_as_the_link_it_was_made_of(link):
    dark = modules_of_png(qr_png(link))
    assert text_of(dark) == link
    assert modules_of_svg(qr_svg(link).decode()) == dark


def test_a_code_with_one_module_wrong_is_not_read_as_the_link():
    dark = modules_of_png(qr_png(LINK))
    assert text_of(dark ^ {(15, SIZE - 1)}) != LINK
