"""Which stream an export is, which cell is which column, where other values come from."""

from __future__ import annotations

from typing import Any

import pytest
from landed_exports import House, declared

from models.contract import Stream
from pipelines.settings import Settings

COLUMNS = declared().model_dump(exclude_unset=True)["columns"]
ROW = "A1,2026-02-01,12.50,x\n"


def with_columns(*columns: dict[str, Any], **changes: Any) -> Stream:
    """The orders' contract with more columns."""
    return declared(columns=[*COLUMNS, *columns], **changes)


@pytest.mark.parametrize(
    "header", ["Order,Date,Amount,Note", "order,DATE, Amount ,note", "\ufeffOrder,Date,Amount,Note"]
)
def test_f048_a_header_is_known_whatever_its_case_and_blanks(
    settings: Settings, header: str
) -> None:
    landing = House.of(settings).land("shop/a.csv", f"{header}\n{ROW}")
    assert landing.drift == []


def test_f047_columns_may_come_in_another_order(settings: Settings) -> None:
    house = House.of(settings)
    landing = house.land("shop/a.csv", "Note,Amount,Date,Order\nx,12.50,2026-02-01,A1\n")
    (row,) = house.rows(landing)
    assert (row["order_id"], row["note"]) == ("A1", "x")


def test_f045_an_unknown_column_is_kept_and_reported_and_shifts_nothing(settings: Settings) -> None:
    house = House.of(settings)
    content = 'New,Order,Date,Amount,Note\n"n ""1""",A1,2026-02-01,12.50,x\n'
    landing = house.land("shop/a.csv", content)
    (row,) = house.rows(landing)
    assert landing.drift == ["New"]
    assert row["_extra"] == '{"New":"n \\"1\\""}'
    assert (row["order_id"], row["note"]) == ("A1", "x")


def test_f046_an_optional_column_may_be_missing_and_is_named(settings: Settings) -> None:
    house = House.of(settings)
    landing = house.land("shop/a.csv", "Order,Date,Amount\nA1,2026-02-01,12.50\n")
    assert landing.columns_missing == ["note"]
    assert house.rows(landing)[0]["note"] is None


def test_a_currency_is_taken_from_the_header_of_the_amount(settings: Settings) -> None:
    columns = [
        {"name": "n", "headers": ["N"], "type": "integer", "required": True},
        {
            "name": "spend",
            "headers": [{"pattern": r"Amount spent \(([A-Z]{3})\)"}],
            "type": "decimal(18,2)",
            "required": True,
        },
        {"name": "currency", "type": "text", "taken_from": {"header_of": "spend"}},
    ]
    house = House.of(settings, declared(columns=columns, key=["n"]))
    landing = house.land("shop/a.csv", "N,Amount spent (GBP)\n1,2.50\n")
    assert house.rows(landing)[0]["currency"] == "GBP"


def test_values_are_taken_from_name_preamble_and_contract(settings: Settings) -> None:
    stream = with_columns(
        {"name": "shop_id", "type": "text", "taken_from": {"file_name": r"shop(\d+)"}},
        {
            "name": "report_date",
            "type": "date",
            "formats": ["%d.%m.%Y"],
            "taken_from": {"preamble": r"As of: (\S+)"},
        },
        {"name": "rate", "type": "decimal(9,2)", "taken_from": {"constant": "1.50"}},
        shapes=[{"name": "csv", "preamble_rows": 2}],
    )
    house = House.of(settings, stream)
    content = f"Report,\nAs of: 28.02.2026,\nOrder,Date,Amount,Note\n{ROW}"
    (row,) = house.rows(house.land("shop/orders_shop042.csv", content))
    assert (row["shop_id"], str(row["report_date"]), str(row["rate"])) == (
        "042",
        "2026-02-28",
        "1.50",
    )


def test_a_file_that_does_not_say_what_must_be_taken_from_it_is_refused(settings: Settings) -> None:
    stream = with_columns(
        {
            "name": "shop_id",
            "type": "text",
            "nullable": False,
            "taken_from": {"file_name": r"shop(\d+)"},
        }
    )
    refused = House.of(settings, stream).refuse("shop/a.csv", f"Order,Date,Amount,Note\n{ROW}")
    assert (refused.code, refused.column, refused.expected) == (
        "SCHEMA_DRIFT",
        "shop_id",
        r"shop(\d+)",
    )


def test_a_file_without_header_is_known_by_name_and_width(settings: Settings) -> None:
    shape = {
        "name": "bare",
        "header": False,
        "delimiter": "|",
        "file_name": r"^orders_",
        "column_order": ["order_id", "order_date", "amount"],
    }
    house = House.of(settings, declared(shapes=[shape]))
    landing = house.land("shop/orders_1.csv", "A1|2026-02-01|1\nA2|2026-02-02|2\n")
    assert [(r["order_id"], r["_row_number"]) for r in house.rows(landing)] == [
        ("A1", 1),
        ("A2", 2),
    ]
    assert landing.rows_skipped == {}
    assert house.put("shop/other.csv", "A1|2026-02-01|1\n").code == "UNKNOWN_FORMAT"  # type: ignore[union-attr]
    assert house.put("shop/orders_2.csv", "A1|2026-02-01\n").code == "UNKNOWN_FORMAT"  # type: ignore[union-attr]


def test_the_first_shape_whose_header_is_found_is_taken(settings: Settings) -> None:
    shapes = [
        {"name": "comma"},
        {"name": "semicolon", "delimiter": ";", "decimal": ",", "thousands": "."},
    ]
    house = House.of(settings, declared(shapes=shapes))
    landing = house.land("shop/a.csv", "Order;Date;Amount\nA1;2026-02-01;1.234,50\n")
    assert landing.shape == "semicolon"
    assert str(house.rows(landing)[0]["amount"]) == "1234.50"


def two_streams(**changes: Any) -> tuple[Stream, Stream]:
    """Two kinds of export of one source, of which the second has one column more."""
    more = {"name": "shop", "headers": ["Shop"], "type": "text", **changes}
    return declared(), declared(stream="shop_orders", columns=[*COLUMNS, more])


def test_the_contract_that_knows_most_headers_wins(settings: Settings) -> None:
    house = House.of(settings, *two_streams())
    header = "Order,Date,Amount,Note"
    assert house.land("shop/a.csv", f"{header},Shop\nA1,2026-02-01,1,x,S\n").stream == "shop_orders"


def test_an_export_that_two_contracts_fit_equally_well_is_refused(settings: Settings) -> None:
    house = House.of(settings, *two_streams())
    refused = house.refuse("shop/a.csv", f"Order,Date,Amount,Note\n{ROW}")
    assert refused.code == "AMBIGUOUS"
    assert "shop__orders and shop__shop_orders" in refused.reason


def test_two_headers_for_one_column_are_refused(settings: Settings) -> None:
    note = {"name": "note", "headers": ["Note", "Remark"], "type": "text"}
    house = House.of(settings, declared(columns=[*COLUMNS[:3], note]))
    refused = house.refuse("shop/a.csv", "Order,Date,Amount,Note,Remark\nA1,2026-02-01,1,x,y\n")
    assert (refused.code, refused.column) == ("DUPLICATE_HEADER", "note")
    assert "'Note' and 'Remark'" in refused.reason


def test_f028_another_delimiter_is_named_and_never_guessed(settings: Settings) -> None:
    refused = House.of(settings).refuse("shop/a.csv", "Order;Date;Amount\nA1;2026-02-01;1\n")
    assert (refused.code, refused.value, refused.expected) == ("DIALECT", "semicolons", "commas")


def test_f016_an_export_in_another_sources_folder_is_told_where_it_belongs(
    settings: Settings,
) -> None:
    other = declared(source="crm", columns=[{**c, "headers": [c["name"]]} for c in COLUMNS])
    refused = House.of(settings, declared(), other).refuse(
        "crm/a.csv", f"Order,Date,Amount,Note\n{ROW}"
    )
    assert (refused.code, refused.table) == ("UNKNOWN_FORMAT", "shop__orders")
    assert "`shop`" in refused.remedy


def test_f022_utf16_where_utf8_is_declared_is_refused_as_such(settings: Settings) -> None:
    content = f"Order,Date,Amount,Note\n{ROW}"
    for codec in ("utf-16", "utf-16-le", "utf-16-be"):
        refused = House.of(settings).refuse(f"shop/{codec}.csv", content.encode(codec))
        assert refused.code == "BAD_ENCODING"
        assert "UTF-16" in refused.reason


def test_the_cells_of_a_file_without_known_header_are_not_shown(settings: Settings) -> None:
    refused = House.of(settings).refuse("shop/a.csv", "Jane Roe,1980-01-01,secret\n")
    assert refused.code == "UNKNOWN_FORMAT"
    assert "Jane" not in str(refused.to_payload())
