import csv
import io
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from accounts.roles import ACCOUNT_MANAGER, ADMINISTRATOR, ANALYST, BUILDER, EXECUTIVE
from metrics.actions.absorb import absorb_responses
from metrics.actions.reading import read_comments
from metrics.measures.scope import Scope
from metrics.measures.themes import themes
from metrics.models import Comment
from tests import factories as f
from tests.metrics.pages.conftest import CANARY, pays_the_canary
from tests.metrics.pages.test_account import XSS

pytestmark = pytest.mark.django_db

PAGE = "/admin/comments/"


@pytest.fixture
def say():
    """Have somebody write a comment, which is absorbed and read at once."""
    survey = f.published_survey([f.NPS, f.WHY], title="Twice a year")

    def said(text, nps=5, of=survey, at=None, **fields):
        f.respond(of, {"nps": nps, "why": text}, at=at or timezone.now(), **fields)
        absorb_responses(now=timezone.now())
        read_comments(now=timezone.now())

    said.survey = survey
    return said


def texts(response):
    return [each.comment.text for each in response.context["said"]]


def test_words_theme_mood_and_account_narrow_down_and_the_address_holds_it_all(executive, say):
    acme, zeta = f.account(name="Acme"), f.account(name="Zeta")
    say("The price is far too high.", account=acme)
    say("Great support, friendly and quick!", account=zeta)
    say("Nothing to add", account=acme)
    Comment.objects.filter(text__startswith="The price").update(mood="negative")
    Comment.objects.filter(text__startswith="Great").update(mood="positive")

    def shown(**query):
        return {text[:5] for text in texts(executive.get(PAGE, query))}

    assert shown() == {"The p", "Great", "Nothi"}
    assert shown(q="prices") == {"The p"}
    assert shown(theme="price") == {"The p"}
    assert shown(mood="positive") == {"Great"}
    assert shown(account=acme.pk) == {"The p", "Nothi"}
    assert shown(company="zet") == {"Great"}
    assert shown(company="z.ta") == shown(company="zeta|acme") == set()
    assert shown(q="price", mood="positive") == set()
    assert shown(survey=say.survey.slug) == {"The p", "Great", "Nothi"}
    page = executive.get(PAGE, {"q": "prices", "theme": "price"})
    assert "<mark>price</mark>" in page.text
    for nothing in ("weather", "the"):
        page = executive.get(PAGE, {"q": nothing})
        assert "No comment is like that" in page.text
        assert "What they are about" not in page.text
        assert "“the” or “and” are not looked for" in page.text
    assert "of any theme and mood" in executive.get(PAGE, {"theme": "price"}).text
    assert "of any theme and mood" not in executive.get(PAGE).text


@pytest.mark.parametrize("query", ["mood=sad", "account=99999", "account=x", "survey=none", "q=" + 300 * "x"])
def test_what_cannot_be_asked_is_said(executive, say, query):
    say("Fine")
    page = executive.get(f"{PAGE}?{query}")
    assert page.status_code == 200
    assert 'role="alert"' in page.text


def test_themes_are_those_of_the_measure(executive, say, today):
    account = f.account()
    pays_the_canary(account, today)
    for text in ("The price is too high.", "Price and support are bad.", "Support is great"):
        say(text, account=account)
    page = executive.get(PAGE)
    scope = Scope.of_answers(page.wsgi_request.user, today)
    assert page.context["about"].themes == themes(scope).themes
    assert [(each.name, each.comments, each.arr) for each in page.context["about"].themes] == [
        ("price", 2, CANARY),
        ("support", 2, CANARY),
    ]
    assert "USD 987,654" in page.text


def test_pages_go_on_to_the_last_comment(executive, say):
    for place in range(45):
        f.respond(say.survey, {"why": f"Comment {place}"}, at=timezone.now() - timedelta(days=place))
    absorb_responses(now=timezone.now())
    seen, query = [], {}
    for size in (20, 20, 5):
        page = executive.get(PAGE, query)
        assert len(texts(page)) == size
        seen += texts(page)
        query = {"after": str(page.context["after"])}
    assert seen == [f"Comment {place}" for place in range(45)]
    assert page.context["after"] is None
    assert executive.get(PAGE, {"after": "nonsense"}).context["said"][0].comment.text == "Comment 0"


def test_an_account_manager_finds_comments_of_their_accounts_only(seen_by, manager, say):
    say("Mine is fine", account=f.account(name="Mine", owner=manager))
    foreign = f.account(name="Foreign Inc", segment="Secretive", owner=f.user(first_name="Stranger"))
    say("Foreign words about price", account=foreign)
    say("From nobody")
    client = seen_by(manager)
    for query in ({}, {"q": "words"}, {"theme": "price"}, {"company": "Foreign"}, {"account": foreign.pk}):
        page = client.get(PAGE, query)
        assert set(texts(page)) <= {"Mine is fine"}
        assert "Foreign words" not in page.text
        assert "Foreign Inc" not in page.text
        assert "Secretive" not in page.text
        assert "Stranger" not in page.text
        assert page.context["about"].comments <= 1
        export = b"".join(client.get(f"{PAGE}export/", query)).decode()
        assert "Foreign" not in export
    assert texts(client.get(PAGE)) == ["Mine is fine"]


def test_an_order_that_lists_nothing_leads_to_the_other(executive, say, today):
    pays_the_canary(f.account(), today)
    say("Of one who does not pay", account=f.account())
    page = executive.get(PAGE, {"order": "arr"})
    assert texts(page) == []
    assert "Only accounts that pay" in page.text
    assert "Newest first</a>" in page.text


@pytest.mark.parametrize("role", [ADMINISTRATOR, BUILDER, ANALYST, EXECUTIVE, ACCOUNT_MANAGER])
def test_revenue_shows_orders_and_leaves_only_with_the_permission(someone, seen_by, say, today, role):
    user = someone(role)
    large, small = f.account(name="Large", owner=user), f.account(name="Small", owner=user)
    pays_the_canary(large, today)
    say("Price of the large", account=large, at=timezone.now() - timedelta(days=3))
    say("Price of the small", account=small)
    client = seen_by(user)
    pages = [client.get(PAGE, query) for query in ({}, {"order": "arr"}, {"q": "price", "order": "arr"})]
    export = b"".join(client.get(f"{PAGE}export/")).decode()
    if user.sees_revenue:
        assert texts(pages[1]) == ["Price of the large"]
        assert all("987,654" in page.text for page in pages)
        assert "987654.32" in export
    else:
        assert {tuple(texts(page)) for page in pages} == {("Price of the small", "Price of the large")}
        # Three digits alone may stand in the number of a response.
        assert all("987,654" not in page.text and "ARR" not in page.text for page in pages)
        assert "987654" not in export
        assert "recurring" not in export


def test_who_may_correct_a_comment_is_led_there(someone, seen_by, say):
    say("Great, another outage.")
    comment = Comment.objects.get()
    link = reverse("admin:metrics_comment_change", args=[comment.pk])
    analyst = seen_by(someone(ANALYST))
    assert link in analyst.get(PAGE).text
    assert link not in seen_by(someone(EXECUTIVE)).get(PAGE).text
    assert 'name="themes" value="reliability"' in analyst.get(link).text
    analyst.post(link, {"mood": "negative", "themes": ["reliability"], "language": "en"})
    page = analyst.get(PAGE, {"mood": "negative", "theme": "reliability"})
    assert texts(page) == ["Great, another outage."]
    assert "corrected by a person" in page.text


def test_who_wrote_it_shows_to_who_may_see_contacts(someone, seen_by, say):
    say("Words", contact=f.contact(f.account(), name="Jane Roe"))
    seeing, blind = someone(EXECUTIVE), f.user(is_staff=True)
    blind.user_permissions.add(*_permissions("view_comment", "view_all_accounts"))
    assert "Jane Roe" in seen_by(seeing).get(PAGE).text
    page = seen_by(blind).get(PAGE)
    assert texts(page) == ["Words"]
    assert "Jane Roe" not in page.text
    assert "Jane Roe" not in b"".join(seen_by(blind).get(f"{PAGE}export/")).decode()


def test_it_asks_for_the_permission(client, seen_by):
    for page in (PAGE, f"{PAGE}export/"):
        assert client.get(page).url.startswith("/admin/login/")
        assert seen_by(f.user(is_staff=True)).get(page).status_code == 403


def test_what_people_wrote_reads_as_text_also_where_it_was_found(executive, say):
    say(f"{XSS} price {XSS}", account=f.account(name=XSS))
    page = executive.get(PAGE, {"q": f"price {XSS}", "company": XSS})
    assert "<svg/onload" not in executive.get(PAGE, {"q": "price"}).text
    assert "<svg/onload" not in page.text
    assert "<mark>price</mark>" in executive.get(PAGE, {"q": "price"}).text


def test_the_export_holds_all_that_was_found_and_no_formula(executive, say):
    for place in range(25):
        say(f"=1+{place} price", nps=place % 11, account=f.account(name=f"=A{place}"))
    say("no match")
    rows = list(
        csv.DictReader(io.StringIO(b"".join(executive.get(f"{PAGE}export/?q=price")).decode("utf-8-sig")))
    )
    assert len(rows) == 25
    assert all(row["comment"].startswith("'=") and row["account_name"].startswith("'=") for row in rows)
    assert {row["scores"] for row in rows} == {f"NPS {value}/10" for value in range(11)}
    assert executive.get(f"{PAGE}export/?format=xlsx")["Content-Type"].endswith("sheet")


@pytest.mark.parametrize("privacy", ["confidential", "anonymous"])
def test_of_confidential_surveys_only_words_and_months_show(executive, say, privacy):
    survey = f.published_survey([f.NPS, f.WHY], privacy=privacy, title="Promised")
    account = f.account(name="Telling Ltd", segment="Telling")
    for place in range(5):
        say(f"Confidential words {place} on price", of=survey, account=account, nps=0)
    page = executive.get(PAGE)
    assert len(texts(page)) == 5
    assert "Telling Ltd" not in page.text
    assert all(each.account is None for each in page.context["said"])
    assert "/admin/response/" not in page.text
    assert len(texts(executive.get(PAGE, {"q": "price"}))) == 5
    for query in ({"segment": "Telling"}, {"company": "Telling"}, {"account": account.pk}, {"order": "arr"}):
        assert texts(executive.get(PAGE, query)) == []
    export = b"".join(executive.get(f"{PAGE}export/")).decode()
    assert "Confidential words 3" in export
    assert "Telling" not in export
    (public_id, *_) = survey.responses.values_list("public_id", flat=True)
    assert str(public_id) not in export
    refused = executive.get(reverse("response", args=[public_id]))
    assert refused.status_code == 403
    assert "Confidential words" not in refused.text


def test_the_order_by_revenue_does_not_tell_whose_confidential_words_are(executive, say, today):
    """Beside the named words of their account they would; so would an address that holds the account."""
    survey = f.published_survey([f.NPS, f.WHY], privacy="confidential", title="Promised")
    large, small = f.account(name="Large"), f.account(name="Small")
    pays_the_canary(large, today)
    f.subscription(small, today - timedelta(days=30), today + timedelta(days=300), 5)
    for place in range(22):
        account = small if place % 2 else large
        f.respond(survey, {"nps": 0, "why": f"In confidence {place}"}, at=timezone.now(), account=account)
    for account in (small, large):
        say(f"Words of {account}", account=account)
    page = executive.get(PAGE, {"order": "arr"})
    assert texts(page) == ["Words of Large", "Words of Small"]
    assert "said in confidence" not in page.text
    newest = executive.get(PAGE)
    # Kept to ten minutes they are all as new as each other: which of them come first is chance.
    assert any(text.startswith("In confidence") for text in texts(newest))
    assert newest.context["after"].endswith(".0")


def test_queries_do_not_grow_with_the_comments(executive, say, django_assert_max_num_queries):
    executive.get(PAGE)
    counts = []
    for size in (2, 15):
        for place in range(size):
            say(f"Price {place}", contact=f.contact(f.account()))
        with django_assert_max_num_queries(20) as queries:
            executive.get(PAGE, {"q": "price", "order": "arr"})
        counts.append(len(queries))
    assert counts[0] == counts[1]


def _permissions(*codenames):
    return Permission.objects.filter(codename__in=codenames)


def test_a_file_of_comments_leaves_a_line_of_who_took_it(executive, say):
    say("Too dear, says Jane")
    executive.get(PAGE)
    assert not LogEntry.objects.exists()
    executive.get(f"{PAGE}export/?q=dear")
    executive.get(f"{PAGE}export/?format=xlsx")
    lines = [(entry.user.pk, entry.get_change_message()) for entry in LogEntry.objects.order_by("pk")]
    viewer = int(executive.session["_auth_user_id"])
    assert lines == [(viewer, "Exported comments as csv."), (viewer, "Exported comments as xlsx.")]


def test_the_language_of_a_comment_is_named(executive, say):
    say("Very good indeed")
    Comment.objects.update(language="de")
    assert "<span>German</span>" in executive.get(PAGE).text


def test_where_nobody_has_written_there_is_nothing_to_search(executive):
    page = executive.get("/admin/comments/")
    assert "Nobody has written anything in these days" in page.text
    assert 'role="search"' not in page.text
    assert "What they are about" not in page.text
    searched = executive.get("/admin/comments/?q=price")
    assert 'role="search"' in searched.text
    assert "No comment is like that" in searched.text
    assert "What they are about" not in searched.text
    assert "Only accounts that pay" not in executive.get("/admin/comments/?order=arr").text
