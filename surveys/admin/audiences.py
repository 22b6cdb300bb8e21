"""Saved filters over contacts: conditions as rows that need no script, and a list to upload."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.admin.visibility import VisibleAdmin, user_of
from accounts.models import Contact
from accounts.models.people import Viewer
from surveys.asking.audiences import (
    FIELDS,
    MOST_CONDITIONS,
    OPERATORS,
    AudienceRefused,
    Field,
    contacts_of,
    read_conditions,
)
from surveys.models import Audience, AudienceMember

EMPTY_ROWS = 3
MOST_LISTED = 50_000
MOST_SHOWN = 40
NUMBERS = {"within", "not_within"}


class AudienceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A name, a row for each condition and a few empty ones, and a list of contacts to take over."""

    listed = forms.CharField(
        label="Upload a list",
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 4}),
        help_text="External ids or e-mail addresses of contacts, one a line; they are added to the list.",
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
        fields["members"] = self._members(fields.get("listed", ""))
        return fields

    def _members(self, listed: str) -> list[int]:
        lines = list(dict.fromkeys(line.strip() for line in listed.splitlines() if line.strip()))
        if len(lines) > MOST_LISTED:
            self.add_error("listed", f"At most {MOST_LISTED:,} contacts at once.")
            return []
        mine = Contact.objects.visible_to(self.viewer)
        found = dict(mine.filter(external_id__in=lines).values_list("external_id", "pk"))
        by_address = mine.filter(email__in=lines).values_list("email", "pk")
        known = found | dict(by_address)
        if missing := [line for line in lines if line not in known]:
            some = ", ".join(missing[:5])
            self.add_error("listed", f"{len(missing)} of {len(lines)} are no contact that you see: {some}.")
        return [known[line] for line in lines if line in known]


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


@admin.register(Audience)
class AudienceAdmin(VisibleAdmin):
    form = AudienceForm
    list_display = ("name", "size", "conditions_in_words")
    search_fields = ("name",)
    change_form_outer_before_template = "admin/surveys/audience/_who.html"
    change_form_before_template = "admin/surveys/audience/_live.html"
    change_form_after_template = "admin/surveys/audience/_rest.html"
    change_form_outer_after_template = "admin/surveys/audience/_values.html"

    class Media:
        css = {"all": ("metrics/pages.css", "surveys/asking.css")}

    def get_form(
        self, request: HttpRequest, obj: Audience | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Return the form as this user may fill it in."""
        kwargs["fields"] = ("name",)
        form = super().get_form(request, obj, change, **kwargs)
        return type("AudienceFormOf", (form,), {"viewer": user_of(request)})

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        """Return a line for each condition."""
        stored = obj.conditions if isinstance(obj, Audience) and isinstance(obj.conditions, list) else []
        rows = range(min(len(stored) + EMPTY_ROWS, MOST_CONDITIONS))
        lines = [(f"field_{number}", f"operator_{number}", f"value_{number}") for number in rows]
        return [
            (None, {"fields": ("name",)}),
            (
                "Conditions",
                {
                    "fields": lines,
                    "description": "All of them hold for who is in it. Commas stand between several values;"
                    " a signal takes its key and a number: logins 5.",
                },
            ),
            (
                "List",
                {"fields": ("listed",), "description": "Asked for by the condition “On the uploaded list”."},
            ),
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show the form with the values that its conditions may have."""
        context = {**(extra_context or {}), "values": list(values_for(user_of(request)))}
        return super().changeform_view(request, object_id, form_url, context)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse to change an audience that is chosen by amounts to who may not see them."""
        hides = isinstance(obj, Audience) and not user_of(request).sees_revenue and _needs_revenue(obj)
        return super().has_change_permission(request, obj) and not hides

    def save_model(self, request: HttpRequest, obj: Audience, form: Any, change: bool) -> None:
        """Store the conditions, and add who is listed."""
        obj.conditions = form.cleaned_data["conditions"]
        super().save_model(request, obj, form, change)
        AudienceMember.objects.bulk_create(
            [AudienceMember(audience=obj, contact_id=pk) for pk in form.cleaned_data["members"]],
            ignore_conflicts=True,
            batch_size=5000,
        )

    @display(description="contacts")
    def size(self, audience: Audience) -> int:
        return contacts_of(audience, now=timezone.now()).count()

    @display(description="who")
    def conditions_in_words(self, audience: Audience) -> str:
        try:
            return "; ".join(str(one) for one in read_conditions(audience.conditions)) or "every contact"
        except AudienceRefused as refused:
            return str(refused)


def values_for(viewer: Viewer) -> Iterator[dict[str, str]]:
    """Return what may stand in the conditions of each field, as far as it can be listed for a viewer."""
    for field in FIELDS.values():
        if field.needs_revenue and not viewer.sees_revenue:
            continue
        known = [value for value, _ in islice(field.options(viewer), MOST_SHOWN)] if field.options else []
        operators = ", ".join(OPERATORS[name] for name in field.operators)
        yield {"label": field.label, "words": f"{operators}: {', '.join(known)}" if known else operators}


def _needs_revenue(audience: Audience) -> bool:
    stored = audience.conditions if isinstance(audience.conditions, list) else []
    names = {one.get("field") for one in stored if isinstance(one, dict)}
    return any(FIELDS[name].needs_revenue for name in names if name in FIELDS)
