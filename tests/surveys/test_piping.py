import pytest

from surveys.piping import fill, names_in

VALUES = {"contact.first_name": "Anna", "account.name": "{{contact.first_name}} <b>", "contact.title": ""}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Dear {{contact.first_name}},", "Dear Anna,"),
        ("Dear {{ contact.first_name }},", "Dear Anna,"),
        ("Dear {{contact.title|colleague}},", "Dear colleague,"),
        ("Dear {{contact.title}},", "Dear ,"),
        ("{{account.name}}", "{{contact.first_name}} <b>"),  # a value is never read again
        ("{{ settings.SECRET_KEY }}", "{{ settings.SECRET_KEY }}"),
        ("{contact.__class__} %(x)s {0}", "{contact.__class__} %(x)s {0}"),
        ("{{contact.first_name.__class__}}", "{{contact.first_name.__class__}}"),
        ("{% include 'x' %}{% debug %}", "{% include 'x' %}{% debug %}"),
    ],
)
def test_it_fills_known_names_and_leaves_the_rest(text, filled):
    assert fill(text, VALUES) == filled


def test_it_finds_the_names():
    assert list(names_in("{{a}} {{b.c|d}} {e}")) == ["a", "b.c"]
