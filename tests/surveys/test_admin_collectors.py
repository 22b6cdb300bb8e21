"""Ways in as staff make them: links with their codes and cards, snippets for websites, quotas."""

import re
from html import unescape

import pytest
from django.urls import reverse

from accounts.roles import ACCOUNT_MANAGER, ADMINISTRATOR, ANALYST, BUILDER, EXECUTIVE
from surveys.codes import QUIET_ZONE, qr_png, qr_svg
from surveys.models import Collector, Quota
from tests import factories as f
from tests.accounts.staff import logged_in, member, superuser

pytestmark = pytest.mark.django_db
ADD = reverse("admin:surveys_collector_add")
PLAN = {
    "key": "plan",
    "kind": "single_choice",
    "text": "Plan?",
    "choices": [{"key": "pro", "text": "Pro"}, {"key": "else", "text": "Else", "is_other": True}],
}


@pytest.fixture
def collector():
    return f.published_survey(title="Our <shop>", languages=["en", "de"]).collectors.get()


@pytest.fixture
def root():
    return logged_in(superuser())


def page_of(collector, page="change"):
    return reverse(f"admin:surveys_collector_{page}", args=[collector.pk])


def test_a_code_has_its_quiet_zone_and_says_nothing_but_the_link():
    svg = qr_svg("https://voice.example.com/s/shop/").decode()
    size = int(re.search(r'viewBox="0 0 (\d+) \1"', svg)[1])
    assert (size - 17 - 2 * QUIET_ZONE) % 4 == 0  # a QR code of version n has 17 + 4n modules
    assert 'fill="#fff"' in svg
    assert qr_png("https://voice.example.com/s/shop/").startswith(b"\x89PNG")
    assert qr_svg("https://voice.example.com/s/other/").decode() != svg


def test_codes_are_files_and_a_card_is_a_page_in_the_language_asked_for(root, collector):
    svg, png = root.get(page_of(collector, "qr_svg")), root.get(page_of(collector, "qr_png"))
    assert (svg["Content-Type"], png["Content-Type"]) == ("image/svg+xml", "image/png")
    assert svg.content == qr_svg(collector.link)
    card = root.get(page_of(collector, "card"), {"language": "de"}).content.decode()
    assert "Scannen und antworten" in card
    assert "Our &lt;shop&gt;" in card
    assert f"/s/{collector.slug}" in card


def test_a_link_is_shown_with_its_ways_in(root, collector):
    page = root.get(page_of(collector)).content.decode()
    for shown in (collector.link, page_of(collector, "qr_svg"), page_of(collector, "card")):
        assert shown in page
    assert "embed.js" not in page


def test_an_embed_has_snippets_to_copy(root, collector):
    Collector.objects.update(channel="embed", allowed_origins=["https://www.example.com"])
    page = unescape(root.get(page_of(collector)).content.decode())
    assert f'<script src="http://localhost/embed.js" data-survey="{collector.slug}" async></script>' in page
    assert 'data-mode="popup"' in page


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://www.example.com", ["https://www.example.com"]),
        (
            " https://WWW.example.com/ \nhttps://b.example:8443",
            ["https://www.example.com", "https://b.example:8443"],
        ),
        ("", None),
        ("www.example.com", None),
        ("http://www.example.com", None),
        ("https://*.example.com", None),
        ("https://example.com/path", None),
        ("https://example.com; script-src *", None),
        ("*", None),
        ("null", None),
        ("'self'", None),
        ("javascript:alert(1)", None),
    ],
)
def test_an_embed_names_its_websites_by_their_origin(root, collector, typed, kept):
    sent = {"survey": collector.survey_id, "name": "Shop", "channel": "embed", "slug": "shop"}
    answer = root.post(ADD, {**sent, "closed_at_0": "", "closed_at_1": "", "allowed_origins": typed})
    assert answer.status_code == (302 if kept else 200)
    assert list(Collector.objects.filter(slug="shop").values_list("allowed_origins", flat=True)) == (
        [kept] if kept else []
    )


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("plan", "pro", "pro"),
        ("nps", "9", 9),
        ("plan", "free", None),
        ("plan", "else", None),
        ("nps", "11", None),
        ("nps", "nine", None),
        ("none", "x", None),
        ("why", "x", None),
        ("order", "pro", None),
        ("grid", "pro", None),
    ],
)
def test_a_quota_is_on_an_answer_that_the_survey_offers(root, key, value, kept):
    order = {**PLAN, "key": "order", "kind": "ranking", "choices": PLAN["choices"][:1]}
    grid = {**order, "key": "grid", "kind": "matrix", "settings": {"rows": [{"key": "a", "text": "A"}]}}
    survey = f.published_survey([f.NPS, PLAN, f.WHY, order, grid])
    sent = {"survey": survey.pk, "question_key": key, "value": value, "limit": 10, "ending": ""}
    answer = root.post(reverse("admin:surveys_quota_add"), sent)
    assert answer.status_code == (302 if kept is not None else 200)
    assert list(Quota.objects.values_list("value", flat=True)) == ([kept] if kept is not None else [])


def test_an_invitation_is_shown_with_a_code_this_once(root):
    survey, person = f.published_survey(), f.contact(f.account())
    sent = {"survey": survey.pk, "contact": person.pk}
    page = root.post(reverse("admin:surveys_invitation_add"), sent).content.decode()
    assert "data:image/svg+xml;base64," in page
    assert 'download="invitation.png"' in page


@pytest.mark.parametrize(
    ("role", "may_add"),
    [(ADMINISTRATOR, True), (BUILDER, True), (ANALYST, False), (EXECUTIVE, False), (ACCOUNT_MANAGER, False)],
)
def test_what_each_role_may(collector, role, may_add):
    client = logged_in(member(role))
    for page in ("change", "qr_svg", "qr_png", "card"):
        assert client.get(page_of(collector, page)).status_code == 200
    for model in ("collector", "quota"):
        assert client.get(reverse(f"admin:surveys_{model}_changelist")).status_code == 200
        assert (client.get(reverse(f"admin:surveys_{model}_add")).status_code == 200) == may_add


def test_who_may_not_see_surveys_gets_no_code(collector):
    stranger = logged_in(f.user(is_staff=True))
    for page in ("qr_svg", "qr_png", "card"):
        assert stranger.get(page_of(collector, page)).status_code == 403
