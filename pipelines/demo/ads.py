"""Advertising of the example company: campaigns and what each did per day.

Belongs here: the platforms' own figures, as they are known on a day (conversions arrive late).
Does not belong here: how a platform writes them (`exports/advertising.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pipelines.demo.chance import Chance, cents, rounded

GOOGLE, META = "google_ads", "meta_ads"
PLATFORM_CURRENCY = {GOOGLE: "EUR", META: "USD"}
ACCOUNT_ID = {GOOGLE: "482-119-7305", META: "1184220957364012"}

# Share of the conversions that a platform knows of so many days after the click.
KNOWN_BY_AGE = ("0.70", "0.80", "0.87", "0.92", "0.95", "0.98")


@dataclass(frozen=True)
class Kind:
    """What a campaign costs and brings: means of a day, without season and growth."""

    channel: str
    daily_spend: float
    cost_per_click: float
    click_rate: float
    conversion_rate: float
    conversion_value: float
    untracked: float = 0
    """How often conversions could not be counted: then there are none, not 0 of them."""
    view_rate: float = 0
    """Views of an impression; 0 where no video is shown."""


@dataclass(frozen=True)
class Campaign:
    """A campaign of a platform."""

    platform: str
    campaign_id: str
    name: str
    type: str
    """As the vendor writes it: Google's campaign type, Meta's objective."""
    kind: Kind


@dataclass(frozen=True)
class AdDay:
    """What a campaign did on a day, as known on the day of an export."""

    campaign: Campaign
    day: date
    cost: Decimal
    impressions: int
    clicks: int
    video_views: int
    conversions: Decimal | None
    conversion_value: Decimal | None


SEARCH = Kind("search", 62, 2.4, 0.062, 0.052, 118)
BRAND = Kind("search", 21, 0.7, 0.19, 0.11, 160)
DISPLAY = Kind("display", 24, 0.55, 0.0065, 0.011, 74)
VIDEO = Kind("video", 31, 0.38, 0.009, 0.004, 66, untracked=0.08, view_rate=0.31)
PMAX = Kind("performance_max", 74, 1.3, 0.021, 0.038, 104)
SOCIAL = Kind("social", 54, 1.15, 0.013, 0.029, 92)
SOCIAL_AGAIN = Kind("social", 22, 0.85, 0.019, 0.048, 121, view_rate=0.22)

CAMPAIGNS: dict[str, tuple[tuple[str, str, Kind], ...]] = {
    GOOGLE: (
        ("Search | Brand", "Search", BRAND),
        ("Search | KPI Software | DACH", "Search", SEARCH),
        ("Search | KPI Software | UK", "Search", SEARCH),
        ("Search | Reporting Tools | Nordics", "Search", SEARCH),
        ("Search | Competitors", "Search", SEARCH),
        ("Display | Remarketing", "Display", DISPLAY),
        ("Display | Finance Leaders", "Display", DISPLAY),
        ("Video | Product Tour", "Video", VIDEO),
        ("PMax | All Markets", "Performance Max", PMAX),
    ),
    META: (
        ("Prospecting | Lookalike | DACH", "Leads", SOCIAL),
        ("Prospecting | Lookalike | UK", "Leads", SOCIAL),
        ("Retargeting | Site Visitors", "Sales", SOCIAL_AGAIN),
        ("Lead Ads | Webinar", "Leads", SOCIAL),
        ('Traffic | Blog, "Board Reports"', "Traffic", SOCIAL_AGAIN),
    ),
}


def campaigns(scale: float) -> list[Campaign]:
    """The campaigns of both platforms, the list repeated or cut by the scale."""
    made = []
    for platform, known in CAMPAIGNS.items():
        for number in range(max(1, round(len(known) * scale))):
            again, which = divmod(number, len(known))
            name, type_, kind = known[which]
            id_ = (
                str(20_481_000_117 + number * 7_919)
                if platform == GOOGLE
                else str(120_210_000_000_330_571 + number * 104_729)
            )
            made.append(
                Campaign(platform, id_, f"{name} {again + 1}" if again else name, type_, kind)
            )
    return made


def performance(
    seed: int, campaign: Campaign, day: date, known_on: date, months_in: float
) -> AdDay | None:
    """What a campaign did on a day, as the platform knew it at the end of `known_on`.

    Money, impressions and clicks are final at once; conversions grow for six days. None where the
    campaign did not run.
    """
    chance = Chance(seed, campaign.platform, campaign.campaign_id, day)
    if chance.happens(0.015):
        return None
    kind = campaign.kind
    season = 0.72 if day.weekday() >= 5 else 1.08  # noqa: PLR2004  (weekend)
    if day.month in (7, 8, 12):
        season *= 0.85
    spend = chance.around(kind.daily_spend, 0.45) * season * (0.6 + 0.035 * months_in)
    clicks = round(spend / chance.around(kind.cost_per_click, 0.25))
    impressions = round(clicks / chance.around(kind.click_rate, 0.3)) + chance.randint(1, 40)
    cost = cents(spend) if clicks else Decimal("0.00")
    seen = Chance(seed, "seen", campaign.campaign_id, day).around(kind.view_rate, 0.4)
    views = round(impressions * seen)
    if chance.happens(kind.untracked):
        return AdDay(campaign, day, cost, impressions, clicks, views, None, None)
    final = rounded(Decimal(repr(clicks * chance.around(kind.conversion_rate, 0.6))), 2)
    value = cents(float(final) * chance.around(kind.conversion_value, 0.3))
    age = (known_on - day).days
    known = Decimal(KNOWN_BY_AGE[age] if age < len(KNOWN_BY_AGE) else "1")
    return AdDay(
        campaign,
        day,
        cost,
        impressions,
        clicks,
        views,
        rounded(final * known, 2),
        cents(value * known),
    )
