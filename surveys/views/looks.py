"""How a respondent's page looks: our style, what a survey's theme adds, and the policy that allows both."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from django.conf import settings
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe

from surveys.themes import style_of

STYLE = (Path(settings.BASE_DIR) / "templates/surveys/style.css").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Look:
    """The style of a page, which is in the page: one request on a slow line instead of two."""

    style: SafeString
    style_hash: str
    logo: str = ""
    logo_text: str = ""

    def policy(self, frame_ancestors: str = "'none'") -> str:
        """Return the Content-Security-Policy: this style by its hash, and our own script."""
        return (
            f"default-src 'none'; script-src 'self'; style-src 'sha256-{self.style_hash}';"
            " img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none';"
            f" frame-ancestors {frame_ancestors}"
        )


def look_of(theme: Mapping[str, str]) -> Look:
    """Return the look that a checked theme makes."""
    return _look(tuple(theme.items()))


@lru_cache(maxsize=256)
def _look(theme: tuple[tuple[str, str], ...]) -> Look:
    given = dict(theme)
    style = STYLE + style_of(given)
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    logo = f"/logos/{given['logo']}" if "logo" in given else ""
    # Ours: a file of the code, and colours and words that the theme's check lets through.
    return Look(mark_safe(style), digest, logo, given.get("logo_text", ""))  # noqa: S308


PLAIN_LOOK = look_of({})


@cache
def script_url() -> str:
    """Return the path of the one script, named for its content so that browsers keep it for good."""
    return static("surveys/answer.js")
