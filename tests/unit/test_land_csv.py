"""Delimited text: every record, character and row number comes through, or is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from landed_exports import House, declared

from pipelines.land.readers.text import count_records
from pipelines.settings import Settings

TEXTS = [
    {"name": name, "headers": [name], "type": "text", "required": True} for name in ("a", "b", "c")
]


BLANKS = " \t\u00a0\u2007\u202f\u2009"


def of_texts(**changes: Any) -> Any:
    """A contract of three text columns, that lands whatever there is."""
    shapes = changes.pop("shapes", [{"name": "csv", "nulls": []}])
    load = {"rule": "snapshot"}
    return declared(shapes=shapes, columns=TEXTS, key=[], load=load, **changes)


def texts_of(house: House, landing: Any) -> list[tuple[str, ...]]:
    """The landed cells, in the order of the file."""
    return [(row["a"], row["b"], row["c"]) for row in house.rows(landing)]


def written(records: list[tuple[str, ...]], line_end: str, *, quote_all: bool) -> str:
    """The records as RFC 4180 has them: a cell in quotes if it must be, or if all are."""
    cells = [
        [
            '"' + cell.replace('"', '""') + '"'
            if quote_all or any(each in cell for each in ',"\r\n')
            else cell
            for cell in record
        ]
        for record in records
    ]
    return "".join(",".join(record) + line_end for record in cells)


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
TRICKY = st.text(st.sampled_from("\",;\t\r\n a\u00e9\u2028\u0085\ufeff\\'#"), max_size=8)
RECORDS = st.lists(st.tuples(*[CELL | TRICKY] * 3), min_size=1, max_size=12)


@given(
    records=RECORDS,
    line_end=st.sampled_from(["\n", "\r\n"]),
    quote_all=st.booleans(),
    last_line_end=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_f026_any_text_that_was_written_by_the_standard_is_landed_as_it_was(
    settings: Settings,
    records: list[tuple[str, str, str]],
    line_end: str,
    quote_all: bool,
    last_line_end: bool,
    encoding: str,
) -> None:
    text = written([("a", "b", "c"), *records], line_end, quote_all=quote_all)
    text = text if last_line_end else text.removesuffix(line_end)
    declared_as = "utf-16" if encoding == "utf-16" else "utf-8"
    house = House.of(
        settings, of_texts(shapes=[{"name": "x", "encoding": declared_as, "nulls": []}])
    )
    blank = [record for record in records if not "".join(record).strip(BLANKS)]
    kept = [record for record in records if record not in blank]
    assume(kept)
    landing = house.land("shop/a.csv", text.encode(encoding))
    assert texts_of(house, landing) == kept
    assert landing.rows_skipped.get("blank", 0) == len(blank)
    assert [row["_row_number"] for row in house.rows(landing)] == [
        number for number, record in enumerate(records, start=2) if record not in blank
    ]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_f025_all_line_ends_give_the_same_rows(settings: Settings, line_end: str) -> None:
    house = House.of(settings, of_texts())
    landing = house.land("shop/a.csv", line_end.join(["a,b,c", "1,2,3", "4,5,6", ""]))
    assert texts_of(house, landing) == [("1", "2", "3"), ("4", "5", "6")]


def test_f025_line_ends_may_be_mixed_in_one_file(settings: Settings) -> None:
    house = House.of(settings, of_texts())
    landing = house.land("shop/a.csv", "a,b,c\n1,2,3\r\n4,5,6\r7,8,9\n")
    assert texts_of(house, landing) == [("1", "2", "3"), ("4", "5", "6"), ("7", "8", "9")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("mark", [True, False])
def test_f022_utf16_is_read_with_and_without_its_mark(
    settings: Settings, encoding: str, mark: bool
) -> None:
    codec = "utf-16-le" if encoding == "utf-16" else encoding
    text = ("\ufeff" if mark else "") + "a\tb\tc\n1\té\t漢\n"
    shape = {"name": "x", "encoding": encoding, "delimiter": "\t", "nulls": []}
    house = House.of(settings, of_texts(shapes=[shape]))
    assert texts_of(house, house.land("shop/a.csv", text.encode(codec))) == [("1", "é", "漢")]


def test_windows_text_is_read_where_it_is_declared(settings: Settings) -> None:
    shape = {"name": "x", "encoding": "windows-1252", "delimiter": ";", "nulls": []}
    house = House.of(settings, of_texts(shapes=[shape]))
    landing = house.land("shop/a.csv", "a;b;c\nÜber;€;–\n".encode("cp1252"))
    assert texts_of(house, landing) == [("Über", "€", "–")]


def test_a_row_has_the_number_that_a_person_counts(settings: Settings) -> None:
    shape = {"name": "x", "preamble_rows": 3, "nulls": []}
    house = House.of(settings, of_texts(shapes=[shape]))
    content = 'Report "of" May\n\na,b,c\n1,2,"x\ny"\n\n4,5,6\n'
    landing = house.land("shop/a.csv", content)
    assert [row["_row_number"] for row in house.rows(landing)] == [4, 6]
    assert landing.rows_in_file == 6
    assert landing.rows_skipped == {"preamble": 2, "header": 1, "blank": 1}


def test_f035_blank_lines_are_skipped_and_counted_wherever_they_are(settings: Settings) -> None:
    house = House.of(settings, of_texts())
    landing = house.land("shop/a.csv", "a,b,c\n\n1,2,3\n,,\n  , ,\n4,5,6\n\n\n")
    assert texts_of(house, landing) == [("1", "2", "3"), ("4", "5", "6")]
    assert landing.rows_skipped == {"blank": 5, "header": 1}
    assert [row["_row_number"] for row in house.rows(landing)] == [3, 6]


def test_an_empty_last_column_by_a_trailing_delimiter_is_nothing(settings: Settings) -> None:
    house = House.of(settings, of_texts())
    landing = house.land("shop/a.csv", "a,b,c,\n1,2,3,\n")
    assert house.rows(landing)[0]["_extra"] is None
    assert landing.drift == []


def test_a_value_in_a_column_without_header_is_kept(settings: Settings) -> None:
    house = House.of(settings, of_texts())
    landing = house.land("shop/a.csv", "a,b,c,\n1,2,3,\n4,5,6,7\n")
    assert [row["_extra"] for row in house.rows(landing)] == [None, '{"column 4":"7"}']


def test_the_order_of_a_large_file_is_kept_over_all_threads(settings: Settings) -> None:
    # Larger than the buffers that DuckDB's threads read at a time.
    rows = 600_000
    filler = "x" * 60
    text = "a,b,c\n" + "".join(f"{n},{n % 7},{filler}\n" for n in range(rows))
    house = House.of(settings, of_texts())
    landing = house.put("shop/a.csv", text)
    import duckdb

    with duckdb.connect() as connection:
        found = connection.execute(
            """SELECT count(*), count(*) FILTER (CAST(a AS BIGINT) + 2 = _row_number)
            FROM read_parquet(?)""",
            [str(settings.landed / landing.parquet)],  # type: ignore[union-attr]
        ).fetchone()
    assert found == (rows, rows)


@pytest.mark.parametrize("quoted", [True, False])
def test_a_quote_within_an_unquoted_cell_is_a_character(settings: Settings, quoted: bool) -> None:
    house = House.of(settings, of_texts())
    other = '"z"' if quoted else "z"
    landing = house.land("shop/a.csv", f'a,b,c\n5" pipe,y,{other}\n')
    assert texts_of(house, landing) == [('5" pipe', "y", "z")]


def test_f029_rows_of_another_width_are_quarantined_one_by_one(settings: Settings) -> None:
    house = House.of(settings, of_texts(quarantine_limit=1))
    landing = house.land("shop/a.csv", "a,b,c\n1,2,3\n4,5\n6,7,8,9\n10,11,12\n")
    assert texts_of(house, landing) == [("1", "2", "3"), ("10", "11", "12")]
    few, many = house.quarantine(landing)
    assert (few["_row_number"], few["code"], few["expected"]) == (3, "RAGGED_ROW", "3 cells")
    assert few["raw"] == '{"a": "4", "b": "5"}'
    assert (many["_row_number"], many["value"]) == (4, "4 cells")
    assert many["raw"] == '{"a": "6", "b": "7", "c": "8", "cell 4": "9"}'


def test_a_file_of_one_column_is_read(settings: Settings) -> None:
    stream = declared(columns=TEXTS[:1], key=[], load={"rule": "snapshot"})
    house = House.of(settings, stream)
    landing = house.land("shop/a.csv", "a\n1\n\n2\n")
    assert [row["a"] for row in house.rows(landing)] == ["1", "2"]
    assert landing.rows_skipped == {"blank": 1, "header": 1}


@given(records=RECORDS, line_end=st.sampled_from(["\n", "\r\n"]))
@hypothesis_settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_second_count_agrees_with_the_standard_reader(
    tmp_path: Path, records: list[tuple[str, str, str]], line_end: str
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(written(list(records), line_end, quote_all=False).encode())
    census = count_records(file, 0, ",", '"')
    if census.canonical:
        assert census.records + census.blank == len(records)


@pytest.mark.parametrize(
    "text",
    ['a,b\n1,"2', 'a,b\n1,x"y"\n', 'a,b\n"1"x,2\n', "a,b\n\n1,2\n", "a,b\r\n1,2\n", "a\rb\r"],
)
def test_what_readers_might_read_differently_is_not_counted(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(text.encode())
    assert not count_records(file, 0, ",", '"').canonical
