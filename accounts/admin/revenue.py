from decimal import Decimal

from django.conf import settings
from django.contrib import admin
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from accounts.admin.filters import SearchedFilter, ValuesFilter
from accounts.admin.forms import ExternalIdForm
from accounts.admin.visibility import RevenueAdmin, VisibleAdmin
from accounts.models import ExchangeRate, ServicesMonth, Subscription


@admin.register(Subscription)
class SubscriptionAdmin(RevenueAdmin):
    form = ExternalIdForm
    list_display = ("__str__", "account", "amount", "starts_on", "ends_on", "auto_renew", "cancelled_on")
    list_select_related = ("account",)
    list_filter = (
        ("account", SearchedFilter),
        ("product", ValuesFilter),
        ("ends_on", RangeDateFilter),
        ("currency", ValuesFilter),
    )
    search_fields = ("account__name", "product", "external_id")
    search_help_text = "Account, product or external id"
    autocomplete_fields = ("account", "renews")
    help_texts = {
        "annual_value": "What is paid for twelve months, whatever the term.",
        "currency": "Three letters, such as EUR.",
        "cancelled_on": "The day of the notice; a term that has an end is paid until then.",
        "renews": "The subscription that this one follows.",
    }
    fieldsets = (
        (None, {"fields": ("account", ("product", "external_id"), ("annual_value", "currency"))}),
        ("Term", {"fields": (("starts_on", "ends_on"), "auto_renew", ("cancelled_on", "renews"))}),
    )

    @display(description="a year", ordering="annual_value")
    def amount(self, subscription: Subscription) -> str:
        return f"{subscription.annual_value:,.2f} {subscription.currency}"


@admin.register(ServicesMonth)
class ServicesMonthAdmin(RevenueAdmin):
    list_display = ("account", "__str__", "revenue", "cost", "margin")
    list_select_related = ("account",)
    list_filter = (("account", SearchedFilter), ("month", RangeDateFilter))
    search_fields = ("account__name",)
    search_help_text = "Account"
    autocomplete_fields = ("account",)
    help_texts = {
        "month": "Its first day.",
        "revenue": "In the currency of the account.",
        "cost": "In the currency of the account.",
    }
    fieldsets = ((None, {"fields": ("account", "month", ("revenue", "cost"))}),)

    @display(description="gross margin")
    def margin(self, month: ServicesMonth) -> Decimal:
        return month.revenue - month.cost


@admin.register(ExchangeRate)
class ExchangeRateAdmin(VisibleAdmin):
    list_display = ("currency", "month", "rate")
    list_filter = (("currency", ValuesFilter), ("month", RangeDateFilter))
    help_texts = {
        "currency": "Three letters, such as EUR.",
        "month": "Its first day.",
        "rate": f"What one unit of it was worth in {settings.REPORTING_CURRENCY}.",
    }
    fieldsets = ((None, {"fields": (("currency", "month"), "rate")}),)
