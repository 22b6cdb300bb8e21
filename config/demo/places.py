"""Where the customers sit: language, money, clock and the team that looks after them. Pure."""

from collections.abc import Mapping
from datetime import timedelta, timezone
from typing import NamedTuple

EMEA, AMERICAS, APAC = "EMEA", "Americas", "APAC"


class Place(NamedTuple):
    """One country: its share of customers, the sound of its names, what people there speak and pay in."""

    country: str
    region: str
    share: int
    names: str
    legal_forms: str
    languages: Mapping[str, int]
    team: str
    currency: str
    hours_east: int

    @property
    def clock(self) -> timezone:
        """The country's time zone, without summer time: an hour does not matter to a demo."""
        return timezone(timedelta(hours=self.hours_east))


DACH, UK_AND_NORDICS, WESTERN_EUROPE = "DACH", "UK and Nordics", "Western Europe"
NORTH_AMERICA, LATIN_AMERICA, ASIA_PACIFIC = "North America", "Latin America", "Asia-Pacific"

PLACES = (
    Place("Germany", EMEA, 36, "de", "GmbH|AG|GmbH & Co. KG", {"de": 9, "en": 1}, DACH, "EUR", 1),
    Place("Austria", EMEA, 6, "de", "GmbH|AG", {"de": 1}, DACH, "EUR", 1),
    Place("Switzerland", EMEA, 8, "de", "AG|GmbH", {"de": 6, "fr": 3, "en": 1}, DACH, "EUR", 1),
    Place("United Kingdom", EMEA, 30, "en", "Ltd|plc|Group", {"en": 1}, UK_AND_NORDICS, "GBP", 0),
    Place("Ireland", EMEA, 5, "en", "Ltd|DAC", {"en": 1}, UK_AND_NORDICS, "EUR", 0),
    Place("Sweden", EMEA, 6, "nordic", "AB", {"en": 1}, UK_AND_NORDICS, "EUR", 1),
    Place("Denmark", EMEA, 5, "nordic", "A/S|ApS", {"en": 1}, UK_AND_NORDICS, "EUR", 1),
    Place("France", EMEA, 24, "fr", "SAS|SA|SARL", {"fr": 9, "en": 1}, WESTERN_EUROPE, "EUR", 1),
    Place("Belgium", EMEA, 5, "nl", "NV|BV", {"nl": 2, "fr": 2, "en": 1}, WESTERN_EUROPE, "EUR", 1),
    Place("Netherlands", EMEA, 10, "nl", "B.V.|N.V.", {"nl": 7, "en": 3}, WESTERN_EUROPE, "EUR", 1),
    Place("Spain", EMEA, 16, "es", "S.A.|S.L.", {"es": 9, "en": 1}, WESTERN_EUROPE, "EUR", 1),
    Place("Italy", EMEA, 9, "it", "S.p.A.|S.r.l.", {"it": 8, "en": 2}, WESTERN_EUROPE, "EUR", 1),
    Place("Portugal", EMEA, 4, "pt", "S.A.|Lda", {"pt": 8, "en": 2}, WESTERN_EUROPE, "EUR", 0),
    Place(
        "United States", AMERICAS, 70, "en", "Inc.|LLC|Corp.", {"en": 30, "es": 1}, NORTH_AMERICA, "USD", -6
    ),
    Place("Canada", AMERICAS, 12, "en", "Inc.|Ltd.", {"en": 4, "fr": 1}, NORTH_AMERICA, "USD", -5),
    Place("Mexico", AMERICAS, 9, "es", "S.A. de C.V.", {"es": 9, "en": 1}, LATIN_AMERICA, "USD", -6),
    Place("Brazil", AMERICAS, 7, "pt", "S.A.|Ltda", {"pt": 9, "en": 1}, LATIN_AMERICA, "USD", -3),
    Place("Australia", APAC, 14, "en", "Pty Ltd", {"en": 1}, ASIA_PACIFIC, "USD", 10),
    Place("New Zealand", APAC, 5, "en", "Ltd", {"en": 1}, ASIA_PACIFIC, "USD", 12),
    Place("Singapore", APAC, 7, "asia", "Pte Ltd", {"en": 1}, ASIA_PACIFIC, "USD", 8),
    Place("India", APAC, 6, "asia", "Pvt Ltd", {"en": 1}, ASIA_PACIFIC, "USD", 5),
    Place("Japan", APAC, 9, "ja", "K.K.", {"ja": 8, "en": 2}, ASIA_PACIFIC, "USD", 9),
)
