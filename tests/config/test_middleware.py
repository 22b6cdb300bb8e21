import gzip
import re

import pytest

TOKEN = rb'csrfmiddlewaretoken" value="(.+?)"'
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "url",
    [
        "/admin/?q=%00",
        "/admin/login/?next=a%00b",
        "/s/a%00b/",
        "/admin/autocomplete/?term=%00",
        "/admin/?text__icontains=%00",
    ],
)
def test_nul_is_refused_before_it_reaches_the_database(client, url):
    response = client.get(url)
    assert response.status_code == 400
    assert response["Content-Security-Policy"]


def test_a_percent_sign_that_only_looks_like_nul_is_let_through(client):
    assert client.get("/admin/login/?next=%2500").status_code == 200


def test_the_login_page_may_not_be_framed_and_loads_only_from_here(client):
    policy = client.get("/admin/login/")["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert client.get("/admin/login/")["X-Frame-Options"] == "DENY"


def test_pages_of_the_admin_travel_compressed_with_a_token_masked_anew(client):
    pages = [client.get("/admin/login/", HTTP_ACCEPT_ENCODING="gzip, br") for _ in range(2)]
    assert [page["Content-Encoding"] for page in pages] == ["gzip", "gzip"]
    tokens = [
        re.search(rb'csrfmiddlewaretoken" value="(.+?)"', gzip.decompress(page.content)) for page in pages
    ]
    assert tokens[0].group(1) != tokens[1].group(1)
    assert "Content-Encoding" not in client.get("/admin/login/")
    assert "Content-Encoding" not in client.get("/api/schema/", HTTP_ACCEPT_ENCODING="gzip")
