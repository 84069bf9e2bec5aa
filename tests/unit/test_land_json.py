"""JSON lands as the same rows as text would, each value exact; what two readers differ on does not.

Expected values are written by hand, or read by the standard library with `Decimal`.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st
from landed_exports import House, declared

from models.contract import Stream
from models.contract_parts import Shape
from pipelines.land.errors import FileRefused
from pipelines.land.readers import Layout, TopRecord
from pipelines.land.readers import json as reader
from pipelines.settings import Settings

FIRST = '{"Order":"A1","Date":"2026-02-01","Amount":12.50,"Note":"x"}'
SECOND = '{"Order":"A2","Date":"2026-02-02","Amount":7.25,"Note":null}'


def of_json(**shape: Any) -> Stream:
    """The orders' contract for JSON."""
    return declared(shapes=[{"name": "json", "format": "json", **shape}], quarantine_limit=1)


def amounts(house: House, content: str | bytes, name: str = "shop/a.json") -> list[Any]:
    """The ids and amounts that land."""
    return [(row["order_id"], row["amount"]) for row in house.rows(house.land(name, content))]


BOTH = [("A1", Decimal("12.50")), ("A2", Decimal("7.25"))]


@pytest.mark.parametrize(
    ("content", "shape"),
    [
        (f"[{FIRST},{SECOND}]", {}),
        (f"\ufeff [\n  {FIRST},\r\n\t{SECOND}\n]\n", {}),
        (f"{FIRST}\n{SECOND}\n", {}),
        (f"{FIRST}\r\n\r\n{SECOND}", {}),
        (f'{{"data":{{"items":[{FIRST},{SECOND}]}}}}', {"records": "data.items"}),
        (
            f'{{"page":{{"items":[{{"a":1}}]}},"data":{{"next":null,"items":[{FIRST},{SECOND}],'
            f'"other":[{{"b":"]}}"}}]}},"total":2}}',
            {"records": "data.items"},
        ),
    ],
)
def test_f039_records_are_found_in_an_array_a_line_each_or_within_a_document(
    settings: Settings, content: str, shape: dict[str, Any]
) -> None:
    house = House.of(settings, of_json(**shape))
    landing = house.land("shop/a.json", content)
    rows = house.rows(landing)
    assert [(row["order_id"], row["amount"]) for row in rows] == BOTH
    assert [row["order_date"] for row in rows] == [date(2026, 2, 1), date(2026, 2, 2)]
    assert [row["note"] for row in rows] == ["x", None]
    assert [row["_row_number"] for row in rows] == [1, 2]
    assert (landing.rows_in_file, landing.rows_skipped) == (2, {})


def test_f039_json_may_be_utf16(settings: Settings) -> None:
    house = House.of(settings, of_json(encoding="utf-16"))
    assert amounts(house, f"[{FIRST},{SECOND}]".encode("utf-16")) == BOTH


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.ndjson", "a", "a.txt.json"])
def test_f042_json_is_known_by_its_content(settings: Settings, name: str) -> None:
    house = House.of(settings, of_json())
    assert amounts(house, f"{FIRST}\n{SECOND}", f"shop/{name}") == BOTH


def test_f042_json_under_another_name_and_text_under_that_of_json_are_refused(
    settings: Settings,
) -> None:
    house = House.of(settings, of_json())
    assert house.refuse("shop/a.csv", f"[{FIRST}]").code == "MAGIC_MISMATCH"
    assert house.refuse("shop/a.json", "Order,Date,Amount\nA1,2026-02-01,1\n").code == (
        "MAGIC_MISMATCH"
    )


@pytest.mark.parametrize(
    ("written", "landed"),
    [
        ("1.5E3", "1500.00"),
        ("125e-2", "1.25"),
        ('"1.10"', "1.10"),
        ("9007199254740993.01", "9007199254740993.01"),
        ("-0.10", "-0.10"),
    ],
)
def test_f039_numbers_land_exactly(settings: Settings, written: str, landed: str) -> None:
    house = House.of(settings, of_json())
    content = f'[{{"Order":"A1","Date":"2026-02-01","Amount":{written}}}]'
    assert amounts(house, content) == [("A1", Decimal(landed))]


@pytest.mark.parametrize("written", ["0.30000000000000004", "1e400", "1e99999999", "true", "[1]"])
def test_f039_what_is_no_exact_amount_costs_its_row(settings: Settings, written: str) -> None:
    house = House.of(settings, of_json())
    landing = house.land(
        "shop/a.json", f'[{FIRST},{{"Order":"A2","Date":"2026-02-01","Amount":{written}}}]'
    )
    (fault,) = house.quarantine(landing)
    assert (fault["column_name"], fault["value"], fault["_row_number"]) == ("amount", written, 2)


def test_f039_an_identifier_of_twenty_digits_keeps_them(settings: Settings) -> None:
    house = House.of(settings, of_json())
    content = '[{"Order":12345678901234567891,"Date":"2026-02-01","Amount":1}]'
    assert amounts(house, content) == [("12345678901234567891", Decimal(1))]


def test_f045_a_key_that_appears_late_is_found_kept_and_reported(settings: Settings) -> None:
    plain = '{"Order":"B%d","Date":"2026-02-01"}'
    late = '{"Order":"C","Date":"2026-02-01","Amount":3,"Extra":{"n":1.10,"l":[true,null,"é\\"]"]}}'
    content = "\n".join([*(plain % n for n in range(2000)), late])
    optional = declared().model_dump()["columns"]
    optional[2]["required"] = False
    shapes = [{"name": "json", "format": "json"}]
    house = House.of(settings, declared(shapes=shapes, columns=optional, quarantine_limit=1))
    landing = house.land("shop/a.json", content)
    last = house.rows(landing)[-1]
    assert (last["order_id"], last["amount"], landing.rows_landed) == ("C", Decimal(3), 2001)
    assert landing.drift == ["Extra"]
    assert json.loads(json.loads(last["_extra"])["Extra"]) == {"n": 1.1, "l": [True, None, 'é"]']}
    assert '"n":1.10' in json.loads(last["_extra"])["Extra"]


@pytest.mark.parametrize(
    ("content", "code", "row"),
    [
        (f"[{FIRST},{SECOND}", "TRUNCATED", 2),
        (f"[{FIRST},{SECOND[:-20]}", "TRUNCATED", 2),
        (f"{FIRST}\n{SECOND[:30]}", "TRUNCATED", 2),
        (f"[{FIRST},", "TRUNCATED", 2),
        (f"[{FIRST}] {SECOND}", "UNREADABLE", 1),
        (f"[{FIRST} {SECOND}]", "UNREADABLE", 1),
        (f"[{FIRST},[1]]", "UNREADABLE", 2),
        (f'[{FIRST},{{"Order":"A2","Order":"A3"}}]', "UNREADABLE", 2),
        (f'[{FIRST},{{"Order":{{"a":1,"a":2}}}}]', "UNREADABLE", 2),
        (f'[{FIRST},{{"Amount":NaN}}]', "UNREADABLE", 2),
        (f'[{FIRST},{{"Amount":-Infinity}}]', "UNREADABLE", 2),
        (f'[{FIRST},{{"Amount":01}}]', "UNREADABLE", 2),
        (f"[{FIRST},{{'Amount':1}}]", "UNREADABLE", 2),
        (f"[{FIRST},{{}},]", "UNREADABLE", 3),
        (f'[{FIRST},{{"Note":"a\\u0000b"}}]', "NUL_CHARACTER", 2),
        (f'[{FIRST},{{"Note":"\\ud83d"}}]', "UNREADABLE", 2),
        (f'[{FIRST},{{"Note":{"[" * 5000}{"]" * 5000}}}]', "LIMIT", 2),
        ("[]", "HEADER_ONLY", None),
        ("[1, 2]", "UNREADABLE", 1),
    ],
)
def test_f039_json_that_readers_might_read_differently_is_refused_with_the_place(
    settings: Settings, content: str, code: str, row: int | None
) -> None:
    refused = House.of(settings, of_json()).refuse("shop/a.json", content)
    assert (refused.code, refused.row) == (code, row)


def test_f023_json_in_another_encoding_is_refused_with_the_byte(settings: Settings) -> None:
    content = f"[{FIRST}]".replace("x", "ö").encode("latin-1")
    refused = House.of(settings, of_json()).refuse("shop/a.json", content)
    assert refused.code == "BAD_ENCODING"
    assert f"byte {content.index(0xF6)} " in refused.reason


def test_f039_a_document_without_the_declared_array_is_refused(settings: Settings) -> None:
    house = House.of(settings, of_json(records="data.items"))
    refused = house.refuse("shop/a.json", f'{{"data":{{"rows":[{FIRST}]}}}}')
    assert refused.code == "UNREADABLE"
    assert "data.items" in refused.reason


def test_f039_the_same_key_in_two_cases_is_refused(settings: Settings) -> None:
    house = House.of(settings, of_json())
    content = '[{"Order":"A1","order":"A2","Date":"2026-02-01","Amount":1}]'
    assert house.refuse("shop/a.json", content).code == "DUPLICATE_HEADER"


def test_f043_a_record_longer_than_any_reports_is_refused(settings: Settings) -> None:
    content = f'[{FIRST},{{"Note":"{"x" * (17 << 20)}'
    assert House.of(settings, of_json()).refuse("shop/a.json", content).code == "LIMIT"


VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('ab"\\{}[]'), inner),
    max_leaves=8,
)
RECORDS = st.lists(st.dictionaries(st.sampled_from(["a", 'b"', "c\\", "{d"]), VALUES), min_size=1)


@how(max_examples=200, deadline=None)
@given(records=RECORDS, form=st.sampled_from(["array", "lines", "within"]), indent=st.booleans())
def test_f039_any_records_are_counted_twice_and_read_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, records: Any, form: str, indent: bool
) -> None:
    records = [
        {k: v for k, v in each.items() if "\0" not in json.dumps([k, v])} for each in records
    ]
    if any("\\u0000" in json.dumps(each) for each in records):
        return
    folder = tmp_path_factory.mktemp("json")
    file = folder / "export"
    text = json.dumps(records, indent=2 if indent else None, ensure_ascii=indent)
    if form == "lines":
        text = "\n".join(json.dumps(each) for each in records)
    if form == "within":
        text = f'{{"x":[{{}}],"r":{text},"y":[{{"z":[{{}}]}}]}}'
    file.write_text(text, encoding="utf-8", newline="")
    shape = Shape(name="json", format="json", records="r" if form == "within" else "")
    top = reader.read_top(file, shape)
    layout = Layout(top[0].cells, {}, (), TopRecord(top[0].cells), 1)
    found = reader.read(file, shape, layout, folder)
    assert found.rows == len(records)
    import duckdb

    with duckdb.connect() as connection:
        rows = connection.execute(f"SELECT * FROM {found.relation} ORDER BY 1").fetchall()
    said = [dict(zip(top[0].cells, row[1:], strict=True)) for row in rows]
    assert len(said) == len(records)
    for record, landed in zip(records, said, strict=True):
        assert {k for k, v in landed.items() if v is not None} == {
            k for k, v in record.items() if v is not None
        }
        for key, value in record.items():
            if isinstance(value, str) or value is None:
                assert landed[key] == value
            else:
                assert json.loads(landed[key]) == value


def test_a_file_far_larger_than_a_window_is_read_whole(settings: Settings) -> None:
    records = [
        {"Order": f"A{n}", "Date": "2026-02-01", "Amount": n, "Note": '\\"}{][' * (n % 40)}
        for n in range(20_000)
    ]
    house = House.of(settings, of_json())
    landing = house.land("shop/a.json", json.dumps(records))
    assert landing.rows_landed == 20_000
    rows = house.rows(landing)
    assert sum(row["amount"] for row in rows) == Decimal(19_999 * 20_000 // 2)
    assert rows[12_345]["note"] == '\\"}{][' * (12_345 % 40)


def test_an_error_is_not_made_of_a_number_at_a_windows_end(tmp_path: Path) -> None:
    file = tmp_path / "export"
    filler = " " * ((1 << 20) - len('{"n":1,"r":[{"a":1}],"m":12'))
    file.write_text(f'{{"n":1,"r":[{{"a":1}}],{filler}"m":1234}}')
    shape = Shape(name="json", format="json", records="r")
    assert reader.read_top(file, shape) == [TopRecord(("a",))]
    file.write_text(f'{{"n":1,"r":[{{"a":1}}],{filler}"m":12x}}')
    with pytest.raises(FileRefused):
        reader.read_top(file, shape)
