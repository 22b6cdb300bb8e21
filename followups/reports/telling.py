"""Alerts in words, and the report that a mail of several of them is."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.urls import reverse

from accounts.models import Account, User, Viewer
from followups.models import Alert
from followups.reports.leading import for_reader
from followups.reports.report import Report, Row, Section, Table
from followups.reports.words import several
from metrics.formulas.money import ZERO
from metrics.measures.exchange import rates_on
from metrics.measures.revenue import Arr, arr_on
from metrics.templatetags.figures import UNKNOWN, floor, money, number
from surveys.versions import published_definition

MOST = 20
# A worker that was away for a weekend still tells of it; what is older is history.
LOOK_BACK = timedelta(days=3)
OVER = {
    Alert.About.SCORE: "over the last four weeks",
    Alert.About.ANSWERS: "lately",
    Alert.About.INVITATIONS: "lately",
}


def alert_report(alerts: Sequence[Alert], viewer: Viewer, found_at: datetime, reader: User) -> Report:
    """Return the report that tells a reader of alerts found at one instant; the viewer may see each of them.

    A survey leads to where it is told what is unusual in it.
    """
    today = found_at.astimezone(settings.REPORTING_ZONE).date()
    bands = [each for each in alerts if each.about == Alert.About.BAND]
    surveys = [each for each in alerts if each.about != Alert.About.BAND]
    sections = [
        Section("Health bands", table=band_table(bands, viewer, today)),
        Section("Surveys", [survey_words(each) for each in surveys], leads=_unusual(surveys, reader)),
    ]
    return Report(
        title=_title(bands, surveys),
        subtitle="More than chance or a day’s wobble explains.",
        as_of=today,
        sections=[section for section in sections if not section.is_empty],
    )


def survey_words(alert: Alert) -> str:
    """Return the sentence of an alert about a survey, which it names first."""
    return f"“{alert.survey}”: {moved_words(alert)}"


def moved_words(alert: Alert) -> str:
    """Return how a figure of a survey was lately, how it usually is, and how unlikely that is."""
    what = f"the score of “{_asked(alert)}”" if alert.question else alert.get_about_display()
    verb = "is" if alert.question else "are"
    usual, now = (_level(value) for value in (alert.before, alert.after))
    chance = "less than once in a million"
    if alert.chance and alert.chance > 1e-6:
        chance = f"once in {round(1 / alert.chance):,}"
    side = "below" if alert.is_lower else "above"
    return (
        f"{what} {verb} {now} {OVER[Alert.About(alert.about)]}, {side} the usual {usual};"
        f" by chance alone that happens {chance}."
    )


def _unusual(alerts: Sequence[Alert], reader: User) -> dict[str, str]:
    surveys = {each.survey for each in alerts if each.survey}
    return {
        f"“{each}”": for_reader(reader, "drivers", f"{reverse('drivers', args=[each.slug])}#unusual")
        for each in surveys
    }


def _asked(alert: Alert) -> str:
    """Return what the question of an alert asks, its key where the survey no longer asks it."""
    live = alert.survey.live_version_id if alert.survey else None
    questions = published_definition(live) if live else ()
    return next((str(each.text) for each in questions if each.key == alert.question), alert.question)


def band_table(alerts: Sequence[Alert], viewer: Viewer, day: date) -> Table:
    """Return accounts that left their band, those that fell first, of these the largest first.

    A band is left only after days beyond its edge, so the score of the day before would look out of place.
    """
    arr = _arr(alerts, day) if viewer.sees_revenue else None

    def weight(alert: Alert) -> tuple[bool, Decimal, float]:
        paid = (arr.of(alert.account_id or 0) or ZERO) if arr else ZERO
        return not alert.is_lower, -paid, alert.after

    rows = [
        Row(
            (
                str(each.account),
                each.band_before,
                f"{each.band_after} {floor(each.after)}",
                *((money(arr.of(each.account_id or 0)),) if arr else ()),
                str((each.account and each.account.owner) or UNKNOWN),
            ),
            path=each.account.get_absolute_url() if each.account else "",
            band=each.band_after,
        )
        for each in sorted(alerts, key=weight)[:MOST]
    ]
    columns = ("Account", "Was", "Is", *(("ARR",) if arr else ()), "Owner")
    return Table(columns, rows, more=max(0, len(alerts) - MOST), whole=reverse("alerts"))


def _arr(alerts: Sequence[Alert], day: date) -> Arr:
    accounts = Account.objects.filter(pk__in={each.account_id for each in alerts})
    return arr_on(day, accounts, rates_on(day))


def _title(bands: Sequence[Alert], surveys: Sequence[Alert]) -> str:
    fallen = sum(each.is_lower for each in bands)
    risen = len(bands) - fallen
    parts = [
        f"{several(fallen, 'account')} fell to a worse band" if fallen else "",
        f"{several(risen, 'account')} rose to a better {'one' if fallen else 'band'}" if risen else "",
        f"{several(len(surveys), 'survey figure')} moved" if surveys else "",
    ]
    return ", ".join(filter(None, parts))


def _level(value: float) -> str:
    return number(value, 1) if abs(value) < 10 and not value.is_integer() else number(value)
