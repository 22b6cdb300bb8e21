"""The contact policy against tables made by hand, and against brute force."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.asking.policy import Ask, Cap, Ledger, Person, Policy, Protected, protection

MONDAY = date(2026, 6, 1)
ANNA = Person(contact=1, account=10, domain="acme.example", role="decision_maker")
BOB = Person(contact=2, account=10, domain="acme.example", role="user")
CAROL = Person(contact=3, account=11, domain="acme.example", role="user")


def day(number):
    return MONDAY + timedelta(days=number)


def ledger(*asks):
    made = Ledger()
    for person, number, *priority in asks:
        made.add(person, Ask(day(number), *priority))
    return made


@pytest.mark.parametrize(
    ("person", "asks", "policy", "until"),
    [
        (ANNA, [], Policy(quiet_days=30), None),
        (ANNA, [(ANNA, -29)], Policy(quiet_days=30), 1),
        (ANNA, [(ANNA, -30)], Policy(quiet_days=30), None),
        (BOB, [(ANNA, -1)], Policy(quiet_days=30), None),
        (ANNA, [(ANNA, 10)], Policy(quiet_days=30), 40),  # a plan protects as much as what was sent
        (ANNA, [(ANNA, -1)], Policy(), None),
        (BOB, [(ANNA, -3)], Policy(caps=(Cap("account", 1, 7),)), 4),
        (BOB, [(ANNA, -3)], Policy(caps=(Cap("account", 2, 7),)), None),
        (BOB, [(ANNA, -3), (BOB, -6)], Policy(caps=(Cap("account", 2, 7),)), 1),
        (CAROL, [(ANNA, -3)], Policy(caps=(Cap("account", 1, 7),)), None),
        (CAROL, [(ANNA, -3)], Policy(caps=(Cap("domain", 1, 7),)), 4),
        (BOB, [(ANNA, -3)], Policy(caps=(Cap("account", 1, 7, role="user"),)), None),
        (ANNA, [(ANNA, -3)], Policy(caps=(Cap("account", 1, 7, role="decision_maker"),)), 4),
        (BOB, [(BOB, -2), (ANNA, -1)], Policy(quiet_days=5, caps=(Cap("account", 1, 10),)), 9),
        # Days -6 and -2 fill the week before, -2 and 3 the one around: the day after -2 has left it is free.
        (ANNA, [(ANNA, -6), (ANNA, -2), (ANNA, 3)], Policy(caps=(Cap("contact", 2, 7),)), 5),
    ],
)
def test_it_protects_until(person, asks, policy, until):
    found = protection(person, MONDAY, ledger(*asks), policy, priority=5)

    assert (found.until if found else None) == (None if until is None else day(until))


def test_it_names_the_rule_that_lasts_longest():
    policy = Policy(quiet_days=5, caps=(Cap("account", 1, 10, role="user"),))
    found = protection(BOB, MONDAY, ledger((BOB, -2)), policy, priority=5)

    assert found == Protected("cap: at most 1 to users of one account in 10 days", day(8))


def test_a_wish_for_less_lengthens_the_quiet():
    anna = Person(1, 10, "acme.example", "user", quiet_days=90)
    found = protection(anna, MONDAY, ledger((ANNA, -60)), Policy(quiet_days=30), priority=5)

    assert found == Protected("asked for less", day(30))


def test_a_cap_of_none_protects_for_ever():
    assert protection(ANNA, MONDAY, ledger(), Policy(caps=(Cap("domain", 0, 7),)), priority=1) == Protected(
        "cap: at most 0 to one domain in 7 days", None
    )


@pytest.mark.parametrize(
    ("planned", "own", "is_protected"), [(1, 2, True), (2, 2, True), (3, 2, False), (0, 2, True)]
)
def test_plans_that_matter_less_are_no_hindrance(planned, own, is_protected):
    found = protection(ANNA, MONDAY, ledger((ANNA, 5, planned)), Policy(quiet_days=30), priority=own)

    assert (found is not None) == is_protected


PEOPLE = [Person(n, n // 2, f"d{n // 3}", ("user", "decision_maker")[n % 2]) for n in range(6)]
CAPS = st.builds(
    Cap,
    st.sampled_from(["contact", "account", "domain"]),
    st.integers(1, 3),
    st.integers(1, 20),
    st.sampled_from(["", "user", "decision_maker"]),
)


@given(
    st.builds(Policy, st.integers(0, 20), st.lists(CAPS, max_size=3).map(tuple)),
    st.lists(st.tuples(st.sampled_from(PEOPLE), st.integers(0, 60)), max_size=40),
)
def test_no_schedule_breaks_a_cap_nor_wastes_a_day(policy, wishes):
    """Whoever is asked as the policy says is never asked more; a day before `until` would break a rule."""
    asks, known = [], Ledger()
    for person, number in wishes:
        found = protection(person, day(number), known, policy, priority=1)
        if found:
            assert breaks(policy, [*asks, (person, day(number))])
            assert breaks(policy, [*asks, (person, found.until - timedelta(days=1))])
            assert not breaks(policy, [*asks, (person, found.until)])
            continue
        asks.append((person, day(number)))
        known.add(person, Ask(day(number)))
        assert not breaks(policy, asks)


def breaks(policy, asks):
    caps = [Cap("contact", 1, policy.quiet_days), *policy.caps] if policy.quiet_days else policy.caps
    for cap in caps:
        groups = {}
        for person, on in asks:
            if cap.role in {"", person.role}:
                groups.setdefault(getattr(person, cap.per), []).append(on)
        for days in groups.values():
            for start in days:
                if sum(start <= other < start + timedelta(days=cap.days) for other in days) > cap.limit:
                    return True
    return False
