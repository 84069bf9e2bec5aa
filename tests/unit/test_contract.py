"""A contract says exactly what an export must be; a wrong contract is refused with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from landed_exports import ORDERS, declared
from pydantic import ValidationError

from models.contract import ContractError, Stream, load_contract, load_contracts
from models.contract_parts import Column, Header

CONTRACT = """\
source: shop
family: finance
owner: {team: Shop, email: shop@example.com}
streams:
  orders:
    description: Orders of a shop.
    shapes:
      - {name: csv}
    columns:
      - {name: order_id, headers: [Order, Order number], type: text, required: true}
      - {name: amount, headers: [Amount], type: "decimal(18,2)"}
    key: [order_id]
    load: {rule: upsert}
"""


def written(folder: Path, text: str, name: str = "shop") -> Path:
    """A contract's file."""
    file = folder / "finance" / f"{name}.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def problem(file: Path) -> ContractError:
    """What is said of a contract that cannot be used."""
    with pytest.raises(ContractError) as raised:
        load_contract(file)
    return raised.value


def test_a_contract_that_would_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "finance").mkdir()
    (tmp_path / "finance" / "shop.yaml").write_text("source: shop\n", encoding="utf-8")
    with pytest.raises(ContractError, match=r"shop\.yaml: it would not be read: files here end"):
        load_contracts(tmp_path)


def test_a_contract_gives_its_streams_by_table(tmp_path: Path) -> None:
    written(tmp_path, CONTRACT)
    streams = load_contracts(tmp_path)
    assert list(streams) == ["shop__orders"]
    stream = streams["shop__orders"]
    assert (stream.source, stream.stream, stream.family, stream.line) == (
        "shop",
        "orders",
        "finance",
        5,
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "part"),
    [
        ('type: "decimal(18,2)"', "type: money", 11, "unknown type"),
        ('type: "decimal(18,2)"', 'type: "decimal(39,2)"', 11, "38 digits"),
        ("headers: [Amount]", "header: [Amount]", 11, "header"),
        ("key: [order_id]", "key: [order_no]", 5, "order_no"),
        ("rule: upsert", "rule: merge", 13, "rule"),
        ("family: finance", "family: money", 2, "family"),
        ("name: csv", "name: csv, thousands: ., decimal: .", 8, "same character"),
        ("description: Orders of a shop.", "describe: Orders.", 5, "description"),
        (", required: true", "", 5, "at least one column must be `required`"),
        ("name: amount", "name: order_id", 5, "declared twice"),
        ("headers: [Amount], type", "type", 11, "`headers` or `taken_from`"),
    ],
)
def test_a_wrong_contract_is_refused_with_file_line_and_remedy(
    tmp_path: Path, old: str, new: str, line: int, part: str
) -> None:
    assert old in CONTRACT
    error = problem(written(tmp_path, CONTRACT.replace(old, new)))
    assert error.file == tmp_path / "finance" / "shop.yml"
    assert error.line == line
    assert part in str(error)
    assert error.remedy


def test_a_contract_has_the_name_of_its_folder_of_exports(tmp_path: Path) -> None:
    error = problem(written(tmp_path, CONTRACT, name="store"))
    assert (error.line, "'store'" in error.remedy) == (1, True)


def test_what_is_no_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    error = problem(written(tmp_path, CONTRACT.replace("key: [order_id]", "key: [order_id")))
    assert error.line is not None
    assert "YAML" in str(error)


def test_a_header_is_compared_without_case_blanks_and_mark() -> None:
    header = Header(name="Amount spent")
    assert all(map(header.matches, ("amount  SPENT ", "\ufeffAmount spent", "Amount\u00a0spent")))
    assert not header.matches("Amount")


def test_a_pattern_is_the_whole_header_and_captures_its_group() -> None:
    header = Header(pattern=r"Amount spent \(([A-Z]{3})\)")
    assert header.captured(" Amount spent (EUR) ") == "EUR"
    assert not header.matches("Total Amount spent (EUR)")


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "a", "pattern": "b"},
        {},
        {"name": "a", "divide_by": 7},
        {"name": "a", "divide_by": 0},
    ],
)
def test_a_header_that_means_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Header.model_validate(wrong)


def column(**changes: Any) -> Column:
    """A column with parts of it exchanged."""
    return Column.model_validate({"name": "a", "headers": ["A"], "type": "text", **changes})


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "float"},
        {"type": "date"},
        {"type": "date", "formats": ["%d %Z"]},
        {"type": "timestamp", "formats": ["%z %H:%M"]},
        {"percent": True},
        {"type": "decimal(18,1)", "percent": True},
        {"type": "decimal(18,2)", "headers": [{"name": "A", "divide_by": 1000}]},
        {"type": "integer", "headers": [{"name": "A", "divide_by": 100}]},
        {"headers": [], "taken_from": {"constant": "x", "file_name": "(x)"}},
        {"headers": [], "taken_from": {"file_name": "no group"}},
    ],
)
def test_a_column_that_could_change_a_value_or_find_none_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        column(**wrong)


@pytest.mark.parametrize(
    ("kind", "sql_type"),
    [
        ("text", "VARCHAR"),
        ("integer", "BIGINT"),
        ("boolean", "BOOLEAN"),
        ("decimal(18, 6)", "DECIMAL(18,6)"),
    ],
)
def test_a_type_has_its_name_in_sql(kind: str, sql_type: str) -> None:
    assert column(type=kind).sql_type == sql_type


@pytest.mark.parametrize(
    "changes",
    [
        {"shapes": [{"name": "x", "header": False}]},
        {"load": {"rule": "window"}},
        {"load": {"rule": "append"}, "key": []},
        {"load": {"rule": "window", "date": "order_date", "scope": ["nowhere"]}},
        {"skip": [{"rule": "total", "column": "nowhere", "starts_with": "Total"}]},
        {"period": {"stated": [{"preamble": r"\d+"}]}},
        {"period": {"stated": [{"preamble": r"(\d+)", "file_name": r"(\d+)"}]}},
        {"period": {"day": "nowhere"}},
        {"skip": [{"rule": "total", "column": "note", "starts_with": "T", "pattern": "T"}]},
        {"skip": [{"rule": "total", "column": "note", "cell": 1, "starts_with": "T"}]},
        {"skip": [{"rule": "t", "cell": 1, "empty": True, "totals": {"columns": ["nowhere"]}}]},
        {
            "skip": [
                {
                    "rule": "t",
                    "cell": 1,
                    "empty": True,
                    "totals": {"columns": ["amount"], "of": "section"},
                }
            ]
        },
        {"sections": {}},
        {"quarantine_limit": 2},
    ],
)
def test_a_stream_that_cannot_be_loaded_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        declared(**changes)


def nullable(stream: Stream) -> set[str]:
    """The columns that may be empty."""
    return {column.name for column in stream.columns if column.nullable}


def test_what_rows_are_told_apart_by_is_never_empty() -> None:
    window = {"rule": "window", "date": "order_date", "scope": ["note"]}
    assert nullable(declared()) == {"order_date", "amount", "note"}
    assert nullable(declared(load=window)) == {"amount"}


def test_a_key_column_may_be_empty_where_the_contract_says_so_itself() -> None:
    columns = [
        {**each, "nullable": True} if each["name"] == "order_id" else each
        for each in ORDERS["columns"]
    ]
    assert "order_id" in nullable(declared(columns=columns))


def test_the_digest_is_of_what_is_said_and_not_of_where_it_stands() -> None:
    assert declared(line=9, file=Path("elsewhere.yml")).digest == declared().digest
    assert declared(key=["order_id", "order_date"]).digest != declared().digest
    assert declared(restates_days=1).digest != declared().digest
