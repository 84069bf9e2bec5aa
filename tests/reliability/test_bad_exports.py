"""Bad exports, by number in the failure model: named exactly, nothing lost, no other touched.

Each test lands a sound export of another stream beside the bad one, and looks at it afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from landed_exports import House, declared, workbook_of

from models.contract import load_contract
from pipelines.archive import open_archived
from pipelines.land import FileQuarantined, Landing
from pipelines.settings import Settings

HEADER = "Order,Date,Amount,Note\n"
SOUND = "A1,2026-02-01,12.50,x\nA2,2026-02-02,7.25,y\n"
CONTRACT = """\
source: shop
family: finance
owner: {team: Shop, email: shop@example.com}
streams:
  orders:
    description: Orders of a shop.
    shapes:
      - {name: csv, thousands: ",", nulls: ["", "--"]}
    columns:
      - {name: order_id, headers: [Order], type: text, required: true}
      - {name: order_date, headers: [Date], type: date, formats: ["%Y-%m-%d"], required: true}
      - {name: amount, headers: [Amount], type: "decimal(18,2)", required: true}
      - {name: note, headers: [Note], type: text}
    key: [order_id]
    load: {rule: upsert}
"""


@pytest.fixture
def house(settings: Settings, tmp_path: Path) -> Iterator[House]:
    """A house with a sound landing of another stream, which must still be there at the end."""
    file = tmp_path / "contracts" / "finance" / "shop.yml"
    file.parent.mkdir(parents=True)
    file.write_text(CONTRACT)
    house = House.of(settings, *load_contract(file), declared(source="crm"))
    beside = house.land("crm/sound.csv", HEADER + SOUND)
    yield house
    landed = [landing for landing in house.landings if landing.source == "crm"]
    assert landed == [beside]
    assert len(house.rows(beside)) == 2
    assert len(house.view("crm__orders")) == 2


def refused(house: House, name: str, content: bytes | str) -> FileQuarantined:
    """The quarantine of a whole file: its bytes are archived, and no row of it is anywhere."""
    result = house.put(name, content)
    assert isinstance(result, FileQuarantined), result
    raw = content.encode() if isinstance(content, str) else content
    with open_archived(result.landing_id, house.settings.archive) as archived:
        assert archived.read() == raw
    assert (result.file, result.size) == (name, len(raw))
    assert result.reason and result.remedy
    assert not list(house.settings.home.glob(f"*/shop*/{result.landing_id}.parquet"))
    assert house.view() == []
    return result


def one_fault(house: House, name: str, content: str) -> tuple[Landing, dict[str, Any]]:
    """The landing of a file with one bad row, and what is said of that row."""
    landing = house.land(name, content)
    (fault,) = house.quarantine(landing)
    assert landing.rows_quarantined == 1
    assert fault["reason"] and fault["remedy"]
    return landing, fault


def test_f009_an_empty_file_is_quarantined_and_never_taken_for_zero(house: House) -> None:
    found = refused(house, "shop/empty.csv", b"")
    assert found.code == "EMPTY"
    assert found.expected == "a header and data records"
    assert "never taken for figures of zero" in found.remedy


def test_f010_a_header_alone_is_quarantined_unless_the_contract_says_otherwise(
    house: House,
) -> None:
    found = refused(house, "shop/header.csv", HEADER)
    assert (found.code, found.table) == ("HEADER_ONLY", "shop__orders")
    assert "header_only: nothing_happened" in found.remedy


def test_f016_an_unknown_file_is_quarantined_with_the_nearest_contract(house: House) -> None:
    found = refused(house, "shop/budget.csv", "Account,Month,Planned,Note\n1,2026-02,5,x\n")
    assert (found.code, found.table) == ("UNKNOWN_FORMAT", "shop__orders")
    assert "shop__orders is nearest" in found.reason
    assert "'order_id', 'order_date', 'amount'" in found.reason
    assert "'Account', 'Month', 'Planned'" in found.reason
    assert found.expected == "Order, Date, Amount"


def test_f016_a_folder_of_no_source_is_named_with_those_that_are(house: House) -> None:
    found = refused(house, "shopp/a.csv", HEADER + SOUND)
    assert (found.code, found.value) == ("UNKNOWN_SOURCE", "shopp")
    assert found.expected == "one of crm, shop"
    assert "Did you mean 'shop'?" in found.remedy


@pytest.mark.parametrize(
    ("content", "row"),
    [
        (f"{HEADER}{SOUND}A3,2026-02", 4),
        (f"{HEADER}{SOUND}A3", 4),
        (f"{HEADER}{SOUND}A3,2026-02-03,", 4),
        (f'{HEADER}{SOUND}A3,2026-02-03,"1,0', 4),
        (f'{HEADER}A1,2026-02-01,"12.50,x\nA2,2026-02-02,7.25,y\n', 2),
    ],
)
def test_f002_a_file_that_was_cut_off_is_quarantined_whole(
    house: House, content: str, row: int
) -> None:
    found = refused(house, "shop/cut.csv", content)
    assert (found.code, found.row) == ("TRUNCATED", row)
    assert found.expected == "a last record as wide as the header"
    assert "Half a file never replaces a whole one" in found.remedy


def test_f027_a_quote_in_the_wrong_place_is_quarantined_with_its_line(house: House) -> None:
    content = f'{HEADER}{SOUND}A3,2026-02-03,1.00,"said "yes" twice"\nA4,2026-02-04,1.00,z\n'
    found = refused(house, "shop/quotes.csv", content)
    assert (found.code, found.row) == ("BAD_QUOTE", 4)
    assert "line 4" in found.reason
    assert "doubled" in found.remedy


def test_f023_another_encoding_is_quarantined_with_the_place_of_the_byte(house: House) -> None:
    content = f"{HEADER}{SOUND}A3,2026-02-03,1.00,Köln\n".encode("latin-1")
    found = refused(house, "shop/latin.csv", content)
    assert (found.code, found.row, found.expected) == ("BAD_ENCODING", 4, "utf-8")
    assert f"byte {content.index(0xF6)} (line 4)" in found.reason
    assert "`encoding`" in found.remedy


def test_f023_a_bad_byte_far_inside_a_large_file_is_found_at_its_place(house: House) -> None:
    row = b"A1,2026-02-01,12.50,x\n"
    count = (18 << 20) // len(row)
    content = HEADER.encode() + row * count + b"A\xff,2026-02-01,1,x\n" + row
    found = refused(house, "shop/large.csv", content)
    assert found.code == "BAD_ENCODING"
    assert found.value == f"byte {len(HEADER) + len(row) * count + 1}"
    assert found.row == count + 2


def test_f024_a_nul_character_is_quarantined(house: House) -> None:
    found = refused(house, "shop/nul.csv", f"{HEADER}{SOUND}A3,2026-02-03,1.00,\0\n")
    assert (found.code, found.row) == ("NUL_CHARACTER", 4)


def test_f029_a_row_with_too_many_cells_is_quarantined_alone(house: House) -> None:
    content = f"{HEADER}{SOUND}A3,2026-02-03,1,000.00,z\nA4,2026-02-04,1.00,z\n"
    landing, fault = one_fault(house, "shop/ragged.csv", content)
    assert (fault["code"], fault["_row_number"]) == ("RAGGED_ROW", 4)
    assert (fault["value"], fault["expected"]) == ("5 cells", "4 cells")
    assert "must be in quotes" in fault["remedy"]
    assert [row["order_id"] for row in house.rows(landing)] == ["A1", "A2", "A4"]
    assert landing.rows_in_file == 5


def test_f030_a_number_of_another_locale_is_quarantined_with_the_form_expected(
    house: House,
) -> None:
    content = f'{HEADER}{SOUND}A3,2026-02-03,"1.234,50",z\n'
    landing, fault = one_fault(house, "shop/locale.csv", content)
    assert (fault["code"], fault["_row_number"]) == ("NOT_A_NUMBER", 4)
    assert (fault["column_name"], fault["value"]) == ("amount", "1.234,50")
    assert fault["expected"] == "a number such as 1,234.50"
    assert "export again" in fault["remedy"]
    assert landing.status == "accepted"
    assert [str(row["amount"]) for row in house.rows(landing)] == ["12.50", "7.25"]


def test_f036_a_repeated_header_is_quarantined(house: House) -> None:
    found = refused(house, "shop/twice.csv", "Order,Date,Amount,Amount\nA1,2026-02-01,1,2\n")
    assert (found.code, found.table) == ("DUPLICATE_HEADER", "shop__orders")
    assert "'Amount' stands 2 times" in found.reason
    assert found.expected == "each column once"


def test_f043_a_record_wider_than_any_report_is_quarantined(house: House) -> None:
    more = ",".join(f"X{number}" for number in range(5000))
    found = refused(house, "shop/wide.csv", f"{HEADER.strip()},{more}\n")
    assert (found.code, found.expected) == ("LIMIT", "at most 4,096 cells")


def test_f043_a_cell_longer_than_any_text_is_quarantined(house: House) -> None:
    found = refused(house, "shop/long.csv", f"{HEADER}A1,2026-02-01,1,{'x' * (3 << 20)}\n")
    assert (found.code, found.row) == ("LIMIT", 2)


def test_f044_a_renamed_required_column_breaks_the_contract_and_says_where_to_mend_it(
    house: House,
) -> None:
    content = "Order,Date,Total amount,Note\nA1,2026-02-01,1,x\n"
    found = refused(house, "shop/renamed.csv", content)
    assert (found.code, found.column, found.value) == ("SCHEMA_DRIFT", "amount", "Total amount")
    assert (found.row, found.expected) == (1, "Amount")
    assert "unknown headers: 'Total amount'" in found.reason
    line = CONTRACT.splitlines().index(
        '      - {name: amount, headers: [Amount], type: "decimal(18,2)", required: true}'
    )
    assert f"models/contracts/finance/shop.yml line {line + 1}" in found.remedy
    assert "add it as an alias" in found.remedy


@pytest.mark.parametrize("place", range(5))
def test_f045_a_new_column_is_kept_reported_and_shifts_no_other(house: House, place: int) -> None:
    lines = [line.split(",") for line in (HEADER + SOUND).splitlines()]
    for number, cells in enumerate(lines):
        cells.insert(place, "Voucher" if number == 0 else f"V{number}")
    landing = house.land("shop/new.csv", "\n".join(",".join(cells) for cells in lines))
    assert landing.drift == ["Voucher"]
    assert [
        (r["order_id"], str(r["amount"]), r["note"], r["_extra"]) for r in house.rows(landing)
    ] == [
        ("A1", "12.50", "x", '{"Voucher":"V1"}'),
        ("A2", "7.25", "y", '{"Voucher":"V2"}'),
    ]


@pytest.mark.parametrize(
    ("content", "found_as"),
    [
        (workbook_of([["Order", "Date", "Amount"]]), "an Excel workbook"),
        (b"<!DOCTYPE html>\n<title>Sign in</title>", "a web page"),
    ],
)
def test_f042_a_csv_that_is_something_else_is_quarantined(
    house: House, content: bytes, found_as: str
) -> None:
    found = refused(house, "shop/a.csv", content)
    assert (found.code, found.value, found.expected) == ("MAGIC_MISMATCH", found_as, "text")


def test_f049_text_where_a_number_belongs_costs_its_row_and_not_the_file(house: House) -> None:
    content = f"{HEADER}{SOUND}A3,2026-02-03,n/a,z\n"
    landing, fault = one_fault(house, "shop/drift.csv", content)
    assert (fault["code"], fault["column_name"], fault["value"]) == (
        "NOT_A_NUMBER",
        "amount",
        "n/a",
    )
    assert landing.rows_landed == 2


def test_f049_a_file_in_which_every_row_is_wrong_is_set_aside_and_the_last_good_one_stays(
    house: House,
) -> None:
    good = house.land("shop/good.csv", HEADER + SOUND)
    bad = house.land("shop/bad.csv", f"{HEADER}A1,01/02/2026,1,x\nA2,02/02/2026,2,x\n")
    assert (bad.status, bad.rows_landed, bad.rows_quarantined) == ("set_aside", 0, 2)
    assert {row["_landing_id"] for row in house.view()} == {good.landing_id}
    assert {fault["code"] for fault in house.quarantine(bad)} == {"NOT_A_DATE"}
