"""The example company's exports: the same for the same arguments, and dirty only where it says."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from models.contract import Stream, load_contracts
from pipelines.demo import DemoWritten, write_demo
from pipelines.demo.company import simulate

UNTIL = date(2025, 11, 21)
CONTRACTS = Path(__file__).resolve().parents[2] / "models" / "contracts"
STREAM_OF_NAME = {
    ("google_ads", "Campaign report"): "campaign_performance",
    ("meta_ads", "Campaigns"): "campaign_insights",
    ("salesforce", "Account"): "account",
    ("salesforce", "Lead"): "lead",
    ("salesforce", "Opportunity"): "opportunity",
    ("salesforce", "Campaign"): "campaign",
    ("salesforce", "CampaignMember"): "campaign_member",
    ("salesforce", "Contact"): "contact",
    ("hubspot", "tickets"): "tickets",
    ("hubspot", "feedback-submissions"): "feedback_submissions",
    ("stripe", "subscriptions"): "subscriptions",
    ("stripe", "payments"): "payments",
    ("billing", "invoice-lines"): "invoice_lines",
    ("ledger", "journal-lines"): "journal_lines",
    ("ledger", "chart-of-accounts"): "chart_of_accounts",
    ("targets", "kpi_targets"): "kpi_targets",
    ("budgets", "budgets"): "budgets",
    ("market_size", "market_size"): "market_size",
    ("order_lines", "order-lines"): "order_lines",
    ("email_campaigns", "statistics"): "statistics",
    ("web_analytics", "pages"): "pages",
    ("web_analytics", "search_positions"): "search_positions",
    ("content", "posts"): "posts",
    ("content", "downloads"): "downloads",
    ("social", "followers"): "followers",
    ("social", "posts"): "posts",
    ("surveys", "responses"): "responses",
    ("reviews", "reviews"): "reviews",
    ("employees", "employees"): "employees",
    ("employee_surveys", "answers"): "answers",
    ("market_salaries", "market_salaries"): "market_salaries",
    ("projects", "tasks"): "tasks",
}
WITH_SEMICOLONS = {"social", "employees"}
WEEKLY = {"content", "email_campaigns", "projects", "reviews", "social", "surveys", "web_analytics"}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> DemoWritten:
    """Half a year of the company."""
    return write_demo(tmp_path_factory.mktemp("demo") / "inbox", until=UNTIL, days=180)


def files_below(inbox: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(file.relative_to(inbox)): (file.read_bytes(), file.stat().st_mtime_ns)
        for file in sorted(inbox.rglob("*"))
        if file.is_file()
    }


def inbox_of(written: DemoWritten) -> Path:
    return written.truth_path.parent / "inbox"


def records(file: Path) -> list[list[str]]:
    """The records of an export as a person counts them: the first one is number 1."""
    content = file.read_bytes()
    if file.suffix == ".xlsx":
        page = load_workbook(io.BytesIO(content), read_only=True).worksheets[0]
        return [[str(cell) for cell in row] for row in page.iter_rows(values_only=True)]
    is_utf_16 = content.startswith(b"\xff\xfe")
    text = content.decode("utf-16" if is_utf_16 else "utf-8-sig")
    delimiter = "\t" if is_utf_16 else ";" if file.parent.name in WITH_SEMICOLONS else ","
    return list(csv.reader(io.StringIO(text), delimiter=delimiter))


def test_the_same_arguments_give_the_same_bytes(written: DemoWritten, tmp_path: Path) -> None:
    again = write_demo(tmp_path / "inbox", until=UNTIL, days=180)

    assert files_below(tmp_path / "inbox") == files_below(inbox_of(written))
    assert again.truth_path.read_bytes() == written.truth_path.read_bytes()
    assert (len(again.files), again.rows) == (len(written.files), written.rows)


def test_another_seed_is_another_company(written: DemoWritten, tmp_path: Path) -> None:
    other = write_demo(tmp_path / "inbox", until=UNTIL, days=180, seed=8)

    assert other.truth_path.read_bytes() != written.truth_path.read_bytes()


def test_writing_again_leaves_the_files_alone(tmp_path: Path) -> None:
    first = write_demo(tmp_path / "inbox", until=UNTIL, days=20)
    before = {file: file.stat().st_ino for file in first.files}
    write_demo(tmp_path / "inbox", until=UNTIL, days=20)

    assert {file: file.stat().st_ino for file in first.files} == before


@pytest.mark.parametrize("seed", [7, 11])
def test_extra_days_add_files_and_change_none(tmp_path: Path, seed: int) -> None:
    write_demo(tmp_path / "a/inbox", until=UNTIL, days=240, seed=seed, scale=0.5)
    write_demo(tmp_path / "b/inbox", until=UNTIL, days=240, seed=seed, scale=0.5, extra_days=9)
    short, long = files_below(tmp_path / "a/inbox"), files_below(tmp_path / "b/inbox")

    assert {name: long.get(name) for name in short} == short
    added = {name for name in long if name not in short}
    assert {name.split("/")[0] for name in added} == {
        "billing", "ecb", "google_ads", "hubspot", "ledger", "meta_ads", "order_lines",
        "salesforce", "stripe", *WEEKLY, "employees", "employee_surveys",
    }  # fmt: skip
    for name in added:
        assert UNTIL < date.fromisoformat(Path(name).stem[-10:]) <= UNTIL + timedelta(days=9)


def test_the_past_does_not_depend_on_the_future() -> None:
    first_day = UNTIL - timedelta(days=400)
    short = simulate(3, first_day, UNTIL - timedelta(days=90), Decimal(1))
    long = simulate(3, first_day, UNTIL, Decimal(1))

    assert long.journal[: len(short.journal)] == short.journal
    assert long.documents.lines[: len(short.documents.lines)] == short.documents.lines
    assert long.leads[: len(short.leads)] == short.leads
    assert long.tickets[: len(short.tickets)] == short.tickets
    assert long.responses[: len(short.responses)] == short.responses
    for family, parts in (
        ("marketing", "sends visits posts downloads positions followers shared"),
        ("brand", "answers reviews"),
        ("staff", "answers"),
        ("projects", "reports"),
    ):
        for part in parts.split():
            earlier, all_ = (getattr(getattr(one, family), part) for one in (short, long))
            assert all_[: len(earlier)] == earlier, (family, part)


def test_scale_multiplies_leads_and_campaigns() -> None:
    small, big = (
        simulate(7, UNTIL - timedelta(days=90), UNTIL, scale) for scale in (Decimal(1), Decimal(4))
    )

    assert 3 < len(big.leads) / len(small.leads) < 5
    assert len(big.campaigns) == 4 * len(small.campaigns)


@pytest.mark.parametrize("days", [1, 3, 8, 40])
def test_a_young_company_exports_too(tmp_path: Path, days: int) -> None:
    young = write_demo(tmp_path / "inbox", until=UNTIL, days=days)

    assert len(young.files) == len(files_below(tmp_path / "inbox"))
    assert json.loads(young.truth_path.read_text())["until"] == "2025-11-21"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"days": 0}, "days is 0"), ({"extra_days": -1}, "extra_days"), ({"scale": 0}, "scale is 0")],
)
def test_a_life_that_cannot_be_lived_is_refused(
    tmp_path: Path, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        write_demo(tmp_path / "inbox", until=UNTIL, **wrong)


def test_every_file_carries_the_day_and_time_of_its_export(written: DemoWritten) -> None:
    for file in written.files:
        day = date.fromisoformat(file.stem[-10:])
        at = time(16, 5) if file.parent.name == "ecb" else time(23, 50)
        moment = datetime.combine(day, at, UTC)
        assert file.stat().st_mtime == moment.timestamp(), file.name


def test_every_export_has_the_headers_its_contract_asks_for(written: DemoWritten) -> None:
    streams = load_contracts(CONTRACTS)
    seen = set()
    for file in written.files:
        if file.suffix == ".zip" or file.name.startswith("heatmap"):
            continue
        stream = streams[f"{file.parent.name}__{STREAM_OF_NAME[file.parent.name, file.stem[:-11]]}"]
        seen.add(stream.table)
        assert headers_missing(records(file), stream) == [], file.name
    assert len(seen) == len(STREAM_OF_NAME)


def headers_missing(rows: list[list[str]], stream: Stream) -> list[str]:
    required = [column for column in stream.columns if column.required]
    return min(
        (
            [c.name for c in required if not any(c.header_for(cell) for cell in row)]
            for row in rows[:6]
        ),
        key=len,
    )


def test_what_is_dirty_stands_where_the_truth_says(written: DemoWritten) -> None:
    planted = json.loads(written.truth_path.read_text())["planted"]
    kinds = {one["kind"] for one in planted}
    assert kinds == {
        "drifting header", "impossible date", "row too long", "unknown file", "wrong decimal mark",
    }  # fmt: skip
    inbox = inbox_of(written)
    for one in planted:
        rows = records(inbox / one["file"])
        if one["kind"] == "drifting header":
            assert one["new_column"] in rows[0]
            assert set(one["other_names"].values()) <= set(rows[0])
        elif one["kind"] == "row too long":
            assert [n for n, row in enumerate(rows, 1) if len(row) > len(rows[0])] == [
                one["record"]
            ]
            assert rows[one["record"] - 1][0] == one["key"]
        elif one["kind"] in ("impossible date", "wrong decimal mark"):
            assert [n for n, row in enumerate(rows, 1) if one["value"] in row] == [one["record"]]
            assert one["key"] in rows[one["record"] - 1]
        if one.get("corrected_in"):
            corrected = records(inbox / one["corrected_in"])
            assert any(one["key"] in row and one["value"] not in row for row in corrected)


def test_only_one_file_has_a_header_nobody_agreed_on(written: DemoWritten) -> None:
    drifting = [
        file.name
        for file in written.files
        if file.parent.name == "meta_ads" and "Quality ranking" in records(file)[0]
    ]

    assert len(drifting) == 1


def test_conversions_of_a_day_grow_in_later_reports(written: DemoWritten) -> None:
    inbox, day = inbox_of(written), UNTIL - timedelta(days=6)
    told = []
    for later in (0, 2, 6):
        rows = records(inbox / "google_ads" / f"Campaign report {day + timedelta(days=later)}.csv")
        of_day = [row for row in rows if row[0] == str(day)]
        told.append(
            (
                sum(Decimal(row[11].replace(",", "")) for row in of_day if row[11] != " --"),
                sum(Decimal(row[6].replace(",", "")) for row in of_day),
            )
        )
    assert told[0][0] < told[1][0] < told[2][0]
    assert told[0][1] == told[1][1] == told[2][1], "money spent is final at once"
