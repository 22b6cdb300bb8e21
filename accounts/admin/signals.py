import json

from django.contrib import admin
from unfold.contrib.filters.admin import RangeDateFilter, RangeDateTimeFilter
from unfold.decorators import display

from accounts.admin.filters import SearchedFilter, ValuesFilter
from accounts.admin.visibility import NamesWhoIsThere, ReadOnlyAdmin, VisibleAdmin
from accounts.models import Event, Signal, SignalRule


@admin.register(Signal)
class SignalAdmin(VisibleAdmin):
    list_display = ("key", "account", "observed_on", "measured")
    list_select_related = ("account",)
    list_filter = (("account", SearchedFilter), ("key", ValuesFilter), ("observed_on", RangeDateFilter))
    search_fields = ("account__name", "key")
    search_help_text = "Account or key"
    autocomplete_fields = ("account",)
    help_texts = {
        "key": "What was measured, such as logins or tickets_open: one name for all accounts.",
        "value": "A number, in the same unit each time.",
    }
    fieldsets = ((None, {"fields": ("account", ("key", "observed_on"), "value")}),)

    @display(description="value", ordering="value")
    def measured(self, signal: Signal) -> str:
        return f"{signal.value:,.4f}".rstrip("0").rstrip(".").replace("-", "−")


@admin.register(Event)
class EventAdmin(NamesWhoIsThere, ReadOnlyAdmin):
    """What happened to accounts elsewhere, as programs told it."""

    list_display = ("name", "account", "contact_there", "occurred_at", "event_id")
    list_select_related = ("account", "contact")
    list_filter = (("account", SearchedFilter), ("name", ValuesFilter), ("occurred_at", RangeDateTimeFilter))
    search_fields = ("account__name", "name", "event_id")
    search_help_text = "Account, name or event id"
    revenue_fields = ("attributes_told",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    *(("name", "event_id"), ("account", "contact"), ("occurred_at", "received_at")),
                    "attributes_told",
                )
            },
        ),
    )

    @display(description="attributes")
    def attributes_told(self, event: Event) -> str:
        return "\n".join(
            f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
            for name, value in event.attributes.items()
        )


@admin.register(SignalRule)
class SignalRuleAdmin(VisibleAdmin):
    """Which events make a signal, from the next event on."""

    list_display = ("event_name", "measure", "attribute", "signal_key")
    search_fields = ("event_name", "signal_key")
    search_help_text = "Event or key of the signal"
    help_texts = {
        "event_name": "Such as ticket.closed, as the API receives it.",
        "signal_key": "The name under which the signal is kept, such as tickets_closed.",
    }
    fieldsets = ((None, {"fields": ("event_name", ("measure", "attribute"), "signal_key")}),)
