"""The amounts of a stream's rows, each with its currency: what is counted when rows are set aside.

Belongs here: which columns are amounts, and where their currency stands.
"""

from __future__ import annotations

from models.contract import Stream

AMOUNT, CURRENCY = "_amount", "currency_code"


def amount_columns(stream: Stream) -> dict[str, str | None]:
    """The columns with money, by name, and the column with the currency of each.

    That is the one that `minor_units` names; else the one named like the amount, as
    `converted_currency_code` of `converted_amount`; else `currency_code`. None: there is none.
    """
    names = {column.name for column in stream.columns}
    found: dict[str, str | None] = {}
    for column in stream.columns:
        if column.is_decimal and column.name.endswith(AMOUNT):
            own = f"{column.name.removesuffix(AMOUNT)}_{CURRENCY}"
            named = column.minor_units.currency if column.minor_units else None
            found[column.name] = named or next((n for n in (own, CURRENCY) if n in names), None)
    return found
