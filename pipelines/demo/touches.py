"""How the example company met its customers: campaigns of the CRM, and who responded to them.

Belongs here: which campaigns ran when, who was put on their lists, and what they did. Does not
belong here: what the CRM writes of it (`exports/salesforce.py`), and what a platform claims
(`ads.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.demo.chance import Chance, add_months, days_between
from pipelines.demo.crm import Lead, salesforce_id

MONTHS_OF_A_QUARTER = 3
LONGEST_AFTER_COMING = 150
"""Days after a lead came in, up to which it may still be put on a list."""


@dataclass(frozen=True)
class Kind:
    """What a campaign of a quarter is called, and how it goes."""

    name: str
    type: str
    """As the vendor's pick list writes it."""
    weight: float
    responds: float
    """How likely somebody on its list responds."""


KINDS = (
    Kind("Webinar: Numbers the board believes", "Webinar", 22, 0.42),
    Kind("Newsletter", "Email", 34, 0.2),
    Kind("Finance Summit", "Trade Show", 9, 0.55),
    Kind("Lead form on social networks", "Paid Social", 15, 0.6),
    Kind("Banners for visitors of the site", "Banner Ads", 8, 0.3),
    Kind("Letter to finance leaders", "Direct Mail", 6, 0.08),
    # Nobody can say where this ran: a touch, but of no known channel.
    Kind("Autumn and spring print", "Advertisement", 3, 0.25),
)


@dataclass(frozen=True)
class Campaign:
    """A campaign of a quarter."""

    campaign_id: str
    name: str
    kind: Kind
    start: date
    end: date


@dataclass(frozen=True)
class Member:
    """Somebody on a campaign's list: the lead, or the contact that it has become."""

    member_id: str
    campaign: Campaign
    lead: Lead
    added: date
    responded: date | None
    is_contact: bool
    """Put on the list after the lead had become a contact: then only that is named."""


def contact_id(lead: Lead) -> str:
    """The contact that a converted lead has become."""
    return salesforce_id("003", 20_000 + lead.number)


def campaign_on(which: int, day: date) -> Campaign:
    """The campaign of a kind in the quarter of a day."""
    quarter = (day.month - 1) // MONTHS_OF_A_QUARTER
    start = date(day.year, quarter * MONTHS_OF_A_QUARTER + 1, 1)
    kind = KINDS[which]
    return Campaign(
        salesforce_id("701", (start.year * 4 + quarter) * len(KINDS) + which),
        f"{kind.name} {start.year} Q{quarter + 1}",
        kind,
        start,
        add_months(start, MONTHS_OF_A_QUARTER) - timedelta(days=1),
    )


def campaigns_until(first_day: date, day: date) -> list[Campaign]:
    """Every campaign that had begun by a day, since the company did."""
    starts = dict.fromkeys(campaign_on(0, one).start for one in days_between(first_day, day))
    return [campaign_on(which, start) for start in starts for which in range(len(KINDS))]


def members_of(seed: int, lead: Lead) -> list[Member]:
    """The lists that a lead was put on during its life, and whether it responded."""
    chance = Chance(seed, "touches of", lead.number, lead.created.date())
    came, made = lead.created.date(), []
    for number in range(chance.count(1.6)):
        added = came + timedelta(days=chance.randint(1, LONGEST_AFTER_COMING))
        which = chance.pick({place: kind.weight for place, kind in enumerate(KINDS)})
        responds = chance.happens(KINDS[which].responds)
        responded = added + timedelta(days=chance.randint(0, 12)) if responds else None
        if lead.deleted and added >= lead.deleted:
            continue
        made.append(
            Member(
                salesforce_id("00v", lead.number * 20 + number),
                campaign_on(which, added),
                lead,
                added,
                responded,
                is_contact=lead.converted is not None and added > lead.converted,
            )
        )
    return made
