"""Income statement, balance sheet and cash-flow statement: on paper, and against the truth."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.serve import mart
from tests.integration.conftest import Company
from tests.integration.small_mart import SmallMart, build_marts

pytestmark = pytest.mark.slow

CHART = """
create or replace table kpi_mart.dim_account as
select
    account_id, upper(account_id) as account_name, account_class,
    account_class as account_group,
    case when account_class in ('income', 'expense', 'amortisation') then 'income_statement'
        else 'balance_sheet' end as statement
from (values
    ('bank', 'cash'), ('till', 'cash'), ('customers', 'receivable'), ('suppliers', 'payable'),
    ('machines', 'fixed_asset'), ('owners', 'equity'), ('sales', 'income'),
    ('rent', 'expense'), ('rights', 'amortisation')
) as t (account_id, account_class);
"""
CLASSES = {"owners": "financing", "machines": "investing", "rights": None}
NOT_CASH = {"owners", "machines", "rights", "customers", "suppliers", "sales", "rent"}
# The day, and what the journal debits (above zero) and credits. The run's day is 11 March.
JOURNALS: list[tuple[str, dict[str, str]]] = [
    ("2026-01-05", {"bank": "1000", "owners": "-1000"}),
    ("2026-01-20", {"customers": "500", "sales": "-500"}),
    ("2026-02-10", {"bank": "300", "customers": "-300"}),
    ("2026-02-15", {"machines": "400", "bank": "-250", "suppliers": "-150"}),
    # Both sides were converted and rounded, each by itself.
    ("2026-02-20", {"rent": "33.333333", "bank": "-33.333334"}),
    # Of the other side nobody says which kind of movement it is.
    ("2026-02-21", {"bank": "20", "rights": "-20"}),
    ("2026-02-22", {"till": "100", "bank": "-100"}),
    ("2026-03-05", {"rent": "10", "suppliers": "-10"}),
    ("2026-03-11", {"bank": "9999", "sales": "-9999"}),
]
JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


def ledger(journals: Iterable[tuple[str, dict[str, str]]]) -> str:
    """`fct_ledger_entries` of these journals, as SQL."""
    lines = [
        f"({number}, date '{day}', '{account}', {max(Decimal(amount), Decimal())}, "
        f"{max(-Decimal(amount), Decimal())}, {flow_class(account)})"
        for number, (day, sides) in enumerate(journals)
        for account, amount in sides.items()
    ]
    return f"""
        create or replace table kpi_mart.fct_ledger_entries as
        select
            journal_id || account_id as ledger_entry_id, cast(journal_id as varchar) as journal_id,
            posting_date, account_id, account_class, cash_flow_class,
            cast(debit as decimal(28, 6)) as debit_amount_reporting,
            cast(credit as decimal(28, 6)) as credit_amount_reporting
        from (values {", ".join(lines)})
            as t (journal_id, posting_date, account_id, debit, credit, cash_flow_class)
        inner join kpi_mart.dim_account using (account_id);
    """


def flow_class(account: str) -> str:
    found = CLASSES.get(account, "operating") if account in NOT_CASH else None
    return f"'{found}'" if found else "null"


def built(folder: Path, journals: Iterable[tuple[str, dict[str, str]]]) -> SmallMart:
    """The statements of a ledger, with their checks."""
    return build_marts(
        folder,
        CHART + ledger(journals),
        [
            "income_statement",
            "balance_sheet",
            "cash_flow_statement",
            "assert_converted_journals_balance",
        ],
    )


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> SmallMart:
    return built(tmp_path_factory.mktemp("statements"), JOURNALS)


def money(**amounts: str) -> dict[str, Decimal]:
    return {name: Decimal(amount) for name, amount in amounts.items()}


def by_month(
    books: SmallMart, table: str, line: str, amount: str
) -> dict[date, dict[str, Decimal]]:
    months: dict[date, dict[str, Decimal]] = {}
    for month, name, value in books.asked(
        f"select month_start_date, {line}, {amount} from kpi_mart.{table} order by all"
    ):
        months.setdefault(month, {})[name] = value
    return months


def test_income_is_above_zero_and_costs_below(books: SmallMart) -> None:
    assert by_month(books, "income_statement", "account_id", "amount_reporting") == {
        JANUARY: money(sales="500"),
        FEBRUARY: money(rent="-33.333333", rights="20"),
        MARCH: money(rent="-10"),
    }


def test_cash_moves_by_the_other_side_of_its_journals(books: SmallMart) -> None:
    """A machine of 400, of which 250 are paid, is 400 invested and 150 lent by the supplier."""
    assert by_month(books, "cash_flow_statement", "cash_flow_class", "amount_reporting") == {
        JANUARY: money(financing="1000", conversion_difference="0"),
        FEBRUARY: money(
            operating="416.666667",  # 300 + 150 - 33.333333
            investing="-400",
            unclassified="20",
            conversion_difference="-0.000001",
        ),
    }


def test_a_balance_sheet_carries_what_does_not_move_and_sums_to_zero(books: SmallMart) -> None:
    months = by_month(books, "balance_sheet", "line_id", "closing_amount_reporting")
    held = money(customers="200", machines="400", till="100", owners="-1000")
    bank = money(bank="936.666666", conversion_difference="0.000001")
    assert months == {
        JANUARY: money(
            bank="1000", customers="500", owners="-1000", result="-500", conversion_difference="0"
        ),
        FEBRUARY: held | bank | money(suppliers="-150", result="-486.666667"),
        MARCH: held | bank | money(suppliers="-160", result="-476.666667"),
    }
    assert {sum(lines.values()) for lines in months.values()} == {Decimal(0)}


def test_a_balance_opens_where_the_month_before_closed(books: SmallMart) -> None:
    assert books.asked(
        """select month_start_date, is_month_over, section, opening_amount_reporting,
            movement_amount_reporting, closing_amount_reporting
        from kpi_mart.balance_sheet where line_id = 'suppliers' order by 1"""
    ) == [
        (FEBRUARY, True, "liabilities", Decimal(0), Decimal(-150), Decimal(-150)),
        (MARCH, False, "liabilities", Decimal(-150), Decimal(-10), Decimal(-160)),
    ]


def test_rounding_is_no_difference_and_a_lost_cent_is(books: SmallMart, tmp_path: Path) -> None:
    assert books.answers["assert_converted_journals_balance"] == "pass"

    unequal = [*JOURNALS, ("2026-03-06", {"rent": "5.01", "bank": "-5"})]

    assert built(tmp_path, unequal).answers["assert_converted_journals_balance"] == "warn"


TRUE_SUMS = {
    "profit": """select month_start_date, sum(amount_reporting)
        from kpi_mart.income_statement group by 1""",
    "revenue": """select month_start_date, sum(amount_reporting) from kpi_mart.income_statement
        where account_class = 'income' group by 1""",
    "cash_flow": """select month_start_date, sum(amount_reporting)
        from kpi_mart.cash_flow_statement group by 1""",
    "operating_cash_flow": """select month_start_date, sum(amount_reporting)
        from kpi_mart.cash_flow_statement where cash_flow_class = 'operating' group by 1""",
    "accounts_receivable": """select month_start_date, sum(closing_amount_reporting)
        from kpi_mart.balance_sheet where account_class = 'receivable' group by 1""",
}


@pytest.mark.parametrize("kpi", sorted(TRUE_SUMS))
def test_the_example_companys_statements_are_true_to_the_digit(company: Company, kpi: str) -> None:
    with mart.open_mart(mart.release_folder(company.settings)) as connection:
        found = {
            f"{month:%Y-%m}": value
            for month, value in connection.execute(TRUE_SUMS[kpi]).fetchall()
        }
    first = min(found)
    true = {
        month: Decimal(text) for month, text in company.truth["kpis"][kpi].items() if month >= first
    }
    assert len(true) >= 24
    assert {month: found.get(month, Decimal(0)) for month in true} == true


def test_the_example_companys_balance_sheets_sum_to_zero(company: Company) -> None:
    with mart.open_mart(mart.release_folder(company.settings)) as connection:
        months = connection.execute(
            """select month_start_date, sum(closing_amount_reporting),
                count(*) filter (where section = 'unclassified')
            from kpi_mart.balance_sheet group by 1"""
        ).fetchall()
    assert len(months) >= 24
    assert {(total, unclassified) for _, total, unclassified in months} == {(Decimal(0), 0)}
