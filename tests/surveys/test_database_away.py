"""A database that dies and comes back: what was acknowledged is stored, what was not may be sent again."""

import pytest
from django.db import connection, connections
from django.test import Client

from surveys.models import Response
from tests.factories import published_survey
from tests.surveys.respondent import Respondent, open_link

pytestmark = pytest.mark.django_db(transaction=True)


def kill_own_connection():
    """End the backend of this thread's connection, as a restart of the server does."""
    backend = connection.connection.info.backend_pid
    killer = connections.create_connection("default")
    try:
        with killer.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
    finally:
        killer.close()


def test_a_connection_that_died_unnoticed_is_replaced():
    survey = published_survey()
    respondent = Respondent(open_link(survey)).open()
    kill_own_connection()
    assert respondent.send(nps="9").status_code == 302
    kill_own_connection()
    assert Client().get(respondent.path).status_code == 200
    kill_own_connection()
    assert Client().get(f"{respondent.path}thanks/").status_code == 200
    assert Response.objects.count() == 1


def test_without_a_database_the_page_asks_to_try_again_and_the_same_page_counts_later():
    respondent = Respondent(open_link(published_survey())).open()
    sent = {**respondent.hidden, "nps": "9"}
    there = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = "no-such-database"
    try:
        page = respondent.client.post(respondent.path, sent)
        shown = Client().get(respondent.path)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = there

    for away in (page, shown):
        assert away.status_code == 503
        assert away["Retry-After"] == "5"
        assert "We will be right back" in away.content.decode()
    assert respondent.client.post(respondent.path, sent).status_code == 302
    assert Response.objects.get().answers == {"nps": 9}
