"""Who is in an audience: how many, which part of the revenue, and who cannot be asked today and why."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.models import Account, Contact, User
from accounts.models.companies import Contacts
from accounts.posted import posted_from
from metrics.formulas.money import ZERO
from metrics.measures.exchange import rates_on
from metrics.measures.memory import ASKING, CONTRACTS, remembered, seen_lately
from metrics.measures.revenue import arr_on
from metrics.measures.scope import Scope
from metrics.pages.filters import AGAIN
from metrics.pages.listing import ContactRow, read_known
from surveys.admin.audience_form import conditions_typed
from surveys.asking.audiences import AudienceRefused, Condition, matching, read_conditions
from surveys.asking.days import local_day
from surveys.asking.everyone import Standing, standings
from surveys.models import Audience

# What accounts pay a year, in the reporting currency.
Paid = Mapping[int, Decimal | None]
SAMPLE, LISTED_A_PAGE = 20, 50
ACCOUNTS = "accounts"
LISTS = ("left", "all", "may", ACCOUNTS)


class Wanted(NamedTuple):
    """Who of an audience is listed: those left out today, all, or those who may be asked, or their accounts.

    A reason, a role and the number of an account narrow it, "" does not.
    """

    who: str
    reason: str
    role: str
    account: str

    @property
    def role_label(self) -> str:
        """The role as people read it, "" for any."""
        return str(Contact.Role(self.role).label) if self.role else ""

    @property
    def are_free(self) -> bool:
        """Whether nothing stands against asking anyone who is listed."""
        return self.who == "may"

    def has(self, one: Standing) -> bool:
        """Whether a contact is meant."""
        reason = one.block.reason if one.block else ""
        is_listed = self.who in ("all", ACCOUNTS) or bool(reason) == (self.who == "left")
        is_theirs = self.account in ("", str(one.account))
        return is_listed and is_theirs and self.reason in ("", reason) and self.role in ("", one.role)


class Inside(NamedTuple):
    """An account in an audience: how many of its contacts, and how many of these may be asked today."""

    account: int
    contacts: int
    may_be_asked: int


def audience(request: HttpRequest, pk: int) -> TemplateResponse:
    """Show who is in an audience now, over the accounts that the user sees, and each who is left out."""
    viewer = _viewer(request)
    found = get_object_or_404(Audience, pk=pk)
    context = {**admin.site.each_context(request), "title": found.name, "audience": found}
    inside: Sequence[Standing] = []
    paid: Paid | None = None
    now = timezone.now()
    try:
        conditions, contacts = _chosen(found.conditions, viewer, now, audience=found.pk)
    except AudienceRefused as refused:
        context["refused"] = str(refused)
    else:
        inside, context["seen_at"] = _seen(contacts, found, viewer, now, anew=AGAIN in request.GET)
        paid = _paid(viewer, local_day(now)) if viewer.sees_revenue else None
        context |= _who(conditions, inside, viewer, paid)
    wanted, faults = _read_listing(request.GET, inside)
    are_accounts = wanted.who == ACCOUNTS
    if are_accounts:  # of everyone: their counts lead to all of an account
        wanted = Wanted(ACCOUNTS, "", "", "")
    listed = [one for one in inside if wanted.has(one)]
    rows: Sequence[Any] = _by_account(listed, paid or {}) if are_accounts else listed
    page: Any = Paginator(rows, LISTED_A_PAGE).get_page(request.GET.get("page"))
    page.object_list = _named(page.object_list, paid or {}) if are_accounts else _listed(page.object_list)
    account = Account.objects.get(pk=wanted.account) if wanted.account else None
    if wanted.who not in ("all", "may"):  # a list of them tells who they are as well
        context["sample"] = _listed(inside[:SAMPLE])
    context |= {"wanted": wanted, "account": account, "faults": faults, "page": page}
    return TemplateResponse(request, "metrics/audience.html", context)


@posted_from("admin:surveys_audience_changelist")
def audience_typed(request: HttpRequest) -> TemplateResponse:
    """Show who would be in an audience of the conditions that were typed; nothing is stored."""
    viewer, now = _viewer(request), timezone.now()
    raw = request.POST.get("audience", "")
    own = Audience.objects.filter(pk=raw).first() if raw.isdecimal() and len(raw) < 19 else None
    try:
        typed, today = list(conditions_typed(request.POST)), local_day(now)
        conditions, contacts = _chosen(typed, viewer, now, audience=own.pk if own else None)
        inside = standings(contacts, today)
        context = _who(conditions, inside, viewer, _paid(viewer, today) if viewer.sees_revenue else None)
        context["sample"] = _listed(inside[:SAMPLE])
    except AudienceRefused as refused:
        context = {"refused": str(refused)}
    return TemplateResponse(request, "metrics/_audience_typed.html", context)


def _read_listing(asked: QueryDict, inside: Collection[Standing]) -> tuple[Wanted, list[str]]:
    """Return who the address asks for, and what of that there is not."""
    known: dict[str, Collection[str]] = {
        "list": LISTS,
        "reason": {one.block.reason for one in inside if one.block},
        "role": Contact.Role.values,
        "account": {str(one.account) for one in inside} if "account" in asked else (),
    }
    kept, faults = read_known(asked, known)
    who, *narrowed = kept.values()
    return Wanted(who or LISTS[0], *narrowed), faults


def _viewer(request: HttpRequest) -> User:
    viewer = request.user
    if not isinstance(viewer, User) or not viewer.has_perm("surveys.view_audience"):
        raise PermissionDenied
    return viewer


def _chosen(
    document: Any, viewer: User, now: datetime, *, audience: int | None
) -> tuple[Sequence[Condition], Contacts]:
    """Return conditions and the contacts of accounts that the viewer sees for whom they hold."""
    conditions = conditions_for(viewer, document)
    contacts = matching(conditions, now=now, audience=audience).visible_to(viewer)
    # An order by what may not be seen would tell it.
    return conditions, contacts.order_by(*(("name", "pk") if viewer.sees_people else ("pk",)))


def conditions_for(viewer: User, document: Any) -> Sequence[Condition]:
    """Return the conditions of an audience; raise AudienceRefused where who is in it tells what some pay.

    Nobody is shown that who may not see revenue (SECURITY T25).
    """
    conditions = read_conditions(document)
    if not viewer.sees_revenue and any(condition.field.needs_revenue for condition in conditions):
        raise AudienceRefused("It is chosen by amounts of money, which you may not see.")
    return conditions


def _seen(
    contacts: Contacts, audience: Audience, viewer: User, now: datetime, *, anew: bool
) -> tuple[Sequence[Standing], datetime]:
    """Return everyone in an audience as they stood lately, and when that was."""
    today = local_day(now)
    if not viewer.sees_all_accounts:
        return standings(contacts, today), now
    key = ("audience", audience.pk, viewer.sees_people, today)
    seen = seen_lately(lambda: standings(contacts, today), ASKING, *key, now=now, anew=anew)
    return seen.found, seen.at


def _who(
    conditions: Sequence[Condition], inside: Sequence[Standing], viewer: User, paid: Paid | None
) -> dict[str, Any]:
    """Return what is shown of an audience and of what its accounts pay, None for who may not see revenue."""
    everyone = Contact.objects.visible_to(viewer)
    roles = Counter(one.role for one in inside)
    of_all = dict(everyone.order_by().values_list("role").annotate(Count("pk")))
    reasons = Counter(one.block.reason for one in inside if one.block)
    accounts = {one.account for one in inside}
    return {
        "conditions": conditions,
        "count": len(inside),
        "may_be_asked": len(inside) - reasons.total(),
        "accounts": len(accounts),
        "roles": [
            (role, label, roles.get(role, 0), of_all.get(role, 0)) for role, label in Contact.Role.choices
        ],
        "revenue": None if paid is None else _revenue(accounts, paid),
        "reasons": reasons.most_common(),
        "left_count": reasons.total(),
    }


def _listed(found: Sequence[Standing]) -> list[ContactRow]:
    """Return contacts with their accounts, in the order in which they were found."""
    contacts = Contact.objects.select_related("account").in_bulk([one.contact for one in found])
    return [ContactRow(contacts[one.contact], one.block) for one in found if one.contact in contacts]


def _by_account(found: Iterable[Standing], paid: Paid) -> list[Inside]:
    """Return the accounts of contacts, those that pay the most first, else those with the most contacts."""
    contacts, may_be_asked = Counter[int](), Counter[int]()
    for one in found:
        contacts[one.account] += 1
        may_be_asked[one.account] += one.block is None
    accounts = [Inside(account, count, may_be_asked[account]) for account, count in contacts.items()]
    return sorted(accounts, key=lambda one: (-(paid.get(one.account) or ZERO), -one.contacts, one.account))


def _named(found: Sequence[Inside], paid: Paid) -> list[tuple[Account, Inside, Decimal | None]]:
    """Return accounts in the order in which they were found, each with what it pays a year."""
    accounts = Account.objects.in_bulk([one.account for one in found])
    return [(accounts[one.account], one, paid.get(one.account)) for one in found if one.account in accounts]


def _paid(viewer: User, today: date) -> Paid:
    """Return the ARR of each customer that the user sees, None where it is not known."""
    return remembered(_paid_now, Scope.of_revenue(viewer, today), CONTRACTS)


def _paid_now(scope: Scope) -> Paid:
    customers = scope.accounts.active_on(scope.today)
    return arr_on(scope.today, customers, rates_on(scope.today)).by_account


def _revenue(accounts: Set[int], paid: Paid) -> tuple[Decimal, Decimal]:
    """Return the ARR of the accounts in the audience and of all that the user sees, as far as it is known."""
    return _sum(paid[account] for account in accounts & paid.keys()), _sum(paid.values())


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount), ZERO)
