"""The builder's page and every act of it: what it shows, what it changes, whom it refuses."""

import gzip
import json
import re

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from surveys.actions.authoring import create_survey
from surveys.actions.drafts import draft_json
from surveys.admin.builder.acts import ACTS
from surveys.admin.builder.places import PANELS
from surveys.interchange.native import from_json
from surveys.kinds import KINDS
from surveys.models import Version
from tests import factories
from tests.accounts.staff import assert_leads_to, logged_in, member

pytestmark = pytest.mark.django_db

XSS = "\"><svg/onload=fetch('//127.0.0.1:9/x')><script>window.__x=1</script>{{7*7}}"
CHOICES = [{"key": "red", "text": {"en": "Red", "de": "Rot"}}, {"key": "blue", "text": "Blue"}]
DOCUMENT = {
    "title": {"en": "Colours", "de": "Farben"},
    "languages": ["en", "de"],
    "questions": [
        {**factories.NPS, "text": {"en": "Would you?", "de": "Würden Sie?"}},
        {"key": "colour", "kind": "single_choice", "text": "Which?", "choices": CHOICES},
        {**factories.WHY, "page": 2, "show_if": {"less": ["nps", 7]}},
    ],
    "endings": [{"key": "low", "text": "Sorry", "show_if": {"less": ["nps", 7]}}],
}
SCRIPT = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture
def survey():
    return create_survey(from_json(DOCUMENT), programme=factories.programme(), slug="colours")


@pytest.fixture
def client():
    return logged_in(member("builder"))


def url_of(survey, page="build", *arguments):
    return reverse(f"admin:surveys_survey_{page}", args=[survey.pk, *arguments])


def act(client, survey, act_name, /, **fields):
    """What the page sends with our script; what stands in the draft afterwards is for the test to read."""
    url = url_of(survey, "build_undo") if act_name == "undo" else url_of(survey, "build_act", act_name)
    return client.post(url, fields, **SCRIPT)


def question_fields(survey, key, /, **changed):
    """The fields of a question's form as they stand, and what is changed."""
    question = one(survey, key)
    fields = {"open": "question", "name": key, "key": key, "kind": question["kind"]}
    fields["text"] = question["text"].get("en", "")
    if question["choices"]:
        fields["choices"] = "\n".join(
            f"{choice['key']} | {choice['text']['en']}" for choice in question["choices"]
        )
    settings = {f"setting_{name}": value for name, value in question["settings"].items() if value is not None}
    return {**fields, **settings, **changed}


def draft(survey):
    survey.refresh_from_db()
    return draft_json(survey)


def one(survey, key):
    return next(question for question in draft(survey)["questions"] if question["key"] == key)


def keys(survey):
    return [question["key"] for question in draft(survey)["questions"]]


def test_the_page_shows_the_outline_and_the_question_that_is_open(client, survey):
    page = client.get(url_of(survey)).content.decode()
    assert "Would you?" in page
    assert 'id="q-colour"' in page
    assert "Only if “Would you?” is below 7" in page
    opened = client.get(url_of(survey), {"open": "question", "name": "colour"}).content.decode()
    assert "red | Red" in opened
    assert client.get(url_of(survey), {"open": "question", "name": "gone"}).status_code == 200
    parts = client.get(url_of(survey), {"open": "add"}, **SCRIPT).json()["parts"]
    assert set(parts) == {"build-top", "build-outline", "build-middle"}
    for kind in KINDS.values():
        assert kind.about in parts["build-middle"]


def test_every_icon_that_a_page_shows_is_drawn(client, survey):
    drawn = set(
        re.findall(r'<symbol id="(\w+)"', (settings.BASE_DIR / "static/surveys/icons.svg").read_text())
    )
    shown = set()
    for query in ({}, *({"open": panel} for panel in PANELS)):
        shown |= set(re.findall(r"icons\.svg#(\w*)", client.get(url_of(survey), query).content.decode()))
    assert {kind.icon for kind in KINDS.values()} <= shown
    assert shown <= drawn


@pytest.mark.parametrize("kind", KINDS)
def test_a_question_of_each_kind_is_added_shown_and_saved_again(client, survey, kind):
    told = act(client, survey, "add", kind=kind, after="nps").json()
    made = keys(survey)[1]
    assert told["url"] == f"?open=question&name={made}"
    assert "is added: now 2 of 3 on page 1." in told["said"]
    assert one(survey, made)["kind"] == kind
    before = one(survey, made)
    fields = question_fields(survey, made, text="New?")
    fields.pop("setting_rows", None)
    if kind == "matrix":
        fields["setting_rows"] = "speed | Speed\nprice | Price"
    answer = act(client, survey, "question", **fields)
    assert answer.status_code == 200, answer.content
    assert one(survey, made)["text"] == {"en": "New?"}
    if kind == "matrix":
        assert [row["key"] for row in one(survey, made)["settings"]["rows"]] == ["speed", "price"]
    assert [choice["key"] for choice in one(survey, made)["choices"]] == [
        choice["key"] for choice in before["choices"]
    ]


def test_a_question_of_the_library_is_added_in_the_surveys_languages(client, survey):
    act(client, survey, "add", library="support_csat/csat")
    made = one(survey, keys(survey)[-1])
    assert (made["kind"], set(made["text"])) == ("csat", {"en", "de"})


def test_typing_saves_the_question_and_leaves_the_form_alone(client, survey):
    fields = question_fields(
        survey, "colour", text="Which one?", choices="red | Crimson\nGreen | open", keep="1"
    )
    told = act(client, survey, "question", **fields).json()
    assert set(told["parts"]) == {"build-top", "build-outline"}
    colour = one(survey, "colour")
    assert colour["text"]["en"] == "Which one?"
    assert [(one["key"], one["text"]) for one in colour["choices"]] == [
        ("red", {"de": "Rot", "en": "Crimson"}),
        ("other", {"en": "Green"}),
    ]
    again = act(client, survey, "question", **{**fields, "text": "Which one then?", "seen": told["seen"]})
    assert again.status_code == 200


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"setting_detractor_max": "9"}, "id_setting_detractor_max", "Must be a whole number from 0 to 8."),
        ({"key": "Not a key"}, "id_key", "Lower-case letters"),
        ({"kind": "essay"}, "id_kind", "Select a valid choice."),
        ({"text": "x" * 10_001}, "id_text", "at most 10000 characters"),
    ],
)
def test_a_fault_is_said_at_its_field_and_nothing_is_saved(client, survey, fields, field, words):
    before = draft(survey)
    for keep in ({"keep": "1"}, {}):
        answer = act(client, survey, "question", **question_fields(survey, "nps", **fields), **keep)
        assert answer.status_code == 422
        assert words in answer.json()["errors"][field]
    assert draft(survey) == before


def test_a_key_that_another_question_has_is_refused(client, survey):
    answer = act(client, survey, "question", **question_fields(survey, "nps", key="why"))
    assert answer.json()["errors"] == {"": "Another question has this key."}


def test_settings_that_are_left_out_by_default_stay_until_they_are_cleared(client, survey):
    act(client, survey, "question", **question_fields(survey, "why", setting_min_length="5"))
    assert one(survey, "why")["settings"]["min_length"] == 5
    form = client.get(url_of(survey), {"open": "question", "name": "why"}).content.decode()
    assert re.search(r'name="setting_min_length"[^>]*value="5"|value="5"[^>]*name="setting_min_length"', form)
    act(client, survey, "question", **question_fields(survey, "why", setting_min_length=""))
    assert "min_length" not in one(survey, "why")["settings"]


def test_another_kind_keeps_what_both_have(client, survey):
    act(client, survey, "question", **question_fields(survey, "nps", setting_low_label="Never"))
    fields = {"open": "question", "name": "nps", "key": "nps", "kind": "rating", "text": "Would you?"}
    answer = act(
        client,
        survey,
        "question",
        **fields,
        setting_points="5",
        setting_shape="stars",
        setting_low_label="Never",
    )
    assert 'name="setting_shape"' in answer.json()["parts"]["build-middle"]
    assert one(survey, "nps")["settings"]["low_label"] == {"en": "Never"}
    assert one(survey, "nps")["text"]["de"] == "Würden Sie?"


def test_questions_are_moved_duplicated_and_deleted(client, survey):
    assert "now 1 of 2 on page 1" in act(client, survey, "up", key="colour").json()["said"]
    assert keys(survey) == ["colour", "nps", "why"]
    act(client, survey, "down", key="colour")
    act(client, survey, "move", key="nps", page="2", place="0")
    assert keys(survey) == ["colour", "nps", "why"]
    assert one(survey, "nps")["page"] == 2
    act(client, survey, "duplicate", key="colour")
    assert keys(survey) == ["colour", "colour_2", "nps", "why"]
    told = act(client, survey, "delete", key="nps").json()
    assert told["url"] == "?open=question&name=why"
    assert "show_if" in told["parts"]["build-top"] or "to put right" in told["parts"]["build-top"]


def test_each_step_is_undone_and_says_what_it_was(client, survey):
    begun = draft(survey)
    act(client, survey, "delete", key="colour")
    act(client, survey, "up", key="why")
    assert "Undone: Moved" in act(client, survey, "undo").json()["said"]
    assert "Undone: Deleted" in act(client, survey, "undo").json()["said"]
    assert draft(survey) == begun
    assert act(client, survey, "undo").status_code == 422


def test_what_another_person_saved_is_shown_and_not_overwritten(client, survey):
    page = client.get(url_of(survey), {"open": "question", "name": "nps"}, **SCRIPT).json()
    other = logged_in(member("builder", email="ben@example.com"))
    act(other, survey, "question", **question_fields(survey, "nps", text="Bens"))
    fields = question_fields(survey, "nps", text="Mine", seen=page["seen"], keep="1")
    told = act(client, survey, "question", **fields)
    assert told.status_code == 409
    assert "ben@example.com" in told.json()["conflict"]
    assert one(survey, "nps")["text"]["en"] == "Bens"
    assert act(client, survey, "question", **{**fields, "seen": told.json()["seen"]}).status_code == 200
    assert one(survey, "nps")["text"]["en"] == "Mine"


def test_conditions_are_built_line_by_line(client, survey):
    own = question_fields(survey, "why")
    told = act(client, survey, "question", **own, **{"if.mode": "all", "if.act": "add"}).json()
    assert one(survey, "why")["show_if"] == {"equals": ["colour", "red"]}
    assert 'name="if.0.operator"' in told["parts"]["build-middle"]
    lines = {
        "if.mode": "any",
        "if.0.question": "nps",
        "if.0.operator": "less",
        "if.0.value": "7",
        "if.1.mode": "all",
        "if.1.0.question": "colour",
        "if.1.0.operator": "none_of",
        "if.1.0.value": ["red", "blue"],
        "if.1.1.question": "nps",
        "if.1.1.operator": "answered",
    }
    url = url_of(survey, "build_act", "question")
    assert client.post(url, {**own, **lines}, **SCRIPT).status_code == 200
    none_of = {"not": {"one_of": ["colour", ["red", "blue"]]}}
    expected = {"any": [{"less": ["nps", 7]}, {"all": [none_of, {"answered": "nps"}]}]}
    assert one(survey, "why")["show_if"] == expected
    client.post(url, {**own, **lines, "if.act": "remove:1.0"}, **SCRIPT)
    assert one(survey, "why")["show_if"] == {"any": [{"less": ["nps", 7]}, {"answered": "nps"}]}
    client.post(url, {**own, "if.mode": "all"}, **SCRIPT)
    assert one(survey, "why")["show_if"] is None


def test_a_condition_offers_only_earlier_questions_and_what_fits_their_kind(client, survey):
    fields = {**question_fields(survey, "nps"), "if.mode": "all", "if.act": "add"}
    assert "no earlier question" in act(client, survey, "question", **fields).json()["parts"]["build-middle"]
    assert one(survey, "nps")["show_if"] is None
    fields = {
        **question_fields(survey, "colour"),
        "if.mode": "all",
        "if.0.question": "why",
        "if.0.operator": "equals",
    }
    act(client, survey, "question", **fields)
    assert one(survey, "colour")["show_if"] is None
    fields |= {"if.0.question": "nps", "if.0.operator": "contains", "if.0.value": "99"}
    act(client, survey, "question", **fields)
    assert one(survey, "colour")["show_if"] == {"equals": ["nps", 7]}


def test_a_deeper_condition_is_kept_and_edited_as_json(client, survey):
    deep = {"all": [{"any": [{"all": [{"answered": "nps"}, {"less": ["nps", 7]}]}, {"answered": "colour"}]}]}
    fields = {**question_fields(survey, "why"), "if.raw": json.dumps(deep)}
    told = act(client, survey, "question", **fields).json()
    assert one(survey, "why")["show_if"] == deep
    assert 'name="if.raw"' in told["parts"]["build-middle"]
    for wrong in ("{", '{"less": ["later", 7]}', "[" * 5000):
        assert act(client, survey, "question", **{**fields, "if.raw": wrong}).status_code == 422


def test_pages_are_titled_moved_and_joined(client, survey):
    fields = {"open": "page", "name": "2", "title": "Reasons", "if.mode": "all", "if.act": "add"}
    assert act(client, survey, "page", **fields).status_code == 200
    page = draft(survey)["pages"][0]
    assert (page["title"], page["show_if"]) == ({"en": "Reasons"}, {"equals": ["colour", "red"]})
    assert "is now page 1 of 2" in act(client, survey, "page-up", page="2").json()["said"]
    assert keys(survey) == ["why", "nps", "colour"]
    act(client, survey, "page-join", page="2")
    assert {question["page"] for question in draft(survey)["questions"]} == {1}
    assert act(client, survey, "page-up", page="1").status_code == 422


def test_endings_are_added_edited_ordered_and_deleted(client, survey):
    act(client, survey, "ending-add")
    fields = {
        "open": "endings",
        "key": "ending",
        "text": "Great",
        "ask": "quote",
        "if.mode": "all",
        "if.act": "add",
    }
    assert act(client, survey, "ending", **fields).status_code == 200
    assert [one["key"] for one in draft(survey)["endings"]] == ["low", "ending"]
    act(client, survey, "ending-up", key="ending")
    first = draft(survey)["endings"][0]
    assert (first["key"], first["text"], first["ask"]) == ("ending", {"en": "Great"}, "quote")
    assert first["show_if"] == {"answered": "why"} or first["show_if"] is None
    answer = act(client, survey, "ending", **{**fields, "redirect_url": "http://plain.example"})
    assert "https" in answer.json()["errors"]["id_redirect_url"]
    act(client, survey, "ending-delete", key="low")
    assert [one["key"] for one in draft(survey)["endings"]] == ["ending"]


def test_texts_languages_and_ways_of_the_survey_are_saved(client, survey):
    fields = {
        "open": "survey",
        "title": "Tones",
        "language": "en",
        "languages": "de, fr",
        "layout": "question",
        "privacy": "confidential",
        "hidden": "ticket agent",
    }
    assert act(client, survey, "survey", **fields).status_code == 200
    saved = draft(survey)
    assert (saved["title"], saved["languages"]) == ({"en": "Tones", "de": "Farben"}, ["en", "de", "fr"])
    assert (saved["layout"], saved["privacy"]) == ("question", "confidential")
    assert saved["hidden"] == ["ticket", "agent"]
    answer = act(client, survey, "survey", **{**fields, "hidden": "Not a name!", "title": ""})
    assert set(answer.json()["errors"]) == {"id_hidden", "id_title"}


def test_the_look_is_saved_when_it_can_be_read(client, survey):
    colours = {"theme-accent": "#0d6b5e", "theme-background": "#ffffff", "theme-text": "#111111"}
    assert act(client, survey, "theme", open="survey", **colours).status_code == 200
    assert draft(survey)["theme"]["accent"] == "#0d6b5e"
    answer = act(client, survey, "theme", open="survey", **{**colours, "theme-text": "#fefefe"})
    assert "contrast" in answer.json()["errors"]["id_theme-text"]
    assert (
        act(client, survey, "theme", open="survey", **{**colours, "theme-accent": "red"}).status_code == 422
    )


def test_a_logo_that_is_no_image_is_refused(client, survey):
    upload = SimpleUploadedFile("logo.png", b"<svg/>", "image/png")
    answer = client.post(url_of(survey, "build_logo"), {"logo": upload}, **SCRIPT)
    assert answer.status_code == 422
    assert draft(survey)["theme"] == {}


def test_without_a_script_the_same_page_does_the_same(client, survey):
    url = url_of(survey, "build_act", "up")
    page = client.post(url, {"key": "colour"}, follow=True)
    assert page.redirect_chain[0][0] == f"{url_of(survey)}?open=question&name=colour"
    assert keys(survey)[0] == "colour"
    fields = question_fields(survey, "nps", text="Typed with care", setting_detractor_max="9")
    page = client.post(url_of(survey, "build_act", "question"), fields)
    assert page.status_code == 422
    assert "Typed with care" in page.content.decode()
    assert "Must be a whole number from 0 to 8." in page.content.decode()


def test_faults_lead_to_their_place_and_readiness_says_what_changes(client, survey):
    client.post(url_of(survey, "publish"))
    act(client, survey, "question", **question_fields(survey, "nps", text="Would you really?"))
    checks = client.get(url_of(survey), {"open": "checks"}).content.decode()
    assert "Question 1, “Would you really?”, changes its text." in checks
    act(client, survey, "question", **question_fields(survey, "colour", choices=""))
    checks = client.get(url_of(survey), {"open": "checks"}).content.decode()
    assert "has no choices" in checks
    assert 'href="?open=question&amp;name=colour"' in checks
    assert "Question 2 “Which?”" in checks


def broken(survey, name):
    """Put a fault into a draft as two people at a time, or a hand in the database, may leave it."""
    if name == "unreachable":
        never = {"all": [{"less": ["nps", 3]}, {"greater": ["nps", 8]}]}
        survey.questions.filter(key="why").update(show_if=never)
    elif name == "later":
        survey.questions.filter(key="colour").update(show_if={"answered": "why"})
    elif name == "deleted":
        survey.questions.filter(key="nps").delete()
    elif name == "no choices":
        survey.questions.get(key="colour").choices.all().delete()
    elif name == "no reply":
        survey.endings.update(text="Said: {{gone}}")
    else:
        survey.questions.filter(key="why").update(text="Why?", translations={})


@pytest.mark.parametrize(
    ("name", "opens", "words"),
    [
        ("unreachable", "question&amp;name=why", "is never asked: its condition can never hold"),
        ("later", "question&amp;name=colour", "its condition: there is no earlier question &#x27;why&#x27;"),
        ("deleted", "question&amp;name=why", "its condition: there is no earlier question &#x27;nps&#x27;"),
        ("no choices", "question&amp;name=colour", "has no choices"),
        ("no reply", "endings", "and there is nothing of that name"),
        ("untranslated", "question&amp;name=why", "is not wholly translated into de"),
    ],
)
def test_each_fault_is_named_with_its_place_and_a_link_that_opens_it(client, survey, name, opens, words):
    if name == "deleted":
        survey.endings.all().delete()
    broken(survey, name)
    page = client.get(url_of(survey), {"open": "checks"}).content.decode()
    told = re.search(rf'<a href="\?open={opens}" data-open>([^<]+)</a>\s*<span>([^<]*)</span>', page)
    assert words in told.group(2)
    opened = client.get(url_of(survey) + f"?open={opens.replace('&amp;', '&')}").content.decode()
    assert 'id="panel-title"' in opened


def test_versions_are_listed_compared_and_previewed(client, survey):
    assert "Nothing is published yet." in client.get(url_of(survey, "versions")).content.decode()
    client.post(url_of(survey, "publish"))
    act(client, survey, "delete", key="colour")
    client.post(url_of(survey, "publish"))
    page = client.get(url_of(survey, "versions"), {"from": "1", "to": "2"}).content.decode()
    assert "as it was, “Which?”." in page
    assert Version.objects.filter(survey=survey).count() == 2
    assert "Nothing differs." in client.get(url_of(survey, "versions")).content.decode()
    assert "Which?" in client.get(url_of(survey, "preview"), {"version": "1"}).content.decode()
    assert "Which?" not in client.get(url_of(survey, "preview"), {"version": "2"}).content.decode()
    for wrong in ("3", "x", "١"):
        assert client.get(url_of(survey, "preview"), {"version": wrong}).status_code == 404


def test_the_preview_shows_the_open_question_whatever_its_condition(client, survey):
    page = client.get(url_of(survey, "preview"), {"open": "question", "name": "why"}).content.decode()
    assert "What is the main reason?" in page
    act(client, survey, "question", **question_fields(survey, "colour", choices=""))
    page = client.get(url_of(survey, "preview")).content.decode()
    assert "Würden Sie?" in client.get(url_of(survey, "preview"), {"language": "de"}).content.decode()
    assert "Would you?" in page
    assert "Which?" not in page


WRITES = [("build_act", name) for name in ACTS] + [("build_undo",), ("build_logo",)]


@pytest.mark.parametrize("role", ["analyst", "executive", "account manager"])
def test_who_may_only_look_sees_and_writes_nothing(survey, role):
    reader = logged_in(member(role))
    before = draft(survey)
    page = reader.get(url_of(survey)).content.decode()
    assert "Read only" in page
    assert "fieldset disabled" in page
    for where in WRITES:
        fields = question_fields(survey, "nps", text="Changed", page="2", kind="nps")
        assert reader.post(url_of(survey, *where), fields, **SCRIPT).status_code == 403, where
    assert draft(survey) == before


@pytest.mark.parametrize("where", WRITES, ids=lambda where: where[-1])
def test_an_act_needs_the_token_and_a_post(survey, where):
    forger = Client(enforce_csrf_checks=True)
    forger.force_login(member("builder"))
    before = draft(survey)
    assert forger.post(url_of(survey, *where), {"key": "nps", "kind": "nps"}).status_code == 403
    assert_leads_to(forger, url_of(survey, *where), url_of(survey, "build"))
    assert draft(survey) == before


def test_a_stranger_is_led_to_the_login(survey):
    assert Client().get(url_of(survey)).status_code == 302
    assert Client().post(url_of(survey, "build_act", "up"), {"key": "colour"}).status_code == 302
    assert keys(survey)[0] == "nps"


def test_nonsense_is_refused_in_words(client, survey):
    for name, fields in (
        ("add", {"kind": "essay"}),
        ("add", {"library": "../etc/passwd"}),
        ("move", {"key": "nps", "page": "x"}),
        ("move", {"key": "nps", "page": "1", "place": "-1"}),
        ("up", {"key": "gone"}),
        ("delete", {}),
        ("ending", {"key": "gone"}),
        ("page-join", {"page": "99999"}),
    ):
        answer = act(client, survey, name, **fields)
        assert answer.status_code == 422, (name, fields)
        assert answer.json()["errors"][""]
    assert act(client, survey, "explode").status_code == 404
    assert client.get(reverse("admin:surveys_survey_build", args=[999])).status_code == 404


def test_texts_of_staff_are_text(client, survey):
    act(client, survey, "question", **question_fields(survey, "nps", text=XSS))
    act(client, survey, "page", open="page", name="1", title=XSS)
    act(client, survey, "ending", open="endings", key="low", text=XSS)
    client.post(url_of(survey, "publish"))
    pages = [{"open": panel} for panel in ("add", "survey", "endings", "checks")]
    pages += [
        {"open": "question", "name": "nps"},
        {"open": "question", "name": "why"},
        {"open": "page", "name": "1"},
    ]
    for query in pages:
        html = client.get(url_of(survey), query).content.decode()
        assert "<script>window" not in html, query
        assert "<svg/onload" not in html, query
    for page in ("languages", "versions"):
        assert "<svg/onload" not in client.get(url_of(survey, page)).content.decode()
    assert "<svg/onload" not in client.get(url_of(survey, "language", "de")).content.decode()


LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "ar")


def large(count):
    """A survey of so many questions, half of them with choices, each in eight languages."""

    def said(text):
        return {code: f"{text} ({code})" for code in LANGUAGES}

    choices = [{"key": f"c{n}", "text": said(f"Choice {n}")} for n in range(5)]
    questions = [
        {
            "key": f"q{number}",
            "kind": "single_choice" if number % 2 else "nps",
            "text": said(f"What do you think of point {number} of all the points there are?"),
            "page": 1 + number // 5,
            **({"choices": choices} if number % 2 else {}),
            **({"show_if": {"less": ["q0", 7]}} if number % 3 == 2 else {}),
        }
        for number in range(count)
    ]
    document = {"title": said("Large"), "languages": [*LANGUAGES], "questions": questions}
    return create_survey(from_json(document), programme=factories.programme(), slug=f"large-{count}")


def test_a_hundred_questions_in_eight_languages_open_in_25_queries_and_150_kb(
    client, django_assert_max_num_queries
):
    small, big = large(10), large(100)
    with django_assert_max_num_queries(25) as few:
        client.get(url_of(small), {"open": "question", "name": "q7"})
    with django_assert_max_num_queries(len(few)):
        page = client.get(url_of(big), {"open": "question", "name": "q77"})
    assert len(gzip.compress(page.content)) < 150_000 / 5
    with django_assert_max_num_queries(40):
        act(client, big, "question", **question_fields(big, "q77", text="Shorter?"), keep="1")
