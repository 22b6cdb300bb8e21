import pytest

from tests.api.conftest import assert_problem, program
from tests.api.test_rows import RESOURCES, new_row

pytestmark = pytest.mark.django_db


def test_a_reader_who_has_it_already_gets_304(root, own):
    first = root.get(f"accounts/{own.pk}")
    again = root.get(f"accounts/{own.pk}", If_None_Match=first["ETag"])
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    root.patch(f"accounts/{own.pk}", {"name": "Other"})
    assert root.get(f"accounts/{own.pk}", If_None_Match=first["ETag"]).status_code == 200


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
def test_nobody_overwrites_what_they_have_not_seen(root, own, method):
    path, body = f"accounts/{own.pk}", {"external_id": own.external_id, "name": "Mine"}
    seen = root.get(path)["ETag"]
    root.patch(path, {"name": "Somebody else's"})
    for stale in (seen, f"W/{seen}", '"nonsense"', "nonsense", ""):
        assert_problem(root.call(method, path, body, If_Match=stale), 412)
    assert root.get(path).json()["name"] == "Somebody else's"
    fresh = root.get(path)["ETag"]
    assert root.call(method, path, body, If_Match=f'"other", {fresh}').status_code in (200, 204)


def test_a_write_gives_the_etag_that_the_next_read_gives(root, own):
    path = f"accounts/{own.pk}"
    attributes = {"b": 1, "a": 1e22, "ä": 1.50}
    changed = root.patch(path, {"attributes": attributes}, If_Match="*")
    assert changed["ETag"] == root.get(path)["ETag"]


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_new_row_comes_with_its_etag(root, own, resource):
    made = root.post(resource, new_row(resource, own))
    assert made["ETag"] == root.get(f"{resource}/{made.json()['id']}")["ETag"]


def test_what_a_key_does_not_see_does_not_change_its_etag(root, own):
    made = root.post("contacts", {"external_id": "c", "account": own.pk, "name": "A"}).json()
    blind = program("contacts:read")
    before = blind.get(f"contacts/{made['id']}")["ETag"]
    root.patch(f"contacts/{made['id']}", {"name": "B"})
    assert blind.get(f"contacts/{made['id']}")["ETag"] == before
    root.patch(f"contacts/{made['id']}", {"role": "influencer"})
    assert blind.get(f"contacts/{made['id']}")["ETag"] != before
