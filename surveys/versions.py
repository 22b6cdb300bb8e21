from functools import lru_cache

from surveys.definition import Definition
from surveys.interchange.native import from_json
from surveys.models import Version


@lru_cache(maxsize=256)
def published_definition(version_id: int) -> Definition:
    """Return the definition of a version; it never changes, so every process keeps the ones in use.

    Raises Version.DoesNotExist.
    """
    return from_json(Version.objects.values_list("definition", flat=True).get(pk=version_id))
