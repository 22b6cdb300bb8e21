"""From the HTML in other tools' texts to plain text with line breaks and list items. Pure.

Earshot's texts are plain: nh3 throws away scripts and every tag but those that part lines.
"""

import re
from html import unescape

import nh3

LOOKS_LIKE_HTML = re.compile(r"<[a-zA-Z/!]|&(#\d+|#x[0-9a-fA-F]+|[a-zA-Z]\w*);")
PARTING = {"br", "p", "div", "li", "ul", "ol", "tr", "td", "th", "table", "h1", "h2", "h3", "h4", "h5", "h6"}
LINE_BREAK = re.compile(r"<br>")
ITEM = re.compile(r"<li>\s*")
CELL_END = re.compile(r"</t[dh]>")
TAG = re.compile(r"</?(?:p|div|li|ul|ol|tr|td|th|tbody|table|h[1-6])>")
BLANKS = re.compile(r"[^\S\n]+")
MANY_LINES = re.compile(r"\n{3,}")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# What is left out, by the tag that tells; a link keeps its words.
LEFT_OUT = {
    "a picture": re.compile(r"<img\b", re.I),
    "a link": re.compile(r"<a\s[^>]*\bhref\b", re.I),
    "a video or sound": re.compile(r"<(?:video|audio)\b", re.I),
    "an embedded page": re.compile(r"<(?:iframe|object|embed)\b", re.I),
    "a script": re.compile(r"<script\b|<[^>]*\son[a-z]+\s*=", re.I),
    "a form field": re.compile(r"<(?:input|select|textarea|button)\b", re.I),
}


def plain_text(text: str) -> str:
    """Return the text without its markup: paragraphs and list items on lines of their own."""
    text = UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).replace("\xa0", " ")
    if LOOKS_LIKE_HTML.search(text):
        # Line ends inside HTML are blanks.
        text = nh3.clean(text.replace("\n", " "), tags=PARTING | {"tbody"}, attributes={})
        text = CELL_END.sub(" ", ITEM.sub("\n• ", LINE_BREAK.sub("\n", text)))
        text = unescape(TAG.sub("\n", text)).replace("\xa0", " ")
    lines = (BLANKS.sub(" ", line).strip() for line in text.split("\n"))
    return MANY_LINES.sub("\n\n", "\n".join(lines)).strip()


def left_out(text: str) -> list[str]:
    """Return what plain text of the markup leaves out, in words."""
    return [what for what, tag in LEFT_OUT.items() if tag.search(text)]
