"""The quarantine's Parquet files, many at once: how many rows of which code, and which amounts.

Belongs here: counting and summing, in SQL. What is open and what is mended is `set_aside.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from models.contract import Stream
from pipelines.land import sql
from pipelines.land.money import MONEY_TYPE, amount_columns, currency_in_sql

if TYPE_CHECKING:
    import duckdb

NOT_KEPT = "landed before amounts were kept; `kpi quarantine replay` finds them"
GONE = "the quarantine's file is gone; `kpi quarantine replay` writes it anew"
EXACT = "DECIMAL(38,12)"
"""For sums: every amount of a contract fits, and no digit is rounded."""


@dataclass(frozen=True)
class Money:
    """What rows state in one column and currency."""

    column: str
    currency: str
    """Empty where the rows do not say it."""
    amount: Decimal
    """The sum of the amounts that can be read."""
    unread: int = 0
    """How many amounts are there and could not be read."""


@dataclass(frozen=True)
class Quarantined:
    """What one quarantine file says."""

    rows: int | None = None
    """How many rows; None where the file is gone."""
    codes: Mapping[str, int] = field(default_factory=dict)
    remedies: Mapping[str, str] = field(default_factory=dict)
    money: tuple[Money, ...] = ()
    money_unknown: str = ""


def read_quarantined(
    folder: Path, names: Sequence[str], code: str | None = None
) -> dict[str, Quarantined]:
    """What the named files below `folder` say, as far as they are there.

    Args:
        folder: the quarantine.
        names: `<table>/<landing>.parquet`.
        code: sums only the amounts of rows that have this code.
    """
    import duckdb

    files = {str(folder / name): name for name in names if (folder / name).exists()}
    if not files:
        return {}
    with duckdb.connect() as connection:
        sql.shut_in(connection, [folder])
        connection.execute(f"create temp table lines as {_lines(list(files))}")
        counts = connection.execute(
            "select filename, code, count(distinct _row_number), min(coalesce(remedy, ''))"
            " from lines group by all order by all"
        ).fetchall()
        connection.execute(
            """create temp table records as
            select filename, _row_number, any_value(money) as money from lines
            group by all having $code is null or bool_or(code = $code)""",
            {"code": code},
        )
        money = _sums(connection)
        in_all = connection.execute(
            "select filename, count(*), count(*) - count(money) from records group by all"
        ).fetchall()
    rows = {file: int(count) for file, count, _ in in_all}
    without = {file for file, _, unknown in in_all if unknown}
    found = {}
    for file, name in files.items():
        mine = [(c, int(count), remedy) for f, c, count, remedy in counts if f == file]
        found[name] = Quarantined(
            rows=rows.get(file, 0),
            codes={c: count for c, count, _ in mine},
            remedies={c: remedy for c, _, remedy in mine},
            money=money.get(file, ()),
            money_unknown=NOT_KEPT if file in without else "",
        )
    return found


def sum_landed(
    folder: Path, streams: Mapping[str, Stream], landings: Iterable[tuple[str, str]]
) -> dict[str, tuple[Money, ...]]:
    """The amounts of landed rows, by landing: what is lost where it is set aside as a whole."""
    import duckdb

    found: dict[str, tuple[Money, ...]] = {}
    with duckdb.connect() as connection:
        sql.shut_in(connection, [folder])
        for table, name in landings:
            file = folder / name
            amounts = amount_columns(streams[table]) if table in streams else {}
            if not file.exists() or not amounts:
                continue
            source = sql.parquet([file])
            there = {
                row[0] for row in connection.execute(f"describe select * from {source}").fetchall()
            }
            sums: list[Money] = []
            for column, currency in amounts.items():
                if column in there:
                    sums += _of_column(
                        connection, source, column, currency if currency in there else None
                    )
            found[name] = tuple(sums)
    return found


def add_up(money: Iterable[Money]) -> list[Money]:
    """Several sums as one for each column and currency, in their order."""
    sums: dict[tuple[str, str], Money] = {}
    for each in money:
        key = (each.column, each.currency)
        before = sums.get(key)
        sums[key] = Money(
            *key,
            amount=each.amount + (before.amount if before else 0),
            unread=each.unread + (before.unread if before else 0),
        )
    return [sums[key] for key in sorted(sums)]


def _lines(files: Sequence[str]) -> str:
    """The lines of quarantine files; those written before amounts were kept have none."""
    return f"""select filename, _row_number, code, remedy, money from (
        select cast(null as {MONEY_TYPE}) as money, cast(null as varchar) as remedy where false
        union all by name
        select * from {sql.parquet(map(Path, files), ", union_by_name = true, filename = true")}
    )"""


def _sums(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[Money, ...]]:
    rows = connection.execute(
        f"""select filename, stated.column_name, coalesce(stated.currency_code, ''),
            coalesce(sum(cast(stated.amount as {EXACT})), 0), count(*) - count(stated.amount)
        from (select filename, unnest(money) as stated from records)
        group by all order by all"""
    ).fetchall()
    found: dict[str, tuple[Money, ...]] = {}
    for file, column, currency, amount, unread in rows:
        money = Money(column, currency, Decimal(amount).normalize(), int(unread))
        found[file] = (*found.get(file, ()), money)
    return found


def _of_column(
    connection: duckdb.DuckDBPyConnection, source: str, column: str, currency: str | None
) -> list[Money]:
    amount = sql.identifier(column)
    rows = connection.execute(
        f"""select {currency_in_sql(currency)},
            sum(cast({amount} as {EXACT}))
        from {source} where {amount} is not null group by all order by all"""
    ).fetchall()
    return [Money(column, code, Decimal(total).normalize()) for code, total in rows]
