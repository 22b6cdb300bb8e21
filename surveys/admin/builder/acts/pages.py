"""What is done to pages: edited, moved, joined."""

from django.http import QueryDict

from surveys.actions.editing import Change
from surveys.admin.builder.acts.act import Act, Acting, FormRefused, number_in, seen_change
from surveys.admin.builder.conditions import is_sent, read_condition
from surveys.admin.builder.forms import PageForm, with_text
from surveys.admin.builder.places import Place
from surveys.drafting import Document, join_page, page_meta, pages_in, put_page, step_page
from surveys.sketches import earlier_than_page, sketched


def save_page(document: Document, data: QueryDict, place: Place) -> Act:
    """Save what is said of the page that is open."""
    number = int(place.name)
    meta = page_meta(document, number)
    form = PageForm(meta, document["language"], data)
    group, condition = None, meta["show_if"]
    if is_sent(data):
        group, condition = read_condition(data, earlier_than_page(sketched(document), number))
    if not form.is_valid():
        raise FormRefused(form, group)
    title = with_text(meta["title"], document["language"], form.cleaned_data["title"])
    edit = put_page(number, title=title, show_if=condition)
    return Act(seen_change(document, data, edit, f"Edited page {number}", place.part), place, group=group)


def page_step(direction: int) -> Acting:
    """Return the act that moves a page one place up (-1) or down (1)."""

    def act(document: Document, data: QueryDict, place: Place) -> Act:
        number = number_in(data.get("page")) or 0
        there = number + direction
        return Act(
            Change(step_page(number, direction), f"Moved page {number}"),
            Place("page", str(there)),
            lambda after: f"Page {number} is now page {there} of {len(pages_in(after))}.",
        )

    return act


def page_join(document: Document, data: QueryDict, place: Place) -> Act:
    """Put the questions of a page on the page before it."""
    number = number_in(data.get("page")) or 0
    return Act(
        Change(join_page(number), f"Joined page {number} to the one before"),
        Place("page", str(max(number - 1, 1))),
        lambda _: f"The questions of page {number} are on page {number - 1} now.",
    )
