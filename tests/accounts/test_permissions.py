"""What a user may do is the same as Django says, in one query."""

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Permission

from accounts.models import User
from accounts.roles import ANALYST, EXECUTIVE
from tests import factories as f
from tests.accounts.staff import member, role, superuser

pytestmark = pytest.mark.django_db


def again(user):
    return User.objects.get(pk=user.pk)


def test_own_rights_and_those_of_all_roles_are_one_s_rights(django_assert_num_queries):
    user = member(ANALYST)
    user.groups.add(role(EXECUTIVE))
    user.user_permissions.add(Permission.objects.get(codename="delete_exchangerate"))
    expected = ModelBackend().get_all_permissions(again(user))
    assert "accounts.delete_exchangerate" in expected
    read = again(user)
    with django_assert_num_queries(1):
        assert read.get_all_permissions() == expected
        assert read.has_perm("accounts.delete_exchangerate")
        assert not read.has_perm("accounts.delete_user")


def test_nobody_has_any_right_by_being_inactive_a_stranger_or_asked_of_an_object():
    gone = member(EXECUTIVE, is_active=False)
    assert again(gone).get_all_permissions() == set()
    assert AnonymousUser().get_all_permissions() == set()
    assert member(EXECUTIVE).get_all_permissions(obj=f.account()) == set()


def test_a_superuser_has_every_right():
    assert len(superuser().get_all_permissions()) == Permission.objects.count()
