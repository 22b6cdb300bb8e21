"""The form of an audience: conditions as rows that need no script, and a list to type or upload."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django import forms
from django.core.files import File
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.interchange.rows import TableRefused
from accounts.interchange.tables import open_table
from accounts.models import Contact
from accounts.models.people import Viewer
from surveys.asking.audiences import (
    FIELDS,
    MOST_CONDITIONS,
    OPERATORS,
    AudienceRefused,
    Field,
    read_conditions,
)
from surveys.models import Audience

EMPTY_ROWS = 3
MOST_LISTED, LARGEST_FILE = 50_000, 5_000_000
NUMBERS = {"within", "not_within"}


class AudienceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A name, a row for each condition and a few empty ones, and a list of contacts to take over."""

    listed = forms.CharField(
        label="A list of contacts",
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 4}),
        help_text="External ids or e-mail addresses of contacts, one a line; they are added to the list.",
    )
    file = forms.FileField(
        label="or a file",
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        help_text="CSV or XLSX, by its column external_id or email, or else by its first column.",
    )

    class Meta:
        model = Audience
        fields = ("name",)

    viewer: Viewer

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.instance.conditions if isinstance(self.instance.conditions, list) else []
        rows = min(len(stored) + EMPTY_ROWS, MOST_CONDITIONS)
        self.rows = range(rows)
        for number in self.rows:
            condition = stored[number] if number < len(stored) else {}
            self.fields.update(self._row(number, condition))

    def _row(self, number: int, condition: Mapping[str, Any]) -> Iterator[tuple[str, forms.Field]]:
        allowed = self.fields_for()
        value = condition.get("value", "")
        field, operator = condition.get("field", ""), condition.get("operator", "")
        yield (
            f"field_{number}",
            forms.ChoiceField(
                label="Who",
                required=False,
                initial=field,
                choices=[("", "Choose by …"), *((one.name, one.label) for one in allowed)],
                widget=UnfoldAdminSelectWidget,
            ),
        )
        yield (
            f"operator_{number}",
            forms.ChoiceField(
                label="how",
                required=False,
                initial=operator,
                choices=[("", "How …"), *OPERATORS.items()],
                widget=UnfoldAdminSelectWidget,
            ),
        )
        yield (
            f"value_{number}",
            forms.CharField(
                label="what",
                required=False,
                max_length=5000,
                initial=", ".join(value) if isinstance(value, list) else str(value),
                widget=UnfoldAdminTextInputWidget({"placeholder": "What, such as Retail, Banking"}),
            ),
        )

    def fields_for(self) -> list[Field]:
        """Return what this viewer may choose by."""
        return [field for field in FIELDS.values() if self.viewer.sees_revenue or not field.needs_revenue]

    def clean(self) -> dict[str, Any]:
        """Return the fields with the conditions and the contacts of the list, or raise ValidationError."""
        fields: dict[str, Any] = super().clean() or {}
        fields["conditions"] = list(conditions_typed(fields))
        try:
            read_conditions(fields["conditions"])
        except AudienceRefused as refused:
            self.add_error(None, str(refused))
        listed = fields.get("listed", "").splitlines()
        if file := fields.get("file"):
            try:
                listed += listed_in(file)
            except (TableRefused, OSError) as refused:
                self.add_error("file", f"This file is no list: {refused}.")
        fields["members"] = self._members(listed)
        return fields

    def _members(self, listed: Iterable[str]) -> list[int]:
        lines = list(dict.fromkeys(line.strip() for line in listed if line.strip()))
        if len(lines) > MOST_LISTED:
            self.add_error("listed", f"At most {MOST_LISTED:,} contacts at once.")
            return []
        mine = Contact.objects.visible_to(self.viewer)
        found = dict(mine.filter(external_id__in=lines).values_list("external_id", "pk"))
        by_address = mine.filter(email__in=lines).values_list("email", "pk")
        known = found | dict(by_address)
        if missing := [line for line in lines if line not in known]:
            some = ", ".join(line[:100] for line in missing[:5])
            self.add_error("listed", f"{len(missing)} of {len(lines)} are no contact that you see: {some}.")
        return [known[line] for line in lines if line in known]


def listed_in(file: "File[bytes]") -> list[str]:
    """Return the contacts that a table names, in its column external_id or email or else in the first one.

    Raises TableRefused.
    """
    if file.size > LARGEST_FILE:
        raise TableRefused("it is larger than 5 MB")
    # What it is, its bytes say; openpyxl opens no workbook of another name.
    with NamedTemporaryFile(suffix=".xlsx") as kept:
        kept.writelines(file.chunks())
        kept.flush()
        with open_table(Path(kept.name)) as table:
            header = [name.lower() for name in table.header]
            named = next((name for name in ("external_id", "email") if name in header), None)
            place = header.index(named) if named else 0
            listed = [] if named else [table.header[0]]
            for row in islice(table.rows, MOST_LISTED + 1):
                if row.fault:
                    raise TableRefused(f"line {row.line} {row.fault}")
                listed.append(str(row.cells[place]))
            return listed


def conditions_typed(fields: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Return the conditions that stand in the rows of a form, as an audience holds them."""
    for number in range(MOST_CONDITIONS):
        name, operator = fields.get(f"field_{number}"), fields.get(f"operator_{number}")
        typed = (fields.get(f"value_{number}") or "").strip()
        if not name:
            continue
        value: Any = typed
        if name in FIELDS and FIELDS[name].takes_list:
            value = [one.strip() for one in typed.split(",") if one.strip()]
        elif operator in NUMBERS:
            value = int(typed) if typed.isdecimal() and len(typed) < 6 else typed
        yield {"field": name, "operator": operator or "", "value": value}
