"""Each KPI on facts so few that its figure can be computed on paper (`kpi_case_facts.sql`)."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from models.kpi import load_kpis
from pipelines.prove.definitions import extract_definitions
from pipelines.prove.explain import explain
from tests.integration import families_on_paper

ROOT = Path(__file__).parents[2]
DBT_PROJECT = ROOT / "dbt_project"
AS_OF = "2026-03-11"
FEBRUARY = date(2026, 2, 1)
KPIS = load_kpis(DBT_PROJECT)

# Of February 2026, on paper: value, and for a ratio what is divided by what.
ON_PAPER: dict[str, tuple[str, str | None, str | None]] = {
    "revenue": ("1400.25", None, None),  # 1200.50 - 100.25 + 300
    "invoiced_revenue": ("1850.60", None, None),  # 1500 - 250 + 600.60
    "sales_growth": ("0.8506", "850.60", "1000"),
    "cost": ("800.25", None, None),  # 400.20 + 250 + 150.05
    "gross_margin": ("0.714194", "1000.05", "1400.25"),
    "profit": ("530", None, None),  # 1400.25 + 50 - 800.25 - 30 - 20 - 10 - 60
    "net_profit_margin": ("0.378504", "530", "1400.25"),
    "ebitda": ("650", None, None),  # 1400.25 + 50 - 800.25
    "cash_flow": ("349.60", None, None),  # 900 - 650.40 + 100
    "operating_cash_flow": ("249.60", None, None),  # the 100 are the owners'
    "accounts_receivable": ("1950.60", None, None),  # 1000 - 900 + 1850.60
    "working_capital": ("2950.60", None, None),  # 349.60 + 1950.60 + 650.40 paid in advance
    "dso": ("29.513023", "54616.80", "1850.60"),  # 1950.60 * 28 days
    "revenue_growth": ("0.40025", "400.25", "1000"),
    "efficiency_ratio": ("0.285699", "400.05", "1400.25"),
    "profit_per_sale": ("64", "128", "2"),  # 60 + 30 + 50 - 12 of what came back, of two orders
    # Of what is budgeted: 1400.25 - 250, where 1500 - 200 was planned.
    "budget_variance": ("-0.115192", "-149.75", "1300"),
    "ad_budget_used": ("0.25", "100", "400"),
    "market_penetration": ("0.05", "2", "40"),
    "market_share": ("0.02", "1400.25", "70012.50"),
    "mrr": ("260.75", None, None),  # 100 + 50.50 - 100 + 120 + 40.25 + 20 + 30 + 20 - 20
    "arr": ("3129", None, None),
    "new_mrr": ("50.50", None, None),
    "expansion_mrr": ("20", None, None),
    "contraction_mrr": ("-20", None, None),
    "churned_mrr": ("-100", None, None),
    "reactivation_mrr": ("120", None, None),
    "nrr": ("0.463462", "60.25", "130"),
    "grr": ("0.384615", "50", "130"),
    "paying_customers": ("2", None, None),  # k1 and k2; k3 left on the 20th
    "new_customers": ("1", None, None),  # k2
    "churned_customers": ("1", None, None),  # k3
    "customer_churn_rate": ("0.5", "1", "2"),  # of k1 and k3, paying at the end of January
    "cac": ("250", "250", "1"),
    "customer_retention_rate": ("0.5", "1", "2"),  # 2 at the end less 1 new, of 2
    "revenue_per_customer": ("700.125", "1400.25", "2"),
    "clv": ("1000.05", "2000.10", "2"),  # 1000.05 * 2 at the start / (2 at the end * 1 gone)
    "clv_to_cac": ("4.0002", "2000.10", "500"),  # clv / (250 / 1)
    "cac_payback_months": ("0.499975", "500", "1000.05"),  # 250 / 1 / (1000.05 / 2)
    "repeat_purchase_rate": ("0.5", "1", "2"),
    "social_new_customers": ("1", None, None),
    "impressions": ("2500", None, None),
    "clicks": ("90", None, None),
    "ad_spend": ("100", None, None),
    "ad_conversions": ("4.25", None, None),
    "ad_conversion_value": ("200.20", None, None),
    "ctr": ("0.036", "90", "2500"),
    "cpc": ("1.111111", "100", "90"),
    "cvr": ("0.047222", "4.25", "90"),
    "roas": ("2.002", "200.20", "100"),
    "cpm": ("40", "100000", "2500"),
    "cpa": ("23.529412", "100", "4.25"),
    "roas_attributed": ("6.667333", "666.733334", "100"),  # two of three parts of 1000.10
    "marketing_roi": ("3.0004", "750.10", "250"),  # 1000.10 - 250; of d2 nobody knows
    "cost_per_lead": ("33.333333", "100", "3"),
    "leads": ("3", None, None),  # l4 was created in January
    "qualified_leads": ("2", None, None),  # l1 and l4 reached the stage in February
    "lead_conversion_rate": ("0.333333", "1", "3"),
    "won_deals": ("2", None, None),
    "won_amount": ("1500.25", None, None),
    "lost_amount": ("300", None, None),  # d3
    "pipeline_created_amount": ("1000.40", None, None),  # d3 and d4; d1 came in January
    "win_rate": ("0.666667", "2", "3"),  # d4 is open, whatever its expected close date says
    "average_deal_size": ("750.125", "1500.25", "2"),
    "pipeline_value": ("700.40", None, None),  # only d4 is still open
    "sales_cycle_days": ("16.5", "33", "2"),  # 10 and 23
    # 1 open deal * (1500.25 + 60) of 4 closed in 90 days / 12 days, the median of 10, 12 and 23
    "sales_velocity": ("32.505208", "1560.25", "48"),
    "tickets_opened": ("3", None, None),
    "complaints": ("2", None, None),
    "resolution_rate": ("0.666667", "2", "3"),
    # Of 1.5, 7.5, 30.333333 and 50 the two in the middle; of 20, 40 and 430.25 the one.
    "first_response_hours": ("18.916667", "37.833333", "2"),
    "cycle_time_hours": ("40", "40", "1"),
    "first_time_right": ("0.5", "1", "2"),  # t1 and t2; of t5 nobody says
    "csat": ("0.666667", "2", "3"),
    "nps": ("25", "100", "4"),  # (2 promoters - 1 detractor) * 100; no score is no answer
}
OTHER_CELLS: list[tuple[str, str, date, str, str, str | None]] = [
    ("revenue", "month", FEBRUARY, "region", "DACH", "1100.25"),
    ("revenue", "quarter", date(2026, 1, 1), "total", "", "2900.25"),  # 1000 + 1400.25 + 500
    ("revenue", "day", date(2026, 2, 11), "total", "", "0"),  # nothing happened, and that is 0
    ("sales_growth", "month", FEBRUARY, "product", "Team", "0.25"),  # 1250 after 1000
    ("sales_growth", "month", FEBRUARY, "product", "Business", None),  # nothing before: no growth
    # March has had ten days: they are held against the first ten of February, 1500.
    ("sales_growth", "month", date(2026, 3, 1), "total", "", "-0.866667"),
    ("mrr", "day", date(2026, 2, 14), "total", "", "240.75"),
    ("mrr", "month", date(2026, 3, 1), "plan", "Business", "50.50"),  # carried on; ends later
    ("mrr", "month", FEBRUARY, "plan", "Team", "0"),  # the month in which it fell to nothing
    ("paying_customers", "month", date(2026, 3, 1), "total", "", "3"),
    ("new_customers", "month", date(2026, 3, 1), "total", "", "0"),  # k3 came back: not new
    ("customer_churn_rate", "week", date(2026, 2, 16), "total", "", "0.333333"),
    ("customer_churn_rate", "month", date(2026, 3, 1), "total", "", "0"),
    ("customer_churn_rate", "month", FEBRUARY, "region", "DACH", "0.5"),
    # January's ledger has no sales and marketing entry: ad spend stands in, 37.15 for two.
    ("cac", "month", date(2026, 1, 1), "total", "", "18.575"),
    # A row of a week counts in the week, its month and its year, and is spread over no day.
    ("ad_spend", "day", date(2026, 1, 12), "total", "", "0"),
    ("ad_spend", "week", date(2026, 1, 12), "total", "", "7"),
    ("ad_spend", "month", date(2026, 1, 1), "total", "", "37.15"),
    # One of a week across two months counts in the week and from the quarter on.
    ("ad_spend", "week", date(2025, 10, 27), "total", "", "7"),
    ("ad_spend", "month", date(2025, 10, 1), "total", "", "2"),
    ("ad_spend", "month", date(2025, 11, 1), "total", "", "0"),
    ("ad_spend", "quarter", date(2025, 10, 1), "total", "", "7"),
    ("ad_spend", "year", date(2025, 1, 1), "channel", "social", "5"),
    ("cpc", "week", date(2025, 10, 27), "total", "", "1.75"),  # 7 for 4 clicks
    ("ad_spend", "month", FEBRUARY, "channel", "(none)", "19.90"),
    ("cpc", "month", FEBRUARY, "platform", "meta_ads", None),  # spend without a click
    # Each model by itself, over all ad spend; by channel, over the channel's own 80.10.
    ("roas_attributed", "month", FEBRUARY, "attribution_model", "first_touch", "10.001"),
    ("roas_attributed", "month", FEBRUARY, "attribution_model", "last_touch", "0"),
    ("roas_attributed", "month", FEBRUARY, "attribution_model", "linear", "6.667333"),
    ("roas_attributed", "month", FEBRUARY, "channel", "search", "4.161881"),
    ("roas_attributed", "month", FEBRUARY, "channel", "social", None),  # nothing was spent there
    ("roas_attributed", "month", date(2026, 1, 1), "attribution_model", "first_touch", "0"),
    ("marketing_roi", "month", date(2026, 1, 1), "total", "", "-1"),  # ad spend stands in
    ("win_rate", "month", FEBRUARY, "owner", "bert", "1"),  # won all: not 0, not more than 1
    ("win_rate", "month", FEBRUARY, "owner", "anna", "0.5"),
    ("pipeline_value", "month", date(2026, 1, 1), "total", "", "1000.10"),
    ("first_response_hours", "month", FEBRUARY, "kind", "complaint", "25.75"),  # of 1.5 and 50
    ("first_response_hours", "quarter", date(2026, 1, 1), "total", "", "18.916667"),
    # The sums of three months: (1000 + 1000.05 + 500) * (0 + 2 + 2) / ((2 + 2 + 3) * 1)
    ("clv", "quarter", date(2026, 1, 1), "total", "", "1428.6"),
    ("clv", "month", date(2026, 1, 1), "total", "", None),  # nobody paid at its start
    ("clv", "month", date(2026, 3, 1), "total", "", None),  # nobody left
    # 250 * 7 / ((2 + 1 + 0) * 2500.05); the year's ledger tells the cost, no ad spend stands in
    ("cac_payback_months", "year", date(2026, 1, 1), "total", "", "0.233329"),
    ("budget_variance", "month", FEBRUARY, "account_group", "sales_marketing", "0.25"),
    ("budget_variance", "month", FEBRUARY, "account_group", "income", "-0.0665"),
    ("budget_variance", "month", date(2026, 1, 1), "total", "", None),  # nothing was planned
    ("ad_budget_used", "month", FEBRUARY, "channel", "search", "0.3204"),  # 80.10 of 250
    ("market_penetration", "month", FEBRUARY, "region", "DACH", "0.1"),  # k1
    ("sales_velocity", "month", date(2025, 12, 1), "total", "", "0"),  # nothing is open
    ("sales_cycle_days", "quarter", date(2025, 10, 1), "total", "", "8"),  # 4 and 12
    ("dso", "quarter", date(2026, 1, 1), "total", "", "44.119649"),  # 1950.60 * 69 days / 3050.60
    ("nrr", "month", date(2026, 1, 1), "total", "", "1.25"),
    ("grr", "month", date(2026, 1, 1), "total", "", "1"),
    ("revenue_growth", "month", date(2026, 1, 1), "total", "", None),  # before it there was nothing
    ("cycle_time_hours", "day", date(2026, 2, 4), "total", "", None),  # nothing was solved
    (
        "cycle_time_hours",
        "year",
        date(2026, 1, 1),
        "total",
        "",
        "235.125",
    ),  # 40, 430.25; 700 is March
]

ON_PAPER |= families_on_paper.ON_PAPER
OTHER_CELLS += families_on_paper.OTHER_CELLS


@pytest.fixture
def warehouse(kpi_cases: Path) -> Path:
    return kpi_cases


def asked(database: Path, sql: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql, values or []).fetchall()


def decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def test_every_kpi_has_a_case_on_paper() -> None:
    assert set(ON_PAPER) == set(KPIS)


@pytest.mark.parametrize("kpi", sorted(ON_PAPER))
def test_a_kpi_is_what_it_is_on_paper(warehouse: Path, kpi: str) -> None:
    rows = asked(
        warehouse,
        """select value, numerator, denominator from kpi_mart.kpi_values
           where kpi = ? and grain = 'month' and period_start = ? and slice = 'total'""",
        [kpi, FEBRUARY],
    )
    assert rows == [tuple(decimal(text) for text in ON_PAPER[kpi])]


@pytest.mark.parametrize(("kpi", "grain", "start", "slice_", "slice_value", "value"), OTHER_CELLS)
def test_a_cell_is_what_it_is_on_paper(
    warehouse: Path,
    kpi: str,
    grain: str,
    start: date,
    slice_: str,
    slice_value: str,
    value: str | None,
) -> None:
    rows = asked(
        warehouse,
        """select value from kpi_mart.kpi_values where kpi = ? and grain = ?
           and period_start = ? and slice = ? and slice_value = ?""",
        [kpi, grain, start, slice_, slice_value],
    )
    assert rows == [(decimal(value),)]


def test_nothing_dated_on_the_runs_day_or_later_counts(warehouse: Path) -> None:
    last = asked(warehouse, "select max(period_start) from kpi_mart.kpi_values where grain = 'day'")
    assert last == [(date(2026, 3, 10),)]
    march = """select value from kpi_mart.kpi_values where kpi = 'revenue' and grain = 'month'
               and slice = 'total' and period_start = '2026-03-01'"""
    assert asked(warehouse, march) == [(Decimal(500),)]


def test_a_balance_that_fell_to_nothing_has_no_further_rows_in_its_slice(warehouse: Path) -> None:
    team = """select max(period_start) from kpi_mart.kpi_values where kpi = 'mrr'
              and grain = 'day' and slice = 'plan' and slice_value = 'Team'"""
    assert asked(warehouse, team) == [(date(2026, 2, 15),)]


def test_the_total_has_no_gaps_up_to_the_last_day_an_export_speaks_of(warehouse: Path) -> None:
    gaps = """select kpi from kpi_mart.kpi_values where grain = 'day' and slice = 'total'
              group by kpi having max(period_start)
              <> case when kpi in (
                  select kpi from kpi_mart.kpi_inputs where is_active
                  group by kpi having bool_and(table_name = 'hubspot__tickets')
              ) then date '2026-02-27' else date '2026-03-10' end
              or count(*) <> max(period_start) - min(period_start) + 1"""
    assert asked(warehouse, gaps) == []


def test_a_period_is_complete_once_every_stream_covers_it(warehouse: Path) -> None:
    complete = """select is_complete, is_provisional from kpi_mart.kpi_values
                  where kpi = ? and grain = 'month' and period_start = ? and slice = 'total'"""
    assert asked(warehouse, complete, ["revenue", FEBRUARY]) == [(True, False)]
    assert asked(warehouse, complete, ["revenue", date(2026, 3, 1)]) == [(False, True)]
    # The tickets' export ends on the 27th; the platform still restates 30 days of clicks.
    assert asked(warehouse, complete, ["tickets_opened", FEBRUARY]) == [(False, True)]
    assert asked(warehouse, complete, ["clicks", FEBRUARY]) == [(True, True)]
    assert asked(warehouse, complete, ["clicks", date(2026, 1, 1)]) == [(True, False)]


def periods_of(day: date) -> set[tuple[str, date]]:
    """The day, and the week, month, quarter and year that it lies in, by their first days."""
    return {
        ("day", day),
        ("week", day - timedelta(days=day.weekday())),
        ("month", day.replace(day=1)),
        ("quarter", date(day.year, day.month - (day.month - 1) % 3, 1)),
        ("year", date(day.year, 1, 1)),
    }


def test_f008_each_day_that_is_missing_makes_its_own_periods_incomplete_and_no_other(
    warehouse: Path, tmp_path: Path
) -> None:
    compiled = warehouse.parent / "target" / "compiled" / "kpi_mart" / "models"
    sql = (compiled / "marts" / "kpi" / "kpi_values.sql").read_text("utf-8")
    table = "google_ads__campaign_performance"
    shutil.copy(warehouse, tmp_path / warehouse.name)
    with duckdb.connect(str(tmp_path / warehouse.name)) as connection:

        def incomplete(kpi: str, day: date | None, elsewhere: bool = False) -> set[Any]:
            connection.execute("delete from landed.missing_days")
            connection.execute(
                "insert into landed.missing_days select ?, 'account 1', ?, ? where ? is not null",
                [table, day, elsewhere, day],
            )
            return set(
                connection.execute(
                    f"""select grain, period_start from ({sql})
                    where kpi = ? and slice = 'total' and not is_complete""",
                    [kpi],
                ).fetchall()
            )

        before = incomplete("clicks", None)
        revenue = incomplete("revenue", None)
        for n in range(50):
            day = date(2025, 12, 14) + timedelta(days=n)
            expected = before | periods_of(day)
            assert incomplete("clicks", day) == expected
            assert len(expected) > len(before)
        assert incomplete("revenue", day) == revenue
        # Another report of the same source tells of the same money.
        assert incomplete("clicks", day, elsewhere=True) == before


def test_what_is_known_of_late_figures_is_expected_by_the_ages_of_the_days(
    warehouse: Path,
) -> None:
    """The newest export is of 10 March: the 9th is a day old, the 7th three, 4 February 34."""
    known = """select expected_completeness from kpi_mart.kpi_latest
               where kpi = ? and grain = ? and period_start = ? and slice = 'total'"""
    for kpi, grain, day, expected in (
        ("ad_conversions", "day", date(2026, 3, 9), "0.5"),
        ("ad_conversions", "week", date(2026, 3, 9), "0.375"),  # 0.5 and 0.25 of two days
        # 0.75 + 0.5 + 0.25 + 0.1 of ten days are missing.
        ("ad_conversions", "month", date(2026, 3, 1), "0.84"),
        ("ad_conversions", "month", FEBRUARY, "0.999286"),  # 0.02 of 28 days
        ("ad_conversions", "month", date(2026, 1, 1), "1"),
        ("clicks", "month", date(2026, 3, 1), "1"),
        # No measure of that export is called as spend is: the slowest one stands for it.
        ("ad_spend", "month", date(2026, 3, 1), "0.84"),
    ):
        assert asked(warehouse, known, [kpi, grain, day]) == [(Decimal(expected),)], (kpi, day)
    assert asked(warehouse, known, ["revenue", "month", FEBRUARY]) == [(None,)]


def test_what_was_seen_to_change_for_longer_than_declared_is_provisional_for_longer(
    warehouse: Path,
) -> None:
    """30 days are declared, to 8 February; conversions were seen to change on the 34th day."""
    settled = """select max(period_start) from kpi_mart.kpi_values where kpi = ?
                 and grain = 'day' and slice = 'total' and not is_provisional"""
    assert asked(warehouse, settled, ["clicks"]) == [(date(2026, 2, 8),)]
    assert asked(warehouse, settled, ["ad_conversions"]) == [(date(2026, 2, 3),)]


def test_what_has_to_mature_is_complete_only_then(warehouse: Path) -> None:
    """90 days after November were over on 28 February; those after December are not."""
    months = """select period_start, value, is_complete from kpi_mart.kpi_values
                where kpi = 'repeat_purchase_rate' and grain = 'month' and slice = 'total'
                and period_start between '2025-11-01' and '2025-12-01' order by all"""
    assert asked(warehouse, months) == [
        (date(2025, 11, 1), Decimal("0.5"), True),
        (date(2025, 12, 1), Decimal(1), False),
    ]


def test_a_kpi_of_months_has_no_days_and_weeks(warehouse: Path) -> None:
    grains = """select distinct grain from kpi_mart.kpi_values
                where kpi in ('clv', 'clv_to_cac', 'cac_payback_months') order by 1"""
    assert asked(warehouse, grains) == [("month",), ("quarter",), ("year",)]
    declared = "select grains from kpi_mart.dim_kpi where kpi = 'clv'"
    assert asked(warehouse, declared) == [("month, quarter, year",)]


def test_a_kpi_exists_in_the_grains_that_its_declaration_says(warehouse: Path) -> None:
    found = dict(asked(warehouse, "select kpi, grains from kpi_mart.dim_kpi"))
    assert found == {name: ", ".join(kpi.meta.grains) for name, kpi in KPIS.items()}


def test_a_figure_of_a_quarter_is_explained_month_by_month(warehouse: Path) -> None:
    definitions = extract_definitions(warehouse.parent / "target" / "manifest.json")
    told = explain(warehouse, definitions, "clv", "2026-Q1", rows=True)
    assert told.residual == 0
    assert (told.numerator, told.denominator) == (Decimal("10000.20"), Decimal(7))
    values = {(c.name, c.earlier): c.value for c in told.components}
    assert values[("paying_customers", False)] == 7  # 2 + 2 + 3 at the ends of the months
    assert values[("paying_customers", True)] == 4  # 0 + 2 + 2 at their starts
    assert [c.name for c in told.components if c.residual] == []


def test_a_period_that_a_row_of_several_days_reaches_out_of_is_not_complete(
    warehouse: Path,
) -> None:
    """27 October to 2 November: neither of the months has all of it, nor any of the days."""
    cells = """select grain, period_start from kpi_mart.kpi_values where kpi = 'ad_spend'
               and slice = 'total' and year(period_start) = 2025 and not is_complete order by all"""
    days = [date(2025, 10, n) for n in (30, 31)] + [date(2025, 11, n) for n in (1, 2)]
    months = [date(2025, 10, 1), date(2025, 11, 1)]
    assert asked(warehouse, cells) == [
        *(("day", day) for day in days),
        *(("month", first) for first in months),
    ]


def test_what_is_not_whole_in_a_grain_has_no_column_to_add_it_by(warehouse: Path) -> None:
    """Of 144.15 spent, the weeks of 7 and 5 are in no day, and that of 5 is in no month."""
    for table, added, read in (
        ("kpi_day", None, "132.15"),
        ("kpi_week", "144.15", "144.15"),
        ("kpi_month", None, "139.15"),
        ("kpi_quarter", "144.15", "144.15"),
        ("kpi_year", "144.15", "144.15"),
    ):
        sums = f"""select sum(sum_value), sum(period_value) from kpi_mart.{table}
                   where kpi = 'ad_spend'"""
        assert asked(warehouse, sums) == [(decimal(added), decimal(read))], table


def test_a_table_of_one_grain_says_how_its_periods_make_one_figure(warehouse: Path) -> None:
    """Of January to March: 1000 + 1400.25 + 500, and 2 won of 3; what stands is not added."""
    quarter = """select sum(sum_value), sum(sum_numerator), sum(sum_denominator), min(how_to_total)
                 from kpi_mart.kpi_month where kpi = ? and period_start >= '2026-01-01'"""
    assert asked(warehouse, quarter, ["revenue"]) == [
        (Decimal("2900.25"), None, None, "sum(sum_value)")
    ]
    assert asked(warehouse, quarter, ["win_rate"]) == [
        (None, 2, 3, "sum(sum_numerator) / sum(sum_denominator)")
    ]
    for kpi in ("mrr", "nrr", "clv", "first_response_hours", "sales_growth"):
        none = [(None, None, None, "none: read the longer period in its own table")]
        assert asked(warehouse, quarter, [kpi]) == none, kpi


def test_a_row_of_several_days_is_explained_where_it_counts(warehouse: Path) -> None:
    definitions = extract_definitions(warehouse.parent / "target" / "manifest.json")

    def rows(period: str) -> list[tuple[int | None, Decimal]]:
        told = explain(warehouse, definitions, "ad_spend", period, rows=True)
        assert told.residual == 0
        return sorted((row.row_number, row.contribution) for row in told.components[0].rows)

    assert rows("2026-01") == [(1, Decimal("30.15")), (4, Decimal(7))]
    assert rows("2026-W03") == [(4, Decimal(7))]
    assert rows("2025-Q4") == [(5, Decimal(5)), (6, Decimal(2))]
    assert rows("2025-10") == [(6, Decimal(2))]


def test_the_scorecard_judges_the_last_complete_period(warehouse: Path) -> None:
    shown = """select period_start, value, target, status, previous_value, change, change_ratio,
               progress, display_value, display_target, is_stale from kpi_mart.kpi_scorecard
               where kpi = ? and grain = 'month'"""
    assert asked(warehouse, shown, ["revenue"]) == [
        (
            FEBRUARY,
            Decimal("1400.25"),
            Decimal(1300),  # the newest version in force; one of April is not yet
            "on_track",
            Decimal(1000),
            Decimal("400.25"),
            Decimal("0.400250"),
            Decimal("1.077115"),
            "1,400 EUR",
            "1,300 EUR",
            False,
        )
    ]
    status = "select status from kpi_mart.kpi_scorecard where kpi = ? and grain = 'month'"
    assert asked(warehouse, status, ["cost"]) == [("at_risk",)]  # 800.25 for 750 is within 10 %
    assert asked(warehouse, status, ["customer_churn_rate"]) == [("off_track",)]
    assert asked(warehouse, status, ["mrr"]) == [("no_target",)]
    tickets = "select period_start from kpi_mart.kpi_scorecard where kpi = ? and grain = 'month'"
    assert asked(warehouse, tickets, ["tickets_opened"]) == [(date(2026, 1, 1),)]


def test_targets_are_spread_over_days_and_held_against_their_parts(warehouse: Path) -> None:
    """1300 in February's 20 working days; North's 800 and South's 400 are 100 short of it."""
    february = """select target, original_target, parts_target from kpi_mart.kpi_targets
                  where kpi = 'revenue' and grain = ? and period_start = ? and level = 'company'"""
    assert asked(warehouse, february, ["month", FEBRUARY]) == [(1300, 1500, 1200)]
    assert asked(warehouse, february, ["day", date(2026, 2, 2)]) == [(65, 75, 60)]
    shown = """select target from kpi_mart.kpi_latest
               where kpi = ? and grain = ? and period_start = ? and slice = 'total'"""
    assert asked(warehouse, shown, ["revenue", "week", date(2026, 2, 16)]) == [(325,)]
    assert asked(warehouse, shown, ["csat", "month", FEBRUARY]) == [(Decimal("0.8"),)]


def test_a_range_and_its_tolerance_judge_a_value_and_so_does_the_first_version(
    warehouse: Path,
) -> None:
    """650 is 10 above 640, of which 0.02 are 12.80; 1400.25 reaches 1300, not the first 1500."""
    shown = """select status, original_status, lower_value, upper_value, tolerance, target_origin
               from kpi_mart.kpi_scorecard where kpi = ? and grain = 'month'"""
    bounds = (Decimal(500), Decimal(640), Decimal("0.02"), "stated")
    assert asked(warehouse, shown, ["ebitda"]) == [("at_risk", "at_risk", *bounds)]
    assert asked(warehouse, shown, ["revenue"])[0][:2] == ("on_track", "at_risk")
    assert asked(warehouse, shown, ["mrr"]) == [("no_target", "no_target", None, None, None, None)]


def test_a_period_still_running_is_held_against_the_days_it_has_had(warehouse: Path) -> None:
    """Of March's 2200 and 22 working days seven are over: 700, of which 500 came in."""
    shown = """select running_period_start, running_value, running_target, running_target_to_date,
               pace, projected_value, projected_status
               from kpi_mart.kpi_scorecard where kpi = ? and grain = ?"""
    assert asked(warehouse, shown, ["revenue", "month"]) == [
        (date(2026, 3, 1), 500, 2200, 700, Decimal("0.714286"), Decimal("1571.4285"), "off_track")
    ]
    # The quarter has no target: by its 64 working days, of which 22 + 20 + 7 are over.
    assert asked(warehouse, shown, ["revenue", "quarter"]) == [
        (date(2026, 1, 1), Decimal("2900.25"), None, None, None, Decimal("3788.081633"), None)
    ]
    assert asked(warehouse, shown, ["mrr", "month"])[0][5] is None  # a balance does not grow so


def test_the_scorecard_has_a_row_for_every_kpi_and_grain(warehouse: Path) -> None:
    count = "select count(*), count(distinct kpi) from kpi_mart.kpi_scorecard"
    assert asked(warehouse, count) == [(5 * len(KPIS), len(KPIS))]


def test_a_period_still_running_is_compared_with_nothing(warehouse: Path) -> None:
    compared = """select count(*) from kpi_mart.kpi_latest where not is_complete
                  and coalesce(change, last_year_change, progress) is not null"""
    assert asked(warehouse, compared) == [(0,)]


def test_the_ways_of_attributing_are_a_slice_that_is_explained_by_itself(warehouse: Path) -> None:
    definitions = extract_definitions(warehouse.parent / "target" / "manifest.json")
    slice_ = ("attribution_model", "first_touch")
    told = explain(warehouse, definitions, "roas_attributed", "2026-02", slice_, rows=True)
    assert (told.slice, told.slice_value, told.residual) == (*slice_, 0)
    assert (told.numerator, told.denominator) == (Decimal("1000.10"), Decimal(100))
    assert [c.name for c in told.components] == ["won_by_ads_at_first_touch", "ad_spend"]
    assert "won_by_ads_at_first_touch" in told.definition
    shown = "select slices from kpi_mart.dim_kpi where kpi = 'roas_attributed'"
    assert asked(warehouse, shown) == [("channel, attribution_model",)]


def test_a_period_still_running_is_held_against_as_many_days_of_the_one_before(
    warehouse: Path,
) -> None:
    march = """select elapsed_state, elapsed_days, elapsed_value, previous_elapsed_value,
                 last_year_elapsed_value
               from kpi_mart.kpi_latest
               where kpi = ? and grain = 'month' and period_start = ? and slice = ?
                 and slice_value = ?"""
    ten_days = [("compared", 10, Decimal(500), Decimal("1200.50"), None)]
    assert asked(warehouse, march, ["revenue", date(2026, 3, 1), "total", ""]) == ten_days
    assert asked(warehouse, march, ["revenue", date(2026, 3, 1), "region", "DACH"]) == ten_days
    # The tickets' export ends on 27 February, before the third; January's begins on the 30th.
    tickets = [("compared", 27, Decimal(2), None, None)]
    assert asked(warehouse, march, ["tickets_opened", FEBRUARY, "total", ""]) == tickets
    nothing = [None] * 4
    for kpi, day, state in (
        ("revenue", FEBRUARY, "whole_period"),
        ("gross_margin", date(2026, 3, 1), "not_additive"),
        ("mrr", date(2026, 3, 1), "not_additive"),
    ):
        assert asked(warehouse, march, [kpi, day, "total", ""]) == [(state, *nothing)]


def claims(database: Path, grain: str, start: date, columns: str) -> dict[str, tuple[Any, ...]]:
    rows = asked(
        database,
        f"""select platform, {columns} from kpi_mart.ad_conversion_claims
            where grain = ? and period_start = ?""",
        [grain, start],
    )
    assert len(rows) == len({platform for platform, *_ in rows})
    return {platform: tuple(rest) for platform, *rest in rows}


def test_what_each_platform_claims_stands_beside_what_the_crm_verifies(warehouse: Path) -> None:
    """d1 of 1000.10 was met by search first, a webinar last, and social media between them."""
    claimed = "spend_amount_reporting, claimed_conversions, claimed_value_amount_reporting"
    assert claims(warehouse, "month", FEBRUARY, claimed) == {
        "google_ads": (Decimal("80.10"), Decimal("4.25"), Decimal("200.20")),
        "meta_ads": (Decimal("19.90"), None, None),
        "unknown": (None, None, None),
    }
    deals = "verified_deals_first_touch, verified_deals_last_touch, verified_deals_linear"
    assert claims(warehouse, "month", FEBRUARY, deals) == {
        "google_ads": (1, 0, Decimal("0.333334")),
        "meta_ads": (0, 0, 0),
        "unknown": (0, 0, Decimal("0.333333")),
    }
    amounts = "verified_amount_reporting_first_touch, verified_amount_reporting_linear"
    assert claims(warehouse, "month", FEBRUARY, amounts) == {
        "google_ads": (Decimal("1000.10"), Decimal("333.366667")),
        "meta_ads": (0, 0),
        "unknown": (0, Decimal("333.366667")),
    }


def test_a_claim_is_divided_by_what_is_verified_and_by_nothing_where_nothing_is(
    warehouse: Path,
) -> None:
    ratios = """over_claim_ratio_first_touch, over_claim_ratio_last_touch, over_claim_ratio_linear,
                value_over_claim_ratio_first_touch, value_over_claim_ratio_last_touch"""
    shown = claims(warehouse, "month", FEBRUARY, ratios)
    # 4.25 / 1, of nothing, 4.25 / 0.333334, and 200.20 / 1000.10
    assert shown["google_ads"] == (
        Decimal("4.25"), None, Decimal("12.749975"), Decimal("0.200180"), None,
    )  # fmt: skip
    assert shown["meta_ads"] == shown["unknown"] == (None,) * 5


def test_a_claim_of_a_week_counts_where_the_week_lies_whole(warehouse: Path) -> None:
    spend = "spend_amount_reporting, verified_deals_linear"
    quarter = claims(warehouse, "quarter", date(2025, 10, 1), spend)
    assert quarter == {"google_ads": (2, 1), "meta_ads": (5, 0)}  # d6 was won on 1 December
    assert claims(warehouse, "month", date(2025, 10, 1), spend) == {"google_ads": (2, 0)}


def test_claims_of_platforms_are_never_one_figure(warehouse: Path) -> None:
    platforms = "select distinct platform from kpi_mart.ad_conversion_claims order by 1"
    assert asked(warehouse, platforms) == [("google_ads",), ("meta_ads",), ("unknown",)]


def test_every_figure_is_explained_to_the_last_digit(warehouse: Path) -> None:
    definitions = extract_definitions(warehouse.parent / "target" / "manifest.json")
    cells = asked(
        warehouse,
        """select kpi, slice, slice_value, max(period_start) from kpi_mart.kpi_values
           where grain = 'month' group by all""",
    )
    for kpi, slice_, slice_value, start in cells:
        told = explain(
            warehouse, definitions, kpi, f"{start:%Y-%m}", (slice_, slice_value), rows=True
        )
        assert told.residual == 0, (kpi, slice_, slice_value)
        assert [c.name for c in told.components if c.residual] == []


def test_an_explanation_names_the_rows_of_the_exports(warehouse: Path) -> None:
    definitions = extract_definitions(warehouse.parent / "target" / "manifest.json")
    told = explain(warehouse, definitions, "sales_growth", "2026-03", rows=True)
    rows = {
        (component.earlier, row.row_number, row.contribution)
        for component in told.components
        for row in component.rows
    }
    # March's one line, and of February only the line of its first ten days.
    assert rows == {(False, 5, Decimal(200)), (True, 2, Decimal(1500))}
    assert {row.file for c in told.components for row in c.rows} == {"invoices.csv"}


def score(warehouse: Path, scorecard: str) -> list[tuple[Any, ...]]:
    """Score, coverage and status by month."""
    scored = """select period_start, score, coverage, status, measures, measures_judged
                from kpi_mart.kpi_scorecards where scorecard = ? order by period_start"""
    return asked(warehouse, scored, [scorecard])


def test_a_scorecard_is_the_weighted_mean_of_what_is_judged_and_says_how_much_that_is(
    warehouse: Path,
) -> None:
    """Revenue is on track, cost at risk, churn off track; MRR has no target.

    (0.4 * 1 + 0.3 * 0.5 + 0.1 * 0) / 0.8 = 0.6875, nearer to 0.5 than to 1.
    """
    *before, february = score(warehouse, "steering")
    assert february == (FEBRUARY, Decimal("0.6875"), Decimal("0.8"), "at_risk", 4, 3)
    # Before, nothing had a target; March is not over.
    assert before
    assert {row[1:] for row in before} == {(None, 0, "no_data", 4, 0)}
    measures = """select kpi, value, target, status, score from kpi_mart.kpi_scorecard_measures
                  where scorecard = 'steering' and period_start = ? order by place"""
    assert asked(warehouse, measures, [FEBRUARY])[:2] == [
        ("revenue", Decimal("1400.25"), 1300, "on_track", 1),
        ("cost", Decimal("800.25"), 750, "at_risk", Decimal("0.5")),
    ]


def test_a_scorecard_by_progress_takes_the_share_of_each_target_and_the_status_of_a_range(
    warehouse: Path,
) -> None:
    """0.5 * 1 + 0.25 * 750 / 800.25 + 0.25 * 0.5, where EBITDA is at risk beside its range."""
    february = score(warehouse, "by_progress")[-1]
    assert february == (FEBRUARY, Decimal("0.859302"), 1, "off_track", 3, 3)


def test_a_scorecard_of_which_less_than_half_is_judged_has_a_score_and_no_status(
    warehouse: Path,
) -> None:
    february = score(warehouse, "hardly_judged")[-1]
    assert february == (FEBRUARY, 1, Decimal("0.4"), "no_data", 2, 1)


def come(warehouse: Path, objective: str) -> list[tuple[Any, ...]]:
    """How far each key result has come, by month and place."""
    rows = """select period_start, place, value, progress, objective_score, objective_coverage,
              time_passed from kpi_mart.kpi_objectives where objective = ?
              order by period_start, place"""
    return asked(warehouse, rows, [objective])


def test_key_results_come_from_their_baseline_and_sums_count_from_the_first_day(
    warehouse: Path,
) -> None:
    """From 15 January: 1000, then 1400.25, at home 1100.25; 17, 45 and 55 of 76 days are over."""
    january, march = date(2026, 1, 1), date(2026, 3, 1)
    # (0.5 * 0.2 + 0.2 * 0.166667) / 0.7: nobody could leave in January
    first = (Decimal("0.190476"), Decimal("0.7"), Decimal("0.223684"))
    # 0.5 * 0.48005 + 0.3 * 0.2 + 0.2 * 0.533417, where (0.5 - 0.6) / (0.1 - 0.6) = 0.2
    second = (Decimal("0.406708"), 1, Decimal("0.592105"))
    third = (None, 0, Decimal("0.723684"))
    assert come(warehouse, "grow") == [
        (january, 1, 1000, Decimal("0.2"), *first),
        (january, 2, None, None, *first),
        (january, 3, 1000, Decimal("0.166667"), *first),
        (FEBRUARY, 1, Decimal("2400.25"), Decimal("0.48005"), *second),
        (FEBRUARY, 2, Decimal("0.5"), Decimal("0.2"), *second),
        (FEBRUARY, 3, Decimal("2100.25"), Decimal("0.533417"), *second),
        # Still running: the value so far is shown, and not judged.
        (march, 1, Decimal("2900.25"), None, *third),
        (march, 2, 0, None, *third),
        (march, 3, Decimal("2600.25"), None, *third),
    ]


def test_a_key_result_is_never_below_nothing_nor_beyond_all_and_counts_its_own_days_only(
    warehouse: Path,
) -> None:
    """To the 10th: cost 800.25 of 800, and revenue 1200.50, less than the baseline of 2000."""
    both = (Decimal("0.5"), 1, 1)
    assert come(warehouse, "ten_days") == [
        (FEBRUARY, 1, Decimal("800.25"), 1, *both),
        (FEBRUARY, 2, Decimal("1200.50"), 0, *both),
    ]


def test_a_sum_of_which_days_are_unknown_is_shown_and_not_judged(warehouse: Path) -> None:
    february = next(row for row in come(warehouse, "unknown_days") if row[0] == FEBRUARY)
    assert february[2:6] == (Decimal("2400.25"), None, None, 0)


def test_an_objective_to_come_has_no_row(warehouse: Path) -> None:
    assert come(warehouse, "to_come") == []
