"""Idempotency-Key: the same POST again gets the same answer and writes nothing."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.db import transaction
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from accounts.api.problems import Conflict
from accounts.models import Reply

HEADER = "Idempotency-Key"
MAX_LENGTH = 200


def reply_once(view: Any, answer: Callable[..., Response], *args: Any, **kwargs: Any) -> Response:
    """Return what the view answers, or what it answered when the same key sent the same before.

    The reply is stored in the transaction of the write itself: either both are there or neither, and of two
    at once the second waits for the first. What is refused leaves no reply.
    """
    request = view.request
    name = request.headers[HEADER]
    if not (0 < len(name) <= MAX_LENGTH and name.isascii() and name.isprintable()):
        raise ValidationError({HEADER: [f"1 to {MAX_LENGTH} printable ASCII characters."]})
    request_hash = _hash(request)
    with transaction.atomic():
        replies = Reply.objects.filter(api_key=request.auth, idempotency_key=name)
        replies.expired().delete()
        reply, is_first = replies.get_or_create(
            api_key=request.auth,
            idempotency_key=name,
            defaults={"request_hash": request_hash, "status": 0, "body": ""},
        )
        if is_first:
            response = answer(*args, **kwargs)
            secrets = view.secrets_of(response.data)
            kept = {field: value for field, value in response.data.items() if field not in secrets}
            reply.status, reply.body = response.status_code, json.dumps(kept, cls=JSONEncoder)
            reply.save(update_fields=["status", "body"])
            return response
    if bytes(reply.request_hash) != request_hash:
        raise Conflict(f"This {HEADER} was used for another request.")
    body = json.loads(reply.body)
    return Response(
        body | view.secrets_of(body), status=reply.status, headers={"Idempotent-Replayed": "true"}
    )


def _hash(request: Any) -> bytes:
    body = json.dumps(request.data, sort_keys=True)
    return hashlib.sha256(f"{request.get_full_path()}\n{body}".encode()).digest()
