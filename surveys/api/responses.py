from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, ClassVar, cast

from django.db.models import F, QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response as ApiResponse

from accounts.api.filters import ExactFilters
from accounts.api.problems import Conflict, Gone
from accounts.api.resources import AccountViewSet, ContactViewSet
from accounts.api.views import ReadView
from accounts.models import ApiKey, Contact
from surveys.actions.answering import (
    AnswersRefused,
    Recorded,
    Submission,
    VersionUnknown,
    record_response,
    seen_version,
)
from surveys.actions.statements import TOLD
from surveys.answers import Checked, check_answers
from surveys.api.references import SurveyFilters, ToAnswer, last_known, survey_to_answer
from surveys.api.serializers import TELLING, NewResponseSerializer, ResponseSerializer
from surveys.api.views import SurveyViewSet
from surveys.languages import choose_language
from surveys.models import Response
from surveys.privacy import IDENTIFIED
from surveys.versions import published
from surveys.visits import HandedIn, LinkUnknown, NotTaken, NotYetOpen, SurveyClosed, SurveyFull
from surveys.wording import wording


class ResponseFilters(SurveyFilters):
    """Filters of responses."""

    changed_after = filters.IsoDateTimeFilter("changed_at", "gt")

    class Meta(ExactFilters.Meta):
        model = Response
        fields = ("account", "contact", "channel", "language", "is_test")

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows; who somebody is may be asked by keys with the scope `personal` only.

        What tells people apart finds nothing that was said in confidence.
        """
        if self.form.cleaned_data.get("contact") and "personal" not in self.request.auth.scopes:
            raise ValidationError({"contact": ["This key lacks the scope personal."]})
        if any(self.form.cleaned_data.get(name) for name in TELLING):
            queryset = queryset.filter(is_promised=False)
        narrowed: QuerySet[Any] = super().filter_queryset(queryset)
        return narrowed


# What a program sends is read, and what was just stored is shown, by one reader each: making one for every
# call took longer than the call.
HANDED_IN, SHOWN = NewResponseSerializer(), ResponseSerializer()


class ResponseViewSet(ReadView):
    """What customers said."""

    resource = "responses"
    refusals = frozenset({410})
    queryset = Response.objects.annotate(version_number=F("version__number"))
    serializer_class = ResponseSerializer
    lookup_field = "public_id"
    lookup_value_regex = "[0-9a-f-]{36}"
    orderings = ("submitted_at", "changed_at")
    filterset_class = ResponseFilters
    expansions: ClassVar[Any] = {
        "survey": SurveyViewSet,
        "account": AccountViewSet,
        "contact": ContactViewSet,
    }

    @classmethod
    def seen_by(cls, key: ApiKey) -> QuerySet[Any]:
        """Return what the key sees; one that sees some accounts sees nothing that was said in confidence."""
        rows: Any = super().seen_by(key)
        rows = rows.shown_as_rows()
        return cast(QuerySet[Any], rows if key.sees_all_accounts else rows.filter(is_promised=False))

    @extend_schema(request=NewResponseSerializer, responses=dict.fromkeys((200, 201), ResponseSerializer))
    def create(self, request: Request) -> ApiResponse:
        """Record what someone answered elsewhere: 201, or 200 when the same was recorded before.

        The same submission key with other answers is a conflict; a closed survey takes no more.
        """
        handed_in = HANDED_IN.run_validation(request.data)
        stored = self._stored_at_once(handed_in)
        if stored is not None:
            return ApiResponse(SHOWN.shown_to(self.key, stored), status=201)
        survey = survey_to_answer(handed_in["survey"])
        if survey is None:
            raise ValidationError({"survey": ["There is none of this id or slug."]})
        self._refuse_unless_known(handed_in.get("contact"))
        if not survey.live_version_id:
            raise Conflict("The survey is not live; it is a draft.")
        recorded = _recorded(survey, handed_in)
        if recorded.is_new:
            return ApiResponse(SHOWN.shown_to(self.key, _row_of(recorded)), status=201)
        return ApiResponse(self.get_serializer(self._found(survey, handed_in, recorded)).data)

    def _stored_at_once(self, handed_in: Mapping[str, Any]) -> SimpleNamespace | None:
        """Return the new response to a survey that was answered before, stored without a question; or None.

        The one statement that stores it asks whether the version is still live and whether there is such a
        contact. Whatever it does not take is asked about from the beginning, and then refused in words.
        """
        survey = last_known(handed_in["survey"])
        if survey is None or not self.key.sees_all_accounts:
            return None
        try:
            recorded = _record(survey, handed_in)
        except (AnswersRefused, LinkUnknown, NotTaken, VersionUnknown):
            return None
        return _row_of(recorded) if recorded.is_new else None

    def _refuse_unless_known(self, contact: int | None) -> None:
        """Raise ValidationError unless it is said as far as it must be whose answers they are."""
        if contact is None:
            if not self.key.sees_all_accounts:
                raise ValidationError({"contact": ["A key that is limited to a team says who answered."]})
        elif not Contact.objects.visible_to(self.key).filter(pk=contact).exists():
            raise ValidationError({"contact": [f"There is no contact {contact}."]})

    def _found(self, survey: ToAnswer, handed_in: Mapping[str, Any], recorded: Recorded[Checked]) -> Response:
        """Return what an earlier sending of the same stored, or raise Conflict where it was another's."""
        if published(survey.live_version_id).definition.privacy != IDENTIFIED:
            # Nobody's row is in anybody's sight; who just handed it in is shown what was kept.
            return cast(Response, self.queryset.get(public_id=recorded.public_id))
        stored: Response | None = self.get_queryset().filter(public_id=recorded.public_id).first()
        if stored is None or stored.contact_id != handed_in.get("contact"):
            raise Conflict("This submission key was used for someone else's answers.")
        return stored


def _recorded(survey: ToAnswer, handed_in: Mapping[str, Any]) -> Recorded[Checked]:
    """Store a response, or raise what the program is told."""
    try:
        return _record(survey, handed_in)
    except AnswersRefused as refused:
        raise ValidationError({"answers": _sentences(refused.checked)}) from None
    except SurveyFull:
        raise Gone(wording("en")["full_text"]) from None
    except SurveyClosed:
        closed = published(survey.live_version_id).definition.closed
        raise Gone(str(closed) or wording("en")["closed_text"]) from None
    except NotYetOpen:
        raise Conflict("The survey takes no answers yet.") from None
    except NotTaken:
        raise Conflict("This submission key was used for other answers.") from None


def _record(survey: ToAnswer, handed_in: Mapping[str, Any]) -> Recorded[Checked]:
    now, answers = timezone.now(), handed_in["answers"]
    languages = seen_version(survey.live_version_id).definition.languages
    submission = Submission(
        key=handed_in["submission_key"],
        version_id=survey.live_version_id,
        language=choose_language(languages, [handed_in.get("language", "")]),
        started_at=now,
    )
    return record_response(
        HandedIn(survey.pk, handed_in.get("contact")),
        submission,
        lambda definition, _: check_answers(definition, answers, is_complete=True),
        now=now,
    )


def _row_of(recorded: Recorded[Checked]) -> SimpleNamespace:
    """Return what is shown of a response that was just stored, without reading it again."""
    row = SimpleNamespace(**dict(zip(TOLD, recorded.told, strict=True)), answers=recorded.checked.answers)
    row.version_number = published(row.version_id).number
    return row


def _sentences(checked: Checked) -> dict[str, list[str]]:
    """Return what is wrong with each answer, in the words that a respondent reads."""
    words = wording("en")
    return {key: [words.say(f"error.{error.code}", **error.params)] for key, error in checked.errors.items()}
