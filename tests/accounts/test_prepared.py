import pytest
from django.db import connection

from accounts.actions.keys import admit_call, create_api_key
from accounts.models import ApiKey, CallCount
from tests.factories import NOON

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_connection_that_died_meanwhile_is_replaced_and_the_call_admitted():
    _, secret = create_api_key("k", ["accounts:read"], team=None, expires_at=None, by=None, now=NOON)
    assert admit_call(secret, is_counted=True, now=NOON).calls == 1
    connection.connection.close()
    key = admit_call(secret, is_counted=True, now=NOON)
    assert (key.calls, key.scopes) == (2, ["accounts:read"])
    assert CallCount.objects.get().calls == 2
    assert ApiKey.objects.get().last_used_at == NOON
