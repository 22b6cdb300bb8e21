"""Up to a thousand rows at once, by the names that another system gives them: `POST …/bulk`."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions.importing import Reach, import_drafts
from accounts.api.people import known_teams, known_users
from accounts.api.serializers import KnownNames, TruthField
from accounts.api.views import CrudView
from accounts.interchange.drafts import Draft
from accounts.interchange.objects import MAX_ROWS, json_types, read_objects
from accounts.interchange.report import RowReport
from accounts.interchange.specs import Spec
from accounts.models import Account, ApiKey, Team, User
from accounts.models.people import OfAccount


class BulkSerializer(KnownNames):
    """Rows to create or update; what a row leaves out stays as it is, null clears it."""

    rows = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=MAX_ROWS)
    dry_run = TruthField(default=False, help_text="Say what would happen, and store nothing.")


class OutcomeSerializer(serializers.Serializer[Any]):
    """What became of one row."""

    row = serializers.IntegerField(help_text="Its place in what was sent, from 0.")
    id = serializers.IntegerField(allow_null=True, help_text="Null where there is no such row.")
    status = serializers.ChoiceField(choices=("created", "updated", "unchanged", "rejected"))
    errors = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]


class OutcomesSerializer(serializers.Serializer[Any]):
    """What became of the rows, in the order they were sent; a row that is refused holds up no other."""

    results = OutcomeSerializer(many=True)
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    rejected = serializers.IntegerField()
    dry_run = serializers.BooleanField()


class BulkView(CrudView):
    """Rows that may also be written many at once."""

    spec: ClassVar[Spec]

    @extend_schema(responses=OutcomesSerializer)
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request) -> Response:
        """Create or update up to 1,000 rows, found by the names that another system gives them.

        Other rows are named as in a table to import: accounts and subscriptions by `external_id`, owners by
        e-mail address, teams by name. Each row is stored whole or not at all, whatever becomes of the others.
        """
        serializer = BulkSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        rows, is_dry_run = serializer.validated_data["rows"], serializer.validated_data["dry_run"]
        spec, report = self._spec(), RowReport()
        drafts = self._within_team(read_objects(spec, rows, report=report), report)
        import_drafts(spec, drafts, report=report, is_dry_run=is_dry_run, reach=reach_of(self.key))
        ids = self._ids(rows)
        results = [
            {
                "row": place,
                "id": ids.get(_name(row)),
                "status": report.outcomes[place],
                "errors": report.reasons.get(place, []),
            }
            for place, row in enumerate(rows)
        ]
        counts = {name: getattr(report, name) for name in ("created", "updated", "unchanged", "rejected")}
        return Response({"results": results, **counts, "dry_run": is_dry_run})

    def bulk_schema(self) -> dict[str, Any]:
        """Return the shape of the body for the OpenAPI document.

        Each row is judged by itself, and a wrong one is told so in its result: the call takes any object.
        """
        fields: dict[str, Any] = {
            name: {"description": f"A {' or '.join(json_types(self.spec, name))}."}
            for name in self.spec.fields
        }
        if self.spec.keeps_others_in:
            fields[self.spec.keeps_others_in] = {"description": "An object."}
        is_dry_run = {"type": "boolean", "default": False, "description": "Store nothing."}
        needed = " and ".join(f"`{name}`" for name in self.spec.key)
        row = {"type": "object", "properties": fields, "description": f"A row has {needed} at least."}
        rows = {"type": "array", "items": row, "minItems": 1, "maxItems": MAX_ROWS}
        return {
            "type": "object",
            "properties": {"rows": rows, "dry_run": is_dry_run},
            "required": ["rows"],
            "additionalProperties": False,
        }

    def _spec(self) -> Spec:
        """Return the fields that this key may write."""
        shown: Any = self.get_serializer()
        fields = {name: field for name, field in self.spec.fields.items() if name in shown.fields}
        keeps_others_in = self.spec.keeps_others_in if self.spec.keeps_others_in in shown.fields else ""
        return replace(self.spec, fields=fields, keeps_others_in=keeps_others_in)

    def _within_team(self, drafts: Iterator[Draft], report: RowReport) -> Iterator[Draft]:
        """Yield the drafts; an account that a limited key writes is its team's, and cannot be given away."""
        team = self.key.team
        for draft in drafts:
            if team and self.spec.model is Account and draft.values.setdefault("team", team.name) is None:
                report.reject(draft.line, "team: this key is limited to its team's accounts")
            else:
                yield draft

    def _ids(self, rows: Any) -> Mapping[Any, int]:
        """Return the ids of the rows that have an external id and are there, by that."""
        if self.spec.key != ("external_id",):
            return {}
        wanted = {name for row in rows if (name := _name(row))}
        found = self.get_queryset().filter(external_id__in=wanted).values_list("external_id", "pk")
        return dict(found)


def reach_of(key: ApiKey) -> Reach:
    """Return which rows an import by this key may find and change."""

    def within(rows: Any) -> Any:
        if isinstance(rows, OfAccount):
            return rows.visible_to(key)
        known = {User: known_users, Team: known_teams}[rows.model](key)
        return rows.filter(pk__in=known.values("pk"))

    return within


def _name(row: Mapping[str, Any]) -> str | None:
    name = row.get("external_id")
    return name.strip() if isinstance(name, str) else None
