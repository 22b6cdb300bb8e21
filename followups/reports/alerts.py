"""What really moved: health bands that were left, and surveys that hear what chance does not explain."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, Subquery

from accounts.models.people import OPERATOR
from followups.models import Alert
from followups.reports.telling import LOOK_BACK
from metrics.formulas.health import PERSONS_WORD, Band
from metrics.measures.anomalies import Unusual, unusual_lately
from metrics.measures.scope import Scope
from metrics.models import Health

# A drift lasts, and is told once.
TOLD_FOR = timedelta(days=28)
ORDER = (Band.RED, Band.YELLOW, Band.GREEN)


def find_alerts(*, now: datetime) -> int:
    """Write an alert for whatever really moved and has none yet; return how many.

    Running twice, or on two workers, tells of each once.
    """
    alerts = [*_bands(now), *_surveys(now)]
    before = Alert.objects.found_since(now).count()
    Alert.objects.bulk_create(alerts, ignore_conflicts=True)
    return Alert.objects.found_since(now).count() - before


def _bands(now: datetime) -> Iterator[Alert]:
    """Accounts whose band differs from that of the day before, by the same scorecard, on each late day.

    A new scorecard moves many bands and no customer, and so does a colleague whose word overrides a score or
    does so no longer; a band of which too little is known says nothing.
    """
    today = now.astimezone(settings.REPORTING_ZONE).date()
    newest = Health.objects.filter(account=OuterRef("account")).order_by("-day", "-revision")
    former = newest.filter(day__lt=OuterRef("day"))
    said = Health.objects.filter(parts__contains=[{"key": PERSONS_WORD, "is_binding": True}])
    rows = (
        Health.objects.filter(day__gt=today - LOOK_BACK, account__churned_on=None)
        .exclude(band=Health.Band.GREY)
        .annotate(
            band_before=Subquery(former.values("band")[:1]),
            score_before=Subquery(former.values("score")[:1]),
            scorecard_before=Subquery(former.values("scorecard")[:1]),
            row_before=Subquery(former.values("pk")[:1]),
            is_word=Exists(said.filter(Q(pk=OuterRef("pk")) | Q(pk=OuterRef("row_before")))),
        )
        .filter(scorecard_before=F("scorecard"))
        .order_by("account_id", "day", "-revision")
        .distinct("account_id", "day")
    )
    known = [each.value for each in ORDER]
    for row in rows:
        if row.is_word or row.band_before not in known or row.band_before == row.band:
            continue
        yield Alert(
            about=Alert.About.BAND,
            account_id=row.account_id,
            day=row.day,
            is_lower=known.index(row.band) < known.index(row.band_before),
            before=row.score_before / 100,
            after=row.score / 100,
            band_before=row.band_before,
            band_after=row.band,
            found_at=now,
        )


def _surveys(now: datetime) -> Iterator[Alert]:
    """Scores, answers and invitations out of what chance explains that nobody was told of lately."""
    today = now.astimezone(settings.REPORTING_ZONE).date()
    told = set(
        Alert.objects.found_since(now - TOLD_FOR).values_list("about", "survey", "question", "is_lower")
    )
    unusual: Iterable[Unusual] = unusual_lately(Scope.of_answers(OPERATOR, today)).alarms
    for each in unusual:
        series = (each.about, each.survey, each.question, each.is_lower)
        if series in told:
            continue
        told.add(series)
        yield Alert(
            about=each.about,
            survey_id=each.survey,
            question=each.question,
            day=today,
            is_lower=each.is_lower,
            before=each.usual,
            after=each.recent,
            chance=each.p_among_all,
            found_at=now,
        )
