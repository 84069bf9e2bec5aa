"""The amounts of a stream's rows, each with its currency: what is counted when rows are set aside.

Belongs here: which columns are amounts, where their currency stands, and how a row says them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from models.contract import Stream
from pipelines.land import sql

if TYPE_CHECKING:
    from pipelines.land.convert import Cell

AMOUNT, CURRENCY = "amount", "currency_code"
MONEY_TYPE = "STRUCT(column_name VARCHAR, amount VARCHAR, currency_code VARCHAR)[]"
"""A row's amounts: as exact text, or NULL for one that is there and could not be read."""


def amount_columns(stream: Stream) -> dict[str, str | None]:
    """The columns with money, by name, and the column with the currency of each.

    That is the one that `minor_units` names; else the one named like the amount, as
    `converted_currency_code` of `converted_amount`; else `currency_code`. None: there is none.
    """
    names = {column.name for column in stream.columns}
    found: dict[str, str | None] = {}
    for column in stream.columns:
        if column.is_decimal and (column.name == AMOUNT or column.name.endswith(f"_{AMOUNT}")):
            own = f"{column.name.removesuffix(AMOUNT)}{CURRENCY}"
            named = column.minor_units.currency if column.minor_units else None
            found[column.name] = named or next((n for n in (own, CURRENCY) if n in names), None)
    return found


def currency_in_sql(column: str | None) -> str:
    """A row's currency as sums are kept by it: in capitals; empty where the row says none."""
    if column is None:
        return "''"
    return f"coalesce(upper(trim(CAST({sql.identifier(column)} AS VARCHAR))), '')"


def stated_money(
    stream: Stream, cells: Sequence[Cell], record: Literal["sound", "broken", "unread"]
) -> str:
    """A typed record's amounts, in SQL, as `MONEY_TYPE`; an empty cell states none.

    Args:
        stream: the record's.
        cells: the record's columns, typed under their own names.
        record: broken has its cells' text beside the values; unread has neither.
    """
    columns = amount_columns(stream)
    bound = {each.column.name: each for each in cells if each.binding.is_bound}
    parts = []
    for name in (name for name in columns if name in bound):
        currency = columns[name] if columns[name] in bound else None
        if record == "unread":
            parts.append(_struct(name, "NULL", "NULL"))
            continue
        value = sql.identifier(name)
        text = f"CAST({value} AS VARCHAR)"
        code = f"upper(trim(CAST({sql.identifier(currency)} AS VARCHAR)))" if currency else "NULL"
        broken = (bound[name].is_broken if record == "broken" else None) or "false"
        parts.append(
            f"CASE WHEN {value} IS NOT NULL THEN {_struct(name, text, code)}"
            f" WHEN {broken} THEN {_struct(name, 'NULL', code)} END"
        )
    amounts = f"list_filter([{', '.join(parts)}], stated -> stated IS NOT NULL)" if parts else "[]"
    return f"CAST({amounts} AS {MONEY_TYPE})"


def _struct(column: str, amount: str, currency: str) -> str:
    said = {"column_name": sql.text(column), "amount": amount, "currency_code": currency}
    return "{" + ", ".join(f"'{n}': CAST({value} AS VARCHAR)" for n, value in said.items()) + "}"
