"""The truth of marketing, people, projects and opinions, computed again from the exports alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from statistics import median

import pytest
from openpyxl import load_workbook

from pipelines.demo import write_demo
from tests.demo_inbox import Inbox, Rows

UNTIL = date(2025, 10, 19)
MILLIONTH = Decimal("0.000001")


class Families(Inbox):
    """Also reads what is separated by semicolons, and workbooks."""

    def read(self, file: Path) -> Rows:
        if file.suffix == ".xlsx":
            page = load_workbook(file, read_only=True).worksheets[0]
            header, *rows = page.iter_rows(values_only=True)
            return [
                {
                    str(name): "" if cell is None else str(cell)
                    for name, cell in zip(header, row, strict=True)
                }
                for row in rows
            ]
        if file.parent.name not in ("social", "employees"):
            return super().read(file)
        header, *lines = file.read_text("utf-8-sig").replace('"', "").splitlines()
        return [dict(zip(header.split(";"), line.split(";"), strict=True)) for line in lines]

    def newest_of_days(self, pattern: str, day: str) -> Rows:
        """The rows of each day as the newest export that covers it has them."""
        days: dict[str, Rows] = {}
        for file in sorted(self.folder.glob(pattern), key=lambda f: f.stem[-10:]):
            found: dict[str, Rows] = defaultdict(list)
            for row in self.read(file):
                found[row[day]].append(row)
            days |= found
        return [row for rows in days.values() for row in rows]

    def told(self, kpi: str) -> dict[str, Decimal | None]:
        """What the truth says of every month."""
        values = self.truth["kpis"][kpi]
        return {month: None if text is None else Decimal(text) for month, text in values.items()}

    def is_quotient(
        self, kpi: str, above: dict[str, int | Decimal], below: dict[str, int | Decimal]
    ) -> bool:
        """Whether the truth is one divided by the other in every month."""
        return self.told(kpi) == {
            month: quotient(above.get(month, 0), below.get(month, 0)) for month in self.told(kpi)
        }

    def is_sum(self, kpi: str, sums: dict[str, int | Decimal]) -> bool:
        """Whether the truth is the sum in every month."""
        return self.told(kpi) == {month: sums.get(month, 0) for month in self.told(kpi)}


def quotient(above: int | Decimal, below: int | Decimal) -> Decimal | None:
    """To six digits, half away from zero, by whole numbers only; none where nothing divides."""
    if not below:
        return None
    millionths = Fraction(above) / Fraction(below) * 10**6
    whole = int(abs(millionths) + Fraction(1, 2))
    return Decimal(whole if millionths >= 0 else -whole).scaleb(-6)


def sums(rows: Rows, day: str, *columns: str) -> Iterable[dict[str, int | Decimal]]:
    """Of each column the sum by month."""
    for column in columns:
        by_month: dict[str, int | Decimal] = defaultdict(int)
        for row in rows:
            by_month[iso(row[day])[:7]] += Decimal(row[column] or 0)
        yield by_month


def iso(day: str) -> str:
    """A day as 2025-11-30, also where a German spreadsheet wrote 30.11.2025."""
    return day if "." not in day else f"{datetime.strptime(day, '%d.%m.%Y'):%Y-%m-%d}"  # noqa: DTZ007


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Families:
    folder = tmp_path_factory.mktemp("families") / "inbox"
    write_demo(folder, until=UNTIL, days=400)
    return Families(folder)


def test_mailings_are_the_newest_counts_of_every_send(inbox: Families) -> None:
    sends = inbox.all("email_campaigns/*", "Campaign ID")
    mails = [row for row in sends if row["Channel"].lower() == "email"]
    columns = ("Sent", "Delivered", "Unique opens", "Unique clicks", "Replies")
    sent, delivered, opened, clicked, _ = sums(mails, "Send date", *columns)
    reached, replied = sums(sends, "Send date", "Delivered", "Replies")

    assert len(mails) < len(sends), "some are letters and text messages"
    assert inbox.is_sum("emails_sent", sent)
    assert inbox.is_quotient("email_open_rate", opened, delivered)
    assert inbox.is_quotient("email_ctr", clicked, delivered)
    assert inbox.is_quotient("response_rate", replied, reached)


def test_visits_are_those_of_the_newest_export_of_each_day(inbox: Families) -> None:
    visits = inbox.newest_of_days("web_analytics/pages*", "Date")
    columns = ("Sessions", "Views", "Bounces", "Forms viewed", "Forms submitted")
    sessions, views, bounces, seen, sent = sums(visits, "Date", *columns)

    assert inbox.is_sum("sessions", sessions)
    assert inbox.is_sum("page_views", views)
    assert inbox.is_quotient("bounce_rate", bounces, sessions)
    assert inbox.is_quotient("form_cvr", sent, seen)


def test_the_search_rank_is_the_place_in_the_middle(inbox: Families) -> None:
    by_month: dict[str, list[Decimal]] = defaultdict(list)
    for row in inbox.newest_of_days("web_analytics/search*", "Date"):
        by_month[row["Date"][:7]].append(Decimal(row["Position"]))

    assert {len(places) % 2 for places in by_month.values()} == {0, 1}
    told = inbox.told("search_rank")
    assert told == {month: median(by_month[month]) for month in told}


def test_content_is_the_newest_plan_and_its_pages(inbox: Families) -> None:
    posts = [row for row in inbox.newest("content/posts*") if row["published_date"]]
    assert len(posts) < len(inbox.newest("content/posts*")), "some are drafts"
    for row in posts:
        row["one"] = "1"
    columns = ("one", "keywords", "links", "hours")
    count, keywords, links, hours = sums(posts, "published_date", *columns)
    assert inbox.is_quotient("keywords_per_post", keywords, count)
    assert inbox.is_quotient("links_per_post", links, count)
    assert inbox.is_quotient("hours_per_asset", hours, count)

    pages = {row["page"] for row in posts}
    visits = inbox.newest_of_days("web_analytics/pages*", "Date")
    read = [row for row in visits if row["Page path"] in pages]
    (views,) = sums(read, "Date", "Views")
    online: dict[str, int | Decimal] = {
        month: sum(row["published_date"][:7] <= month for row in posts)
        for month in inbox.told("traffic_per_post")
    }
    assert inbox.is_quotient("traffic_per_post", views, online)
    spend, clicks = inbox.told("ad_spend"), inbox.told("clicks")
    months = inbox.told("traffic_value_per_post")
    worth: dict[str, int | Decimal] = {m: views[m] * (spend[m] or 0) for m in months}
    paid: dict[str, int | Decimal] = {m: online[m] * (clicks[m] or 0) for m in months}
    assert inbox.is_quotient("traffic_value_per_post", worth, paid)


def test_followers_are_those_last_counted_and_shares_the_newest_counts(inbox: Families) -> None:
    counted = sorted(
        inbox.newest_of_days("social/followers*", "Date"), key=lambda r: iso(r["Date"])
    )
    followers: dict[str, int | Decimal] = {}
    for month in inbox.told("social_followers"):
        last = {r["Platform"]: int(r["Followers"]) for r in counted if iso(r["Date"])[:7] <= month}
        followers[month] = sum(last.values())
    assert inbox.is_sum("social_followers", followers)
    (shares,) = sums(inbox.all("social/posts*", "Post ID"), "Date", "Shares")
    assert inbox.is_sum("social_shares", shares)
    (loaded,) = sums(inbox.newest_of_days("content/downloads*", "Date"), "Date", "Downloads")
    assert inbox.is_sum("content_downloads", loaded)
