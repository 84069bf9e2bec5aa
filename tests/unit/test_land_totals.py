"""Control totals: compared with the rows they sum, never added to them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pipelines.settings import Settings
from tests.landed_exports import ORDERS, House, declared, workbook_of

HEADER = "Order,Date,Amount,Note\n"
ROWS = "A1,2026-02-01,10.50,\nA2,2026-02-02,4.25,\n"


def house(settings: Settings, **totals: Any) -> House:
    rule = {
        "rule": "total",
        "column": "order_id",
        "starts_with": ["Total", "Gesamt"],
        "totals": {"columns": ["amount"], **totals},
    }
    return House.of(settings, declared(skip=[rule], quarantine_limit=0.5))


def test_f033_a_total_that_is_the_sum_of_its_rows_is_skipped_and_said(settings: Settings) -> None:
    landing = house(settings).land("shop/a.csv", f"{HEADER}{ROWS}Total,,14.75,\n")
    assert landing.rows_landed == 2
    assert landing.rows_skipped["total"] == 1
    assert landing.totals == [
        {
            "rule": "total",
            "row": 4,
            "column": "amount",
            "stated": "14.75",
            "summed": "14.75",
            "verdict": "equal",
        }
    ]


@pytest.mark.parametrize(("stated", "missing"), [("14.81", "0.06"), ("14.69", "0.06")])
def test_f033_total_row_that_does_not_add_up_is_quarantined(
    settings: Settings, stated: str, missing: str
) -> None:
    refused = house(settings).refuse("shop/a.csv", f"{HEADER}{ROWS}Total,,{stated},\n")
    assert (refused.code, refused.row, refused.column) == ("CONTROL_TOTAL", 4, "amount")
    assert stated in refused.reason and "14.75" in refused.reason and missing in refused.reason


@pytest.mark.parametrize("stated", ["14.80", "14.70", "14.76"])
def test_f033_a_vendors_rounding_is_information(settings: Settings, stated: str) -> None:
    landing = house(settings).land("shop/a.csv", f"{HEADER}{ROWS}Total,,{stated},\n")
    assert [total["verdict"] for total in landing.totals] == ["rounding"]


@pytest.mark.parametrize(("stated", "verdict"), [("2500.18", "rounding"), ("2500.20", None)])
def test_f033_of_many_rounded_rows_a_total_may_be_further_off(
    settings: Settings, stated: str, verdict: str | None
) -> None:
    """250 rows of 10: 0.012 * sqrt(250) = 0.1897."""
    rows = "".join(f"A{n},2026-02-01,10.00,\n" for n in range(250))
    shop, content = house(settings, rows_rounded=True), f"{HEADER}{rows}Total,,{stated},\n"
    if verdict:
        assert [total["verdict"] for total in shop.land("shop/a.csv", content).totals] == [verdict]
    else:
        assert shop.refuse("shop/a.csv", content).code == "CONTROL_TOTAL"


def test_f033_whole_numbers_are_not_rounded_however_many_rows_there_are(settings: Settings) -> None:
    columns = [{**c, "type": "integer"} if c["name"] == "amount" else c for c in ORDERS["columns"]]
    rule = {"rule": "total", "column": "order_id", "starts_with": ["Total"]}
    rule["totals"] = {"columns": ["amount"], "rows_rounded": True}
    rows = "".join(f"A{n},2026-02-01,1,\n" for n in range(10_000))
    shop = House.of(settings, declared(columns=columns, skip=[rule]))
    assert shop.refuse("shop/a.csv", f"{HEADER}{rows}Total,,10001,\n").code == "CONTROL_TOTAL"


def test_f033_by_a_cent_where_the_contract_allows_none(settings: Settings) -> None:
    refused = house(settings, tolerance="0").refuse("shop/a.csv", f"{HEADER}{ROWS}Total,,14.76,\n")
    assert refused.code == "CONTROL_TOTAL"


def test_f033_a_total_of_hidden_rows_is_information(settings: Settings) -> None:
    content = f"{HEADER}{ROWS}Total: Account,,9999.00,\n"
    landing = house(settings, of="hidden_rows").land("shop/a.csv", content)
    assert [total["verdict"] for total in landing.totals] == ["hidden_rows"]
    assert sum(row["amount"] for row in house(settings).rows(landing)) == Decimal("14.75")


def test_f033_a_summary_row_in_front_of_the_data_is_a_total_too(settings: Settings) -> None:
    rule = {
        "rule": "summary",
        "column": "order_id",
        "empty": True,
        "totals": {"columns": ["amount"]},
    }
    there = House.of(settings, declared(skip=[rule]))
    landing = there.land("shop/a.csv", f"{HEADER},2026-02-01,14.75,\n{ROWS}")
    assert (landing.rows_landed, landing.rows_skipped["summary"]) == (2, 1)
    wrong = there.put("shop/b.csv", f"{HEADER},2026-02-01,15.75,\n{ROWS}")
    assert wrong.code == "CONTROL_TOTAL"  # type: ignore[union-attr]


def test_f033_a_total_shorter_than_the_header_is_compared_all_the_same(settings: Settings) -> None:
    there = house(settings)
    assert there.land("shop/a.csv", f"{HEADER}{ROWS}Total,,14.75\n").totals[0]["verdict"] == "equal"
    refused = there.put("shop/b.csv", f"{HEADER}{ROWS}Gesamt,,15.75\n")
    assert refused.code == "CONTROL_TOTAL"  # type: ignore[union-attr]


def test_f033_what_could_not_be_read_cannot_be_compared(settings: Settings) -> None:
    content = f"{HEADER}{ROWS}A3,2026-02-03,much,\nTotal,,20.00,\n"
    landing = house(settings).land("shop/a.csv", content)
    assert [total["verdict"] for total in landing.totals] == ["not_comparable"]


def test_f033_a_row_that_is_broken_elsewhere_still_counts_in_its_total(settings: Settings) -> None:
    content = f"{HEADER}{ROWS}A3,no day,5.25,\nTotal,,20.00,\n"
    landing = house(settings).land("shop/a.csv", content)
    assert landing.rows_quarantined == 1
    assert [total["verdict"] for total in landing.totals] == ["equal"]


def test_f033_a_file_without_its_last_rows_is_found_by_its_total(settings: Settings) -> None:
    refused = house(settings).refuse("shop/a.csv", f"{HEADER}A1,2026-02-01,10.50,\nTotal,,14.75,\n")
    assert refused.code == "CONTROL_TOTAL"
    assert "missing" in refused.reason


def test_f033_totals_of_a_workbook(settings: Settings) -> None:
    shapes = [{"name": "xlsx", "format": "xlsx"}]
    rule = {
        "rule": "total",
        "cell": 1,
        "pattern": r"Total of \d+ results",
        "totals": {"columns": ["amount"]},
    }
    there = House.of(settings, declared(shapes=shapes, skip=[rule]))
    rows = [["Order", "Date", "Amount", "Note"], ["A1", "2026-02-01", 10.5, None]]
    landing = there.land("shop/a.xlsx", workbook_of([*rows, ["Total of 1 results", None, 10.5]]))
    assert [total["verdict"] for total in landing.totals] == ["equal"]
    refused = there.put("shop/b.xlsx", workbook_of([*rows, ["Total of 1 results", None, 11.5]]))
    assert refused.code == "CONTROL_TOTAL"  # type: ignore[union-attr]
