"""What the API says of a number: everything it stands on, unrounded, and null where it is not known."""

from typing import Any

from rest_framework import serializers

from metrics.measures.comparisons import Comparison
from metrics.measures.measure import Measure, Unit
from metrics.measures.targets import Aim


class MeasureSerializer(serializers.Serializer[Measure]):
    """One metric of one scope."""

    metric = serializers.CharField()
    value = serializers.FloatField(allow_null=True, help_text="Null when it cannot be known.")
    unit = serializers.ChoiceField(choices=[unit.value for unit in Unit])
    currency = serializers.CharField(help_text="Of `value` or of what is `beside` it; empty without money.")
    n = serializers.IntegerField(help_text="How many of what is `counted` the value stands on.")
    counted = serializers.CharField()
    interval = serializers.ListField(
        child=serializers.FloatField(),
        allow_null=True,
        help_text="[low, high] at 95 %; null where the value is no sample, or not known.",
    )
    window = serializers.ListField(child=serializers.DateField(), help_text="The days [from, to).")
    definition = serializers.CharField(help_text="What was divided by what, in words.")
    as_of = serializers.DateField()
    notes = serializers.ListField(child=serializers.CharField())
    beside = serializers.DictField(
        child=serializers.FloatField(allow_null=True), help_text="The parts that the value is made of."
    )


class ComparisonSerializer(serializers.Serializer[Comparison]):
    """The same metric of the window as long before, and the difference from it."""

    before = MeasureSerializer()
    difference = serializers.FloatField(allow_null=True, help_text="Now less then, in the unit.")
    interval = serializers.ListField(
        child=serializers.FloatField(), allow_null=True, help_text="[low, high] of the difference at 95 %."
    )
    is_different = serializers.BooleanField(
        allow_null=True, help_text="Whether chance alone does not explain it; null for what is no sample."
    )
    detectable = serializers.FloatField(
        allow_null=True, help_text="The change that so few answers show four times in five, in points."
    )


class AimSerializer(serializers.Serializer[Aim]):
    """What the metric is to be by when; there where the company, or the segment asked for, has a target."""

    value = serializers.FloatField()
    by = serializers.DateField()
    gap = serializers.FloatField(allow_null=True, help_text="The metric less the target, in the unit.")
    is_within_interval = serializers.BooleanField(
        allow_null=True, help_text="Whether chance alone could explain the gap."
    )


class ReceiptSerializer(serializers.Serializer[Any]):
    """Rows behind a metric; which columns they have depends on it."""

    what = serializers.CharField(help_text="What one row is.")
    results = serializers.ListField(child=serializers.DictField())
    next = serializers.URLField(allow_null=True)
    notes = serializers.ListField(child=serializers.CharField(), help_text="What is left out, if anything.")


class GroupSerializer(MeasureSerializer):
    """The metric of one group."""

    group = serializers.CharField(help_text="The first day of a period, or what the accounts have in common.")


class GroupsSerializer(serializers.Serializer[Any]):
    """The metric of each group that `by` makes."""

    results = GroupSerializer(many=True)
