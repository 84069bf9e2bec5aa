"""The bank's rates: published days, days without one, and amounts that cross two currencies."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from real_project import EXPORTS, Mart, RunExports

pytestmark = pytest.mark.slow

ZIP = "ecb_fx/eurofxref-hist.zip"
MILLIONTH = Decimal("0.000001")

# Friday the 29th is the last day of 2023 with rates; 1 January is a holiday, too.
INVOICES = """\
invoice_line_id,invoice_id,document_kind,issue_date,due_date,customer_id,product,region,currency_code,net_amount,tax_amount
a,1,invoice,2023-12-29,2024-01-28,c1,Bikes,Europe,GBP,1000.00,0
b,2,invoice,2023-12-31,2024-01-30,c1,Bikes,Europe,EUR,1000.00,0
c,3,credit_note,2024-01-01,2024-01-31,c2,Helmets,Asia,THB,-39756.50,0
d,4,invoice,2024-06-07,2024-07-07,c2,Helmets,Asia,THB,39756,0
e,5,invoice,2020-03-31,2020-04-30,c3,Helmets,America,USD,0.333333,0
"""


def published() -> dict[date, dict[str, Decimal]]:
    """The bank's file, read by other means than the product's."""
    with zipfile.ZipFile(EXPORTS / ZIP) as archive:
        text = archive.read("eurofxref-hist.csv").decode()
    return {
        date.fromisoformat(row["Date"]): {
            currency: Decimal(rate)
            for currency, rate in row.items()
            if currency not in ("Date", "", None) and rate != "N/A"
        }
        for row in csv.DictReader(io.StringIO(text))
    }


@pytest.fixture(scope="module")
def rates(run_exports: RunExports, tmp_path_factory: pytest.TempPathFactory) -> Mart:
    invoices = tmp_path_factory.mktemp("billing") / "invoice_lines_2024-06-30.csv"
    invoices.write_text(INVOICES, encoding="utf-8")
    return run_exports("2024-07-01", "USD", ecb=[ZIP], billing=[Path(invoices)])


def test_the_rates_are_released(rates: Mart) -> None:
    assert rates.outcome.status == "released", rates.outcome.reasons


@pytest.mark.parametrize(
    ("currency", "day", "rate"),
    [
        ("USD", "2023-12-29", "1.105"),
        ("USD", "2020-03-31", "1.0956"),
        ("GBP", "2016-06-24", "0.8075"),
        ("THB", "2024-06-07", "39.756"),
    ],
)
def test_a_published_rate_is_in_the_mart(rates: Mart, currency: str, day: str, rate: str) -> None:
    found = rates.query(
        """select rate, published_date from kpi_mart.fct_fx_rates
        where currency_code = ? and rate_date = cast(? as date)""",
        *(currency, day),
    )

    assert found == [(Decimal(rate), date.fromisoformat(day))]


def test_a_day_without_rates_takes_the_last_one_before_it(rates: Mart) -> None:
    found = rates.query(
        """select rate_date, rate, published_date from kpi_mart.fct_fx_rates
        where currency_code = 'USD' and rate_date between date '2023-12-29' and date '2024-01-02'
        order by rate_date"""
    )

    last = (Decimal("1.105"), date(2023, 12, 29))
    assert found[:4] == [
        (date(2023, 12, 29), *last),
        (date(2023, 12, 30), *last),
        (date(2023, 12, 31), *last),
        (date(2024, 1, 1), *last),
    ]
    assert found[4] == (date(2024, 1, 2), published()[date(2024, 1, 2)]["USD"], date(2024, 1, 2))


def test_every_amount_is_converted_at_its_day_over_the_euro_and_rounded_once(rates: Mart) -> None:
    """amount x USD per euro / units of its currency per euro, by hand."""
    bank = published()
    end_of_2023 = bank[date(2023, 12, 29)]
    expected = {
        "a": Decimal("1000.00") * Decimal("1.105") / end_of_2023["GBP"],
        "b": Decimal("1000.00") * Decimal("1.105"),
        "c": Decimal("-39756.50") * Decimal("1.105") / end_of_2023["THB"],
        "d": Decimal("39756") * bank[date(2024, 6, 7)]["USD"] / Decimal("39.756"),
        "e": Decimal("0.333333"),
    }

    found = dict(
        rates.query("select invoice_line_id, net_amount_reporting from kpi_mart.fct_invoices")
    )

    assert found == {
        line: amount.quantize(MILLIONTH, ROUND_HALF_UP) for line, amount in expected.items()
    }


def test_a_line_says_which_rates_it_was_converted_with(rates: Mart) -> None:
    found = rates.query(
        """select fx_from_rate, fx_to_rate, fx_rate_date from kpi_mart.fct_invoices
        where invoice_line_id = 'a'"""
    )

    pounds = published()[date(2023, 12, 29)]["GBP"]
    assert found == [(pounds, Decimal("1.105"), date(2023, 12, 29))]


def test_an_inverse_rate_brings_dollars_into_euros(
    run_exports: RunExports, tmp_path_factory: pytest.TempPathFactory
) -> None:
    invoices = tmp_path_factory.mktemp("billing") / "invoice_lines_2023-12-31.csv"
    lines = INVOICES.splitlines(keepends=True)
    dollars = lines[1].replace("GBP,1000.00", "USD,1000.00")
    invoices.write_text(lines[0] + dollars, encoding="utf-8")

    mart = run_exports("2024-01-01", "EUR", ecb=[ZIP], billing=[Path(invoices)])

    assert mart.outcome.status == "released", mart.outcome.reasons
    by_hand = (Decimal(1000) / Decimal("1.105")).quantize(MILLIONTH, ROUND_HALF_UP)
    assert by_hand == Decimal("904.977376")
    assert mart.kpi("invoiced_revenue", "month", "2023-12-01") == by_hand
    assert mart.kpi("invoiced_revenue", "month", "2023-12-01", "product", "Bikes") == by_hand
