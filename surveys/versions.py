from dataclasses import dataclass
from functools import lru_cache

from surveys.definition import Definition
from surveys.interchange.native import from_json
from surveys.models import Version


@dataclass(frozen=True, slots=True)
class Published:
    """What never changes about a version: its survey, its number (None for a tested draft) and definition."""

    survey_id: int
    number: int | None
    definition: Definition


@lru_cache(maxsize=256)
def published(version_id: int) -> Published:
    """Return a version as it was published; it never changes, so every process keeps the ones in use.

    Raises Version.DoesNotExist.
    """
    columns = Version.objects.values_list("survey_id", "number", "definition")
    survey_id, number, document = columns.get(pk=version_id)
    return Published(survey_id, number, from_json(document))


def published_definition(version_id: int) -> Definition:
    """Return the definition of a version. Raises Version.DoesNotExist."""
    return published(version_id).definition


def definition_answered(version: Version) -> Definition:
    """Return what answers to the version answered; it may be a draft that was tested."""
    return published_definition(version.pk) if version.number else from_json(version.definition)
