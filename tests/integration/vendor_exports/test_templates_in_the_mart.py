"""The examples of all templates, run together: what staging and the mart make of them, on paper."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from pipelines import flow
from pipelines.settings import Settings
from tests.integration.vendor_exports.test_templates import ON_PAPER, STREAMS, example

pytestmark = pytest.mark.slow

# So many units for one euro, every day: what is on paper below can be computed in one's head.
RATES = {"USD": "1.25", "JPY": "100", "GBP": "0.5", "CHF": "1"}


@dataclass(frozen=True)
class Home:
    settings: Settings
    outcome: flow.Outcome

    def asked(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a question to the candidate that was released."""
        candidate = self.settings.warehouse / self.outcome.run_id / "candidate.duckdb"
        with duckdb.connect(str(candidate), read_only=True) as connection:
            return connection.execute(sql, list(values)).fetchall()

    def kpi(self, kpi: str, month: str, slice_: str = "total", value: str = "") -> Any:
        """A KPI's value in a month; None where the mart has none."""
        found = self.asked(
            """select value from kpi_mart.kpi_values where (kpi, grain, period_start, slice,
            slice_value) = (?, 'month', cast(? as date), ?, ?)""",
            *(kpi, f"{month}-01", slice_, value),
        )
        return found[0][0] if found else None


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("templates")
    settings = Settings.from_environment(home=folder, as_of="2026-07-01", settle_seconds=0)
    for table in ON_PAPER:
        target = settings.inbox / STREAMS[table].source / example(table).name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(example(table), target)
    first = date(2025, 3, 1)
    days = [first + timedelta(days=n) for n in range((date(2026, 6, 30) - first).days + 1)]
    rates = "\n".join(f"{day},{','.join(RATES.values())}," for day in reversed(days))
    (settings.inbox / "ecb").mkdir()
    (settings.inbox / "ecb" / "eurofxref-hist_2026-06-30.csv").write_text(
        f"Date,{','.join(RATES)},\n{rates}\n", encoding="utf-8"
    )
    return Home(settings, flow.run(settings))


def test_the_examples_are_released(home: Home) -> None:
    assert home.outcome.status == "released", home.outcome.reasons
    assert not home.outcome.landed.quarantined


def test_the_tests_of_every_template_were_asked_and_passed(home: Home) -> None:
    verdict = home.outcome.verdict
    assert verdict is not None
    for table in ON_PAPER:
        asked = [result for result in verdict.results if f"stg_{table}" in result.id]
        assert len(asked) >= 2, table
        assert {result.verdict for result in asked} == {"pass"}, asked


def test_subscriptions_are_worth_their_price_per_month_less_the_discount(home: Home) -> None:
    """(10 * 12.50 - 25) + 2400 / 12 / 1.25 + 4 * 36 / 3 + 3 * 210 / 6; S-004 is a trial."""
    assert home.kpi("mrr", "2026-06") == Decimal(100 + 160 + 48 + 105)
    # S-006 has not been paid since the 1st of May.
    assert home.kpi("mrr", "2026-04") == Decimal("425.50")
    assert home.kpi("paying_customers", "2026-06") == 4


def test_orders_are_invoiced_revenue_unless_an_invoice_has_them(home: Home) -> None:
    """59.70 + 49.90 + 54 - 49.90 + 9.95; the order of INV-7 is on its invoice."""
    assert home.kpi("invoiced_revenue", "2026-06") == Decimal("123.65")
    assert home.kpi("invoiced_revenue", "2026-06", "product", "Green tea") == Decimal("69.65")


def test_a_return_takes_its_sale_back_at_price_and_cost(home: Home) -> None:
    lines = home.asked(
        """select _row_number, line_kind, quantity, net_amount, cost_amount
        from staging.stg_order_lines__order_lines order by _row_number"""
    )
    assert lines == [
        (2, "sale", Decimal(3), Decimal("59.70"), Decimal("24.75")),
        (3, "sale", Decimal(1), Decimal("49.90"), Decimal(21)),
        (4, "sale", Decimal(120), Decimal(1980), Decimal(990)),
        (5, "sale", Decimal(6), Decimal(54), None),
        (6, "return", Decimal(-1), Decimal("-49.90"), Decimal(-21)),
        (7, "sale", Decimal("0.5"), Decimal("9.95"), Decimal("4.125")),
    ]


def test_f058_payments_reach_the_mart_with_their_refunds_in_euros(home: Home) -> None:
    paid = home.asked(
        """select status, sum(amount_reporting), sum(refunded_amount) from kpi_mart.fct_payments
        group by status order by status"""
    )
    assert paid == [
        ("failed", Decimal(144), Decimal(0)),
        ("paid", Decimal(119 + 54), Decimal(0)),
        ("partially_refunded", Decimal(1920), Decimal(400)),
        ("pending", Decimal("12.50"), Decimal(0)),
        ("refunded", Decimal(630), Decimal(630)),
    ]


def test_staff_is_counted_by_when_they_came_and_left(home: Home) -> None:
    """0009 left in May, 0011 came in June; 0010 has two rows and is one person."""
    at = """select count(distinct employee_id) from staging.stg_employees__employees
            where hired_date <= ? and (left_date is null or left_date > ?)"""
    for day, people in (("2026-04-30", 4), ("2026-05-31", 3), ("2026-06-30", 4)):
        assert home.asked(at, day, day) == [(people,)]


def test_an_e_mail_without_channel_is_one_and_a_bounce_nobody_counted_is_none(home: Home) -> None:
    by_channel = home.asked(
        """select channel, sum(sent), sum(delivered), sum(replied), sum(bounced)
        from staging.stg_email_campaigns__statistics group by channel order by channel"""
    )
    assert by_channel == [
        ("email", 5120 + 5200 + 1300 + 88, 5049 + 5133 + 1291 + 86, 24, 149),
        ("letter", 600, 588, 41, 12),
        ("sms", 240, 231, 19, 9),
    ]


def test_the_newest_version_of_a_budget_stands_beside_the_old_one(home: Home) -> None:
    versions = home.asked(
        """select version, budget_amount from staging.stg_budgets__budgets
        where account_group = 'income' and period_start = '2026-02-01' order by version"""
    )
    assert versions == [(1, Decimal(125_000)), (2, Decimal("118500.50"))]


def test_no_name_of_a_person_leaves_the_landed_list(home: Home) -> None:
    columns = home.asked(
        "select column_name from information_schema.columns where table_name like 'stg_employee%'"
    )
    assert not {("employee_name",), ("comment_text",)} & set(columns)


def test_every_example_landed_as_its_own_template(home: Home) -> None:
    landed = {landing.table: landing.rows_landed for landing in home.outcome.landed.landings}
    assert landed.pop("ecb__reference_rates") == 487  # days from 2025-03-01 to 2026-06-30
    assert landed == {table: rows for table, (_, rows, _, _) in ON_PAPER.items()}


@pytest.mark.parametrize(
    ("kpi", "month", "value"),
    [
        ("email_open_rate", "2026-06", "0.321198"),  # (1720 + 310 + 61) / (5133 + 1291 + 86)
        ("social_shares", "2026-06", "58"),
        ("headcount", "2026-05", "3"),
        ("employee_turnover_rate", "2026-05", "0.285714"),  # 0009 of (4 + 3) / 2
        ("employee_satisfaction", "2026-06", "0.6"),  # 5, 4 and 5 of five answers
        # 0008 earns 44800 pounds for 0.8 of 57500, a euro being half a pound; 0011 has no salary.
        ("salary_competitiveness_ratio", "2026-06", "0.972939"),  # 230100 / 236500
        ("earned_value", "2026-06", "29800"),
        ("cost_performance_index", "2026-06", "0.991664"),  # of 30050.50, the canceled task's too
        ("critical_path_days", "2026-06", "25"),  # 3 and 4: 20 + 5; 1 is done
        ("average_review_rating", "2026-06", "3.666667"),  # 5, 2 and 4
        ("brand_recall_lift", "2026-06", "1"),  # nobody knew us before, everybody after
    ],
)
def test_the_figures_of_the_examples_are_those_on_paper(
    home: Home, kpi: str, month: str, value: str
) -> None:
    assert home.kpi(kpi, month) == Decimal(value)
