"""What empties the tables after a test meets whoever is still at work in them."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event

import pytest
from django.db import OperationalError, ProgrammingError, connection, transaction

from accounts.models import Account
from tests import emptying, factories
from tests.processes import wait_until

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'surveys_survey'::regclass"


@pytest.mark.django_db(transaction=True)
def test_whoever_waits_for_us_while_we_wait_for_them_goes_first():
    factories.account()
    is_held = Event()

    def hold_one_and_want_another():
        with connection.cursor() as cursor, transaction.atomic():
            # The one whose patience ends first gives way: not this one, where we may say so.
            with suppress(ProgrammingError), transaction.atomic():
                cursor.execute("SET LOCAL deadlock_timeout = '20s'")
            cursor.execute("LOCK TABLE surveys_survey IN ACCESS SHARE MODE")
            is_held.set()

            def is_waited_for():
                cursor.execute(WAITING)
                return cursor.fetchone() != (0,)

            wait_until(is_waited_for)
            with suppress(OperationalError), transaction.atomic():
                cursor.execute("LOCK TABLE accounts_account IN ACCESS SHARE MODE")
        connection.close()

    with ThreadPoolExecutor() as pool:
        other = pool.submit(hold_one_and_want_another)
        assert is_held.wait(300)
        emptying.empty()
        other.result(timeout=300)
    assert not Account.objects.exists()
