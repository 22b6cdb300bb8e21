from datetime import date
from decimal import Decimal

from metrics.formulas.succession import Line, successors, terms

LAST_YEAR, DUE, NEXT_YEAR = date(2025, 3, 1), date(2026, 3, 1), date(2027, 3, 1)


def line(key, starts_on, ends_on, value=100, *, account="acme", product="platform", **rest):
    return Line(key, account, product, starts_on, ends_on, Decimal(value), **rest)


def renewed_by(*lines):
    return {term: [each.key for each in found] for term, found in successors(lines).items()}


def test_what_a_subscription_says_it_renews_counts_whatever_its_product_and_day():
    before = line("old", LAST_YEAR, DUE, names_renewals=True)
    after = line("new", date(2026, 1, 15), NEXT_YEAR, product="suite", renews="old", names_renewals=True)
    assert renewed_by(before, after) == {"old": ["new"]}


def test_nothing_is_guessed_for_an_account_whose_data_names_renewals():
    before = line("old", LAST_YEAR, DUE, names_renewals=True)
    after = line("new", DUE, NEXT_YEAR, names_renewals=True)
    assert renewed_by(before, after) == {}


def test_elsewhere_the_same_product_renews_within_the_grace():
    old = line("old", LAST_YEAR, DUE)
    assert renewed_by(old, line("new", DUE, NEXT_YEAR)) == {"old": ["new"]}
    assert renewed_by(old, line("late", date(2026, 5, 30), NEXT_YEAR)) == {"old": ["late"]}
    assert renewed_by(old, line("too late", date(2026, 5, 31), NEXT_YEAR)) == {}


def test_another_product_an_overlap_and_another_account_renew_nothing():
    old = line("old", LAST_YEAR, DUE)
    assert renewed_by(old, line("other", DUE, NEXT_YEAR, product="storage")) == {}
    assert renewed_by(old, line("second seat", date(2026, 2, 1), NEXT_YEAR)) == {}
    assert renewed_by(old, line("foreign", DUE, NEXT_YEAR, account="globex")) == {}


def test_a_renewal_belongs_to_the_term_that_ended_last():
    earlier = line("earlier", LAST_YEAR, date(2026, 1, 1))
    later = line("later", date(2025, 6, 1), DUE)
    assert renewed_by(earlier, later, line("new", DUE, NEXT_YEAR)) == {"later": ["new"]}


def test_one_term_may_be_renewed_in_two_parts():
    old = line("old", LAST_YEAR, DUE, 100)
    parts = line("a", DUE, NEXT_YEAR, 60), line("b", date(2026, 3, 8), NEXT_YEAR, 50)
    (term, *_) = terms([old, *parts], as_of=date(2026, 6, 1))
    assert (term.due, term.renewed, term.renewed_on) == (100, 110, DUE)


def test_a_renewal_that_has_not_begun_yet_does_not_count_yet():
    old, new = line("old", LAST_YEAR, DUE), line("new", date(2026, 3, 20), NEXT_YEAR)
    assert terms([old, new], as_of=date(2026, 3, 19))[0].renewed == 0
    assert terms([old, new], as_of=date(2026, 3, 20))[0].renewed == 100


def test_a_subscription_without_an_end_never_falls_due_but_renews():
    old, forever = line("old", LAST_YEAR, DUE), line("forever", DUE, None, 120)
    assert [(term.due_on, term.renewed) for term in terms([old, forever], as_of=NEXT_YEAR)] == [(DUE, 120)]
