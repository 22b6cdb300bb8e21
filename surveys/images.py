"""Small images from outside, rewritten with nothing in them but what draws them. Pure.

Only PNG, JPEG and WebP, told by their own first bytes and never by a name (SECURITY T4, T58): metadata,
comments, colour profiles and whatever hangs behind the end of the image are left out, so that neither the
place where it was taken nor a second file travels along.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

MAX_UPLOAD = 1024 * 1024
MAX_BYTES = 100 * 1024
MAX_SIDE = 2000
CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}

PNG = b"\x89PNG\r\n\x1a\n"
PNG_KEPT = (b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"IDAT", b"IEND")
JPEG = b"\xff\xd8"
# Frames (baseline to progressive), tables, restarts, scans; JFIF and Adobe's say how to read the colours.
JPEG_KEPT = frozenset((0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDD, 0xDA, 0xE0, 0xEE))
JPEG_FRAMES = frozenset((0xC0, 0xC1, 0xC2))
SCAN, END = 0xDA, 0xD9
# Where a scan's data ends: a marker that is neither a stuffed byte nor a restart.
NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
WEBP_KEPT = (b"VP8 ", b"VP8L", b"VP8X", b"ALPH")
WEBP_ALPHA, WEBP_MOVES = 0x10, 0x02


class ImageRefused(Exception):
    """An upload that is not kept, in a sentence for who chose the file."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image as it is stored: what it is ("png", "jpg" or "webp"), and its bytes."""

    extension: str
    content: bytes


def read_image(data: bytes) -> Image:
    """Return the image with only what draws it, or raise ImageRefused."""
    if len(data) > MAX_UPLOAD:
        raise ImageRefused(f"The file is too large: at most {MAX_UPLOAD // 1024} KB.")
    try:
        if data.startswith(PNG):
            image = Image("png", _png(data))
        elif data.startswith(JPEG):
            image = Image("jpg", _jpeg(data))
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            image = Image("webp", _webp(data))
        else:
            raise ImageRefused("Choose a PNG, JPEG or WebP image; an SVG can carry scripts and is not taken.")
    except (IndexError, ValueError):
        raise ImageRefused("The image is damaged.") from None
    if len(image.content) > MAX_BYTES:
        raise ImageRefused(f"The image is too heavy for a phone: at most {MAX_BYTES // 1024} KB.")
    return image


def _png(data: bytes) -> bytes:
    kept = [PNG]
    for kind, chunk in _png_chunks(data):
        if kind == b"IHDR":
            _refuse_large(_big(chunk[0:4]), _big(chunk[4:8]))
        if kind in PNG_KEPT:
            check = zlib.crc32(kind + chunk).to_bytes(4, "big")
            kept.append(len(chunk).to_bytes(4, "big") + kind + chunk + check)
    if len(kept) < 4:
        raise ValueError("neither head nor data")
    return b"".join(kept)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place, kind = len(PNG), b""
    while kind != b"IEND":
        length, kind = _big(_part(data, place, 4)), _part(data, place + 4, 4)
        chunk = _part(data, place + 8, length)
        if _big(_part(data, place + 8 + length, 4)) != zlib.crc32(kind + chunk):
            raise ValueError("a chunk is not what it was")
        if (place == len(PNG)) != (kind == b"IHDR"):
            raise ValueError("the head is not at its place")
        yield kind, chunk
        place += length + 12


def _jpeg(data: bytes) -> bytes:
    kept, place, has_frame = [JPEG], 2, False
    while True:
        mark, marker = _part(data, place, 2)
        if mark != 0xFF:
            raise ValueError("no marker at its place")
        if marker == END:
            break
        end = place + 2 + _big(_part(data, place + 2, 2))
        segment = _part(data, place, end - place)
        if marker in JPEG_FRAMES:
            has_frame = True
            _refuse_large(_big(segment[5:7]), _big(segment[7:9]))
        if marker == SCAN:
            following = NEXT_MARKER.search(data, end)
            if following is None or not has_frame:
                raise ValueError("a scan without a frame or an end")
            segment, end = data[place : following.start()], following.start()
        if marker in JPEG_KEPT:
            kept.append(segment)
        place = end
    if not has_frame:
        raise ValueError("no frame")
    return b"".join([*kept, b"\xff\xd9"])


def _webp(data: bytes) -> bytes:
    kept, drawn = [], False
    for kind, given in _webp_chunks(data):
        chunk = given
        if kind not in WEBP_KEPT:
            continue
        if kind == b"VP8X":
            if chunk[0] & WEBP_MOVES:
                raise ImageRefused("The image moves; choose one that stands still.")
            chunk = bytes([given[0] & WEBP_ALPHA]) + given[1:]
            _refuse_large(1 + _little(chunk[4:7]), 1 + _little(chunk[7:10]))
        elif kind != b"ALPH":
            drawn = True
            _refuse_large(*_webp_size(kind, chunk))
        kept.append(kind + len(chunk).to_bytes(4, "little") + chunk + b"\x00" * (len(chunk) % 2))
    if not drawn:
        raise ValueError("nothing is drawn")
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    end = 8 + _little(data[4:8])
    if end > len(data):
        raise ValueError("cut short")
    place = 12
    while place < end:
        kind, length = _part(data, place, 4), _little(_part(data, place + 4, 4))
        yield kind, _part(data, place + 8, length)
        place += 8 + length + length % 2


def _webp_size(kind: bytes, chunk: bytes) -> tuple[int, int]:
    if kind == b"VP8L":
        if chunk[0] != 0x2F:
            raise ValueError("no lossless image")
        bits = _little(chunk[1:5])
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk[3:6] != b"\x9d\x01\x2a":
        raise ValueError("no key frame")
    return _little(chunk[6:8]) & 0x3FFF, _little(chunk[8:10]) & 0x3FFF


def _refuse_large(width: int, height: int) -> None:
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise ImageRefused(f"The image is {width} × {height} pixels; at most {MAX_SIDE} each way.")


def _part(data: bytes, start: int, length: int) -> bytes:
    part = data[start : start + length]
    if length < 0 or len(part) != length:
        raise ValueError("cut short")
    return part


def _big(raw: bytes) -> int:
    return int.from_bytes(raw, "big")


def _little(raw: bytes) -> int:
    return int.from_bytes(raw, "little")
