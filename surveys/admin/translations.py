from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError

from surveys.interchange.native import LANGUAGE


def check_translations(
    document: dict[str, Any], names: Collection[str], *, has_choices: bool = False
) -> dict[str, dict[str, Any]]:
    """Return texts by language and name, or raise ValidationError naming what does not belong there."""
    for code, texts in document.items():
        if not LANGUAGE.fullmatch(code):
            raise ValidationError(f"“{code[:40]}” is no language: write a code such as en or pt-BR.")
        if not isinstance(texts, dict):
            raise ValidationError(f"{code}: must be an object of texts.")
        for name, text in texts.items():
            if name == "choices" and has_choices:
                if not isinstance(text, dict) or not all(isinstance(one, str) for one in text.values()):
                    raise ValidationError(f"{code}: choices must be an object of texts by key.")
            elif name not in names:
                offered = ", ".join(sorted(names))
                raise ValidationError(f"{code}: there is no text “{name[:40]}”, only {offered}.")
            elif not isinstance(text, str):
                raise ValidationError(f"{code}: “{name}” must be a text.")
    return document
