"""Goals in the admin: of metrics that there are, for parts of the company that there are."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.admin.visibility import user_of
from accounts.models import Account, User
from metrics.measures.measure import Unit
from metrics.measures.query import METRICS
from metrics.measures.targets import DIMENSIONS, ends_of, start_of
from metrics.models import Target
from metrics.models.targets import PARTS
from metrics.pages.meanings import MEANINGS
from metrics.pages.wording import name_of
from metrics.templatetags.figures import day, in_unit, number


class TargetForm(forms.ModelForm):  # type: ignore[type-arg]
    """A target of a metric there is, for a part of the company by which that metric may be narrowed."""

    metric = forms.ChoiceField(widget=UnfoldAdminSelectWidget)
    segment = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = Target
        fields = (
            *("metric", "segment", "team", "account_owner", "programme"),
            *("start", "starts_on", "value", "by", "responsible", "note"),
        )
        labels: ClassVar[dict[str, str]] = {
            "value": "Target",
            "by": "To be reached by",
            "start": "Value at the start",
            "starts_on": "Start",
        }

    # Who asks for the form, and so sees the value that it reads.
    viewer: ClassVar[User | None] = None

    def clean(self) -> dict[str, Any]:
        """Return the values, once the metric can be so and knows the part, on a day to come."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        metric = METRICS.get(said.get("metric", ""))
        for name, dimension in DIMENSIONS.items():
            if metric and said.get(name) and dimension not in metric.dimensions:
                self.add_error(name, f"{name_of(said['metric'])} is not narrowed by {dimension}.")
        if metric:
            for name in ("start", "value"):
                self._check_reach(name, *ends_of(said["metric"]))
        if "by" in self.changed_data and said.get("by") and said["by"] < timezone.localdate():
            self.add_error("by", "That day is over: a goal is for a day to come.")
        if said.get("starts_on") and said.get("start") is None and not self.errors:
            self._read_start(said)
        return said

    def _read_start(self, said: dict[str, Any]) -> None:
        """Take what the metric was on the day of the start."""
        part = {name: said.get(name) or None for name in PARTS} | {"segment": said.get("segment") or ""}
        goal = Target(metric=said["metric"], starts_on=said["starts_on"], **part)
        is_over = said["starts_on"] <= timezone.localdate()
        said["start"] = start_of(goal, self.viewer) if self.viewer and is_over else None
        if said["start"] is None:
            self.add_error("start", "Nothing is known of that day: give the value it starts from.")

    def _check_reach(self, name: str, least: int | None, most: int | None) -> None:
        value = self.cleaned_data.get(name)
        if value is None or ((least is None or value >= least) and (most is None or value <= most)):
            return
        ends = zip(("at least", "at most"), (least, most), strict=True)
        said = " and ".join(f"{which} {number(end)}" for which, end in ends if end is not None)
        self.add_error(name, f"{name_of(self.cleaned_data['metric'])} is {said}.")


@admin.register(Target)
class TargetAdmin(ModelAdmin):
    form = TargetForm
    list_display = ("metric_name", "part_name", "aim", "reached_by", "responsible")
    list_select_related = ("team", "account_owner", "programme", "responsible")
    list_filter = ("by",)
    list_per_page = 50
    fieldsets = (
        (None, {"fields": ("metric", ("value", "by"), ("starts_on", "start"))}),
        (
            "Of which part",
            {
                "fields": (("segment", "team"), ("account_owner", "programme")),
                "description": "Leave all empty for the whole company, or choose one.",
            },
        ),
        ("Who answers for it", {"fields": ("responsible", "note")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Target]:
        """Return the targets that the user may see, those of revenue only with the right to it."""
        user = user_of(request)
        rows = Target.objects.visible_to(user).order_by("by", "metric")
        return rows if user.sees_revenue else rows.exclude(metric__in=_names(is_revenue=True))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form with the metrics and segments that the user may see."""
        kwargs["help_texts"] = {
            "value": "In the metric's own unit: points, percent (105 for 105%) or"
            f" {settings.REPORTING_CURRENCY}.",
            "start": "Progress is measured from there. Left empty beside a start, the metric's own value as"
            " of that day is taken.",
            "starts_on": "Leave it and the value at the start empty for a goal without progress.",
        }
        form = super().get_form(request, obj, change=change, **kwargs)
        user, offered = user_of(request), _names(is_revenue=False)
        if user.sees_revenue:
            offered += _names(is_revenue=True)
        form.viewer = user
        fields: Any = form.base_fields
        if "metric" in fields:
            fields["metric"].choices = [(name, name_of(name)) for name in METRICS if name in offered]
            fields["segment"].choices = [("", "all"), *((each, each) for each in _segments(user, obj))]
        return form

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Go back to the goals."""
        if "_addanother" in request.POST:
            answer: HttpResponse = super().response_add(request, obj, post_url_continue)
            return answer
        self.message_user(request, f"The goal “{name_of(obj.metric)}” was added.")
        return HttpResponseRedirect(reverse("goals"))

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Go back to the goals."""
        self.message_user(request, f"The goal “{name_of(obj.metric)}” was changed.")
        return HttpResponseRedirect(reverse("goals"))

    @admin.display(description="Metric", ordering="metric")
    def metric_name(self, target: Target) -> str:
        """Return what the metric is called."""
        return name_of(target.metric)

    @admin.display(description="To be reached by", ordering="by")
    def reached_by(self, target: Target) -> str:
        """Return the day by which it is to be reached."""
        return day(target.by)

    @admin.display(description="Target", ordering="value")
    def aim(self, target: Target) -> str:
        """Return the value to reach, in the unit of its metric."""
        words = MEANINGS[target.metric].unit if target.metric in MEANINGS else ""
        return in_unit(target.value, next((unit for unit in Unit if words.startswith(unit)), None))

    @admin.display(description="Of")
    def part_name(self, target: Target) -> str:
        """Return the part that it is of."""
        return ", ".join(str(value) for value in target.part.values()) or "the whole company"


def _names(*, is_revenue: bool) -> list[str]:
    return [name for name, metric in METRICS.items() if metric.is_revenue is is_revenue]


def _segments(user: User, target: Target | None) -> list[str]:
    """Return the segments that there are, and the one that the target has already."""
    rows = Account.objects.visible_to(user).exclude(segment="").order_by("segment")
    found = [*rows.values_list("segment", flat=True).distinct()]
    return found if target is None or target.segment in ("", *found) else [*found, target.segment]
