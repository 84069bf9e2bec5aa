"""Every total that a BI tool would make of the example company's figures, against the mart's own.

A tool groups by any of KPI, period, slice and its value, and adds what it finds. What it adds over
days must be the week, the month and the year; over a slice, the whole. The oracle is the figure
that the mart computed for the longer period from the facts, not from the shorter ones.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pipelines.serve import mart
from tests.integration.conftest import Company

pytestmark = pytest.mark.slow

GRAINS = ("day", "week", "month", "quarter", "year")
ROLL_UPS = [
    ("day", "week"),
    ("day", "month"),
    ("day", "quarter"),
    ("day", "year"),
    ("month", "quarter"),
    ("month", "year"),
    ("quarter", "year"),
]
# No part of a whole: each way of attributing gives away all of it.
OTHER_WAYS = "('attribution_model')"
PARTS = ("numerator", "denominator")


@pytest.fixture(scope="module")
def figures(company: Company) -> Iterator[duckdb.DuckDBPyConnection]:
    with mart.open_mart(mart.release_folder(company.settings)) as connection:
        yield connection


def differing(
    figures: duckdb.DuckDBPyConnection, added: str, column: str, keys: str, oracle: str
) -> set[str]:
    """KPIs of which a sum of `column` by `keys` is not what the oracle has there.

    A sum that is empty is no wrong total: the columns for adding are empty on purpose. Where the
    oracle has no row, or the slice none, nothing happened: 0.
    """
    found = figures.execute(
        f"""
        with added as (
            select {keys}, sum({column}) as figure, bool_or({column} is not null) as is_said
            from ({added}) group by all
        ),
        oracle as (select {keys}, figure from ({oracle}))
        select distinct kpi from oracle full outer join added using ({keys})
        where is_said and coalesce(added.figure, 0) <> coalesce(oracle.figure, 0)
        """
    ).fetchall()
    return {str(kpi) for (kpi,) in found}


def over_periods(figures: duckdb.DuckDBPyConnection, column: str) -> set[str]:
    """KPIs whose `column` does not add up over periods, in the whole or in some slice."""
    wrong: set[str] = set()
    for fine, coarse in ROLL_UPS:
        wrong |= differing(
            figures,
            f"""select kpi, slice, slice_value, {coarse}_start_date as period_start, {column}
            from kpi_mart.kpi_values inner join kpi_mart.dim_date on period_start = date_day
            where grain = '{fine}'""",
            column,
            "kpi, slice, slice_value, period_start",
            f"""select kpi, slice, slice_value, period_start, {column} as figure
            from kpi_mart.kpi_values where grain = '{coarse}'
            and kpi in (select kpi from kpi_mart.kpi_values where grain = '{fine}')""",
        )
    return wrong


def over_slices(figures: duckdb.DuckDBPyConnection, column: str) -> set[str]:
    """KPIs whose `column` does not add up over a slice to the whole, in any period."""
    return differing(
        figures,
        f"""select kpi, grain, period_start, slice, {column} from kpi_mart.kpi_values
        where slice <> 'total' and slice not in {OTHER_WAYS}""",
        column,
        "kpi, grain, period_start, slice",
        f"""select total.kpi, total.grain, total.period_start, slices.slice,
            total.{column} as figure
        from kpi_mart.kpi_values as total
        inner join (select distinct kpi, slice from kpi_mart.kpi_values) as slices using (kpi)
        where total.slice = 'total' and slices.slice not in ('total', 'attribution_model')""",
    )


def wrongly_declared(
    declared: dict[str, str], not_over_periods: set[str], not_over_slices: set[str]
) -> set[str]:
    """KPIs that are declared to add up where they do not."""
    return {
        kpi
        for kpi, additive in declared.items()
        if (additive == "time_and_slices" and kpi in not_over_periods)
        or (additive != "none" and kpi in not_over_slices)
    }


def declared_in(figures: duckdb.DuckDBPyConnection, column: str) -> dict[str, str]:
    return dict(figures.execute(f"select kpi, {column} from kpi_mart.dim_kpi").fetchall())


@pytest.fixture(scope="module")
def values_differ(figures: duckdb.DuckDBPyConnection) -> tuple[set[str], set[str]]:
    return over_periods(figures, "value"), over_slices(figures, "value")


@pytest.fixture(scope="module")
def parts_differ(figures: duckdb.DuckDBPyConnection) -> tuple[set[str], set[str]]:
    over = [over_periods(figures, column) for column in PARTS]
    slices = [over_slices(figures, column) for column in PARTS]
    return over[0] | over[1], slices[0] | slices[1]


def test_every_sum_of_values_that_is_declared_is_the_figure_of_the_longer_period_or_the_whole(
    figures: duckdb.DuckDBPyConnection, values_differ: tuple[set[str], set[str]]
) -> None:
    declared = declared_in(figures, "additive")
    assert wrongly_declared(declared, *values_differ) == set()
    assert {"time_and_slices", "slices", "none"} == set(declared.values())


def test_every_sum_of_numerators_and_denominators_that_is_declared_is_that_of_the_ratio(
    figures: duckdb.DuckDBPyConnection, parts_differ: tuple[set[str], set[str]]
) -> None:
    declared = declared_in(figures, "parts_additive")
    assert wrongly_declared(declared, *parts_differ) == set()
    assert {"time_and_slices", "slices", "none"} == set(declared.values())


def test_a_declaration_that_is_too_generous_is_found(
    figures: duckdb.DuckDBPyConnection, values_differ: tuple[set[str], set[str]]
) -> None:
    """Flipped one by one: a win rate, a median, what stands, and persons counted once."""
    declared = declared_in(figures, "additive")
    flipped = {
        kpi: "time_and_slices" for kpi, said in declared.items() if said != "time_and_slices"
    }
    found = wrongly_declared(flipped, *values_differ)
    assert flipped.keys() - found == set()
    assert len(found) > 50
    assert {"win_rate", "first_response_hours", "mrr", "churned_customers"} <= found


def test_a_declaration_of_parts_that_is_too_generous_is_found(
    figures: duckdb.DuckDBPyConnection, parts_differ: tuple[set[str], set[str]]
) -> None:
    """Flipped one by one, where something is divided: balances, medians, ratios of ratios."""
    divided = "select distinct kpi from kpi_mart.kpi_values where denominator is not null"
    declared = declared_in(figures, "parts_additive")
    flipped = {
        kpi: "time_and_slices"
        for (kpi,) in figures.execute(divided).fetchall()
        if declared[kpi] != "time_and_slices"
    }
    assert flipped.keys() - wrongly_declared(flipped, *parts_differ) == set()
    assert {"nrr", "clv", "sales_cycle_days"} <= flipped.keys()


@pytest.mark.parametrize("column", ["sum_value", "sum_numerator", "sum_denominator"])
@pytest.mark.parametrize(("fine", "coarse"), ROLL_UPS)
def test_no_total_of_a_column_for_adding_is_wrong(
    figures: duckdb.DuckDBPyConnection, fine: str, coarse: str, column: str
) -> None:
    wrong = differing(
        figures,
        f"""select kpi, {coarse}_start_date as period_start, {column}
        from kpi_mart.kpi_{fine} as fine
        inner join kpi_mart.dim_date on fine.period_start = date_day""",
        column,
        "kpi, period_start",
        f"""select kpi, period_start, {"value" if column == "sum_value" else column[4:]} as figure
        from kpi_mart.kpi_values where grain = '{coarse}' and slice = 'total'""",
    )
    assert wrong == set()


@pytest.mark.parametrize("grain", GRAINS)
def test_the_whole_of_a_column_for_adding_is_that_of_all_years(
    figures: duckdb.DuckDBPyConnection, grain: str
) -> None:
    for column in ("value", *PARTS):
        wrong = differing(
            figures,
            f"select kpi, sum_{column} from kpi_mart.kpi_{grain}",
            f"sum_{column}",
            "kpi",
            f"""select kpi, sum({column}) as figure from kpi_mart.kpi_values
            where grain = 'year' and slice = 'total' group by kpi""",
        )
        assert wrong == set()


@pytest.mark.parametrize("grain", GRAINS)
def test_a_table_of_a_grain_has_every_figure_of_it_once(
    figures: duckdb.DuckDBPyConnection, grain: str
) -> None:
    both_ways = f"""
        (select kpi, period_start, value from kpi_mart.kpi_values
         where grain = '{grain}' and slice = 'total'
         except all select kpi, period_start, period_value from kpi_mart.kpi_{grain})
        union all
        (select kpi, period_start, period_value from kpi_mart.kpi_{grain}
         except all select kpi, period_start, value from kpi_mart.kpi_values
         where grain = '{grain}' and slice = 'total')"""
    assert figures.execute(both_ways).fetchall() == []
    said = figures.execute(f"select distinct how_to_total from kpi_mart.kpi_{grain}").fetchall()
    assert len(said) == 3
