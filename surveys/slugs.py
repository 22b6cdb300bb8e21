"""The end of an open link, made of a survey's title."""

import re
from html import unescape

import nh3
from django.utils.text import slugify

LONGEST_STEM = 70
BRACES = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")


def stem_of(title: str) -> str:
    """Return a title's words as a slug of at most 70 characters, without markup; "survey" for none."""
    words = unescape(nh3.clean(BRACES.sub(" ", title), tags=set(), clean_content_tags={"script", "style"}))
    return slugify(words)[:LONGEST_STEM].strip("-") or "survey"
