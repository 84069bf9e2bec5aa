"""Leads, accounts and deals of the example company.

Belongs here: what happens to a lead and when. A life is drawn whole when it begins; an export of a
day shows what had happened by then. Does not belong here: Salesforce's columns
(`exports/salesforce.py`) and what a customer pays (`subscriptions.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from pipelines.demo.chance import Chance
from pipelines.demo.people import Contact, contact

SOURCES: dict[str, tuple[float, float]] = {
    # how often a lead comes this way, and how much likelier than others it is any good
    "Paid Search": (26, 1.0),
    "Paid Social": (17, 0.75),
    "Display Ads": (4, 0.6),
    "Video Ads": (2, 0.6),
    "Organic Search": (18, 1.1),
    "Website": (9, 1.0),
    "Referral": (8, 1.7),
    "Webinar": (6, 1.2),
    "Trade Show": (4, 1.1),
    "Partner": (3, 1.5),
    "Outbound": (2, 0.7),
    "": (1, 0.5),
}
SOURCE_FORGOTTEN = 0.07
"""How often nobody wrote down how a lead came."""
OPEN_STAGES = ("Prospecting", "Qualification", "Proposal/Price Quote", "Negotiation/Review")
OWNERS = 6
DEAL_SIZE = {"SMB": (1_800, 0.7), "Mid-Market": (9_500, 0.7), "Enterprise": (38_000, 0.6)}
LAUNCH_LEADS = 18
"""Companies of the closed beta, who were asked first and decide within days."""


@dataclass(frozen=True)
class Deal:
    """An opportunity; `first_amount` is None where nothing was entered before the end."""

    deal_id: str
    account_id: str
    name: str
    created: datetime
    stage_days: tuple[date, ...]
    """When it reached each open stage."""
    expected_close: date
    closed: date
    won: bool
    currency: str
    first_amount: Decimal | None
    last_amount: Decimal | None
    """From the last stage on."""
    deleted: date | None
    owner: str
    source: str
    region: str

    def amount_on(self, day: date) -> Decimal | None:
        """The amount as it stood at the end of a day."""
        return self.last_amount if day >= self.stage_days[-1] else self.first_amount


@dataclass(frozen=True)
class Account:
    """A company in the CRM."""

    account_id: str
    created: datetime
    contact: Contact
    owner: str


@dataclass(frozen=True)
class Lead:
    """A lead, with all that will become of it."""

    lead_id: str
    number: int
    created: datetime
    contact: Contact
    source: str
    owner: str
    working: date | None
    qualified: date | None
    given_up: date | None
    converted: date | None
    deleted: date | None
    account: Account | None
    deal: Deal | None
    buys_alone: bool
    """Converted without a deal: may subscribe by itself."""


def salesforce_id(prefix: str, number: int) -> str:
    """An 18-character id: 15 that count, and 3 that say which of them are capitals."""
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    digits = ""
    for _ in range(7):
        number, digit = divmod(number, len(letters))
        digits = letters[digit] + digits
    short = prefix + "Qy000" + digits
    check = ""
    for block in (short[:5], short[5:10], short[10:]):
        capitals = sum(1 << place for place, letter in enumerate(block) if letter.isupper())
        check += "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[capitals]
    return short + check


def leads_of_day(
    seed: int, day: date, first_day: date, first_number: int, scale: float
) -> list[Lead]:
    """The leads that come in on a day, each with its whole life."""
    chance = Chance(seed, "leads of", day)
    months_in = (day - first_day).days / 30.4
    mean = (1.7 + 0.14 * months_in) * (0.45 if day.weekday() >= 5 else 1.25)  # noqa: PLR2004
    came = chance.count(mean * scale)
    launch = max(2, round(LAUNCH_LEADS * scale)) if day == first_day else 0
    return [_life(seed, first_number + n, day, launched=n < launch) for n in range(came + launch)]


def _life(seed: int, number: int, day: date, *, launched: bool) -> Lead:
    chance = Chance(seed, "lead", number, day)
    person = contact(chance, number)
    source = chance.pick({name: often for name, (often, _) in SOURCES.items()})
    good = min(0.9, 0.4 * SOURCES[source][1]) if not launched else 1
    if Chance(seed, "source of", number, day).happens(SOURCE_FORGOTTEN):
        source = ""
    owner = salesforce_id("005", chance.randint(1, OWNERS))
    created = chance.moment(day)
    working = day + timedelta(days=chance.randint(0, 3))
    qualified = converted = given_up = deleted = None
    if chance.happens(good):
        qualified = working + timedelta(days=chance.randint(0, 2 if launched else 12))
        if chance.happens(1 if launched else 0.66):
            converted = qualified + timedelta(days=chance.randint(0, 2 if launched else 15))
        elif chance.happens(0.5):
            given_up = qualified + timedelta(days=chance.randint(10, 60))
    elif chance.happens(0.6):
        given_up = working + timedelta(days=chance.randint(1, 25))
    if converted is None and chance.happens(0.03):
        deleted = day + timedelta(days=chance.randint(1, 45))
    account = deal = None
    if converted is not None:
        account = Account(
            salesforce_id("001", 10_000 + number), chance.moment(converted), person, owner
        )
        if not launched and chance.happens(0.7):
            deal = _deal(Chance(seed, "deal", number, day), number, account, source)
    return Lead(
        lead_id=salesforce_id("00Q", 40_000 + number),
        number=number,
        created=created,
        contact=person,
        source=source,
        owner=owner,
        working=working,
        qualified=qualified,
        given_up=given_up,
        converted=converted,
        deleted=deleted,
        account=account,
        deal=deal,
        buys_alone=converted is not None and deal is None,
    )


def _deal(chance: Chance, number: int, account: Account, source: str) -> Deal:
    person = account.contact
    begun = account.created.date()
    length = chance.randint(9, 95)
    steps = sorted(chance.randint(0, length) for _ in OPEN_STAGES[1:])
    won = chance.happens(0.47)
    mean, spread = DEAL_SIZE[person.segment]
    first = Decimal(round(chance.around(mean, spread) / 10) * 10)
    last = first * chance.choice((Decimal("0.85"), Decimal("0.9"), Decimal(1), Decimal(1)))
    nothing_entered = chance.happens(0.06)
    currency = {"UK & Ireland": "GBP", "North America": "USD"}.get(person.region, "EUR")
    closed = begun + timedelta(days=length)
    return Deal(
        deal_id=salesforce_id("006", 70_000 + number),
        account_id=account.account_id,
        name=f"{person.company} - new business",
        created=account.created,
        stage_days=(begun, *(begun + timedelta(days=step) for step in steps)),
        expected_close=begun + timedelta(days=chance.randint(20, 80)),
        closed=closed,
        won=won,
        currency=currency if chance.happens(0.8) else "EUR",
        first_amount=None if nothing_entered else first,
        last_amount=None if nothing_entered and not won else last,
        # Only what came to nothing is ever deleted: a test entry, a duplicate.
        deleted=(
            closed + timedelta(days=chance.randint(1, 20))
            if not won and chance.happens(0.04)
            else None
        ),
        owner=account.owner,
        source=source,
        region=person.region,
    )
