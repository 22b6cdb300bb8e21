"""Which field a column of another system feeds, by its name: a first guess for the person who maps. Pure."""

import re
from collections.abc import Collection, Sequence

# What CRMs and billing systems call our fields, without case, blanks and marks.
NAMES = {
    "external_id": (
        "id",
        "externalid",
        "accountid",
        "customerid",
        "contactid",
        "subscriptionid",
        "crmid",
        "uuid",
    ),
    "name": ("accountname", "company", "companyname", "customer", "customername", "fullname", "organisation"),
    "account": ("accountid", "customerid", "companyid", "account", "accountexternalid", "customernumber"),
    "domain": ("website", "web", "url", "companydomain"),
    "created_on": ("created", "createdat", "createddate", "customersince", "since", "startdate"),
    "churned_on": ("churned", "churnedat", "churndate", "customeruntil"),
    "email": ("mail", "emailaddress", "workemail"),
    "title": ("jobtitle", "position"),
    "role": ("contactrole", "buyingrole"),
    "language": ("locale", "lang"),
    "owner": ("accountowner", "owneremail", "csm", "accountmanager", "responsible"),
    "team": ("teamname",),
    "parent": ("parentid", "parentaccount", "parentaccountid"),
    "segment": ("customersegment", "size"),
    "industry": ("sector", "vertical"),
    "country": ("billingcountry", "land"),
    "product": ("plan", "productname", "item", "sku"),
    "starts_on": ("start", "startdate", "startsat", "begin", "from", "contractstart", "termstart"),
    "ends_on": ("end", "enddate", "endsat", "until", "to", "contractend", "termend", "renewaldate"),
    "annual_value": ("arr", "acv", "amount", "value", "annualrevenue", "yearlyvalue", "annualvalue"),
    "currency": ("currencycode", "currencyisocode"),
    "auto_renew": ("autorenewal", "renewsautomatically"),
    "cancelled_on": ("cancelled", "canceled", "cancelledat", "cancellationdate", "noticedate"),
    "month": ("period", "date"),
    "key": ("metric", "signal", "measure"),
    "observed_on": ("date", "day", "observed", "timestamp"),
    "value": ("amount", "count", "number"),
}
NOT_LETTERS = re.compile(r"[\W_]+")


def guessed_fields(header: Sequence[str], fields: Collection[str]) -> list[str | None]:
    """Return the field that each column probably feeds, None where nothing is likely; each field once."""
    squeezed = [NOT_LETTERS.sub("", name.casefold()) for name in header]
    guesses: list[str | None] = [None] * len(header)
    for is_exact in (True, False):
        for field in fields:
            if field in guesses:
                continue
            names = (NOT_LETTERS.sub("", field),) if is_exact else NAMES.get(field, ())
            place = next(
                (n for name in names for n, own in enumerate(squeezed) if own == name and not guesses[n]),
                None,
            )
            if place is not None:
                guesses[place] = field
    return guesses
