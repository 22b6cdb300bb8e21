from django.contrib import admin
from django.db.models import JSONField, Model
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.admin.filters import OfferedFilter, SearchedFilter, StateFilter, ValuesFilter
from accounts.admin.forms import ExternalIdForm, ObjectField
from accounts.admin.visibility import VisibleAdmin, user_of
from accounts.models import Account, Contact

CONTACT = '<span class="person">{} <small><span>{}{}</span><span>{}</span></small></span>'


@admin.register(Account)
class AccountAdmin(VisibleAdmin):
    form = ExternalIdForm
    formfield_overrides = {JSONField: {"form_class": ObjectField}}
    change_form_outer_before_template = "admin/accounts/account/_links.html"
    list_display = ("page", "segment", "tier", "region", "owner", "team", "created_on", "details")
    list_display_links = None
    list_select_related = ("owner", "team")
    list_filter = (
        StateFilter,
        ("segment", ValuesFilter),
        ("tier", ValuesFilter),
        ("region", ValuesFilter),
        ("owner", OfferedFilter),
        ("team", OfferedFilter),
    )
    search_fields = ("name", "domain", "external_id")
    search_help_text = "Name, domain or external id"
    autocomplete_fields = ("owner", "parent")
    help_texts = {
        "currency": "Three letters, such as EUR: of services and wherever none is said.",
        "attributes": 'Further properties as JSON, such as {"plan": "pro"}.',
    }
    # An import keeps columns that it does not know as attributes: what was paid may be among them.
    revenue_fields = ("attributes",)
    fieldsets = (
        (None, {"fields": ("name", ("domain", "external_id"), ("owner", "team"), "parent")}),
        (
            "What kind of customer",
            {"fields": (("segment", "tier"), ("country", "region"), ("industry", "currency"))},
        ),
        ("Since and until", {"fields": (("created_on", "churned_on"),)}),
        ("Attributes", {"classes": ("collapse",), "fields": ("attributes",)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Leave it to who sees every account to say whose account it is."""
        return () if user_of(request).sees_all_accounts else ("owner", "team")

    def save_model(
        self, request: HttpRequest, obj: Account, form: "ModelForm[Account]", change: bool
    ) -> None:
        """Save; an account added by someone who sees only their own is theirs."""
        if not change and not user_of(request).sees_all_accounts:
            obj.owner = user_of(request)
        super().save_model(request, obj, form, change)

    @display(description="name", ordering="name")
    def page(self, account: Account) -> SafeString:
        return format_html(
            '<a href="{}" class="font-semibold text-link">{}</a>', account.get_absolute_url(), account.name
        )

    @display(description="edit")
    def details(self, account: Account) -> SafeString:
        return format_html(
            '<a href="{}" title="Edit {}" class="material-symbols-outlined text-base-400">edit</a>',
            reverse("admin:accounts_account_change", args=[account.pk]),
            account.name,
        )


@admin.register(Contact)
class ContactAdmin(VisibleAdmin):
    form = ExternalIdForm
    list_display = ("person", "account", "role", "title", "language", "askable")
    list_select_related = ("account",)
    list_filter = (("account", SearchedFilter), "role", ("language", ValuesFilter))
    search_fields = ("name", "email", "account__name", "external_id")
    search_help_text = "Name, e-mail, account or id"
    autocomplete_fields = ("account",)
    readonly_fields = ("bounced_at", "erased_at")
    help_texts = {"language": "A code such as de: in this language we ask."}
    fieldsets = (
        (
            None,
            {"fields": ("account", ("name", "title"), "email", ("role", "language"), "external_id")},
        ),
        ("May we ask?", {"fields": ("unsubscribed_at", ("bounced_at", "erased_at"))}),
    )

    @display(description="contact", ordering="name")
    def person(self, contact: Contact) -> SafeString:
        """Return the name above the address, which is broken behind its @ where it is too long for a line."""
        name, at, domain = contact.email.rpartition("@")
        return format_html(CONTACT, contact, name, at, domain)

    @display(description="may we ask?", label={"yes": "success"})
    def askable(self, contact: Contact) -> str:
        if contact.erased_at:
            return "erased"
        if contact.unsubscribed_at:
            return "unsubscribed"
        if contact.bounced_at:
            return "bounced"
        return "yes" if contact.email else "no address"
