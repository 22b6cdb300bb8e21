"""What is found in comments: language, mood, themes; what people corrected stays and is learnt from."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client

from accounts.roles import ANALYST, BUILDER
from metrics import tasks
from metrics.actions.absorb import absorb_responses, rebuild_metrics
from metrics.actions.reading import (
    add_taxonomy,
    correct_comment,
    learn_words,
    own_pairs,
    panel_quality,
    read_comments,
)
from metrics.audit import differences
from metrics.measures.scope import Scope
from metrics.measures.themes import themes
from metrics.models import Comment, Taxonomy, WordModel
from metrics.words import extra, learned, sentiment
from metrics.words import themes as theme_words
from metrics.words.languages import language_of
from metrics.words.learned import Example, Learned
from metrics.words.quality import agreement
from metrics.words.redaction import redacted
from tests import factories as f

NOW = datetime(2026, 6, 16, tzinfo=UTC)
GOOD = ("Great support, everyone is friendly.", "Wonderful product, we love it.", "Fast and helpful people.")
BAD = ("Terrible support, nobody answers.", "The product is slow and broken.", "Awful, we hate the delays.")


def say(text, *, survey=None, account=None, **answers):
    survey = survey or f.published_survey()
    f.respond(survey, {"why": text, **answers}, account=account)
    absorb_responses(now=f.NOON)
    return Comment.objects.get(text=text, survey=survey)


class TestPure:
    @pytest.mark.parametrize(
        ("text", "prior", "language"),
        [
            ("Das ist ein sehr guter Dienst, vielen Dank für alles.", "en", "de"),
            ("Le personnel est toujours aimable et le choix est grand.", "fr-CA", "fr"),
            ("Fast.", "de", "de"),
            ("", "en", "en"),
        ],
    )
    def test_the_surveys_language_counts_unless_the_words_clearly_say_otherwise(self, text, prior, language):
        assert language_of(text, prior) == language

    def test_personal_data_are_gone_before_anything_learns(self):
        text = redacted("Call @kim at +1 555 010 9999 or kim@example.com, see https://example.com/x")
        assert not any(part in text for part in ("kim", "555", "example"))

    def test_a_model_is_plain_numbers_and_reads_the_same_without_its_library(self):
        examples = [Example(text, "positive") for text in GOOD * 5] + [
            Example(text, "negative") for text in BAD * 5
        ]
        fitted = learned.fit(examples, "en")
        again = Learned.from_document(fitted.document())
        pipeline = learned._pipeline("en").fit([each.text for each in examples], [e.label for e in examples])
        for text in (*GOOD, *BAD, "The support was slow but friendly."):
            expected = dict(zip(pipeline.classes_, pipeline.predict_proba([text])[0], strict=True))
            assert again.probabilities(text) == pytest.approx(expected, abs=1e-3)

    def test_three_moods_add_up_to_one(self):
        labels = ("negative", "neutral", "positive")
        examples = [Example(f"{label} words here", label) for label in labels for _ in range(6)]
        assert sum(learned.fit(examples, "en").probabilities("words").values()) == pytest.approx(1)

    def test_chinese_is_read_by_its_characters(self):
        examples = [Example("房间很干净", "positive"), Example("房间很脏", "negative")] * 5
        found = learned.fit(examples, "zh").probabilities("很脏")
        assert found["negative"] > found["positive"]

    def test_what_cannot_be_read_has_no_mood(self):
        assert sentiment.Reader("de").read("Sehr gut") is None
        assert sentiment.Reader("en").read("This is wonderful!").mood == "positive"

    def test_too_few_pairs_teach_nothing(self):
        few = [Example(text, label) for text, label in ((GOOD[0], "positive"), (BAD[0], "negative")) * 149]
        assert sentiment.learn(few, "en") is None

    def test_what_cannot_be_told_is_not_used_where_there_is_no_lexicon(self):
        noise = [Example(f"wort{place % 7}", ("positive", "negative")[place % 2]) for place in range(300)]
        fitted = sentiment.learn(noise, "de")
        assert (fitted.is_used, fitted.coefficients) == (False, {})
        english = sentiment.learn(noise, "en")
        assert "cuts" in english.coefficients

    def test_macro_f1_counts_every_label_alike(self):
        quality = agreement(["a", "a", "a", "b"], ["a", "a", "a", "a"])
        assert (quality.accuracy, quality.macro_f1) == (0.75, pytest.approx((6 / 7 + 0) / 2))

    def test_themes_are_found_by_whole_words_and_stars(self):
        words = {"price": {"en": ["cost*", "fee"], "de": ["preis*"]}, "staff": {"en": ["rude"]}}
        lists = theme_words.Keywords(words)
        assert lists.themes_in("It COSTS too much", "en") == ["price"]
        assert lists.themes_in("I like coffee", "en") == []
        assert lists.themes_in("Der Preisanstieg", "de") == ["price"]
        assert lists.themes_in("Der Preisanstieg", "en") == []

    def test_the_built_in_themes_speak_five_languages(self):
        for languages in theme_words.built_in().values():
            assert languages.keys() == {"en", "de", "fr", "es", "pt"}

    @pytest.mark.parametrize("document", [None, {}, {"Price": {"en": ["x"]}}, {"a": {}}, {"a": {"en": "x"}}])
    def test_other_documents_are_no_themes(self, document):
        with pytest.raises(theme_words.ThemesRefused):
            theme_words.checked(document)

    def test_suggestions_need_comments_enough(self):
        said = ("delivery late again", "invoice wrong amount", "support friendly helpful", "price high year")
        groups = theme_words.suggested([text for text in said for _ in range(60)], "en", topics=4, words=2)
        assert all(any(set(group) <= set(text.split()) for text in said) for group in groups)
        assert len(groups) == 4
        texts = [said[0]] * 199
        assert theme_words.suggested(texts, "en") == []

    def test_without_the_extra_it_is_said_what_is_missing(self, monkeypatch, request):
        assert extra.missing_in_words() == ""
        monkeypatch.setattr(extra, "find_spec", lambda name: None)
        request.addfinalizer(extra.missing.cache_clear)
        extra.missing.cache_clear()
        assert "install the extra insights" in extra.missing_in_words()
        assert "py3langid" in extra.missing_in_words()


@pytest.mark.django_db
class TestRows:
    def test_a_comment_is_read_once(self):
        comment = say("The support is terrible and slow, we are unhappy.")
        assert read_comments(now=NOW) == 1
        assert read_comments(now=NOW) == 0
        comment.refresh_from_db()
        assert (comment.mood, comment.language, comment.read_by) == ("negative", "en", "vader")
        assert comment.themes == ["speed", "support"]
        assert comment.sentiment < 0 < comment.confidence
        assert differences(now=NOW) == []

    def test_an_edit_is_read_again_and_a_rebuild_keeps_what_was_found(self):
        comment = say("This is wonderful, thank you all.")
        tasks.read_words()
        rebuild_metrics()
        assert Comment.objects.get().mood == "positive"
        response = comment.response
        response.answers, response.revision = {"why": "This is awful and sad."}, 2
        response.changed_at = f.NOON + timedelta(seconds=1)
        response.save()
        absorb_responses(now=NOW)
        assert Comment.objects.get().mood == ""
        tasks.read_words()
        assert Comment.objects.get().mood == "negative"

    def test_what_a_person_corrected_stays(self):
        comment = say("Great, another outage.")
        read_comments(now=NOW)
        correct_comment(comment, mood="negative", themes=["reliability"], language="en", by=f.user(), now=NOW)
        add_taxonomy({"other": {"en": ["great"]}}, note="", now=NOW)
        assert read_comments(now=NOW) == 0
        comment.refresh_from_db()
        assert (comment.mood, comment.themes, comment.sentiment) == ("negative", ["reliability"], -1)
        assert panel_quality("en").n == 1

    def test_a_new_taxonomy_reads_everything_again(self):
        say("The colour is green.")
        read_comments(now=NOW)
        assert Comment.objects.get().themes == []
        add_taxonomy({"colour": {"en": ["green"]}}, note="colours", now=NOW)
        assert read_comments(now=NOW) == 1
        assert Comment.objects.get().themes == ["colour"]

    def test_scores_beside_comments_and_corrections_teach(self):
        survey = f.published_survey()
        for place in range(160):
            text, score = (GOOD[place % 3], 10) if place % 2 else (BAD[place % 3], 2)
            f.respond(survey, {"nps": score, "why": f"{text} Case {place}."})
        for place in range(150):
            f.respond(survey, {"nps": 7, "why": f"Passive {place}"})
        absorb_responses(now=f.NOON)
        assert {(each.label, each.weight) for each in own_pairs("en")} == {
            ("positive", 1.0),
            ("negative", 1.0),
        }
        assert learn_words(now=NOW) == []
        user = f.user()
        for comment in Comment.objects.filter(text__startswith="Passive")[:145]:
            correct_comment(comment, mood="negative", themes=[], language="en", by=user, now=NOW)
        (model,) = learn_words(now=NOW)
        assert (str(model), model.is_used) == ("sentiment-en-1", True)
        assert model.quality["auc"] > 0.9
        assert learn_words(now=NOW) == []
        read_comments(now=NOW)
        assert set(Comment.objects.exclude(read_at=None).values_list("read_by", flat=True)) == {
            "sentiment-en-1"
        }

    def test_a_language_with_enough_comments_is_learnt_without_waiting_for_sunday(self):
        survey = f.published_survey()
        for place in range(300):
            text, score = (GOOD[place % 3], 10) if place % 2 else (BAD[place % 3], 2)
            f.respond(survey, {"nps": score, "why": f"{text} Case {place}."})
        absorb_responses(now=f.NOON)
        tasks.read_words()
        assert [str(model) for model in WordModel.objects.all()] == ["sentiment-en-1"]
        say("The delays.", survey=survey)
        tasks.read_words()
        assert set(Comment.objects.values_list("read_by", flat=True)) == {"sentiment-en-1"}
        assert WordModel.objects.count() == 1

    def test_labelled_themes_are_learnt_where_they_beat_the_keywords(self):
        survey, user = f.published_survey(), f.user()
        for place in range(310):
            text = f"The gizmo wobbles {place}" if place % 2 else f"Nothing to add {place}"
            f.respond(survey, {"why": text})
        absorb_responses(now=f.NOON)
        for comment in Comment.objects.all():
            found = ["stability"] if "gizmo" in comment.text else []
            correct_comment(comment, mood="", themes=found, language="en", by=user, now=NOW)
        (model,) = learn_words(now=NOW)
        assert str(model) == "themes-en-1"
        say("Our gizmo wobbles as well")
        read_comments(now=NOW)
        assert Comment.objects.get(text="Our gizmo wobbles as well").themes == ["stability"]

    def test_themes_say_how_much_revenue_they_touch(self):
        survey, accounts = f.published_survey(), [f.account() for _ in range(2)]
        for account, value in zip(accounts, (900, 100), strict=True):
            f.subscription(account, date(2025, 1, 1), None, value)
        say("The price is awful.", survey=survey, account=accounts[0])
        say("A fair price, thank you, we are happy.", survey=survey, account=accounts[1])
        say("Expensive, sadly.", survey=survey, account=accounts[1])
        read_comments(now=NOW)
        days = {"start": date(2025, 6, 16), "end": date(2026, 6, 17)}
        scope = Scope(viewer=f.user(is_superuser=True), today=date(2026, 6, 16), **days)
        (price,) = themes(scope).themes
        assert (price.name, price.comments, price.accounts, price.arr) == ("price", 3, 2, Decimal(1000))
        assert (price.negative, price.positive) == (2, 1)
        poor = f.user(is_staff=True)
        poor.groups.add(Group.objects.get(name=BUILDER))
        assert themes(Scope(viewer=poor, today=date(2026, 6, 16), **days)).themes[0].arr is None

    def test_the_command_reads_and_says_how_well(self):
        say("Wonderful, we love it.", nps=10)
        correct_comment(
            Comment.objects.get(), mood="positive", themes=[], language="en", by=f.user(), now=NOW
        )
        say("The support is awful.", nps=0)
        out = StringIO()
        call_command("read_comments", stdout=out)
        assert "1 comments read" in out.getvalue()
        assert "en: agrees with 100% of 1 corrections" in out.getvalue()

    def test_a_person_corrects_in_the_admin(self, client: Client):
        user = f.user(is_staff=True)
        user.groups.add(Group.objects.get(name=ANALYST))
        client.force_login(user)
        comment = say("Great, another outage.")
        read_comments(now=NOW)
        assert b"another outage" in client.get("/admin/metrics/comment/").content
        url = f"/admin/metrics/comment/{comment.pk}/change/"
        answer = client.post(url, {"mood": "negative", "themes": "reliability", "language": "en"})
        assert answer.status_code == 302
        comment.refresh_from_db()
        assert (comment.mood, comment.themes, comment.corrected_by) == ("negative", ["reliability"], user)

    def test_a_person_writes_the_next_taxonomy_in_the_admin(self, client: Client):
        user = f.user(is_staff=True)
        user.groups.add(Group.objects.get(name=ANALYST))
        client.force_login(user)
        url = "/admin/metrics/taxonomy/add/"
        assert b"price" in client.get(url).content
        assert client.post(url, {"themes": '{"Bad Name": {}}', "note": ""}).status_code == 200
        assert not Taxonomy.objects.exists()
        answer = client.post(url, {"themes": '{"colour": {"en": ["green"]}}', "note": "colours"})
        assert answer.status_code == 302
        assert Taxonomy.objects.get().number == 1
        assert not WordModel.objects.exists()
