from django import forms
from django.contrib import admin
from unfold.admin import ModelAdmin

from metrics.measures.query import METRICS
from metrics.models import Target


class TargetForm(forms.ModelForm):  # type: ignore[type-arg]
    """A target of a metric there is."""

    metric = forms.ChoiceField(choices=[(name, name.replace("_", " ")) for name in METRICS])

    class Meta:
        model = Target
        fields = ("metric", "segment", "value", "by")


@admin.register(Target)
class TargetAdmin(ModelAdmin):
    form = TargetForm
    list_display = ("metric", "segment", "value", "by")
    list_filter = ("metric",)
    fields = ("metric", "segment", ("value", "by"))
