"""Pages that say one thing: a closed door, a refusal, the thanks."""

from collections.abc import Mapping
from typing import Any

from surveys.definition import Definition, Ending
from surveys.views.replies import draw_page
from surveys.views.venues import PLAIN, THANKS_SECONDS, Venue
from surveys.wording import wording

LONGEST_HEADING = 100


def render_message(
    language: str,
    phrase: str,
    *,
    title: str = "",
    heading: str = "",
    text: str = "",
    is_done: bool = False,
    notice: str = "",
    venue: Venue = PLAIN,
    restarts_after: int = THANKS_SECONDS,
    theme: Mapping[str, str] | None = None,
    **rest: object,
) -> str:
    """Return the HTML of a page that says one thing: what is given, or else in the words of the phrase."""
    words = wording(language)
    return draw_page(
        "surveys/message.html",
        language,
        theme or {},
        title=title,
        heading=heading or words[f"{phrase}_title"],
        has_own_heading=bool(heading),
        text=text or ("" if heading else words[f"{phrase}_text"]),
        is_done=is_done,
        notice=notice,
        venue=venue,
        restarts_after=restarts_after,
        **rest,
    )


def render_leave(language: str, action: str, programme: str) -> str:
    """Return the HTML of the page that asks how often somebody may be asked."""
    words = wording(language)
    return draw_page(
        "surveys/leave.html",
        language,
        {},
        action=action,
        programme=programme,
        only=words.say("leave_only", programme=programme),
    )


def render_thanks(definition: Definition, language: str, ending: Ending | None = None, **rest: Any) -> str:
    """Return the HTML of the thanks, or of the ending that stands for them.

    The survey's own words begin with their heading, if that is short.
    """
    said = ending.text if ending and ending.text.into(language) else definition.thank_you
    words = said.into(language)
    heading, _, text = words.partition("\n")
    if len(heading) > LONGEST_HEADING:
        heading, text = "", words
    return render_message(
        language,
        "thanks",
        title=definition.title.into(language),
        title_language=definition.title.stand_in(language),
        heading=heading,
        text=text.strip(),
        text_language=said.stand_in(language),
        theme=definition.theme,
        **{"is_done": True, **rest},
    )
