"""The heading of the theme's pages in the words of the menu."""

import re
from functools import cache
from typing import Any

from django import template
from django.urls import reverse
from django.utils.text import capfirst

from config.lists import FIRST_WORDS, LISTS

register = template.Library()
KEY = re.compile(r"[a-z0-9]+[_.][a-z0-9]")
# The list of targets stands behind the page of goals.
TITLES = {"metrics.target": "Goals"} | {label: title for each in LISTS.values() for title, _, label in each}


@register.filter
def in_menu(part: dict[str, Any]) -> str:
    """Return what the menu calls the list that a part of a heading leads to, else its own title.

    It begins with a capital unless it is a key, such as `seats_sold` or `ticket.closed`.
    """
    title = _titles().get(str(part.get("link", ""))) or str(part["title"])
    return title if KEY.match(title) else capfirst(title)


@register.filter
def placed(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the parts of a heading, beginning with the group of the menu that holds its list."""
    within = next((group for part in parts if (group := _groups().get(str(part.get("link", ""))))), "")
    return [{"title": within}, *parts[1:]] if within and len(parts) > 1 else parts


@register.filter
def called(opts: Any) -> str:
    """Return what the menu calls a list, as said within a sentence."""
    title = TITLES.get(opts.label_lower, "")
    if not title or title == "History" or title.startswith("Who "):
        return str(opts.verbose_name_plural)
    return title if title[:2].isupper() else title[0].lower() + title[1:]


@register.filter
def first_words(opts: Any) -> str:
    """Return what an empty list is for and how its first row comes, or "" where the way in says it."""
    return FIRST_WORDS.get(opts.label_lower, "")


@cache
def _titles() -> dict[str, str]:
    return {_address(label): title for label, title in TITLES.items()}


@cache
def _groups() -> dict[str, str]:
    return {_address(label): group for group, lists in LISTS.items() for _, _, label in lists}


def _address(label: str) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_changelist")
