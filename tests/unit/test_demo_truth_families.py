"""The truth of marketing, people, projects and opinions, computed again from the exports alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from graphlib import TopologicalSorter
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


def test_video_ads_are_those_of_video_campaigns_and_those_seen(inbox: Families) -> None:
    rows = [row for row in inbox.ads() if row["type"] == "Video" or int(row["views"])]
    assert {row["platform"] for row in rows} == {"google_ads", "meta_ads"}
    views, impressions = sums(rows, "day", "views", "impressions")

    assert inbox.is_sum("video_views", views)
    assert inbox.is_quotient("video_view_rate", views, impressions)


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


def last_day(month: str, exported: str) -> str:
    """The last day of a month, or of what is exported."""
    year, number = map(int, month.split("-"))
    after = date(year + number // 12, number % 12 + 1, 1)
    return min(f"{after - timedelta(days=1)}", exported)


def test_reviews_show_their_newest_stars(inbox: Families) -> None:
    reviews = inbox.all("reviews/*", "Review ID")
    for row in reviews:
        row |= {"one": "1", "positive": str(int(row["Stars"] in "45"))}
    stars, count, positive = sums(reviews, "Date", "Stars", "one", "positive")

    assert inbox.is_quotient("average_review_rating", stars, count)
    assert inbox.is_quotient("positive_review_share", positive, count)


def test_the_lift_is_the_difference_of_two_shares(inbox: Families) -> None:
    answers = [row for row in inbox.all("surveys/*", "response_id") if row["score"]]
    assert len(answers) < len(inbox.all("surveys/*", "response_id")), "some were left out"
    for row in answers:
        row["one"] = "1"
    asked, yes = sums([r for r in answers if r["question_kind"] == "recommend"], "answered_date",
                      "one", "score")  # fmt: skip
    assert inbox.is_quotient("brand_favourability", yes, asked)
    shares = []
    for phase in ("before", "after"):
        of_phase = [row for row in answers if row["campaign_phase"] == phase]
        count, knew = sums(of_phase, "answered_date", "one", "score")
        shares.append({month: Fraction(int(knew[month]), int(count[month])) for month in count})
    lifts = {month: shares[1][month] - shares[0][month] for month in shares[0]}
    told = {month: lift for month, lift in inbox.told("brand_recall_lift").items() if lift}
    assert told == {month: Decimal(round(lift * 10**6)).scaleb(-6) for month, lift in lifts.items()}
    assert len(told) >= 4


def test_who_is_lost_was_there_before_and_is_not_any_more(inbox: Families) -> None:
    """The newest list, walked through day by day: who is on it, and who was the day before."""
    people = inbox.newest("employees/*")
    spans = {
        (row["Personnel number"], iso(row["Hire date"]), iso(row["Leaving date"] or "9999-12-31"))
        for row in people
    }
    assert any(left < "9999" for _, _, left in spans)
    exported = f"{UNTIL - timedelta(days=7)}"  # the last list of staff
    leavers: dict[str, int | Decimal] = defaultdict(int)
    for _, _, left in spans:
        leavers[left[:7]] += 1
    means: dict[str, int | Decimal] = {}
    kept: dict[str, int | Decimal] = {}
    started: dict[str, int | Decimal] = {}
    for month in inbox.told("headcount"):
        end, start = last_day(month, exported), f"{month}-01"
        here = {number for number, hired, left in spans if hired <= end < left}
        before = {number for number, hired, left in spans if hired < start <= left}
        assert inbox.told("headcount")[month] == len(here)
        means[month] = Decimal(len(here) + len(before)) / 2
        kept[month], started[month] = len(here & before), len(before)
    assert inbox.is_quotient("employee_turnover_rate", leavers, means)
    assert inbox.is_quotient("employee_retention_rate", kept, started)


def test_answers_of_staff_are_content_from_four_on(inbox: Families) -> None:
    answers = [row for row in inbox.all("employee_surveys/*", "answer_id") if row["score"]]
    for row in answers:
        row |= {"one": "1", "content": str(int(row["score"] in "45"))}
    count, content = sums(answers, "answered_date", "one", "content")

    assert inbox.is_quotient("employee_satisfaction", content, count)


def test_salaries_are_held_against_those_of_the_same_role_and_region(inbox: Families) -> None:
    market = inbox.newest("market_salaries/*")
    exported = f"{UNTIL - timedelta(days=7)}"
    month = "2025-08"
    end = last_day(month, exported)
    own, theirs = Decimal(0), Decimal(0)
    versions: dict[str, dict[str, str]] = {}
    for row in sorted(inbox.newest("employees/*"), key=lambda r: iso(r["Valid from"])):
        if iso(row["Valid from"]) <= end < iso(row["Leaving date"] or "9999-12-31"):
            versions[row["Personnel number"]] = row
    for row in versions.values():
        known = [
            other
            for other in market
            if other["role"] == row["Job title"]
            and other["region"] in ("", row["Location"])
            and other["valid_from"] <= end
        ]
        if known:
            found = max(known, key=lambda other: (other["region"], other["valid_from"]))
            agreed = date.fromisoformat(max(found["valid_from"], iso(row["Valid from"])))
            share = Decimal(row["FTE"].replace(",", "."))
            paid = row["Annual salary"].replace(".", "").replace(",", ".")
            own += inbox.to_euro(paid, row["Currency"], agreed)
            whole = Decimal(found["market_salary_amount"])
            theirs += inbox.to_euro(f"{whole * share}", found["currency_code"], agreed)
    assert {row["Currency"] for row in versions.values()} == {"EUR", "GBP"}
    assert inbox.told("salary_competitiveness_ratio")[month] == quotient(own, theirs)


def reports_at(inbox: Families, end: str) -> dict[str, Rows]:
    """The newest report of every project on a day."""
    reports: dict[str, Rows] = {}
    tasks = inbox.newest_of_days("projects/*", "status_date")
    for row in sorted(tasks, key=lambda r: r["status_date"]):
        if row["status_date"] > end:
            break
        known = reports.get(row["project_id"])
        if known is None or known[0]["status_date"] < row["status_date"]:
            reports[row["project_id"]] = []
        reports[row["project_id"]].append(row)
    return reports


def test_values_of_projects_are_those_of_their_newest_reports(inbox: Families) -> None:
    columns = {
        "earned_value": "earned_value_amount",
        "planned_value": "planned_value_amount",
        "actual_cost": "actual_cost_amount",
    }
    found: dict[str, dict[str, int | Decimal]] = {kpi: {} for kpi in columns}
    for month in inbox.told("earned_value"):
        rows = [r for report in reports_at(inbox, f"{month}-31").values() for r in report]
        for kpi, column in columns.items():
            found[kpi][month] = sum(
                (
                    inbox.to_euro(
                        row[column], row["currency_code"], date.fromisoformat(row["status_date"])
                    )
                    for row in rows
                ),
                Decimal(0),
            )
    for kpi in columns:
        assert inbox.is_sum(kpi, found[kpi])
    earned, cost = found["earned_value"], found["actual_cost"]
    assert inbox.is_quotient("cost_performance_index", earned, cost)
    assert inbox.is_quotient("schedule_performance_index", earned, found["planned_value"])


def test_the_critical_path_is_the_longest_of_all_ways(inbox: Families) -> None:
    """Tasks in an order in which each comes after those it waits for, by the standard library."""
    longest: dict[str, int] = {}
    for month in inbox.told("critical_path_days"):
        ends = []
        for report in reports_at(inbox, f"{month}-31").values():
            open_tasks = {
                row["task_id"]: row for row in report if row["status"] not in ("done", "cancelled")
            }
            waits = {
                task: set(row["predecessors"].split(";")) & open_tasks.keys()
                for task, row in open_tasks.items()
            }
            end: dict[str, int] = {}
            for task in TopologicalSorter(waits).static_order():
                before = max((end[other] for other in waits[task]), default=0)
                end[task] = before + int(open_tasks[task]["duration_days"])
            ends.append(max(end.values(), default=0))
        longest[month] = max(ends)

    assert inbox.told("critical_path_days") == longest
    assert len(set(longest.values())) > 4
