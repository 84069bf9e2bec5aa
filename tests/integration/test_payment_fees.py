"""What payment providers kept: on paper, from exports of Stripe's balance that overlap."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from models.contract import load_contracts
from pipelines.settings import Settings
from tests.dbt_builds import dbt
from tests.landed_exports import House
from tests.staged_exports import Staged, built, stage

pytestmark = pytest.mark.slow

STREAMS = load_contracts(Path(__file__).resolve().parents[2] / "models" / "contracts")
HISTORY = """id,Type,Source,Amount,Fee,Net,Currency,Created (UTC),Available On (UTC)
t01,charge,ch_1,100.00,3.20,96.80,eur,2026-03-02 09:12,2026-03-09 00:00
t02,payment,py_1,50.00,0.75,49.25,eur,2026-03-03 10:00,2026-03-10 00:00
t03,refund,re_1,-40.00,0.00,-40.00,eur,2026-03-06 15:20,2026-03-06 15:20
t04,payment_refund,pyr_1,-10.00,-0.15,-9.85,eur,2026-03-07 15:20,2026-03-07 15:20
t05,stripe_fee,,-11.14,0.00,-11.14,eur,2026-03-08 04:00,2026-03-08 04:00
t06,payout,po_1,-85.06,0.50,-85.56,eur,2026-03-09 00:20,2026-03-10 00:00
t07,payment,py_2,20.00,0.00,20.00,eur,2026-03-10 00:20,2026-03-10 00:00
t08,payment_failure_refund,pyr_2,-20.00,0.00,-20.00,eur,2026-03-12 00:20,2026-03-12 00:00
t09,charge,ch_9,9000,324,8676,jpy,2026-03-31 20:00,2026-04-07 00:00
"""
# The report of the same days says categories; the disputes are in it alone.
REPORT = """\
balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category
t01,2026-03-02 09:12:30,2026-03-09 00:00:00,eur,100.00,3.20,96.80,charge
t03,2026-03-06 15:20:00,2026-03-06 15:20:00,eur,-40.00,0.00,-40.00,refund
t10,2026-03-20 08:00:00,2026-03-20 08:00:00,eur,-50.00,15.00,-65.00,dispute
t11,2026-04-02 08:00:00,2026-04-02 08:00:00,eur,50.00,-15.00,65.00,dispute_reversal
t12,2026-04-03 08:00:00,2026-04-03 08:00:00,eur,-2.00,0.00,-2.00,risk_reserved_funds
t13,2026-07-01 08:00:00,2026-07-01 08:00:00,eur,9999.00,0.00,9999.00,charge
"""
# Replicated, in cents: t02 is known already.
REPLICATED = """id,amount,available_on,created,currency,fee,net,status,type
t02,5000,2026-03-10 00:00:00,2026-03-03 10:00:00,eur,75,4925,available,payment
t14,700,2026-04-10 00:00:00,2026-04-04 10:00:00,eur,50,650,available,charge
t15,-300,2026-04-10 00:00:00,2026-04-05 10:00:00,eur,0,-300,available,adjustment
"""
NAMES = ("gross", "refunded", "disputed", "adjustment", "fee", "net", "paid_out")
FEES = ["+payment_fees", "assert_payment_fees_tie"]


WRONG_CHANGES = """
create schema kpi_mart;
create or replace table kpi_mart.fct_balance_transactions as
select 'stripe' as provider, day as transaction_date, kind as transaction_kind,
    'EUR' as currency_code,
    cast(gross as decimal(18, 6)) as gross_amount,
    cast(fee as decimal(18, 6)) as fee_amount,
    cast(net as decimal(18, 6)) as net_amount,
    cast(gross as decimal(28, 6)) as gross_amount_reporting,
    cast(fee as decimal(28, 6)) as fee_amount_reporting,
    cast(gross - fee as decimal(28, 6)) as net_amount_reporting
from (values
    (date '2026-01-05', 'payment', 100.00, 3.00, 96.99),
    (date '2026-01-06', 'refund', -10.00, 0.00, -10.00)
) as t (day, kind, gross, fee, net)
"""


def house_in(folder: Path, **exports: str) -> House:
    (folder / "inbox").mkdir(parents=True)
    settings = Settings.from_environment(home=folder, as_of="2026-07-01", settle_seconds=0)
    house = House.of(settings, *STREAMS.values())
    house.land(
        "ecb/eurofxref-hist_2026-06-30.csv",
        "Date,USD,GBP,JPY,\n2026-03-31,1,1,150,\n",
    )
    for name, content in exports.items():
        house.land(f"stripe/{name}.csv", content)
    return house


@pytest.fixture(scope="module")
def fees(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    folder = tmp_path_factory.mktemp("fees")
    house = house_in(
        folder / "home",
        balance_history=HISTORY,
        itemized_balance_change_from_activity=REPORT,
        balance_transaction=REPLICATED,
    )
    return stage(house, folder, *FEES)


def amounts(*figures: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(figure) for figure in figures)


def told(fees: Staged, suffix: str = "") -> dict[tuple[Any, ...], tuple[Any, ...]]:
    columns = ", ".join(f"{name}_amount{suffix}" for name in NAMES)
    rows = fees.rows(
        f"select month_start_date, currency_code, {columns} from kpi_mart.payment_fees"
    )
    return {row[:2]: row[2:] for row in rows}


def test_net_is_what_is_left_of_what_customers_paid(fees: Staged) -> None:
    """March in euro, by hand.

    Gross 100 + 50 + 20, of which 20 failed: 150. Given back 40 + 10. A dispute took 50. Fees of
    3.20 + 0.75, of which 0.15 came back; 15 for the dispute, 11.14 charged apart, 0.50 of the
    payout: 30.44 in all.
    """
    assert told(fees) == {
        (date(2026, 3, 1), "EUR"): amounts("150", "50", "50", "0", "30.44", "19.56", "85.06"),
        (date(2026, 3, 1), "JPY"): amounts("9000", "0", "0", "0", "324", "8676", "0"),
        # The dispute was won back with its fee; -2 is a category of no known kind, -3 a correction.
        (date(2026, 4, 1), "EUR"): amounts("7", "0", "-50", "-5", "-14.50", "66.50", "0"),
    }


def test_every_part_is_converted_and_net_is_what_is_left_of_them(fees: Staged) -> None:
    """150 yen for a euro: 9,000 are 60, and 324 are 2.16."""
    euro = told(fees, "_reporting")
    assert euro[date(2026, 3, 1), "JPY"] == amounts("60", "0", "0", "0", "2.16", "57.84", "0")
    assert euro[date(2026, 3, 1), "EUR"] == told(fees)[date(2026, 3, 1), "EUR"]


def test_a_change_of_the_balance_counts_once_in_however_many_exports(fees: Staged) -> None:
    counted = fees.rows(
        "select transaction_kind, count(*) from kpi_mart.fct_balance_transactions group by 1"
    )
    assert counted == [
        ("adjustment", 1), ("dispute", 2), ("fee", 1), ("other", 1), ("payment", 7), ("payout", 1),
        ("refund", 2),
    ]  # fmt: skip
    payments = "select payment_count from kpi_mart.payment_fees where currency_code = 'EUR'"
    assert fees.rows(payments) == [(1,), (3,)]


def test_a_net_that_is_not_gross_less_fee_is_not_published(tmp_path: Path) -> None:
    wrong = HISTORY.replace("50.00,0.75,49.25", "50.00,0.75,49.24")
    done = built(house_in(tmp_path / "home", balance_history=wrong), tmp_path, *FEES)

    assert done.returncode != 0
    assert "net_of_fee_stg_stripe__balance_transactions" in done.stdout, done.stdout[-3000:]


def test_fees_that_are_not_those_of_the_balance_fail(tmp_path: Path) -> None:
    """The first change's net is a cent short of its gross less its fee."""
    database = tmp_path / "candidate.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(WRONG_CHANGES)
    done = dbt("build", database, ["payment_fees"], "2026-03-11")

    assert done.returncode != 0
    assert "FAIL 1 assert_payment_fees_tie" in done.stdout, done.stdout[-2000:]
    compiled = tmp_path / "target" / "compiled"
    (file,) = compiled.rglob("assert_payment_fees_tie.sql")
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute(file.read_text("utf-8")).fetchall() == [
            ("stripe", "EUR", Decimal("-0.01"), Decimal(0))
        ]
