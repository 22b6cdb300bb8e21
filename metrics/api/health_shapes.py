"""What the API says of health: parts that add up, what moved, how it is weighed, what it was worth."""

from typing import Any

from rest_framework import serializers

from metrics.formulas.backtest import BackTest
from metrics.measures.anomalies import Unusual
from metrics.measures.drivers import KeyDriver
from metrics.measures.explanation import Explanation, Line
from metrics.measures.moves import Move, Moved
from metrics.models import HealthOverride, Scorecard


class IntervalField(serializers.ListField):
    """The two ends of an interval."""

    child = serializers.FloatField()


class PartSerializer(serializers.Serializer[Line]):
    """One part of a health, in points."""

    key = serializers.CharField()
    name = serializers.CharField()
    why = serializers.CharField(help_text="What it was measured from.")
    contribution = serializers.SerializerMethodField()
    weight = serializers.FloatField(allow_null=True)
    score = serializers.FloatField(allow_null=True, help_text="0 to 100; null when nothing is known.")
    freshness = serializers.FloatField(allow_null=True, help_text="0 to 100 percent.")

    def get_contribution(self, line: Line) -> float:
        """Return the points that the part adds."""
        return line.hundredths / 100


class HealthDaySerializer(serializers.Serializer[Any]):
    """The health of one day."""

    day = serializers.DateField()
    score = serializers.FloatField()
    band = serializers.CharField()


class HealthSerializer(serializers.Serializer[Explanation]):
    """The newest health of an account: `base` and the contributions of the parts add up to `score`."""

    day = serializers.DateField(allow_null=True)
    score = serializers.FloatField(allow_null=True, help_text="0 to 100.")
    band = serializers.CharField(allow_null=True, help_text="green, yellow, red or grey.")
    confidence = serializers.FloatField(help_text="The percentage of the weight that has data.")
    base = serializers.SerializerMethodField()
    parts = PartSerializer(many=True)

    def get_base(self, explanation: Explanation) -> float | None:
        """Return the points with which every account begins."""
        return explanation.base.hundredths / 100


class OverrideSerializer(serializers.Serializer[HealthOverride]):
    """A person's word that stands for the formula's."""

    value = serializers.IntegerField(help_text="0 to 100.")
    reason = serializers.CharField()
    author = serializers.SerializerMethodField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(help_text="The first day on which it acts no more.")

    def get_author(self, override: HealthOverride) -> str:
        """Return who said so, '' once forgotten."""
        return str(override.author or "")


class MoveSerializer(serializers.Serializer[Move]):
    """What one part added or took between two days."""

    key = serializers.CharField(help_text="A part, `override`, or `scorecard` for a change of the model.")
    name = serializers.CharField()
    points = serializers.SerializerMethodField()

    def get_points(self, move: Move) -> float:
        """Return the points that it moved."""
        return move.hundredths / 100


class MovedSerializer(serializers.Serializer[Moved]):
    """What moved a health between two days: the points of the moves add up to `after` less `before`."""

    since = serializers.DateField()
    day = serializers.DateField()
    before = serializers.SerializerMethodField()
    after = serializers.SerializerMethodField()
    moves = MoveSerializer(many=True)

    def get_before(self, moved: Moved) -> float:
        """Return the health of the first day."""
        return moved.before / 100

    def get_after(self, moved: Moved) -> float:
        """Return the health of the last day."""
        return moved.after / 100


class AccountHealthSerializer(HealthSerializer):
    """The newest health of an account, and its history of a year, newest first."""

    account = serializers.IntegerField()
    scorecard = serializers.IntegerField(allow_null=True, help_text="The number of the one it was scored by.")
    trend = serializers.CharField(allow_null=True, help_text="Over 30 days: up, flat within 3 points, down.")
    override = OverrideSerializer(allow_null=True)
    moved = MovedSerializer(allow_null=True, help_text="Only when asked with `since`.")
    history = HealthDaySerializer(many=True)


class ScorecardSerializer(serializers.ModelSerializer[Scorecard]):
    """One immutable version of what decides a health."""

    author = serializers.SerializerMethodField()

    class Meta:
        model = Scorecard
        fields = ("number", "valid_from", "author", "note", "content_hash", "weights", "rules")

    def get_author(self, scorecard: Scorecard) -> str:
        """Return who wrote it, '' where data did that came into use."""
        return str(scorecard.author or "")


class ScorecardsSerializer(serializers.Serializer[Any]):
    """Every version, the newest first."""

    results = ScorecardSerializer(many=True)


class DiscriminationSerializer(serializers.Serializer[BackTest]):
    """How well a score told those who left from those who stayed."""

    kept = serializers.IntegerField()
    lost = serializers.IntegerField()
    auc = serializers.FloatField(allow_null=True, help_text="0 to 1; one half is a coin.")
    interval = IntervalField(allow_null=True, help_text="[low, high] at 95 %.")
    lift_at_10 = serializers.FloatField(allow_null=True)
    capture_at_20 = serializers.FloatField(allow_null=True, help_text="0 to 1.")


class SegmentSerializer(serializers.Serializer[Any]):
    """The same of one segment."""

    segment = serializers.CharField()
    test = DiscriminationSerializer()


class BandLossSerializer(serializers.Serializer[Any]):
    """How the renewals of one band went."""

    band = serializers.CharField()
    due = serializers.IntegerField()
    lost = serializers.IntegerField()
    rate = serializers.FloatField(allow_null=True, help_text="0 to 1.")
    interval = IntervalField(allow_null=True)


class BinSerializer(serializers.Serializer[Any]):
    """One tenth of the forecasts: what they promised and what came."""

    predicted = serializers.FloatField()
    observed = serializers.FloatField()
    n = serializers.IntegerField()


class BacktestSerializer(serializers.Serializer[Any]):
    """A score as it was known before renewals, against what became of them."""

    score = serializers.CharField(help_text="health or nps.")
    lead_days = serializers.IntegerField()
    verdict = serializers.CharField(help_text="evidence, no evidence or insufficient evidence.")
    words = serializers.CharField()
    definition = serializers.CharField()
    window = serializers.ListField(child=serializers.DateField(), help_text="Due in the days [from, to).")
    due = serializers.IntegerField(help_text="Renewals that are decided.")
    without = serializers.IntegerField(help_text="Those before which there was no score.")
    replays = serializers.IntegerField(help_text="Left out: the score was only computed later.")
    persons = serializers.IntegerField(help_text="Left out: a person's word stood for the score.")
    test = DiscriminationSerializer()
    brier = serializers.FloatField(allow_null=True)
    skill = serializers.FloatField(allow_null=True, help_text="1 less Brier over that of the base rate.")
    reliability = BinSerializer(many=True)
    bands = BandLossSerializer(many=True)
    segments = SegmentSerializer(many=True)


class KeyDriverSerializer(serializers.Serializer[KeyDriver]):
    """One rating and how much of the outcome goes along with it."""

    key = serializers.CharField()
    importance = serializers.FloatField(help_text="Share (0 to 1) of the outcome's variance, Johnson's way.")
    interval = IntervalField(help_text="[low, high] of the importance at 95 %.")
    shapley = serializers.FloatField(allow_null=True, help_text="The same, Shapley's way.")
    share = serializers.FloatField(help_text="Percentage of what all drivers explain together.")
    sign = serializers.IntegerField(help_text="-1 where more of it goes with less of the outcome.")
    performance = serializers.FloatField(help_text="The mean rating from 0 to 100, high is good.")
    n = serializers.IntegerField()


class KeyDriversSerializer(serializers.Serializer[Any]):
    """What goes along with one rating: association, not effect."""

    outcome = serializers.CharField()
    n = serializers.IntegerField()
    r_squared = serializers.FloatField(allow_null=True, help_text="0 to 1; null when there is too little.")
    why_not = serializers.CharField(help_text="Why nothing can be said, else empty.")
    definition = serializers.CharField()
    window = serializers.ListField(child=serializers.DateField())
    drivers = KeyDriverSerializer(many=True)


class UnusualSerializer(serializers.Serializer[Unusual]):
    """One series that is not as it usually is."""

    about = serializers.CharField(help_text="score, answers or invitations.")
    survey = serializers.IntegerField()
    question = serializers.CharField()
    over = serializers.IntegerField(help_text="Of how many days the recent figure is.")
    usual = serializers.FloatField()
    recent = serializers.FloatField()
    p = serializers.FloatField(help_text="The chance of something as far out, on its own.")
    p_among_all = serializers.FloatField(help_text="The same among all the series looked at.")


class AnomaliesSerializer(serializers.Serializer[Any]):
    """What was unusual up to yesterday, out of how many series that could be told."""

    results = UnusualSerializer(many=True)
    tested = serializers.IntegerField()
    definition = serializers.CharField()
    as_of = serializers.DateField()
