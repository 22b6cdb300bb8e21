from django.contrib import admin
from unfold.contrib.filters.admin import RangeDateFilter

from accounts.admin.filters import SearchedFilter, ValuesFilter
from accounts.admin.visibility import VisibleAdmin
from accounts.models import Signal


@admin.register(Signal)
class SignalAdmin(VisibleAdmin):
    list_display = ("key", "account", "observed_on", "value")
    list_select_related = ("account",)
    list_filter = (("account", SearchedFilter), ("key", ValuesFilter), ("observed_on", RangeDateFilter))
    search_fields = ("account__name", "key")
    search_help_text = "Account or key"
    autocomplete_fields = ("account",)
    fieldsets = ((None, {"fields": ("account", ("key", "observed_on"), "value")}),)
