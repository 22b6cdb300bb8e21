from typing import Any, ClassVar

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
from surveys.actions.answering import (
    AnswersRefused,
    Recorded,
    Submission,
    record_response,
)
from surveys.answers import Checked, check_answers
from surveys.api.references import SurveyFilters
from surveys.api.serializers import NewResponseSerializer, ResponseSerializer
from surveys.api.views import SurveyViewSet
from surveys.languages import choose_language
from surveys.models import Response, Survey
from surveys.privacy import IDENTIFIED
from surveys.versions import published_definition
from surveys.visits import HandedIn, NotTaken, NotYetOpen, SurveyClosed, SurveyFull
from surveys.wording import wording


class ResponseFilters(SurveyFilters):
    """Filters of responses."""

    changed_after = filters.IsoDateTimeFilter("changed_at", "gt")

    class Meta(ExactFilters.Meta):
        model = Response
        fields = ("account", "contact", "channel", "language", "is_test")

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows; who somebody is may be asked by keys with the scope `personal` only."""
        if self.form.cleaned_data.get("contact") and "personal" not in self.request.auth.scopes:
            raise ValidationError({"contact": ["This key lacks the scope personal."]})
        narrowed: QuerySet[Any] = super().filter_queryset(queryset)
        return narrowed


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

    @extend_schema(request=NewResponseSerializer, responses=dict.fromkeys((200, 201), ResponseSerializer))
    def create(self, request: Request) -> ApiResponse:
        """Record what someone answered elsewhere: 201, or 200 when the same was recorded before.

        The same submission key with other answers is a conflict; a closed survey takes no more.
        """
        serializer = NewResponseSerializer(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        handed_in = serializer.validated_data
        recorded = self._record(**handed_in)
        version = published_definition(handed_in["survey"].live_version_id)
        if version.privacy == IDENTIFIED:
            stored = self.get_queryset().filter(public_id=recorded.public_id).first()
            is_theirs = stored and stored.contact_id == getattr(handed_in.get("contact"), "pk", None)
        else:
            # Nobody's row is in anybody's sight; who just handed it in is shown what was kept.
            stored = self.queryset.get(public_id=recorded.public_id)
            is_theirs = True
        if not is_theirs:
            raise Conflict("This submission key was used for someone else's answers.")
        return ApiResponse(self.get_serializer(stored).data, status=201 if recorded.is_new else 200)

    def _record(
        self, *, survey: Survey, submission_key: str, answers: Any, contact: Any = None, language: str = ""
    ) -> Recorded[Checked]:
        if contact is None and not self.key.sees_all_accounts:
            raise ValidationError({"contact": ["A key that is limited to a team says who answered."]})
        if survey.live_version_id is None:
            raise Conflict("The survey is not live; it is a draft.")
        now = timezone.now()
        definition = published_definition(survey.live_version_id)
        submission = Submission(
            key=submission_key,
            version_id=survey.live_version_id,
            language=choose_language(definition.languages, [language]),
            started_at=now,
        )
        try:
            return record_response(
                HandedIn(survey.pk, contact and contact.pk),
                submission,
                lambda definition, _: check_answers(definition, answers, is_complete=True),
                now=now,
            )
        except AnswersRefused as refused:
            raise ValidationError({"answers": _sentences(refused.checked)}) from None
        except SurveyFull:
            raise Gone(wording("en")["full_text"]) from None
        except SurveyClosed:
            raise Gone(str(definition.closed) or wording("en")["closed_text"]) from None
        except NotYetOpen:
            raise Conflict("The survey takes no answers yet.") from None
        except NotTaken:
            raise Conflict("This submission key was used for other answers.") from None


def _sentences(checked: Checked) -> dict[str, list[str]]:
    """Return what is wrong with each answer, in the words that a respondent reads."""
    words = wording("en")
    return {key: [words.say(f"error.{error.code}", **error.params)] for key, error in checked.errors.items()}
