import pytest

from surveys.slugs import stem_of


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("How are we doing?", "how-are-we-doing"),
        ("<b>NPS</b> 2026", "nps-2026"),
        ("<script>alert(1)</script>Support", "support"),
        ("\"><svg/onload=fetch('//127.0.0.1:9/x')>Renewal {{7*7}} {% debug %}", "renewal"),
        ("Tea & biscuits < 5", "tea-biscuits-5"),
        ("Fragen zur Übergabe", "fragen-zur-ubergabe"),
        ("调查", "survey"),
        ("<i></i>", "survey"),
        ("x" * 200, "x" * 70),
    ],
)
def test_a_slug_is_made_of_a_titles_words_and_not_of_its_markup(title, stem):
    assert stem_of(title) == stem
