from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.text import smart_split, unescape_string_literal
from unfold.contrib.filters.admin import BooleanRadioFilter, RangeDateTimeFilter
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from accounts.admin.filters import OfferedFilter, SearchedFilter
from accounts.admin.visibility import NamesWhoIsThere, ReadOnlyAdmin, user_of
from accounts.models import Account, Contact, User
from surveys.admin.response_filters import AfterwordFilter, ChannelFilter, FlaggedFilter, LanguageFilter
from surveys.definition import Definition
from surveys.kinds import KINDS
from surveys.models import Response
from surveys.privacy import answer_read
from surveys.versions import definition_answered

# So many accounts or contacts of one name are looked up by their keys.
MOST_CALLED = 20_000


def answers_read(definition: Definition, response: Response, reader: User) -> list[dict[str, Any]]:
    """Return each question with its answer as the reader may read it, None where there is none."""
    language, answers = response.language, response.answers
    return [
        {
            "key": question.key,
            "text": question.text.into(language),
            "kind": KINDS[question.kind].label,
            "answer": answer_read(question, answers[question.key], language, sees_people=reader.sees_people)
            if question.key in answers
            else None,
        }
        for question in definition
    ]


@admin.register(Response)
class ResponseAdmin(NamesWhoIsThere, ReadOnlyAdmin):
    list_display = ("received", "survey", "account", "contact_there", "state", "language", "channel")
    list_select_related = ("survey", "account", "contact")
    list_filter = (
        ("survey", OfferedFilter),
        ("account", SearchedFilter),
        ("submitted_at", RangeDateTimeFilter),
        LanguageFilter,
        ChannelFilter,
        ("is_test", BooleanRadioFilter),
        FlaggedFilter,
        AfterwordFilter,
    )
    search_fields = ("account__name", "contact__name", "contact__email")
    search_help_text = "Account, contact or e-mail address"
    list_after_template = "admin/surveys/response/_confidence.html"
    # In the order in which they came in, both ways; by anything else a million rows would be sorted.
    ordering = ("-pk",)
    sortable_by = ("received",)
    # Counting a million rows to number the pages would take longer than to show one.
    paginator = InfinitePaginator
    show_full_result_count = False
    readonly_fields = ("what_they_said", "came_with", "said_after", "state")
    fieldsets = (
        (None, {"fields": (("survey", "version"), ("account", "contact"), ("submitted_at", "state"))}),
        ("What they said", {"fields": ("what_they_said",)}),
        (
            "How it came",
            {
                "classes": ("collapse",),
                "fields": (
                    ("channel", "language"),
                    ("started_at", "changed_at"),
                    ("collector", "invitation"),
                    ("public_id", "revision"),
                    "came_with",
                    "said_after",
                    "flags",
                ),
            },
        ),
    )

    class Media:
        css = {"all": ("surveys/builder.css",)}

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return what the user sees; of what was said in confidence no single response (SECURITY T22)."""
        rows: Any = super().get_queryset(request)
        return rows.identified().dated()

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Return the responses of accounts or contacts so called, which are looked for first.

        Joined with a million responses, every one of them was read for its names.
        """
        user = user_of(request)
        for bit in smart_split(search_term):
            word = unescape_string_literal(bit) if bit[0] in "\"'" and bit[0] == bit[-1] else bit
            called = _is_called(word, "account", Account.objects.visible_to(user), "name")
            if user.sees_people:
                called |= _is_called(word, "contact", Contact.objects.visible_to(user), "name", "email")
            queryset = queryset.filter(called)
        return queryset, False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return a response, which knows who reads it."""
        found: Any = super().get_object(request, object_id, from_field)
        if found is not None:
            found.reader = user_of(request)
        return found

    @display(description="received", ordering="pk")
    def received(self, response: Response) -> Any:
        return response.submitted_at or response.started_at

    @display(description="state", label={"complete": "success", "partial": "warning", "test": "info"})
    def state(self, response: Response) -> str:
        if response.is_test:
            return "test"
        return "complete" if response.submitted_at else "partial"

    @display(description="answers")
    def what_they_said(self, response: Any) -> SafeString:
        answers = answers_read(definition_answered(response.version), response, response.reader)
        return render_to_string("admin/surveys/response/_answers.html", {"answers": answers})

    @display(description="came with")
    def came_with(self, response: Response) -> SafeString:
        return render_to_string("admin/surveys/response/_hidden.html", {"hidden": response.hidden})

    @display(description="afterword")
    def said_after(self, response: Response) -> SafeString:
        # As JSON the theme would show "null" where nobody added a word.
        return render_to_string("admin/surveys/response/_hidden.html", {"hidden": response.afterword or {}})


def _is_called(word: str, path: str, rows: Any, *fields: str) -> Q:
    """Return the condition that the row at a path has the word in one of its fields.

    Few such rows are looked up first; what many are called is soon found in the newest responses.
    """
    own, joined = Q(), Q()
    for field in fields:
        own |= Q((f"{field}__icontains", word))
        joined |= Q((f"{path}__{field}__icontains", word))
    keys = list(rows.filter(own).order_by().values_list("pk", flat=True)[: MOST_CALLED + 1])
    return Q((f"{path}__in", keys)) if len(keys) <= MOST_CALLED else joined
