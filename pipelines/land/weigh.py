"""The amounts of an export, each with its currency: conserved like its rows, and of what size.

Belongs here: what became of their sums, and how large they commonly are. Does not belong here:
which columns are amounts (`money.py`), and judging the size (`history.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from models.contract import Stream
from pipelines.land import sql
from pipelines.land.money import amount_columns, currency_in_sql

if TYPE_CHECKING:
    import duckdb

    from pipelines.land.rows import Typed

FATES = ("in_file", "landed", "quarantined", "skipped")
Money = dict[str, dict[str, dict[str, str]]]
"""By column and currency: the sums of what is in the file, landed, quarantined and skipped."""
Sizes = dict[str, list[str]]
"""By column: how many amounts are not zero, and the first, fifth and ninth tenth of their size.

Estimates, and never part of a figure.
"""


def weigh(connection: duckdb.DuckDBPyConnection, typed: Typed) -> tuple[Money, Sizes]:
    """What became of the amounts of all records that have one, and how large the landing ones are.

    A broken row counts with the amounts of it that can be read.
    """
    bound = {binding.column.name for binding in typed.recognised.bindings if binding.is_bound}
    columns = {
        name: currency
        for name, currency in amount_columns(typed.recognised.stream).items()
        if name in bound
    }
    money: Money = {}
    sizes: Sizes = {}
    for currency, names in _by_currency(columns):
        code = currency_in_sql(currency)
        sums = ", ".join(_sums(name, typed.sound) for name in map(sql.identifier, names))
        rows = connection.execute(
            f"SELECT {code} AS code, {sums} FROM {typed.relation} GROUP BY code ORDER BY code"
        ).fetchall()
        for code_found, *values in rows:
            for place, name in enumerate(names):
                fates = values[place * 4 : place * 4 + 4]
                if any(value is not None for value in fates):
                    money.setdefault(name, {})[code_found] = {
                        fate: str(value or Decimal(0))
                        for fate, value in zip(FATES, fates, strict=True)
                    }
    if columns:
        sizes = _sizes(connection, typed, list(columns))
    return money, sizes


def landed_money(
    connection: duckdb.DuckDBPyConnection, stream: Stream, money: Money, parquet: str
) -> Money:
    """The sums of what a landed file holds, in the form and for the columns of `money`."""
    columns = {name: of for name, of in amount_columns(stream).items() if name in money}
    found: Money = {name: {} for name in columns}
    for currency, names in _by_currency(columns):
        sums = ", ".join(f"sum({sql.identifier(name)})" for name in names)
        rows = connection.execute(
            f"SELECT {currency_in_sql(currency)} AS code, {sums}"
            f" FROM {sql.parquet([parquet])} GROUP BY code"
        ).fetchall()
        for code, *totals in rows:
            for name, total in zip(names, totals, strict=True):
                found[name][code] = {"landed": str(total or Decimal(0))}
    return found


def _by_currency(columns: Mapping[str, str | None]) -> list[tuple[str | None, list[str]]]:
    """Amounts whose currency stands in the same column: their sums take one pass."""
    grouped: dict[str | None, list[str]] = {}
    for name, currency in columns.items():
        grouped.setdefault(currency, []).append(name)
    return list(grouped.items())


def _sums(name: str, sound: str) -> str:
    """In the order of `FATES`."""
    data = "_rule IS NULL"
    return (
        f"sum({name}), sum({name}) FILTER ({sound}),"
        f" sum({name}) FILTER ({data} AND NOT ({sound})), sum({name}) FILTER (NOT ({data}))"
    )


def _sizes(connection: duckdb.DuckDBPyConnection, typed: Typed, names: list[str]) -> Sizes:
    asked = ", ".join(
        f"count(*) FILTER ({name} <> 0),"
        f" approx_quantile(CAST(abs({name}) AS DOUBLE), [0.1, 0.5, 0.9]) FILTER ({name} <> 0)"
        for name in map(sql.identifier, names)
    )
    row = connection.execute(f"SELECT {asked} FROM {typed.relation} WHERE {typed.sound}").fetchone()
    values = list(row or ())
    return {
        name: [str(count), *(f"{tenth:.6g}" for tenth in tenths)]
        for name, count, tenths in zip(names, values[::2], values[1::2], strict=True)
        if count
    }
