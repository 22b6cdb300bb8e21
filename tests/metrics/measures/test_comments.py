"""Comments found by their words in every language, and what of them may be shown."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection

from metrics.actions.absorb import absorb_responses
from metrics.formulas.disclosure import Block, blocks
from metrics.measures.comments import (
    Cursor,
    Wanted,
    comments_of,
    largest_first,
    newest_first,
    parts_of,
    told,
)
from metrics.measures.scope import Scope
from metrics.models import Comment
from metrics.models.search import Sought
from tests import factories as f

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 15)
SAID = {
    "en": "Your prices are rising, and the invoices come late.",
    "de": "Die Rechnungen kommen zu spät, der Preis steigt.",
    "fr": "Les factures sont trop chères.",
    "es": "Las facturas llegan tarde.",
    "pl": "Faktury przychodzą za późno.",
    "ja": "請求書が遅れて届きます。",
    "ko": "송장이 늦게 옵니다.",
    "ar": "الفواتير تصل متأخرة.",
    "he": "החשבונית מגיעה באיחור.",
}


@pytest.fixture
def survey():
    return f.published_survey([f.NPS, f.WHY], languages=[*SAID][1:])


@pytest.fixture
def scope(survey):
    viewer = f.user(is_superuser=True)

    def make(**rest):
        days = {"start": date(2025, 6, 15), "end": date(2026, 6, 16), **rest}
        return Scope(viewer=viewer, today=TODAY, **{"survey": survey, **days})

    return make


def say(survey, *texts, **fields):
    for place, text in enumerate(texts):
        at = fields.pop("at", None) or datetime(2026, 6, 1, 12, place, tzinfo=UTC)
        f.respond(survey, {"nps": place % 11, "why": text}, at=at, **fields)
    absorb_responses(now=f.NOON)


def texts(rows):
    return {each.text for each in rows}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("price", {"en"}),
        ("invoice", {"en"}),
        ("Rechnung", {"de"}),
        ("facture", {"fr", "es"}),
        ("factura", {"fr", "es"}),
        ("faktury", {"pl"}),
        ("請求書", {"ja"}),
        ("遅れ 請求書", {"ja"}),
        ("書求請", set()),
        ("請求書 -遅れ", set()),
        ("-請求書", set(SAID) - {"ja"}),
        ("請求書 -高い", {"ja"}),
        ("송장", {"ko"}),
        ("فواتير", {"ar"}),
        ("באיחור", {"he"}),
        ("SPÄT", {"de"}),
        ("invoice " * 1000, {"en"}),
        ('"come late"', {"en"}),
        ('"late come"', set()),
        ("invoice or Rechnung", {"en", "de"}),
        ("price -invoice", set()),
        ("price -weather", {"en"}),
        ("-invoice late", set()),
        ("late -prices", set()),
        ("", set(SAID)),
    ],
)
def test_words_are_found_in_any_form_that_their_language_has(survey, scope, words, found):
    for language, text in SAID.items():
        say(survey, text, language=language)
    rows = comments_of(scope(), Wanted(words=words))
    assert texts(rows) == {SAID[each] for each in found}


@pytest.mark.parametrize(
    ("language", "text", "found", "missed"),
    [
        ("fr", "Votre équipe réactive nous aide.", ("equipe", "ÉQUIPES", '"equipe reactive"'), ("equipage",)),
        ("es", "La facturación llega tarde.", ("facturacion", "facturación"), ("accion", "-facturacion")),
        ("de", "Die Lösung ist zu groß für uns.", ("losung", "lösungen"), ("lesung",)),
        ("pl", "Faktury przychodzą za późno, łatwo o błąd.", ("pozno", "blad", "latwo"), ("pozna",)),
        ("el", "Η τιμή είναι υψηλή.", ("τιμη", "τιμή"), ("σημα",)),
        ("ru", "Отчёт опаздывает", ("отчет", "отчёты"), ("ответ",)),
        ("vi", "Giá quá cao", ("gia", "giá"), ("gio",)),
        ("en", "The cafe is closed.", ("café", "cafes"), ("cave",)),
    ],
)  # fmt: skip
def test_accents_may_be_left_out(scope, language, text, found, missed):
    survey = f.published_survey([f.NPS, f.WHY], languages=[language])
    say(survey, text, language=language)
    for words in (*found, *missed):
        rows = list(comments_of(scope(survey=survey), Wanted(words=words)))
        assert (texts(rows) == {text}) is (words in found), words
        hits = [part.text for said in told(scope(), rows, words) for part in said.parts if part.is_hit]
        assert len(hits) == (len(words.split()) if words in found else 0), words


@pytest.mark.parametrize("word", ["\u0345", "\u0958" * 500, "\ufb2c" * 600, "e\u0301 " * 999, "\u0301"])
def test_no_word_stops_the_counting_or_the_search(survey, scope, word):
    say(survey, f"good {word} day", "Fine")
    assert len(texts(comments_of(scope(), Wanted(words="good")))) == 1
    for words in (word, f"good {word}", f"good -{word}", f'"{word} day"'):
        told(scope(), list(comments_of(scope(), Wanted(words=words))), words)


@pytest.mark.parametrize("words", ["invoices", "price -invoice", "請求書", "송장 invoice"])
def test_the_search_looks_into_its_index(survey, scope, words):
    say(survey, *SAID.values())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        plan = Comment.objects.saying(Sought.of(words), 20).explain()
    assert "words_of_comments" in plan


def test_a_language_told_later_brings_its_forms(survey, scope):
    say(survey, SAID["de"])
    comments = comments_of(scope(), Wanted(words="Rechnung"))
    Comment.objects.update(language="pl")
    assert not comments
    Comment.objects.update(language="de")
    assert texts(comments.all()) == {SAID["de"]}


def test_only_common_words_are_looked_for_among_the_newest(survey, scope):
    say(survey, *SAID.values(), *(["Nothing to say."] * 9))
    common, rare = (Sought.of(words)._replace(comments=10_000) for words in ("nothing or late", "weather"))
    assert (common.is_common(2_000), rare.is_common(2_000)) == (True, False)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        plans = [
            newest.query.explain(using="default")
            for sought in (common, rare)
            for newest in [
                comments_of(scope(), Wanted(words=sought.words, sought=sought)).order_by("-said_on", "-pk")
            ]
        ]
    assert ["Sort" in "".join(plan) for plan in plans] == [False, True]


@pytest.mark.parametrize("words", ["invoice", "invoice or Rechnung", "price -invoice", '"come late"'])
def test_both_ways_to_look_find_the_same(survey, scope, words):
    say(survey, *SAID.values(), SAID["en"])
    sought = Sought.of(words)
    ways = [sought._replace(share=1.0, comments=comments) for comments in (10_000, 0)]
    assert [way.is_common(2_000) for way in ways] == [True, False]
    found = [newest_first(comments_of(scope(), Wanted(words=words, sought=way)), None, 1) for way in ways]
    assert found[0] == found[1]
    assert (found[0][0] != []) is (words != "price -invoice")


def test_what_was_found_is_marked_and_nothing_of_the_text_is_lost(survey, scope):
    text = 'Prices & <b>price</b>, pricey; "PRICE"'
    say(survey, text)
    (said,) = told(scope(), list(comments_of(scope(), Wanted(words="price"))), "price")
    assert "".join(part.text for part in said.parts) == text
    assert [part.text for part in said.parts if part.is_hit] == ["Prices", "price", "PRICE"]
    assert [part.text for part in parts_of("遅れて届き", ["届"]) if part.is_hit] == ["届"]


@pytest.mark.parametrize("words", ["'", "&|!", '"', "a:*", "\\", "%_", "<->", "-", "- -", "(" * 400])
def test_no_search_breaks(survey, scope, words):
    say(survey, "Fine")
    rows = comments_of(scope(), Wanted(words=words))
    assert texts(rows) <= {"Fine"}
    told(scope(), list(rows), words)


def test_pages_follow_each_other_without_gap_or_repetition(survey, scope):
    say(survey, *(f"Comment {place}" for place in range(7)))
    rows, after, seen = comments_of(scope()), None, []
    for _ in range(4):
        page, after = newest_first(rows, after, 2)
        seen += [each.text for each in page]
        after = after and Cursor.read(str(after))
    assert after is None
    assert sorted(seen) == [f"Comment {place}" for place in range(7)]


def test_the_largest_accounts_come_first_and_pages_go_on(survey, scope):
    large, small, other = f.account(), f.account(), f.account()
    for account in (small, large, other, small, large, other):
        say(survey, f"Of {account.pk}", account=account)
    rows, after, seen = comments_of(scope()), None, []
    for _ in range(4):
        page, after = largest_first(rows, [large.pk, small.pk], after, 1)
        seen += [each.account_id for each in page]
    assert seen == [large.pk, large.pk, small.pk, small.pk]
    assert after is None


@pytest.mark.parametrize("text", ["", "x", "2026-01-01", "2026-01-01.1.2.3", "9.9.9", "2026-01-01.-1.0"])
def test_an_address_with_a_broken_place_begins_anew(text):
    assert Cursor.read(text) is None


def test_blocks_hold_enough_people_each_and_depend_on_no_window():
    months = [date(2026, month, 1) for month in range(1, 8)]
    people = dict(zip(months, (6, 1, 6, 2, 2, 2, 3), strict=True))
    assert list(blocks(people)) == [
        Block(months[0], months[0]),
        Block(months[1], months[2]),
        Block(months[3], months[5]),
    ]


class TestConfidential:
    """Of surveys that promised not to tell, a comment shows its words and nothing else."""

    @pytest.fixture(params=["confidential", "anonymous"])
    def survey(self, request):
        return f.published_survey([f.NPS, f.WHY], privacy=request.param)

    def test_words_show_once_enough_people_spoke(self, survey, scope):
        account = f.account()
        say(survey, *"abcd", account=account)
        assert not comments_of(scope())
        say(survey, "e", account=account)
        said = told(scope(), list(comments_of(scope())))
        assert len(said) == 5
        assert {(each.account, each.contact, each.is_confidential) for each in said} == {(None, None, True)}

    @pytest.mark.parametrize(
        "what", ["segment", "account", "country", "channel", "owner", "flags", "company"]
    )
    def test_nothing_but_the_words_narrows_them_down(self, survey, scope, what):
        owner = f.user()
        account = f.account(segment="a", country="DE", owner=owner, name="Acme")
        say(survey, *"abcdefg", account=account)
        narrowed = {
            "segment": {"attributes": {"segment": "a"}},
            "account": {"account": account},
            "country": {"country": "DE"},
            "channel": {"channel": "link"},
            "owner": {"owner": owner},
            "flags": {"without_flagged": True},
        }.get(what, {})
        wanted = Wanted(company="Acme" if what == "company" else "")
        assert comments_of(scope()).count() == 7
        assert not comments_of(scope(**narrowed), wanted)

    def test_no_windows_differ_by_fewer_than_five(self, survey, scope):
        for month, people in ((3, 6), (4, 1), (5, 6)):
            for place in range(people):
                say(survey, f"{month} {place}", at=datetime(2026, month, 9, 12, tzinfo=UTC))
        starts = [date(2026, month, day) for month in (2, 3, 4, 5) for day in (1, 9, 10)]
        shown = {
            frozenset(texts(comments_of(scope(start=start, end=end))))
            for start in starts
            for end in [*starts, date(2026, 6, 1)]
            if start < end
        }
        assert {len(each) for each in shown} == {0, 5, 10}
        for one in shown:
            for other in shown:
                assert len(one ^ other) == 0 or len(one ^ other) >= 5

    def test_an_account_manager_sees_none(self, survey):
        manager = f.user()
        say(survey, *"abcdef", account=f.account(owner=manager))
        assert not comments_of(Scope(viewer=manager, today=TODAY, start=None, end=date(2026, 6, 16)))
