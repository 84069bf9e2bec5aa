"""What has to hold of every contract that ships: it loads, is recognised, says who answers."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from models.contract import Stream, load_contract, load_contracts
from models.contract_parts import (
    Column,
    Declared,
    Freshness,
    Header,
    MinorUnits,
    Shape,
    Stated,
    Taken,
    Within,
)
from models.contract_rules import ExportedAt, Load, Period, Sections, SkipRule, Totals
from pipelines.land.stated import stated_days

REPOSITORY = Path(__file__).resolve().parents[2]
CONTRACTS = REPOSITORY / "models" / "contracts"
STREAMS = load_contracts(CONTRACTS)
EVERY_STREAM = pytest.mark.parametrize("stream", STREAMS.values(), ids=list(STREAMS))

EXPECTED = {
    "billing__invoice_lines",
    "ecb__reference_rates",
    "google_ads__account_history",
    "google_ads__account_stats",
    "google_ads__campaign_performance",
    "google_ads__campaign_stats",
    "hubspot__feedback_submissions",
    "hubspot__tickets",
    "ledger__chart_of_accounts",
    "ledger__journal_lines",
    "meta_ads__basic_ad",
    "meta_ads__campaign_insights",
    "salesforce__account",
    "salesforce__campaign",
    "salesforce__campaign_member",
    "salesforce__case",
    "salesforce__contact",
    "salesforce__lead",
    "salesforce__opportunity",
    "salesforce__opportunity_history",
    "salesforce__opportunity_report",
    "salesforce__opportunity_report_without_id",
    "salesforce__user",
    "stripe__payments",
    "stripe__subscriptions",
    "targets__kpi_targets",
}
# Files that name people: what we know of the vendors' columns.
PERSONAL = {
    "hubspot__feedback_submissions": {"contact_email", "response_text", "follow_up_text"},
    "hubspot__tickets": {"ticket_name", "owner_id"},
    "ledger__journal_lines": {"entry_description"},
    "salesforce__lead": {"lead_name", "email"},
    "stripe__payments": {"customer_name", "customer_email", "payment_description"},
    "stripe__subscriptions": {"customer_name", "customer_email"},
}
REFERENCE_DATA = {
    "ecb__reference_rates",
    "google_ads__account_history",
    "ledger__chart_of_accounts",
    "salesforce__account",
    "targets__kpi_targets",
}


def test_the_streams_that_the_first_marts_need_are_declared() -> None:
    assert set(STREAMS) >= EXPECTED


@EVERY_STREAM
def test_every_stream_says_what_a_row_is_and_who_answers(stream: Stream) -> None:
    assert stream.description.startswith(("One row per", "One column per", "What "))
    assert "@" in stream.owner.email
    assert stream.owner.team


@EVERY_STREAM
def test_every_stream_says_what_its_contract_rests_on(stream: Stream) -> None:
    assert len(stream.rests_on) > 40


@EVERY_STREAM
def test_a_key_cell_may_be_empty_only_where_the_contract_says_what_that_means(
    stream: Stream,
) -> None:
    for name in stream.key:
        column = stream.column(name)
        assert column.required or not column.nullable or "empty" in column.description.lower()


@EVERY_STREAM
def test_a_key_column_is_always_filled_by_a_header(stream: Stream) -> None:
    assert all(stream.column(name).headers for name in stream.key)


@EVERY_STREAM
def test_money_has_a_currency_beside_it(stream: Stream) -> None:
    names = {column.name for column in stream.columns}
    money = {name for name in names if name == "amount" or name.endswith("_amount")}
    assert not money or "currency_code" in names


@EVERY_STREAM
def test_money_is_an_exact_decimal_with_six_digits_after_the_point(stream: Stream) -> None:
    for column in stream.columns:
        if column.name == "amount" or column.name.endswith("_amount"):
            assert column.type == "decimal(18,6)", column.name


@EVERY_STREAM
def test_names_say_the_type(stream: Stream) -> None:
    for column in stream.columns:
        if column.name.endswith("_at"):
            assert column.type == "timestamp", column.name
        if column.name.endswith("_date"):
            assert column.type == "date", column.name
        if column.name.startswith(("is_", "has_")):
            assert column.type == "boolean", column.name
        if column.name.endswith("_id"):
            assert column.type == "text", column.name


@EVERY_STREAM
def test_no_two_columns_wait_for_the_same_header(stream: Stream) -> None:
    written = [
        header.name.casefold()
        for column in stream.columns
        for header in column.headers
        if header.name is not None
    ]
    assert len(written) == len(set(written))


@EVERY_STREAM
def test_a_window_restates_a_day_that_is_never_empty(stream: Stream) -> None:
    if stream.load.rule == "window":
        assert stream.load.date is not None
        for name in (stream.load.date, *stream.load.scope):
            assert not stream.column(name).nullable


@pytest.mark.parametrize(("table", "columns"), PERSONAL.items())
def test_personal_data_is_marked(table: str, columns: set[str]) -> None:
    assert {column.name for column in STREAMS[table].columns if column.personal} == columns


@EVERY_STREAM
def test_what_names_or_reaches_a_person_is_personal(stream: Stream) -> None:
    reaches = re.compile(
        r"email(?!_domain|_id|s_)|phone|mobile|(first|last|full|contact|person|respondent|employee)_name"
        r"|street|birth|salary"
    )
    for column in stream.columns:
        if column.type == "text" and reaches.search(column.name):
            assert column.personal, column.name


def test_only_reference_data_does_not_complete_a_period() -> None:
    silent = {table for table, stream in STREAMS.items() if not stream.completes_periods}
    assert silent >= REFERENCE_DATA
    assert not silent & {table for table, stream in STREAMS.items() if stream.load.rule == "window"}


def test_ad_platforms_still_change_the_last_thirty_days() -> None:
    ads = [
        stream
        for stream in STREAMS.values()
        if stream.family == "ads" and stream.load.rule == "window"
    ]
    assert [stream.restates_days for stream in ads] == [30] * len(ads)


def test_millionths_become_units_exactly() -> None:
    for table in ("google_ads__account_stats", "google_ads__campaign_stats"):
        header = STREAMS[table].column("cost_amount").header_for("cost_micros")
        assert header is not None
        assert header.divide_by == 10**6


def test_the_currency_of_meta_is_taken_from_the_header_of_what_was_spent() -> None:
    spend = STREAMS["meta_ads__campaign_insights"].column("spend_amount")
    header = spend.header_for("Amount spent (EUR)")
    assert header is not None
    assert header.captured("Amount spent (EUR)") == "EUR"
    without = spend.header_for("Amount spent")
    assert without is not None
    assert without.captured("Amount spent") is None  # Then a column has to say it.
    assert not STREAMS["meta_ads__campaign_insights"].column("currency_code").nullable


def test_a_breakdown_of_an_account_is_not_taken_for_the_account() -> None:
    """The account's table and its breakdowns share all headers of the smaller: the name tells."""
    for table in ("account_stats", "campaign_stats", "account_history"):
        shape = STREAMS[f"google_ads__{table}"].shapes[0]
        assert shape.file_name is not None
        assert table in shape.file_name


def test_every_currency_of_the_bank_has_a_column_of_its_own() -> None:
    rates = STREAMS["ecb__reference_rates"]
    currencies = [column for column in rates.columns if column.name != "rate_date"]
    assert len(currencies) == 41
    for column in currencies:
        assert column.header_for(column.name.upper()) is not None
        assert column.nullable
        assert column.type == "decimal(18,8)"


@pytest.mark.parametrize(
    "part",
    [
        Stream, Shape, Column, Header, Taken, MinorUnits, Stated, Within, SkipRule, Totals,
        Sections, Period, ExportedAt, Load, Freshness,
    ],
)  # fmt: skip
def test_every_key_of_a_contract_is_explained(part: type[Declared]) -> None:
    page = (REPOSITORY / "docs" / "contracts.md").read_text(encoding="utf-8")
    worked_out = {"stream", "file", "line"}  # By the reader of the file, not by its author.

    for key in set(part.model_fields) - worked_out:
        assert re.search(rf"[`{{ (]{key}[`:]", page), key


def test_the_example_on_the_page_is_a_contract(tmp_path: Path) -> None:
    page = (REPOSITORY / "docs" / "contracts.md").read_text(encoding="utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    (tmp_path / "google_ads.yml").write_text(example, encoding="utf-8")

    [stream] = load_contract(tmp_path / "google_ads.yml")

    assert stream.table == "google_ads__campaign_performance"
    assert stream.load.rule == "window"


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("Campaign report 2026-06-30.csv", "2026-06-30"),
        ("482-119-7305 2026-06-30 (1).csv", "2026-06-30"),
        ("report_2026-05-01_2026-05-31.csv", None),
        ("Campaign report.csv", None),
    ],
)
def test_only_a_name_with_one_date_says_when_a_file_was_exported(
    name: str, day: str | None
) -> None:
    """The first date of a span is not when the export was made: then the file's own time counts."""
    for stream in STREAMS.values():
        if stream.exported_at.file_name is not None:
            found = re.search(stream.exported_at.file_name, name)
            assert (found.group(1) if found else None) == day


def test_no_two_reports_of_an_ad_platform_have_the_same_rank() -> None:
    """Of two with one rank nobody could say which is the spend."""
    ranks = [(stream.source, stream.spend_rank) for stream in STREAMS.values() if stream.spend_rank]
    assert len(ranks) == len(set(ranks))


def test_every_report_of_an_ad_platform_with_figures_has_a_rank_and_a_period() -> None:
    actions_only = {"meta_ads__basic_ad_actions", "meta_ads__basic_ad_action_values"}
    for table, stream in STREAMS.items():
        if stream.family == "ads" and stream.load.rule == "window" and table not in actions_only:
            assert stream.spend_rank is not None, table
            assert (stream.load.date, stream.load.until) == ("period_start", "period_end"), table
            assert stream.load.scope == ("account_id",), table


@pytest.mark.parametrize(
    "preamble",
    [
        "Campaign report\nJuly 8, 2025 - July 31, 2025",
        "Campaign report\nJuly 8  2025 - July 31  2025",
        "Campaign report\n8 July 2025 - 31 July 2025",
        "Campaign report (Jul 8, 2025-Jul 31, 2025)",
    ],
)
def test_the_days_of_a_google_report_are_read_from_its_preamble(preamble: str) -> None:
    period = STREAMS["google_ads__campaign_performance"].period
    assert period is not None
    days = stated_days(period, ("report.csv",), preamble)
    assert days == (date(2025, 7, 8), date(2025, 7, 31))
