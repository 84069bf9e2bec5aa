"""Explaining a figure of a mart that is small enough to be written here, without dbt."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.prove.explain import CannotExplain, explain
from pipelines.prove.period import Period, UnknownPeriod, parse_period

MART = """
create schema kpi_mart;
create table kpi_mart.landings (landing_id varchar, file varchar, exported_at timestamp);
insert into kpi_mart.landings values
    ('aa', 'shop/first.csv', '2026-02-01'), ('bb', 'shop/second.csv', '2026-03-01');
create table kpi_mart.fct_orders (
    order_id varchar, order_date date, region varchar, amount decimal(28, 6),
    _landing_id varchar, _row_number bigint
);
insert into kpi_mart.fct_orders values
    ('o1', '2026-01-31', 'DACH', 5, 'aa', 2), ('o2', '2026-02-01', 'DACH', 10.10, 'aa', 3),
    ('o3', '2026-02-28', null, 20.05, 'bb', 2), ('o4', '2026-03-01', 'DACH', 40, 'bb', 3);
create table kpi_mart.kpi_periods (
    grain varchar, period_start date, period_end date, next_period_start date, comparable_until date
);
insert into kpi_mart.kpi_periods values
    ('month', '2026-01-01', '2026-01-31', '2026-02-01', '2026-02-01'),
    ('month', '2026-02-01', '2026-02-28', '2026-03-01', '2026-02-02'),
    ('month', '2026-03-01', '2026-03-31', null, '2026-04-01'),
    ('day', '2026-03-01', '2026-03-01', null, '2026-03-02');
create table kpi_mart.kpi_values (
    kpi varchar, grain varchar, period_start date, period_end date, slice varchar,
    slice_value varchar, value decimal(38, 6), numerator decimal(38, 6),
    denominator decimal(38, 6), is_complete boolean, is_provisional boolean
);
insert into kpi_mart.kpi_values
select kpi, 'month', '2026-02-01', '2026-02-28', slice, slice_value, v, n, d, true, false
from (values
    ('sales', 'total', '', 30.15, null, null),
    ('sales', 'region', 'DACH', 10.10, null, null),
    ('sales', 'region', '(none)', 20.05, null, null),
    ('sales_ever', 'total', '', 35.15, null, null),
    ('growth', 'total', '', 5.03, 25.15, 5)
) as figures (kpi, slice, slice_value, v, n, d);
"""


def component(behaviour: str) -> dict[str, Any]:
    return {
        "fact": "fct_orders",
        "relation": '"kpi_mart"."fct_orders"',
        "behaviour": behaviour,
        "time": "order_date",
        "grain_column": None,
        "contribution": "cast((amount) as decimal(28, 6))",
        "description": "order amounts",
        "keys": ["order_id", "region"],
        "dimensions": {"order_date": "order_date", "region": "region"},
        "landed": ["shop__orders"],
    }


def column(name: str, earlier: bool = False) -> dict[str, Any]:
    used = f"{name}__earlier" if earlier else name
    return {"column": used, "component": name, "earlier": earlier}


def kpi(*parts: dict[str, Any]) -> dict[str, Any]:
    return {
        "label": "Sales",
        "description": "What was sold.",
        "formula": "sales",
        "slices": ["region"],
        "parts": list(parts),
    }


def whole(name: str) -> dict[str, Any]:
    return kpi({"role": "value", "sql": name, "columns": [column(name)]})


DEFINITIONS = {
    "components": {"sales": component("flow"), "sales_ever": component("balance")},
    "kpis": {
        "sales": whole("sales"),
        "sales_ever": whole("sales_ever"),
        "growth": kpi(
            {
                "role": "numerator",
                "sql": "(sales) - (sales__earlier)",
                "columns": [column("sales"), column("sales", earlier=True)],
            },
            {
                "role": "denominator",
                "sql": "sales__earlier",
                "columns": [column("sales", earlier=True)],
            },
        ),
    },
}


@pytest.fixture
def mart(tmp_path: Path) -> Path:
    file = tmp_path / "mart.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(MART)
    return file


def changed(mart: Path, sql: str) -> Path:
    with duckdb.connect(str(mart)) as connection:
        connection.execute(sql)
    return mart


def test_the_rows_of_a_flow_are_those_of_its_period_and_add_up(mart: Path) -> None:
    told = explain(mart, DEFINITIONS, "sales", "2026-02", rows=True)
    (sales,) = told.components
    assert (told.value, told.residual, sales.value, sales.residual) == (
        Decimal("30.15"),
        0,
        Decimal("30.15"),
        0,
    )
    assert [(s.file, s.landing_id, s.rows, s.contribution) for s in sales.landings] == [
        ("shop/first.csv", "aa", 1, Decimal("10.10")),
        ("shop/second.csv", "bb", 1, Decimal("20.05")),
    ]
    assert [(r.file, r.row_number, r.key, r.contribution) for r in sales.rows] == [
        ("shop/first.csv", 3, {"order_id": "o2", "region": "DACH"}, Decimal("10.10")),
        ("shop/second.csv", 2, {"order_id": "o3"}, Decimal("20.05")),
    ]


def test_the_rows_of_a_balance_are_all_changes_up_to_the_end(mart: Path) -> None:
    told = explain(mart, DEFINITIONS, "sales_ever", "2026-02", rows=True)
    assert [row.key["order_id"] for row in told.components[0].rows] == ["o1", "o2", "o3"]
    assert told.residual == 0


def test_a_ratio_with_an_earlier_period_shows_the_rows_of_both(mart: Path) -> None:
    told = explain(mart, DEFINITIONS, "growth", "2026-02")
    assert [(c.name, c.earlier, c.value) for c in told.components] == [
        ("sales", False, Decimal("30.15")),
        ("sales", True, Decimal(5)),
    ]
    assert told.residual == 0


def test_a_slice_is_explained_by_its_own_rows(mart: Path) -> None:
    told = explain(mart, DEFINITIONS, "sales", "2026-02", ("region", "(none)"), rows=True)
    assert [row.key["order_id"] for row in told.components[0].rows] == ["o3"]
    assert told.residual == 0


def test_the_sql_that_is_shown_gives_the_component(mart: Path) -> None:
    told = explain(mart, DEFINITIONS, "sales", "2026-02", ("region", "DACH"))
    with duckdb.connect(str(mart), read_only=True) as connection:
        assert connection.execute(told.components[0].sql).fetchone() == (Decimal("10.10"),)


def test_a_published_figure_that_its_rows_do_not_give_has_a_residual(mart: Path) -> None:
    changed(mart, "update kpi_mart.kpi_values set value = 30.16 where slice = 'total'")
    assert explain(mart, DEFINITIONS, "sales", "2026-02").residual == Decimal("0.01")


def test_rows_of_an_export_that_is_not_listed_stay_unexplained(mart: Path) -> None:
    changed(mart, "delete from kpi_mart.landings where landing_id = 'bb'")
    (sales,) = explain(mart, DEFINITIONS, "sales", "2026-02").components
    assert sales.residual == Decimal("20.05")


@pytest.mark.parametrize(
    ("name", "period", "chosen", "said"),
    [
        ("slaes", "2026-02", None, "Did you mean sales"),
        ("sales", "2025-02", None, "it knows 2026-02-01 to 2026-02-28"),
        ("sales", "2026-02", ("regoin", "DACH"), "Did you mean region"),
        ("sales", "2026-02", ("region", "(nome)"), "Did you mean (none)"),
    ],
)
def test_a_question_about_what_there_is_not_is_answered_with_what_there_is(
    mart: Path, name: str, period: str, chosen: tuple[str, str] | None, said: str
) -> None:
    with pytest.raises(CannotExplain, match=said.replace("(", r"\(").replace(")", r"\)")):
        explain(mart, DEFINITIONS, name, period, chosen)


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2026-10", Period("month", date(2026, 10, 1))),
        ("2026-10-05", Period("day", date(2026, 10, 5))),
        ("2026-W41", Period("week", date(2026, 10, 8))),  # the Thursday of 5 to 11 October
        ("2026-W01", Period("week", date(2026, 1, 1))),
        ("2026-q3", Period("quarter", date(2026, 9, 1))),
        ("2026", Period("year", date(2026, 1, 1))),
    ],
)
def test_the_form_of_a_period_says_its_grain(text: str, period: Period) -> None:
    assert parse_period(text) == period


@pytest.mark.parametrize(
    "text", ["", "October", "2026-13", "2026-02-30", "2026-W54", "2026-Q5", "2026-00", "2026-W00"]
)
def test_what_is_no_period_is_refused_with_the_forms_that_are(text: str) -> None:
    with pytest.raises(UnknownPeriod, match="2026-W41"):
        parse_period(text)
