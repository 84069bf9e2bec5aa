"""The models' SQL means the same on DuckDB and on Spark: what they read differently is nowhere.

Both compilations are parsed. What is forbidden, and why, is the list in FORBIDDEN; each entry has a
statement below that is found by it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from models.contract import load_contracts
from pipelines.landed_sources import write_landed_sources
from tests.compiled_models import compiled, start_compiling

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "dbt_project"
ENGINES = ("duckdb", "spark")
FLOATS = (exp.DataType.Type.DOUBLE, exp.DataType.Type.FLOAT)


def _is_call(*names: str) -> Callable[[exp.Expression], bool]:
    return lambda node: isinstance(node, exp.Anonymous) and node.name.lower() in names


def _is_named(node: exp.Expression, name: str) -> bool:
    named = node.find_ancestor(exp.Alias)
    return named is not None and named.alias == name


FORBIDDEN: dict[str, tuple[Callable[[exp.Expression], bool], str]] = {
    "an average": (
        lambda node: isinstance(node, exp.Avg),
        "DOUBLE on one, DECIMAL on the other: sum and count, through kpi_ratio",
    ),
    "a floating-point number": (
        lambda node: isinstance(node, exp.Cast) and node.to.this in FLOATS,
        "sums of it depend on the order: DECIMAL",
    ),
    "an approximation": (
        lambda node: isinstance(node, exp.ApproxDistinct | exp.ApproxQuantile),
        "each engine approximates in its own way: count(distinct)",
    ),
    "replacing by an expression": (
        lambda node: isinstance(node, exp.RegexpReplace),
        "the first match on one, all on the other: dispatch",
    ),
    "an element by its number": (
        lambda node: isinstance(node, exp.Bracket),
        "counted from 1 on one, from 0 on the other: split_part",
    ),
    "concat()": (
        lambda node: isinstance(node, exp.Concat),
        "passes over NULL on one only, and 'a''b' is two texts on Spark: || and text_literal",
    ),
    "the day of the week": (
        lambda node: isinstance(node, exp.DayOfWeek),
        "Sunday is 0 on one, 1 on the other: the columns of dim_date",
    ),
    "ignore nulls": (
        lambda node: isinstance(node, exp.IgnoreNulls),
        "stands in another place on each: avoid",
    ),
    "a list of texts in one": (
        lambda node: isinstance(node, exp.GroupConcat),
        "its order is said differently: dispatch",
    ),
    "a formatted date": (
        lambda node: isinstance(node, exp.TimeToStr),
        "the formats differ: the columns of dim_date",
    ),
    "all columns but some": (
        lambda node: isinstance(node, exp.Star) and bool(node.args.get("except_")),
        "except on one, exclude on the other: list the columns",
    ),
    "an engine's own hash": (
        lambda node: _is_call("hash", "xxhash64")(node) and not _is_named(node, "rows_fingerprint"),
        "its own on each: md5, but where one engine compares with itself",
    ),
    "a backslash": (
        lambda node: isinstance(node, exp.Literal) and node.is_string and "\\" in node.this,
        "raw on one, an escape on the other",
    ),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """By engine and model, the compiled SQL."""
    write_landed_sources(load_contracts(ROOT / "models" / "contracts"), PROJECT)
    folders = {engine: tmp_path_factory.mktemp("compiled") / engine for engine in ENGINES}
    running = {engine: start_compiling(PROJECT, engine, folders[engine]) for engine in ENGINES}
    return {engine: compiled(running[engine], folders[engine]) for engine in ENGINES}


def found_in(sql: str, dialect: str) -> Iterator[str]:
    """What is forbidden in a statement."""
    for tree in sqlglot.parse(sql, dialect=dialect):
        for node in tree.walk() if tree else ():
            yield from (what for what, (is_it, _) in FORBIDDEN.items() if is_it(node))
            if dialect == "duckdb" and isinstance(node, exp.Div):
                yield "a division"


def orders(sql: str, dialect: str) -> list[tuple[bool, bool]]:
    """Of each term that is ordered by: whether it descends, and whether NULLs come first."""
    (tree,) = sqlglot.parse(sql, dialect=dialect)
    assert tree is not None
    return [
        (bool(node.args.get("desc")), bool(node.args.get("nulls_first")))
        for node in tree.find_all(exp.Ordered)
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_no_model_says_what_the_engines_read_differently(
    models: dict[str, dict[str, str]], engine: str
) -> None:
    wrong = {
        name: sorted(set(found))
        for name, sql in models[engine].items()
        if (found := list(found_in(sql, engine)))
    }
    assert wrong == {}
    assert len(models[engine]) > 100


def test_nulls_have_the_same_place_in_every_order(models: dict[str, dict[str, str]]) -> None:
    assert models["duckdb"].keys() == models["spark"].keys()
    differing = [
        name
        for name, sql in models["duckdb"].items()
        if orders(sql, "duckdb") != orders(models["spark"][name], "spark")
    ]
    assert differing == []


def test_types_have_the_names_that_both_engines_know(models: dict[str, dict[str, str]]) -> None:
    """Spark has no VARCHAR without length, and HUGEINT is DuckDB's own."""
    odd = r"(?i)\b(varchar(?!\s*\()|hugeint|text\s*\)|double|float|real)\b"
    found = {name: re.findall(odd, sql) for name, sql in models["spark"].items()}
    assert {name: words for name, words in found.items() if words} == {}


def test_what_differs_between_the_engines_is_in_the_portable_macros_only() -> None:
    sources = [*PROJECT.glob("models/**/*.sql"), *PROJECT.glob("macros/**/*.sql")]
    said = {
        file.relative_to(PROJECT): re.sub(r"\{#.*?#\}|--.*", "", file.read_text(), flags=re.DOTALL)
        for file in sources
        if "portable" not in file.parts
    }
    own = [n for n, sql in said.items() if re.search(r"macro (duckdb|spark)__|target\.type", sql)]
    assert own == []


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("select avg(x) from t", "an average"),
        ("select cast(x as double) from t", "a floating-point number"),
        ("select approx_count_distinct(x) from t", "an approximation"),
        ("select regexp_replace(x, 'a', 'b') from t", "replacing by an expression"),
        ("select x[1] from t", "an element by its number"),
        ("select concat(x, y) from t", "concat()"),
        ("select dayofweek(x) from t", "the day of the week"),
        ("select first_value(x ignore nulls) over (order by y) from t", "ignore nulls"),
        ("select string_agg(x, ',') from t", "a list of texts in one"),
        ("select strftime(x, '%Y') from t", "a formatted date"),
        ("select * exclude (x) from t", "all columns but some"),
        ("select hash(x) from t", "an engine's own hash"),
        ("select 'a\\nb' from t", "a backslash"),
        ("select x / y from t", "a division"),
    ],
)
def test_each_thing_that_is_forbidden_is_found(sql: str, what: str) -> None:
    assert what in set(found_in(sql, "duckdb"))
    assert {*FORBIDDEN, "a division"} >= {what}


def test_nothing_is_forbidden_without_being_shown_to_be_found() -> None:
    (shown,) = (
        mark.args[1]
        for mark in test_each_thing_that_is_forbidden_is_found.pytestmark  # type: ignore[attr-defined]
        if mark.name == "parametrize"
    )
    assert {what for _, what in shown} == {*FORBIDDEN, "a division"}


def test_a_place_of_nulls_that_is_not_said_is_found() -> None:
    sql = "select row_number() over (order by x) from t"
    assert orders(sql, "duckdb") != orders(sql, "spark")
    said = "select row_number() over (order by x nulls last) from t"
    assert orders(said, "duckdb") == orders(said, "spark")
