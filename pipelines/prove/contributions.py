"""What rows contribute to a component of a figure, and which exports they came in.

Belongs here: which rows of a fact count for a period and slice, their sums per export, and the rows
themselves. Does not belong here: which figure is asked for, and whether it adds up (`explain.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pipelines.prove.explanation import NOTHING, UNKNOWN_FILE, Component, LandingShare, Row

if TYPE_CHECKING:
    import duckdb

SCHEMA = "kpi_mart"
Slice = tuple[str, str]
TOTAL: Slice = ("total", "")
Values = list[Any]


@dataclass(frozen=True)
class Figure:
    """A row of kpi_values, and the days it is made from."""

    period_start: date
    period_end: date
    slice: Slice
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    is_complete: bool
    is_provisional: bool
    grain: str
    until: date
    """The first day that is no longer counted."""
    earlier_from: date | None
    earlier_until: date | None
    earlier_end: date | None


def components_of(
    connection: duckdb.DuckDBPyConnection,
    definitions: Mapping[str, Any],
    defined: Mapping[str, Any],
    figures: Sequence[Figure],
    rows: bool,
) -> tuple[Component, ...]:
    """The components of a figure, each once, in the order in which the definition names them.

    `figures` is the figure itself; of one that is the sums over months, its months.
    """
    used = {c["column"]: c for part in defined["parts"] for c in part["columns"]}
    found = []
    for column in used.values():
        component = definitions["components"][column["component"]]
        counted = [_counted(component, figure, column["earlier"]) for figure in figures]
        shares = _of_each_landing(_shares(connection, each) for each in counted)
        asked = counted if rows else []
        listed = [row for each in asked for row in _rows(connection, component, each)]
        found.append(
            Component(
                name=column["component"],
                description=component["description"],
                earlier=column["earlier"],
                value=sum((share.contribution for share in shares), NOTHING),
                table=component["fact"],
                landed=tuple(component["landed"]),
                sql="\nunion all\n".join(each.typed for each in counted),
                landings=tuple(shares),
                rows=tuple(listed),
            )
        )
    return tuple(found)


@dataclass(frozen=True)
class _Counted:
    """The rows of a fact that count, as a query; `_contribution` is what each of them adds."""

    query: str
    values: Values

    @property
    def typed(self) -> str:
        """The sum as one would type it into the mart, to see for oneself."""
        written = self.query
        for value in self.values:
            shown = f"date '{value}'" if isinstance(value, date) else _text(str(value))
            written = written.replace("?", shown, 1)
        return f"select sum(_contribution) from ({written})"


def _counted(component: Mapping[str, Any], figure: Figure, earlier: bool) -> _Counted:
    where, values = _condition(component, figure, earlier)
    contribution, relation = component["contribution"], component["relation"]
    choice = component.get("choice")
    if choice is None:
        query = f"select *, {contribution} as _contribution from {relation} where {where}"
        return _Counted(query, values)
    # Of equal values any one may be the middle one: the first as exported is taken.
    order = "_landing_id, _row_number"
    if choice == "distinct":
        contribution = "1"
        places = f"partition by {component['contribution']} order by {order}"
    else:
        way = "desc" if choice == "max" else "asc"
        places = f"order by {component.get('chosen_by') or contribution} {way}, {order}"
    chosen = "_place * 2 between _places and _places + 2" if choice == "median" else "_place = 1"
    query = f"""
        select * from (
            select *, {contribution} as _contribution,
                   row_number() over ({places}) as _place, count(*) over () as _places
            from {relation} where {where}
        ) where {chosen}"""
    return _Counted(query, values)


def _condition(component: Mapping[str, Any], figure: Figure, earlier: bool) -> tuple[str, Values]:
    """Which rows of the fact count, as SQL with its values."""
    day = f"cast({component['time']} as date)"
    # A row of several days counts where all of them lie.
    last_day = f"cast({component.get('until') or component['time']} as date)"
    first, until = figure.period_start, figure.until
    is_balance = component["behaviour"] == "balance"
    if earlier:
        if figure.earlier_from is None or figure.earlier_until is None or not figure.earlier_end:
            return "false", []
        first, until = figure.earlier_from, figure.earlier_until
        if is_balance or component.get("window_days"):
            until = figure.earlier_end + timedelta(days=1)
    conditions, values = [f"({component['contribution']}) is not null"], Values()
    if component["behaviour"] == "per_grain":
        conditions += [f"{component['grain_column']} = ?", f"{day} = ?"]
        values += [figure.grain, figure.period_start]
    elif is_balance:
        # A balance is everything that happened up to the end of the period.
        conditions.append(f"{day} < ?")
        values.append(until)
    else:
        window = component.get("window_days")
        conditions += [f"{day} >= ?", f"{last_day} < ?"]
        values += [until - timedelta(days=window) if window else first, until]
    if figure.slice != TOTAL:
        dimension = component["dimensions"][figure.slice[0]]
        conditions.append(f"coalesce(nullif(cast({dimension} as varchar), ''), '(none)') = ?")
        values.append(figure.slice[1])
    return " and ".join(conditions), values


def _shares(connection: duckdb.DuckDBPyConnection, counted: _Counted) -> list[LandingShare]:
    found = connection.execute(
        f"""
        with shares as (
            select _landing_id, count(*) as row_count,
                   cast(sum(_contribution) as decimal(38, 6)) as contribution
            from ({counted.query})
            group by _landing_id
        )
        select landings.file, shares._landing_id, landings.exported_at, row_count, contribution
        from shares
        left join {SCHEMA}.landings on shares._landing_id = landings.landing_id
        order by landings.exported_at nulls last, landings.file nulls last, shares._landing_id
        """,
        counted.values,
    ).fetchall()
    return [LandingShare(file or UNKNOWN_FILE, *rest) for file, *rest in found]


def _of_each_landing(parts: Iterable[list[LandingShare]]) -> list[LandingShare]:
    """What each export contributed to all parts together."""
    shares: dict[str, LandingShare] = {}
    for share in (share for part in parts for share in part):
        known = shares.get(share.landing_id)
        shares[share.landing_id] = (
            share
            if known is None
            else replace(
                share,
                rows=known.rows + share.rows,
                contribution=known.contribution + share.contribution,
            )
        )
    return list(shares.values())


def _rows(
    connection: duckdb.DuckDBPyConnection, component: Mapping[str, Any], counted: _Counted
) -> list[Row]:
    keys = component["keys"]
    selected = "".join(f", cast(fact.{quoted(key)} as varchar)" for key in keys)
    ordered = "".join(f", {place}" for place in range(5, 5 + len(keys)))
    found = connection.execute(
        f"""
        with fact as ({counted.query})
        select landings.file, fact._landing_id, fact._row_number,
               cast(fact._contribution as decimal(38, 6)) {selected}
        from fact
        left join {SCHEMA}.landings on fact._landing_id = landings.landing_id
        order by landings.exported_at nulls last, landings.file nulls last,
                 fact._row_number nulls last {ordered}
        """,
        counted.values,
    ).fetchall()
    return [
        Row(
            file=file or UNKNOWN_FILE,
            landing_id=landing_id,
            row_number=number,
            key={name: value for name, value in zip(keys, key, strict=True) if value is not None},
            contribution=contribution,
        )
        for file, landing_id, number, contribution, *key in found
    ]


def quoted(name: str) -> str:
    """A name as SQL writes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
