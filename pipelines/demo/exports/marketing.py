"""Marketing's exports by the generic templates: history once, then every Sunday the last two weeks.

The mailing tool and the website's analytics give CSV, the content plan is a workbook that people
keep by hand, and the social networks' figures come from a German spreadsheet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from pipelines.demo.company import Company
from pipelines.demo.exports.files import (
    Cell,
    Export,
    Row,
    csv_text,
    evening_of,
    header,
    workbook,
)
from pipelines.demo.exports.schedule import Schedule
from pipelines.demo.marketing import SITE

EMAIL, WEB, CONTENT, SOCIAL = "email_campaigns", "web_analytics", "content", "social"
STATISTICS_HEADER = [
    "Campaign ID", "Campaign", "Send date", "Channel", "Sent", "Delivered", "Unique opens",
    "Unique clicks", "Replies", "Bounces", "Unsubscribed",
]  # fmt: skip
PAGES_HEADER = [
    "Date", "Site", "Page path", "Channel", "Sessions", "Views", "Bounces", "Forms viewed",
    "Forms submitted",
]  # fmt: skip
POSITIONS_HEADER = ["Date", "Page", "Query", "Position"]
POSTS_HEADER = header("post_id title page format published_date keywords links hours")
DOWNLOADS_HEADER = ["Date", "Asset", "Channel", "Downloads"]
FOLLOWERS_HEADER = ["Date", "Platform", "Account", "Followers"]
SHARED_HEADER = ["Post ID", "Platform", "Account", "Date", "Shares", "Reactions"]


def marketing(company: Company, schedule: Schedule) -> Iterator[Export]:
    """All of marketing's exports, in order of export."""
    for first, last in schedule.weekly:
        yield from _csv(EMAIL, "statistics", last, STATISTICS_HEADER, _sends(company, first, last))
        yield from _csv(WEB, "pages", last, PAGES_HEADER, _visits(company, first, last))
        found = [
            [day.isoformat(), page, term, f"{position}"]
            for day, page, term, position in company.marketing.positions
            if first <= day <= last
        ]
        yield from _csv(WEB, "search_positions", last, POSITIONS_HEADER, found)
        downloads = [
            [day.isoformat(), asset, source, f"{count}"]
            for day, asset, source, count in company.marketing.downloads
            if first <= day <= last
        ]
        yield from _csv(CONTENT, "downloads", last, DOWNLOADS_HEADER, downloads)
        yield from _posts(company, last)
        followers = [
            [f"{day:%d.%m.%Y}", platform, profile, f"{count}"]
            for day, platform, profile, count in company.marketing.followers
            if first <= day <= last
        ]
        yield from _csv(SOCIAL, "followers", last, FOLLOWERS_HEADER, followers, delimiter=";")
        shared = [
            [
                one.post_id, one.platform, one.profile, f"{one.day:%d.%m.%Y}",
                f"{one.known(one.shares, last)}", f"{one.known(one.reactions, last)}",
            ]
            for one in company.marketing.shared
            if first <= one.day <= last
        ]  # fmt: skip
        yield from _csv(SOCIAL, "posts", last, SHARED_HEADER, shared, delimiter=";")


def _csv(
    source: str, name: str, day: date, titles: Row, rows: Sequence[Row], delimiter: str = ","
) -> Iterator[Export]:
    if rows:
        text = csv_text([titles, *rows], delimiter=delimiter)
        content = text.encode("utf-8-sig" if delimiter == ";" else "utf-8")
        yield Export(source, f"{name} {day}.csv", evening_of(day), content, len(rows))


def _sends(company: Company, first: date, last: date) -> list[Row]:
    return [
        [
            one.campaign_id, one.name, one.day.isoformat(), one.channel, f"{one.sent}",
            f"{one.delivered}", f"{one.known(one.opened, last)}",
            f"{one.known(one.clicked, last)}", f"{one.known(one.replied, last)}",
            f"{one.sent - one.delivered}", f"{one.unsubscribed}",
        ]
        for one in company.marketing.sends
        if first <= one.day <= last
    ]  # fmt: skip


def _visits(company: Company, first: date, last: date) -> list[Row]:
    return [
        [
            one.day.isoformat(), SITE, one.page, one.source,
            *(
                f"{one.known(count, last)}"
                for count in (
                    one.sessions, one.page_views, one.bounces, one.forms_viewed,
                    one.forms_submitted,
                )
            ),
        ]
        for one in company.marketing.visits
        if first <= one.day <= last
    ]  # fmt: skip


def _posts(company: Company, last: date) -> Iterator[Export]:
    """The whole plan, drafts included: they have no day of publishing yet."""
    rows: list[list[Cell]] = [
        [
            str(post.number), post.title, post.page, post.format,
            post.published.isoformat() if post.published <= last else "",
            post.keywords, post.links_on(last), post.hours,
        ]
        for post in company.marketing.posts
        if post.begun <= last
    ]  # fmt: skip
    if rows:
        moment = evening_of(last)
        content = workbook("Plan", [POSTS_HEADER, *rows], moment)
        yield Export(CONTENT, f"posts {last}.xlsx", moment, content, len(rows))
