from decimal import Decimal

from django.conf import settings
from django.contrib import admin
from django.utils.formats import date_format
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from accounts.admin.filters import SearchedFilter, ValuesFilter
from accounts.admin.forms import ExternalIdForm
from accounts.admin.visibility import RevenueAdmin, VisibleAdmin
from accounts.models import ExchangeRate, ServicesMonth, Subscription


@admin.register(Subscription)
class SubscriptionAdmin(RevenueAdmin):
    form = ExternalIdForm
    ordering = ("-starts_on", "-pk")
    list_display = ("named", "account", "amount", "starts_on", "ends_on", "auto_renew", "cancelled_on")
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
        ("Term", {"fields": (("starts_on", "ends_on"), ("auto_renew", "cancelled_on"), "renews")}),
    )

    @display(description="subscription", ordering="product")
    def named(self, subscription: Subscription) -> str:
        # Its first day has a column of its own.
        return subscription.product or subscription.external_id

    @display(description="a year", ordering="annual_value")
    def amount(self, subscription: Subscription) -> str:
        return _money(subscription.annual_value, subscription.currency)


@admin.register(ServicesMonth)
class ServicesMonthAdmin(RevenueAdmin):
    list_display = ("account", "month_shown", "earned", "spent", "margin")
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

    @display(description="month", ordering="month")
    def month_shown(self, services: ServicesMonth) -> str:
        return date_format(services.month, "M Y")

    @display(description="revenue", ordering="revenue")
    def earned(self, services: ServicesMonth) -> str:
        return self._in_its_currency(services.revenue, services)

    @display(description="cost", ordering="cost")
    def spent(self, services: ServicesMonth) -> str:
        return self._in_its_currency(services.cost, services)

    @display(description="gross margin")
    def margin(self, services: ServicesMonth) -> str:
        return self._in_its_currency(services.revenue - services.cost, services)

    @staticmethod
    def _in_its_currency(value: Decimal, services: ServicesMonth) -> str:
        return _money(value, services.account.currency or settings.REPORTING_CURRENCY)


@admin.register(ExchangeRate)
class ExchangeRateAdmin(VisibleAdmin):
    list_display = ("currency", "month_shown", "worth")
    list_filter = (("currency", ValuesFilter), ("month", RangeDateFilter))
    help_texts = {
        "currency": "Three letters, such as EUR.",
        "month": "Its first day.",
        "rate": f"What one unit of it was worth in {settings.REPORTING_CURRENCY}.",
    }
    fieldsets = ((None, {"fields": (("currency", "month"), "rate")}),)

    @display(description="month", ordering="month")
    def month_shown(self, rate: ExchangeRate) -> str:
        return date_format(rate.month, "M Y")

    @display(description=f"one is worth, {settings.REPORTING_CURRENCY}", ordering="rate")
    def worth(self, rate: ExchangeRate) -> str:
        return f"{rate.rate:f}".rstrip("0").rstrip(".")


def _money(value: Decimal, currency: str) -> str:
    return f"{'−' if value < 0 else ''}{abs(value):,.2f} {currency}"
