"""The contact policy and the list of addresses that get no mail."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Field
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminEmailInputWidget

from accounts.admin.visibility import ReadOnlyAdmin, VisibleAdmin
from surveys.actions.leaving import suppress
from surveys.asking.addresses import address_hash
from surveys.models import ContactCap, ContactPolicy, Suppression


class CapInline(TabularInline):
    model = ContactCap
    extra = 1
    fields = ("limit", "per", "role", "days")

    def formfield_for_dbfield(self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        """Return the field under a name of its own: the theme's table says it in the head only."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field:
            field.widget.attrs["aria-label"] = capfirst(db_field.verbose_name)
        return field


@admin.register(ContactPolicy)
class ContactPolicyAdmin(VisibleAdmin):
    """One policy for all programmes: its list leads to it."""

    inlines = (CapInline,)
    fieldsets = (
        (None, {"fields": ("quiet_days",)}),
        ("Left alone", {"fields": ("is_quiet_in_open_case", "quiet_before_renewal_days")}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: there is one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the one policy, whoever may see it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:surveys_contactpolicy_change", args=[1]))


class SuppressionForm(forms.ModelForm):  # type: ignore[type-arg]
    """An address, of which only the hash is kept."""

    address = forms.EmailField(label="E-mail address", widget=UnfoldAdminEmailInputWidget)

    class Meta:
        model = Suppression
        fields = ()

    def clean_address(self) -> str:
        """Return the address, or raise ValidationError for one that is on the list."""
        address: str = self.cleaned_data["address"]
        if Suppression.objects.filter(address_hash=address_hash(address)).exists():
            raise forms.ValidationError("This address gets no mail already.")
        return address


@admin.register(Suppression)
class SuppressionAdmin(ReadOnlyAdmin):
    """Addresses that get no mail, known by their hash only: looked up by typing one, never listed by name."""

    form = SuppressionForm
    list_display = ("reason", "created_at")
    list_filter = ("reason",)
    search_fields = ("reason",)
    search_help_text = "A whole e-mail address"
    fieldsets = ((None, {"fields": ("reason", "created_at")}),)
    add_fieldsets = ((None, {"fields": ("address",)}),)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether this user may put an address on the list."""
        return request.user.has_perm("surveys.add_suppression")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether this user may take an address off the list."""
        return request.user.has_perm("surveys.delete_suppression")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Return the address to type, or what is known of one."""
        return list(self.fieldsets if obj else self.add_fieldsets)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Find an address by its hash."""
        if not search_term:
            return queryset, False
        return queryset.filter(address_hash=address_hash(search_term)), False

    def save_model(self, request: HttpRequest, obj: Suppression, form: Any, change: bool) -> None:
        """Put the address on the list."""
        address = form.cleaned_data["address"]
        suppress(address, Suppression.Reason.LISTED, now=timezone.now())
        made = Suppression.objects.get(address_hash=address_hash(address))
        obj.pk, obj.reason, obj.created_at = made.pk, made.reason, made.created_at
