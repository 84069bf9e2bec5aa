"""Parts of a table: its months, so that publishing writes those that changed and no others.

Belongs here: which tables have parts, and which days differ from the release before. Does not
belong here: writing them (`duckdb_target.py`, `parquet_target.py`).

That a day did not change is never concluded from what landed: both sides are read and compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb

from pipelines.publish.digest import Digest, digest_of, digest_of_parts, fingerprint_sql

SCHEMA = "kpi_mart"
META = "published_in_months_of"
"""What a model declares (`config.meta`): the column with the day by whose month its rows go."""
UNDATED = "undated"

Days = frozenset[date | None]


class WrongMart(Exception):
    """The written mart is not what the candidate holds; nothing was published."""


def declared_parts(manifest: Path) -> dict[str, str]:
    """The day's column by table, of the tables that are published in months."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    models = [node for node in nodes if node["resource_type"] == "model"]
    return {
        str(node["name"]): str(node["config"]["meta"][META])
        for node in models
        if META in node["config"].get("meta", {})
    }


def month_of(day: date | None) -> str:
    """The name of the part in which rows of a day are."""
    return f"{day:%Y-%m}" if day else UNDATED


def month_sql(column: str) -> str:
    """The same of a column."""
    return f"""coalesce(strftime("{column}", '%Y-%m'), '{UNDATED}')"""


def rows_of_month(relation: str, column: str, month: str) -> str:
    """The rows of one part, as what can stand after FROM."""
    if month == UNDATED:
        return f'(select * from {relation} where "{column}" is null)'
    # Bounds rather than an expression: whole blocks of other months are then not read.
    first = f"date '{month}-01'"
    return (
        f'(select * from {relation} where "{column}" >= {first}'
        f' and "{column}" < {first} + interval 1 month)'
    )


def days_in(days: Days, column: str) -> str:
    """A condition: the row is of one of these days."""
    dated = sorted(day for day in days if day)
    conditions = [f'"{column}" is null'] if None in days else []
    if dated:
        listed = ", ".join(f"date '{day}'" for day in dated)
        within = f"\"{column}\" between date '{dated[0]}' and date '{dated[-1]}'"
        conditions.append(f'({within} and "{column}" in ({listed}))')
    return f"({' or '.join(conditions) or 'false'})"


def changed_days(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[tuple[str, str]],
    column: str | None,
    among: Days | None = None,
) -> Days:
    """The days on which the rows of candidate and mart differ, in number or in any value.

    Args:
        connection: with both attached.
        table: in both, with the same columns.
        columns: their names and types.
        column: the day of a row; without one all rows count as of day None.
        among: the only days to look at; all where it is not given.
    """
    day = f'"{column}"' if column else "cast(null as date)"
    asked = f"where {days_in(among, column)}" if among is not None and column else ""

    def side(database: str) -> str:
        return (
            f"select {day} as day, count(*) as row_count, {fingerprint_sql(columns)} as hashes"
            f' from {database}.{SCHEMA}."{table}" {asked} group by all'
        )

    found = connection.execute(
        f"""
        select coalesce(candidate.day, mart.day)
        from ({side("candidate")}) as candidate
        full join ({side("mart")}) as mart on candidate.day is not distinct from mart.day
        where (candidate.row_count, candidate.hashes) is distinct from (mart.row_count, mart.hashes)
        """
    ).fetchall()
    return frozenset(row[0] for row in found)


def digests_by_month(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    column: str,
    known: Mapping[str, Digest],
    *,
    is_ordered: bool,
) -> dict[str, Digest]:
    """The digest of each month's rows of a table in the mart.

    Args:
        connection: with the mart attached.
        table: its name.
        column: the day of a row.
        known: digests of months that are as they were.
        is_ordered: the rows of each month lie in the order of all their columns.

    Raises:
        WrongMart: a month that is as it was has another number of rows than it had.
    """
    relation = f'mart.{SCHEMA}."{table}"'
    months = connection.execute(
        f"select {month_sql(column)} as month, count(*) from {relation} group by 1 order by 1"
    ).fetchall()
    found: dict[str, Digest] = {}
    for month, rows in months:
        rows_of = rows_of_month(relation, column, month)
        if month not in known:
            found[month] = digest_of(connection, rows_of, table, is_ordered=is_ordered)
        elif known[month][0] == rows:
            found[month] = known[month]
        else:
            raise WrongMart(
                f"{SCHEMA}.{table} is not as in the release before: it has {rows} rows of {month},"
                f" and had {known[month][0]}"
            )
    return found


def digest_of_months(months: Mapping[str, Digest]) -> Digest:
    """How many rows the months have together, and one digest of all."""
    return sum(rows for rows, _ in months.values()), digest_of_parts(
        {month: sha256 for month, (_, sha256) in months.items()}
    )


def months_of(days: Iterable[date | None]) -> frozenset[str]:
    """The parts in which rows of some days are."""
    return frozenset(month_of(day) for day in days)
