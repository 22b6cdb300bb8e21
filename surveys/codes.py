"""QR codes of links: error correction M or better, the quiet zone of four modules that readers need."""

from io import BytesIO

import segno

QUIET_ZONE = 4
PIXELS_A_MODULE = 16
# Black on white also on a dark page: many readers take nothing else.
COLOURS = {"dark": "#000", "light": "#fff"}


def qr_svg(link: str) -> bytes:
    """Return the code as an SVG that is as large as whatever holds it."""
    file = BytesIO()
    _code(link).save(file, kind="svg", border=QUIET_ZONE, omitsize=True, xmldecl=False, **COLOURS)
    return file.getvalue()


def qr_png(link: str) -> bytes:
    """Return the code as a PNG, 16 pixels a module: sharp on a poster."""
    file = BytesIO()
    _code(link).save(file, kind="png", border=QUIET_ZONE, scale=PIXELS_A_MODULE, **COLOURS)
    return file.getvalue()


def _code(link: str) -> segno.QRCode:
    return segno.make(link, error="m", micro=False)
