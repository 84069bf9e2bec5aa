"""Ad reports of any size: one large file, or many small ones."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb

HEADERS = (
    "Day", "Customer ID", "Campaign ID", "Campaign", "Campaign type", "Currency code",
    "Cost", "Impr.", "Clicks", "Conversions", "Conv. value",
)  # fmt: skip
ACCOUNTS, CAMPAIGNS = 20, 50_000


def write_large(file: Path, rows: int) -> None:
    """One report of so many rows, about 85 bytes each; the same for the same number."""
    file.parent.mkdir(parents=True, exist_ok=True)
    a_day = rows // 1000 + 1
    values = (
        f"strftime(date '2023-01-01' + cast(i // {a_day} as integer), '%Y-%m-%d')",
        f"'482-119-' || (7000 + i % {ACCOUNTS})",
        f"9000000 + (i % {CAMPAIGNS})",
        f"'Campaign ' || (i % {CAMPAIGNS})",
        "['Search', 'Display', 'Video'][1 + i % 3]",
        "'EUR'",
        "cast((hash(i) % 100000) / 100 as decimal(18, 2))",
        "hash(i + 1) % 10000",
        # Never more than were shown: a suite would set the report aside.
        "hash(i + 2) % (1 + hash(i + 1) % 10000 // 20)",
        "cast((hash(i + 3) % 1000) / 100 as decimal(18, 2))",
        "cast((hash(i + 4) % 100000) / 100 as decimal(18, 2))",
    )
    named = ", ".join(f'{value} as "{name}"' for value, name in zip(values, HEADERS, strict=True))
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select {named} from range({rows}) as rows(i)) to '{file}' (format csv, header)"
        )


def write_small(inbox: Path, files: int, rows: int = 20) -> None:
    """So many reports of an account's day each."""
    folder = inbox / "google_ads"
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        day = date(2025, 1, 1) + timedelta(days=number // ACCOUNTS)
        account = 7000 + number % ACCOUNTS
        lines = [
            f"{day},482-119-{account},{9000 + n},Campaign {n},Search,EUR,"
            f"{(number * 7 + n) % 900}.25,{1000 + n},{n},{n % 3}.00,{n}.50"
            for n in range(rows)
        ]
        file = folder / f"Campaign report {account} {day + timedelta(days=1)}.csv"
        file.write_text("\n".join((",".join(HEADERS), *lines, "")), encoding="utf-8")
