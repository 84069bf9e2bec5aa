"""Made-up companies and people, and the regions they live in. Any likeness is chance."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.demo.chance import Chance

REGION_OF_COUNTRY = {
    "Germany": "DACH",
    "Austria": "DACH",
    "Switzerland": "DACH",
    "United Kingdom": "UK & Ireland",
    "Ireland": "UK & Ireland",
    "Netherlands": "Benelux",
    "Belgium": "Benelux",
    "Sweden": "Nordics",
    "Denmark": "Nordics",
    "Norway": "Nordics",
    "Spain": "Southern Europe",
    "Italy": "Southern Europe",
    "France": "Southern Europe",
    "United States": "North America",
    "Canada": "North America",
}
COUNTRIES = {
    "Germany": 26.0,
    "Austria": 6.0,
    "Switzerland": 6.0,
    "United Kingdom": 20.0,
    "Ireland": 3.0,
    "Netherlands": 8.0,
    "Belgium": 4.0,
    "Sweden": 5.0,
    "Denmark": 3.0,
    "Norway": 3.0,
    "Spain": 3.0,
    "Italy": 3.0,
    "France": 4.0,
    "United States": 5.0,
    "Canada": 1.0,
}
SEGMENTS = {"SMB": 58.0, "Mid-Market": 32.0, "Enterprise": 10.0}
EMPLOYEES = {"SMB": (4, 49), "Mid-Market": (50, 499), "Enterprise": (500, 12_000)}
INDUSTRIES = ("Software", "Retail", "Logistics", "Manufacturing", "Media", "Healthcare", "Banking")
FIRST_NAMES = (
    "Anna Björn Chloé Daniela Emil Fatima Greta Håkon Ines Jürgen Katarzyna Liam Maeve Nils Oskar "
    "Paula Quentin Rosa Søren Tomás Ute Victoria Wim Yusuf Zoë"
)
LAST_NAMES = (
    "Adler Bakker Costa Dubois Eriksen Fischer García Hansen Iversen Janssen Keller Lindqvist "
    "Moreau Novak O'Brien Petersen Quinn Rossi Schäfer Taylor Ullmann Vogel Weiß Young "
    "Zimmermann"
)
COMPANY_NAMES = (
    "Alder Birchwood Copperfield Dunmore Eastgate Falkner Glenrose Harbour Ironbridge Juniper "
    "Kingsley Lindenhof Marigold Northwind Oakfield Pinewater Quarry Ravensburg Seehof Thornbury "
    "Umbra Vesper Westhaven Yarrow Zephyr"
)
COMPANY_TRADES = (
    "Analytics Beverages Components Design Energy Foods Garments Holdings Instruments Kitchens "
    "Logistics Mobility Networks Optics Partners Robotics Systems Textiles Ventures Works"
)


@dataclass(frozen=True)
class Contact:
    """A person at a company."""

    name: str
    email: str
    company: str
    domain: str
    country: str
    region: str
    segment: str
    employees: int
    industry: str


def contact(chance: Chance, number: int) -> Contact:
    """A person and company of their own; the number keeps companies of the same name apart."""
    country = chance.pick(COUNTRIES)
    segment = chance.pick(SEGMENTS)
    first, last = chance.choice(FIRST_NAMES.split()), chance.choice(LAST_NAMES.split())
    name, trade = chance.choice(COMPANY_NAMES.split()), chance.choice(COMPANY_TRADES.split())
    ending = chance.choice(("GmbH", "Ltd", "AB", "BV", "Group", "& Söhne", ", Inc."))
    domain = f"{name}-{trade}-{number}.example".casefold()
    return Contact(
        name=f"{first} {last}",
        email=f"contact{number}@{domain}",
        company=f"{name} {trade} {ending}".replace(" ,", ","),
        domain=domain,
        country=country,
        region=REGION_OF_COUNTRY[country],
        segment=segment,
        employees=chance.randint(*EMPLOYEES[segment]),
        industry=chance.choice(INDUSTRIES),
    )
