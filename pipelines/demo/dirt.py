"""What is wrong with the example company's exports on purpose, and where.

None of it touches the truth: a broken row is either corrected in the next day's export, or was
never real. Each file has at most one broken row, so that it is landed without it.

1. a new column, and a header under another name, in one month of meta_ads (drift, not a fault);
2. a file in hubspot/ that no contract knows;
3. a ticket created on 30 February, which never existed;
4. an amount with decimal comma in a Google Ads report, corrected in the next day's;
5. an invoice line with an unquoted comma, one field too long, corrected in the next day's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from pipelines.demo.exports.files import Cell, Export, Row, csv_text, evening_of
from pipelines.demo.exports.schedule import Schedule

# How many days before `until`.
UNKNOWN_FILE, IMPOSSIBLE_DATE, DECIMAL_MARK, TOO_LONG = 5, 4, 3, 2
DRIFTING_MONTH = 3
"""The fourth month of the history; the last one where there are fewer."""
OTHER_NAMES = {"Day": "Date"}
NEW_COLUMN = "Quality ranking"


@dataclass
class Dirt:
    """Plants what is wrong, and keeps a list of it; a company without history has none."""

    schedule: Schedule
    planted: list[dict[str, object]] = field(default_factory=list)

    def _is_day(self, day: date, before: int) -> bool:
        return bool(self.schedule.history_end) and day == self.schedule.until - timedelta(before)

    def _note(self, kind: str, file: str, **facts: object) -> None:
        self.planted.append({"kind": kind, "file": file, **facts})

    def drifting_header(
        self, file: str, first: date, last: date, header: Row, rows: list[list[Cell]]
    ) -> tuple[list[str], list[list[Cell]]]:
        """Add a column nobody agreed on, and write a known header by its other name."""
        months = self.schedule.months
        if not months or (first, last) != months[min(DRIFTING_MONTH, len(months) - 1)]:
            return header, rows
        self._note(
            "drifting header", file, new_column=NEW_COLUMN, other_names=OTHER_NAMES, quarantined=0
        )
        renamed = [OTHER_NAMES.get(name, name) for name in header]
        return [*renamed, NEW_COLUMN], [[*row, "Average"] for row in rows]

    def impossible_date(self, file: str, day: date, rows: list[Row], column: int) -> list[Row]:
        """Add a ticket that was never opened, on a day that never was."""
        if not self._is_day(day, IMPOSSIBLE_DATE) or not rows:
            return rows
        ghost = list(rows[-1])
        ghost[0], ghost[column] = "18400999999", f"{day.year}-02-30 14:05"
        self._note(
            "impossible date", file, record=len(rows) + 2, key=ghost[0], value=ghost[column],
            column="created_at", quarantined=1, corrected_in=None,
        )  # fmt: skip
        return [*rows, ghost]

    def wrong_decimal_mark(
        self, file: str, day: date, rows: list[Row], *, column: int, first_record: int
    ) -> list[Row]:
        """Write one cost of the day with decimal comma; the true one is in the next report."""
        if not self._is_day(day, DECIMAL_MARK):
            return rows
        broken = list(rows[-1])
        broken[column] = "1.234,50"
        self._note(
            "wrong decimal mark", file, record=first_record + len(rows) - 1, key=broken[2],
            value=broken[column], column="cost_amount", quarantined=1,
            corrected_in=f"google_ads/Campaign report {day + timedelta(1)}.csv",
        )  # fmt: skip
        return [*rows[:-1], broken]

    def row_too_long(self, file: str, day: date, text: str, column: int) -> str:
        """Put an unquoted comma into the last row; the next day's export has it right."""
        if not self._is_day(day, TOO_LONG):
            return text
        rows = text.splitlines()
        cells = rows[-1].split(",")
        cells[column] += ", yearly"
        self._note(
            "row too long", file, record=len(rows), key=cells[0], value=cells[column],
            column=None, quarantined=1,
            corrected_in=f"billing/invoice-lines {day + timedelta(1)}.csv",
        )  # fmt: skip
        return "\n".join([*rows[:-1], ",".join(cells)]) + "\n"

    def unknown_file(self, source: str) -> Iterator[Export]:
        """A file that someone saved into the wrong folder."""
        if self.schedule.history_end is None:
            return
        day = self.schedule.until - timedelta(UNKNOWN_FILE)
        rows = [["Page", "Scroll depth", "Heat"], ["/pricing", "61%", "warm"]]
        name = f"heatmap {day}.csv"
        self._note("unknown file", f"{source}/{name}", quarantined=1)
        yield Export(source, name, evening_of(day), csv_text(rows).encode(), 1)
