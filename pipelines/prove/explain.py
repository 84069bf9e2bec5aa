"""Where a published figure comes from: definition, components, exports, and the very rows.

Belongs here: answering that for one figure of one release, from the release's own files, without
dbt. Does not belong here: recomputing a release from the archive, and how an answer looks
(`serve/screen.py`).

Every component is a sum over rows of one fact: of all that count, of the middle ones (a median), or
of one of each kind (a distinct count). So the contributions of the rows add up to the component,
and the components, put into the definition's expression, to the published figure; what remains
between them is the residual, and must be 0. Only the number of days in a period has no rows.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.land import sql
from pipelines.prove.contributions import SCHEMA, TOTAL, Figure, Slice, components_of, quoted
from pipelines.prove.explanation import NOTHING, Component, Explanation
from pipelines.prove.period import Period, UnknownPeriod, parse_period

if TYPE_CHECKING:
    import duckdb

__all__ = ["CannotExplain", "Component", "Explanation", "UnknownPeriod", "explain"]

DECIMALS = 6


class CannotExplain(Exception):
    """A question about a figure that this release does not have; says what there is instead."""


def explain(
    mart: Path,
    definitions: Mapping[str, Any],
    kpi: str,
    period: str,
    slice_: Slice | None = None,
    *,
    rows: bool = False,
) -> Explanation:
    """Take one published figure apart.

    Args:
        mart: a release's `mart.duckdb`; opened read-only.
        definitions: the release's `definitions.json`.
        kpi: the KPI's name.
        period: 2026-10, 2026-10-05, 2026-W41, 2026-Q3 or 2026; its form says the grain.
        slice_: a dimension and its value; by default the total.
        rows: also list every contributing row.

    Raises:
        CannotExplain: this release has no such KPI, slice or period.
        UnknownPeriod: the period's text is of no known form.
    """
    import duckdb

    defined = definitions["kpis"].get(kpi)
    if defined is None:
        raise CannotExplain(_no_such("KPI", kpi, sorted(definitions["kpis"])))
    asked = parse_period(period)
    chosen = slice_ or TOTAL
    variants = defined.get("variants") or {}
    slices = [*defined["slices"], *dict.fromkeys(one["slice"] for one in variants.values())]
    if chosen != TOTAL and chosen[0] not in slices:
        raise CannotExplain(_no_such(f"slice of {kpi}", chosen[0], slices))
    with closing(duckdb.connect(str(mart), read_only=True)) as connection:
        sql.shut_in(connection)
        figure = _figure(connection, kpi, asked, chosen, period)
        variant = variants.get(chosen[1])
        if variant and variant["slice"] == chosen[0]:
            # Computed in another way, of the same rows as the total.
            defined, figure = {**defined, **variant}, replace(figure, slice=TOTAL)
        is_of_months = defined.get("per_month") and figure.grain != "month"
        figures = _months(connection, figure) if is_of_months else [figure]
        components = components_of(connection, definitions, defined, figures, rows)
        residual = _residual(connection, defined, figure, components)
    return Explanation(
        kpi=kpi,
        label=defined["label"],
        definition=f"{defined['description']} Computed as {defined['formula']}.",
        grain=figure.grain,
        period_start=figure.period_start,
        period_end=figure.period_end,
        slice=chosen[0],
        slice_value=chosen[1],
        value=figure.value,
        numerator=figure.numerator,
        denominator=figure.denominator,
        is_complete=figure.is_complete,
        is_provisional=figure.is_provisional,
        residual=residual,
        components=components,
    )


def _no_such(what: str, name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=3)
    if near:
        return f"There is no {what} {name!r}. Did you mean {' or '.join(near)}?"
    return f"There is no {what} {name!r}. There is: {', '.join(known) or 'none'}."


def _figure(
    connection: duckdb.DuckDBPyConnection, kpi: str, asked: Period, chosen: Slice, text: str
) -> Figure:
    """The published row, and which days count for it."""
    found = connection.execute(
        f"""
        select v.period_start, v.period_end, v.value, v.numerator, v.denominator,
               v.is_complete, v.is_provisional,
               earlier.period_start, earlier.comparable_until, earlier.period_end,
               (select max(period_start) + 1 from {SCHEMA}.kpi_periods where grain = 'day')
        from {SCHEMA}.kpi_values as v
        left join {SCHEMA}.kpi_periods as earlier
            on v.grain = earlier.grain and v.period_start = earlier.next_period_start
        where v.kpi = $kpi and v.grain = $grain and v.slice = $slice
          and v.slice_value = $slice_value and $day between v.period_start and v.period_end
        """,
        {
            "kpi": kpi,
            "grain": asked.grain,
            "slice": chosen[0],
            "slice_value": chosen[1],
            "day": asked.day,
        },
    ).fetchone()
    if found is None:
        raise CannotExplain(_no_such_period(connection, kpi, asked, chosen, text))
    start, end, value, numerator, denominator, complete, provisional, *earlier, as_of = found
    return Figure(
        period_start=start,
        period_end=end,
        slice=chosen,
        value=value,
        numerator=numerator,
        denominator=denominator,
        is_complete=complete,
        is_provisional=provisional,
        grain=asked.grain,
        until=min(end + timedelta(days=1), as_of),
        earlier_from=earlier[0],
        earlier_until=earlier[1],
        earlier_end=earlier[2],
    )


def _months(connection: duckdb.DuckDBPyConnection, figure: Figure) -> list[Figure]:
    """The months of a quarter or a year, of whose sums the figure is made."""
    found = connection.execute(
        f"""
        select months.period_start, months.period_end,
               earlier.period_start, earlier.comparable_until, earlier.period_end
        from {SCHEMA}.kpi_periods as months
        left join {SCHEMA}.kpi_periods as earlier
            on months.grain = earlier.grain and months.period_start = earlier.next_period_start
        where months.grain = 'month' and months.period_start between ? and ?
        order by months.period_start
        """,
        [figure.period_start, figure.period_end],
    ).fetchall()
    return [
        replace(
            figure,
            grain="month",
            period_start=start,
            period_end=end,
            until=min(end + timedelta(days=1), figure.until),
            earlier_from=earlier_from,
            earlier_until=earlier_until,
            earlier_end=earlier_end,
        )
        for start, end, earlier_from, earlier_until, earlier_end in found
    ]


def _no_such_period(
    connection: duckdb.DuckDBPyConnection, kpi: str, asked: Period, chosen: Slice, text: str
) -> str:
    where = f"where kpi = $kpi and grain = $grain and slice = '{TOTAL[0]}'"
    given = {"kpi": kpi, "grain": asked.grain}
    table = f"{SCHEMA}.kpi_values"
    first, last = connection.execute(
        f"select min(period_start), max(period_end) from {table} {where}", given
    ).fetchall()[0]
    if first is None:
        return f"{kpi} has no value at all in this release: nothing it is made of has been landed."
    if chosen != TOTAL and first <= asked.day <= last:
        values = connection.execute(
            f"""
            select distinct slice_value from {table}
            where kpi = $kpi and slice = $slice order by 1
            """,
            {"kpi": kpi, "slice": chosen[0]},
        ).fetchall()
        known = [row[0] for row in values]
        if chosen[1] in known:
            return f"Nothing of {kpi} has {chosen[0]} = {chosen[1]} in {text}."
        return _no_such(f"{chosen[0]} of {kpi}", chosen[1], known)
    return f"{kpi} has no {asked.grain} {text}; it knows {first} to {last}."


def _residual(
    connection: duckdb.DuckDBPyConnection,
    defined: Mapping[str, Any],
    figure: Figure,
    components: Sequence[Component],
) -> Decimal:
    """The published figure less what the definition makes of the components."""
    values = {f"{c.name}__earlier" if c.earlier else c.name: c.value for c in components}
    values["days_in_period"] = Decimal((figure.until - figure.period_start).days)
    known = ", ".join(f"cast(? as decimal(38, 6)) as {quoted(name)}" for name in values)
    given = {}
    for part in defined["parts"]:
        row = connection.execute(
            f"select cast({part['sql']} as decimal(38, 6)) from (select {known})",
            list(values.values()),
        ).fetchone()
        given[part["role"]] = row[0] if row else None
    if "value" in given:
        return _difference(figure.value, given["value"])
    quotient = _divided(given["numerator"], given["denominator"])
    differences = (
        _difference(figure.numerator, given["numerator"]),
        _difference(figure.denominator, given["denominator"]),
        _difference(figure.value, quotient),
    )
    return max(differences, key=abs)


def _difference(published: Decimal | None, explained: Decimal | None) -> Decimal:
    """What is left; where one of the two is empty, all of the other."""
    if published is None or explained is None:
        return (published or NOTHING) - (explained or NOTHING)
    return published - explained


def _divided(numerator: Decimal | None, denominator: Decimal | None) -> Decimal | None:
    """The exact quotient, rounded once and half away from zero to six decimals."""
    if numerator is None or denominator is None:
        return None
    above, below = int(abs(numerator).scaleb(DECIMALS)), int(abs(denominator).scaleb(DECIMALS))
    if below == 0:
        return None
    units = (2 * 10**DECIMALS * above + below) // (2 * below)
    sign = -1 if (numerator < 0) != (denominator < 0) else 1
    return Decimal(sign * units).scaleb(-DECIMALS)
