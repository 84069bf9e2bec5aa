"""The exports of Google Ads and Meta's Ads Manager."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from pipelines.demo.ads import ACCOUNT_ID, GOOGLE, META, PLATFORM_CURRENCY, AdDay
from pipelines.demo.chance import days_between, rounded
from pipelines.demo.company import Company
from pipelines.demo.dirt import Dirt
from pipelines.demo.exports.files import (
    Cell,
    Export,
    Row,
    csv_text,
    evening_of,
    header,
    utf_16,
    workbook,
)
from pipelines.demo.exports.schedule import Schedule

MONTHS = header(
    "January February March April May June July August September October November December"
)
NOTHING = " --"
GOOGLE_HEADER = [
    "Day",
    "Customer ID",
    "Campaign ID",
    "Campaign",
    "Campaign type",
    "Currency code",
    "Cost",
    "Impr.",
    "Clicks",
    "CTR",
    "Avg. CPC",
    "Conversions",
    "Conv. value",
    "TrueView views",
]
META_HEADER = [
    "Day",
    "Reporting starts",
    "Reporting ends",
    "Account ID",
    "Campaign ID",
    "Campaign name",
    "Impressions",
    "Reach",
    "Link clicks",
    f"Amount spent ({PLATFORM_CURRENCY[META]})",
    "Result type",
    "Results",
    "Purchases conversion value",
    "3-second video plays",
]
RESULT_TYPE = {"Leads": "Leads", "Sales": "Website purchases", "Traffic": "Landing page views"}


def google_ads(company: Company, schedule: Schedule, dirt: Dirt) -> Iterator[Export]:
    """Campaign reports, "CSV for Excel": monthly, then daily over the trailing week."""
    for number, (first, last) in enumerate(schedule.windows()):
        days = _known(company, GOOGLE, first, last)
        if not days:
            continue
        name = f"Campaign report {last}.csv"
        preamble = _preamble(number, first, last)
        rows = dirt.wrong_decimal_mark(
            f"{GOOGLE}/{name}", last, [_google_row(day) for day in days],
            column=GOOGLE_HEADER.index("Cost"), first_record=len(preamble) + 2,
        )  # fmt: skip
        text = csv_text([*preamble, GOOGLE_HEADER, *rows, *_totals(days)], delimiter="\t")
        yield Export(GOOGLE, name, evening_of(last), utf_16(text), len(rows))


def _known(company: Company, platform: str, first: date, last: date) -> list[AdDay]:
    return [
        done for day in days_between(first, last) for done in company.ad_days(platform, day, last)
    ]


def _preamble(number: int, first: date, last: date) -> list[Row]:
    """The report's title and range, in one of the three forms that the vendor uses."""
    begin, end = (MONTHS[day.month - 1] for day in (first, last))
    forms: tuple[list[Row], ...] = (
        [
            ["Campaign report"],
            [f"{begin} {first.day}, {first.year} - {end} {last.day}, {last.year}"],
        ],
        [["Campaign report"], [f"{first.day} {begin} {first.year} - {last.day} {end} {last.year}"]],
        [
            [
                f"Campaign report ({begin[:3]} {first.day}, {first.year}-"
                f"{end[:3]} {last.day}, {last.year})"
            ]
        ],
    )
    return forms[number % len(forms)]


def _google_row(done: AdDay) -> Row:
    return [done.day.isoformat(), ACCOUNT_ID[GOOGLE], done.campaign.campaign_id,
            done.campaign.name, done.campaign.type, PLATFORM_CURRENCY[GOOGLE],
            *_google_figures(done.cost, done.impressions, done.clicks,
                             done.conversions, done.conversion_value),
            f"{done.video_views:,}"]  # fmt: skip


def _google_figures(
    cost: Decimal,
    impressions: int,
    clicks: int,
    conversions: Decimal | None,
    value: Decimal | None,
) -> Row:
    rate = f"{rounded(Decimal(100 * clicks) / impressions, 2)}%" if impressions else NOTHING
    return [
        f"{cost:,.2f}",
        f"{impressions:,}",
        f"{clicks:,}",
        rate,
        f"{rounded(cost / clicks, 2):,.2f}" if clicks else NOTHING,
        NOTHING if conversions is None else f"{conversions:,.2f}",
        NOTHING if value is None else f"{value:,.2f}",
    ]


def _totals(days: list[AdDay]) -> list[Row]:
    kinds = sorted({done.campaign.type for done in days})
    chosen = [("Total: Campaigns", days), ("Total: Account", days)]
    chosen += [(f"Total: {kind}", [d for d in days if d.campaign.type == kind]) for kind in kinds]
    return [
        [
            label,
            *[NOTHING] * 4,
            PLATFORM_CURRENCY[GOOGLE],
            *_google_figures(
                sum((done.cost for done in part), Decimal(0)),
                sum(done.impressions for done in part),
                sum(done.clicks for done in part),
                sum((done.conversions or Decimal(0) for done in part), Decimal(0)),
                sum((done.conversion_value or Decimal(0) for done in part), Decimal(0)),
            ),
            f"{sum(done.video_views for done in part):,}",
        ]
        for label, part in chosen
    ]


def meta_ads(company: Company, schedule: Schedule, dirt: Dirt) -> Iterator[Export]:
    """Campaign-level reports of Ads Manager by day, as XLSX."""
    for first, last in schedule.windows():
        days = _known(company, META, first, last)
        if not days:
            continue
        name = f"Campaigns {last}.xlsx"
        titles, rows = dirt.drifting_header(
            f"{META}/{name}", first, last, META_HEADER, [_meta_row(day) for day in days]
        )
        content = workbook("Raw Data Report", [titles, *rows], evening_of(last))
        yield Export(META, name, evening_of(last), content, len(rows))


def _meta_row(done: AdDay) -> list[Cell]:
    return [
        *[done.day.isoformat()] * 3,
        ACCOUNT_ID[META],
        done.campaign.campaign_id,
        done.campaign.name,
        done.impressions,
        done.impressions * 4 // 5,
        done.clicks,
        done.cost,
        RESULT_TYPE[done.campaign.type],
        done.conversions if done.conversions is not None else "",
        done.conversion_value if done.conversion_value is not None else "",
        done.video_views if done.campaign.kind.view_rate else "",
    ]
