"""The one-shot script a colleague would write: read as text, prove each number, store it typed.

python -m benchmarks.yardstick REPORT.csv TYPED.parquet
"""

from __future__ import annotations

import sys

import duckdb

from benchmarks.exports import HEADERS

NUMBERS = {"Cost": 6, "Impr.": 0, "Clicks": 0, "Conversions": 6, "Conv. value": 6}


def typed(name: str) -> str:
    """A column with its type."""
    if name == "Day":
        return f'cast("{name}" as date)'
    if name not in NUMBERS:
        return f'"{name}"'
    return f'cast("{name}" as {"decimal(18, 6)" if NUMBERS[name] else "bigint"})'


def is_exact(name: str, decimals: int) -> str:
    """Whether a number's text is one that its type holds; of all ways tried the fastest."""
    fraction = f"(\\.[0-9]{{1,{decimals}}})?" if decimals else ""
    return f"regexp_full_match(\"{name}\", '-?[0-9]+{fraction}')"


def main(report: str, to: str) -> None:
    """Store the report as typed Parquet, and fail if any number was changed."""
    texts = ", ".join(f"'{name}': 'VARCHAR'" for name in HEADERS)
    columns = ", ".join(f'{typed(name)} as "{name}"' for name in HEADERS)
    exact = " and ".join(is_exact(*each) for each in NUMBERS.items())
    with duckdb.connect(config={"memory_limit": "2GB"}) as connection:
        connection.execute(
            f"""copy (select {columns}, not ({exact}) as is_changed from read_csv('{report}',
            auto_detect = false, header = true, columns = {{{texts}}}, strict_mode = true))
            to '{to}' (format parquet, compression zstd)"""
        )
        changed = connection.execute(f"select count(*) from '{to}' where is_changed").fetchone()
    if changed != (0,):
        raise SystemExit(f"{changed} numbers were changed")


if __name__ == "__main__":
    main(*sys.argv[1:])
