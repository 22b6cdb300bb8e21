"""An example of every body in the OpenAPI document, made from its schema and one table of values."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from accounts.api.problems import CONTENT_TYPE, problem

JSON = "application/json"
INSTANT, DAY = "2026-06-15T12:00:00Z", "2026-06-15"
HISTORY = {"day": DAY, "score": 71.5, "band": "green"}
QUESTIONS = [
    {"key": "nps", "kind": "nps", "text": "How likely are you to recommend us?", "required": True},
    {"key": "why", "kind": "long_text", "text": "Why?"},
]
# By `Component.name`, then by name; what is not here follows from the schema alone. A request leaves out what
# is null here.
VALUES: Mapping[str, Any] = {
    "external_id": "acme",
    "Contact.external_id": "acme-1",
    "Subscription.external_id": "s1",
    "name": "Acme",
    "Contact.name": "Ada Example",
    "Campaign.name": "Relationship 2026",
    "Audience.name": "Enterprise",
    "Programme.name": "Relationship",
    "Collector.name": "Website",
    "Event.name": "ticket.closed",
    "NewEvent.name": "ticket.closed",
    "Theme.name": "Speed",
    "domain": "acme.example",
    "segment": "Enterprise",
    "industry": "Software",
    "country": "DE",
    "region": "EMEA",
    "tier": "A",
    "owner": "kim@example.com",
    "team": "North",
    "parent": None,
    "currency": "EUR",
    "attributes": {"employees": 250},
    "Event.attributes": {"hours": 5},
    "NewEvent.attributes": {"hours": 5},
    "account": 17,
    "NewEvent.account": "acme",
    "NewEvent.contact": "acme-1",
    "contact": 42,
    "survey": 3,
    "NewResponse.survey": "relationship",
    "NewInvitation.survey": 3,
    "Order.survey": "relationship",
    "Order.changed_after": INSTANT,
    "created_on": "2021-03-01",
    "churned_on": None,
    "email": "ada@example.com",
    "title": "Head of operations",
    "Survey.title": "How are we doing?",
    "Definition.title": "How are we doing?",
    "NewSurvey.title": "How are we doing?",
    "intro": "Two questions, one minute.",
    "thank_you": "Thank you.",
    "closed": "This survey is over.",
    "questions": QUESTIONS,
    "pages": [],
    "endings": [],
    "theme": {},
    "hidden": [],
    "language": "en",
    "languages": ["en"],
    "slug": "relationship",
    "programme": "relationship",
    "link": "https://voice.example.com/s/relationship/",
    "NewInvitation.link": "https://voice.example.com/r/dTq3c1VnZ0pXb2x5bWFrZXM/",
    "product": "Suite",
    "starts_on": "2026-01-01",
    "ends_on": "2027-01-01",
    "Campaign.starts_on": "2026-09-01",
    "Campaign.ends_on": None,
    "annual_value": "12000.00",
    "auto_renew": True,
    "cancelled_on": None,
    "renews": None,
    "month": "2026-06-01",
    "revenue": "5000.00",
    "cost": "3200.00",
    "key": "seats_active",
    "observed_on": DAY,
    "Signal.value": "42",
    "event_id": "ticket-981",
    "submission_key": "call-17",
    "answers": {"nps": 9, "why": "Quick help"},
    "expires_at": None,
    "bounced_at": None,
    "revoked_at": None,
    "unsubscribed_at": None,
    "erased_at": None,
    "closed_at": None,
    "closes_at": None,
    "paused_at": None,
    "stopped_at": None,
    "response_limit": None,
    "allowed_origins": ["https://www.example.com"],
    "invitation": None,
    "channel": "link",
    "SurveyResponse.channel": "api",
    "public_id": "8a5ccfad-b413-4178-8a16-5d2e9422c7bf",
    "conditions": [{"field": "segment", "operator": "is", "value": ["Enterprise"]}],
    "audience": 5,
    "days": None,
    "event": "",
    "opens": "09:00",
    "closes": "17:00",
    "weekdays": [0, 1, 2, 3, 4],
    "reminder_days": [4, 9],
    "sample_percent": 100,
    "expires_after_days": 30,
    "sender": "Kim at Example",
    "reply_to": "kim@example.com",
    "Message.number": 0,
    "subject": "How are we doing?",
    "subject_b": "",
    "body": "Hello {{ first_name }}, two questions: {{ link }}",
    "dataset": "responses",
    "format": "csv",
    "fault": "",
    "file": None,
    "percent": 40,
    "rows_done": 4000,
    "rows_total": 10000,
    "left_out": 0,
    "size": 0,
    "finished_at": None,
    "Export.status": "running",
    "Export.id": "3xq7Yf0a2mJ8bV1nKc5tPz9wLr4hDs6g",
    "metric": "nps",
    "value": 34.0,
    "n": 212,
    "counted": "responses",
    "interval": [24.9, 43.1],
    "window": ["2025-06-15", "2026-06-15"],
    "definition": "Promoters (9 and 10) less detractors (0 to 6), in points of all answers.",
    "as_of": DAY,
    "notes": [],
    "beside": {"promoters": 51.0, "detractors": 17.0},
    "day": DAY,
    "score": 71.5,
    "Backtest.score": "health",
    "band": "green",
    "confidence": 0.83,
    "base": 60.0,
    "history": [HISTORY],
    "override": None,
    "moved": None,
    "trend": "up",
    "next": None,
    "Row.account": "acme",
    "Row.external_id": "crm-4711",
    "Receipt.results": [{"account": "acme", "value": 9}],
    "Outcome.row": 0,
    "Outcome.id": 17,
    "Outcome.errors": [],
    "updated": 0,
    "unchanged": 0,
    "rejected": 0,
    "per_hour": 200,
    "answered_at": None,
    "Survey.status": "live",
    "Survey.opens_at": INSTANT,
    "Part.key": "nps",
    "Part.name": "What they say",
    "why": "NPS 40 of 5 answers in the last year",
    "contribution": 11.5,
    "weight": 0.25,
    "freshness": 0.9,
    "performance": 72.0,
    "about": "score",
    "question": "nps",
    "over": 30,
    "usual": 8.4,
    "recent": 7.1,
    "p": 0.004,
    "p_among_all": 0.03,
    "tested": 12,
    "lead_days": 90,
    "verdict": "evidence",
    "words": "Accounts that left had a lower health 90 days before.",
    "due": 120,
    "without": 14,
    "replays": 0,
    "persons": 0,
    "kept": 104,
    "lost": 16,
    "auc": 0.78,
    "Discrimination.interval": [0.66, 0.88],
    "lift_at_10": 3.4,
    "capture_at_20": 0.56,
    "brier": 0.09,
    "skill": 0.21,
    "predicted": 0.15,
    "observed": 0.13,
    "rate": 0.13,
    "BandLoss.interval": [0.08, 0.2],
    "importance": 0.31,
    "KeyDriver.interval": [0.18, 0.44],
    "shapley": 0.12,
    "share": 0.4,
    "r_squared": 0.3,
    "why_not": "",
    "outcome": "nps",
    "KeyDriver.key": "support",
    "comments": 48,
    "negative": 21,
    "neutral": 9,
    "positive": 18,
    "accounts": 15,
    "arr": 180000.0,
    "without_theme": 12,
    "without_mood": 3,
    "what": "One answer.",
    "author": "kim@example.com",
    "note": "Weights of the yearly review.",
    "valid_from": "2026-01-01",
    "reason": "The sponsor left.",
    "Override.value": 40,
    "Override.starts_on": DAY,
    "Override.ends_on": "2026-09-15",
    "description": "How customers see us, twice a year.",
}
# What a change sends: the rest stays as it is.
CHANGES: Mapping[str, str] = {
    "Account": "tier",
    "Audience": "name",
    "Campaign": "per_hour",
    "Collector": "name",
    "Contact": "role",
    "Programme": "description",
    "ServicesMonth": "cost",
    "Signal": "value",
    "Subscription": "auto_renew",
    "Survey": "opens_at",
}
OF_A_TYPE: Mapping[str, Any] = {"integer": 1, "number": 1.0, "boolean": False, "string": "text", "null": None}
OF_A_FORMAT: Mapping[str, Any] = {"date-time": INSTANT, "date": DAY}


def add_examples(result: Any, **kwargs: Any) -> Any:
    """Return the document with an example in every body that is JSON, refusals included."""
    components = result["components"]
    examples = Examples(components["schemas"])
    for path in result["paths"].values():
        for operation in path.values():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for body in bodies:
                if JSON in body.get("content", {}):
                    media = body["content"][JSON]
                    media["example"] = examples.of(
                        media["schema"], is_request=body is bodies[0], component="Row"
                    )
    for name, response in components["responses"].items():
        status = HTTPStatus(int(name.removeprefix("Problem")))
        errors = {"name": ["This field is required."]} if status == HTTPStatus.BAD_REQUEST else None
        detail = "Some values are not right." if errors else response["description"]
        response["content"][CONTENT_TYPE]["example"] = problem(status, detail, errors)
    return result


class Examples:
    """Makes examples of the schemas of one document."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self.schemas = schemas

    def of(self, schema: Mapping[str, Any], *, is_request: bool, component: str = "", name: str = "") -> Any:
        """Return an example of a schema: the one of the table, else the plainest one that it allows."""
        for known in (f"{component}.{name}", name):
            if name and known in VALUES:
                return VALUES[known]
        for either in ("oneOf", "allOf"):
            if either in schema:
                return self.of(schema[either][0], is_request=is_request, component=component, name=name)
        if "$ref" in schema:
            return self._of_component(schema["$ref"].rpartition("/")[2], is_request=is_request)
        if "properties" in schema:
            return self._of_object(schema, is_request=is_request, component=component)
        if schema.get("type") == "array":
            return [self.of(schema["items"], is_request=is_request, component=component)]
        return _of_type(schema)

    def _of_component(self, title: str, *, is_request: bool) -> Any:
        component = title.removeprefix("Patched").removesuffix("Request")
        example = self.of(self.schemas[title], is_request=is_request, component=component)
        if title.startswith("Patched"):
            return {CHANGES[component]: example[CHANGES[component]]}
        return example

    def _of_object(self, schema: Mapping[str, Any], *, is_request: bool, component: str) -> dict[str, Any]:
        made = {
            name: self.of(property_, is_request=is_request, component=component, name=name)
            for name, property_ in schema["properties"].items()
        }
        required = set(schema.get("required", ()))
        return {
            name: value
            for name, value in made.items()
            if value is not None or name in required or not is_request
        }


def _of_type(schema: Mapping[str, Any]) -> Any:
    for named in ("default", "examples", "enum"):
        if named in schema:
            return schema[named] if named == "default" else schema[named][0]
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    return OF_A_FORMAT.get(schema.get("format", ""), OF_A_TYPE.get(kind, {}))
