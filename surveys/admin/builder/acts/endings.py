"""What is done to the ways a visit may end: added, edited, moved, deleted."""

from django.http import QueryDict

from surveys.admin.builder.acts.act import Act, Acting, FormRefused, seen_change
from surveys.admin.builder.conditions import is_sent, read_condition
from surveys.admin.builder.forms import EndingForm, with_text
from surveys.admin.builder.places import Place
from surveys.drafting import Document, EditRefused, put_parts
from surveys.keys import suggest_key
from surveys.sketches import sketched


def ending_add(document: Document, data: QueryDict, place: Place) -> Act:
    """Add an ending behind the others."""
    key = suggest_key("ending", {ending["key"] for ending in document["endings"]}, fallback="ending")
    made = {
        "key": key,
        "text": {document["language"]: "Thank you."},
        "show_if": None,
        "redirect_url": "",
        "ask": "",
    }
    edit = put_parts(endings=[*document["endings"], made])
    return Act(
        seen_change(document, data, edit, "Added an ending", "endings"),
        Place("endings"),
        lambda _: "An ending is added.",
    )


def ending_delete(document: Document, data: QueryDict, place: Place) -> Act:
    """Take an ending away."""
    kept = [ending for ending in document["endings"] if ending["key"] != data.get("key")]
    change = seen_change(document, data, put_parts(endings=kept), "Deleted an ending", "endings")
    return Act(change, Place("endings"), lambda _: "The ending is deleted. Undo brings it back.")


def ending_step(direction: int) -> Acting:
    """Return the act that moves an ending before (-1) or behind (1) its neighbour."""

    def act(document: Document, data: QueryDict, place: Place) -> Act:
        endings = [*document["endings"]]
        at = next((n for n, ending in enumerate(endings) if ending["key"] == data.get("key")), None)
        if at is None or not 0 <= at + direction < len(endings):
            raise EditRefused("It cannot be moved further.")
        endings.insert(at + direction, endings.pop(at))
        change = seen_change(document, data, put_parts(endings=endings), "Moved an ending", "endings")
        return Act(change, Place("endings"), lambda after: f"It is tried as number {at + direction + 1} now.")

    return act


def save_ending(document: Document, data: QueryDict, place: Place) -> Act:
    """Save one ending, with its condition."""
    key, own = data.get("key", ""), document["language"]
    before = next((ending for ending in document["endings"] if ending["key"] == key), None)
    if before is None:
        raise EditRefused("This ending is no longer there.")
    form = EndingForm(before, own, data)
    group, condition = None, before["show_if"]
    if is_sent(data):
        group, condition = read_condition(data, sketched(document))
    if not form.is_valid():
        raise FormRefused(form, group)
    cleaned = form.cleaned_data
    edited = {
        **before,
        "text": with_text(before["text"], own, cleaned["text"]),
        "redirect_url": cleaned["redirect_url"],
        "ask": cleaned["ask"],
        "show_if": condition,
    }
    endings = [edited if ending["key"] == key else ending for ending in document["endings"]]
    change = seen_change(document, data, put_parts(endings=endings), "Edited an ending", "endings")
    return Act(change, Place("endings"), group=group)
