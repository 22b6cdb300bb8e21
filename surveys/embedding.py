"""What a website pastes to show a survey."""

from django.conf import settings
from django.utils.html import format_html

from surveys.models import Collector


def inline_snippet(collector: Collector) -> str:
    """Return the line that shows the survey where it stands."""
    return format_html(
        '<script src="{}" data-survey="{}" async></script>',
        f"{settings.PUBLIC_BASE_URL}/embed.js",
        collector.slug,
    )


def popup_snippet(collector: Collector) -> str:
    """Return the line that shows the survey in a corner, to one visitor in four, once in 30 days."""
    return format_html(
        '<script src="{}" data-survey="{}" data-mode="popup" data-delay="10" data-sample="25" data-once="30"'
        " async></script>",
        f"{settings.PUBLIC_BASE_URL}/embed.js",
        collector.slug,
    )
