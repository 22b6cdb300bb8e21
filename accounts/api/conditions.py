"""ETag, If-None-Match and If-Match: nobody overwrites what they have not seen."""

import hashlib
import json
from typing import Any

from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from accounts.api.problems import PreconditionFailed


def etag_of(document: Any) -> str:
    """Return the strong ETag of what a key sees of a row; the order of names plays no part."""
    text = json.dumps(document, cls=JSONEncoder, sort_keys=True)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def is_known(request: Request, etag: str) -> bool:
    """Whether the reader says that this is what it has already."""
    return etag in parse_etags(request.headers.get("If-None-Match", "").replace("W/", ""))


def refuse_unless_seen(request: Request, etag: str) -> None:
    """Raise PreconditionFailed where the writer names another state than this one."""
    if (seen := request.headers.get("If-Match")) is None:
        return
    if not {etag, "*"} & set(parse_etags(seen)):
        raise PreconditionFailed
