"""An account stands above others, never above itself: the database sees to that from everywhere."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from accounts.models import Account
from tests import factories as f


@pytest.fixture
def family():
    """A grandparent, a parent and a child."""
    top = f.account()
    middle = f.account(parent=top)
    return top, middle, f.account(parent=middle)


@pytest.mark.django_db
@pytest.mark.parametrize("place", [0, 1])
def test_nobody_comes_to_stand_above_itself(family, place):
    with pytest.raises(IntegrityError, match="account cannot be above itself"), transaction.atomic():
        Account.objects.filter(pk=family[place].pk).update(parent=family[2])
    family[place].parent = family[2]
    with pytest.raises(ValidationError, match="itself above that one"):
        family[place].full_clean()


@pytest.mark.django_db
def test_another_parent_is_fine(family):
    top, _, child = family
    child.parent = top
    child.full_clean()
    child.save()
    assert set(top.children.all()) == {family[1], child}


@pytest.mark.django_db(transaction=True)
def test_two_writers_cannot_close_a_circle_that_neither_sees():
    one, other = f.account(), f.account()
    start = Barrier(2)

    def put_above(child, parent):
        try:
            start.wait(timeout=300)
            with transaction.atomic():
                Account.objects.filter(pk=child.pk).update(parent=parent)
            return True
        except IntegrityError:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(put_above, one, other), pool.submit(put_above, other, one)]
        assert sorted(job.result(timeout=600) for job in jobs) == [False, True]
    assert Account.objects.exclude(parent=None).count() == 1
