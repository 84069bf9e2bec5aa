"""Reports in sections: the titles above a record, and the records that a total is the total of.

Only titles and totals pass through Python; the records between them are joined by their numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from models.contract_rules import Sections
from pipelines.land import sql
from pipelines.land.numbers import BLANKS
from pipelines.land.readers import ROW_NUMBER, Records, cell

SEPARATOR = ":"
Mark = tuple[int, str, bool]
"""A record's number, the text of its title cell, whether that is all there is in it."""


@dataclass(frozen=True)
class Stretch:
    """Records one after the other that are in the same section."""

    first: int
    last: int
    titles: tuple[str, ...]


@dataclass(frozen=True)
class Outline:
    """What the titles and totals of a report say of its records."""

    stretches: tuple[Stretch, ...]
    titles: tuple[int, ...]
    """The records that are titles."""
    totals: dict[int, tuple[int, int]]
    """By the number of a total's record: the first and last record of its section."""


def outline(marks: Sequence[Mark], sections: Sections, last: int) -> Outline:
    """Read a report's sections off its titles and totals.

    A section with a total row holds the sections within it. One without is closed by the next
    title. Where a title's total comes twice (its own rows, then those of its sub-accounts too), the
    section stays open until the second.

    Args:
        marks: the records that are titles or totals, in order.
        sections: how the contract says they look.
        last: the number of the report's last record.
    """
    closing = [_closed_by(text, sections) for _, text, _ in marks]
    left = {title: closing.count(title) for title in closing if title is not None}
    open_: list[tuple[str, int, bool]] = []  # title, record, whether a total is still to come
    opened: dict[str, int] = {}
    stretches: list[Stretch] = []
    titles: list[int] = []
    totals: dict[int, tuple[int, int]] = {}
    since = 0

    def close_stretch(before: int) -> None:
        if open_ and since <= before:
            stretches.append(Stretch(since, before, tuple(title for title, _, _ in open_)))

    for (row, text, alone), closes in zip(marks, closing, strict=True):
        close_stretch(row - 1)
        since = row + 1
        if closes is not None:
            left[closes] -= 1
            if closes in opened:
                totals[row] = (opened[closes], row)
                names = [title for title, _, _ in open_]
                if closes in names and not left[closes]:
                    del open_[len(names) - 1 - names[::-1].index(closes) :]
        elif alone:
            titles.append(row)
            if open_ and not open_[-1][2]:
                open_.pop()
            title = text.strip()
            opened[title] = row
            open_.append((title, row, left.get(title, 0) > 0))
    close_stretch(last)
    return Outline(tuple(stretches), tuple(titles), totals)


def with_sections(
    connection: duckdb.DuckDBPyConnection, records: Records, width: int, sections: Sections
) -> tuple[str, Outline]:
    """The records with the titles above each, in SQL, and the report's outline.

    Makes the temporary tables `section_stretches` and `section_titles`.

    Args:
        connection: where the records are read.
        records: the export's, numbered.
        width: how many cells a record has.
        sections: how the contract says that titles and totals look.
    """
    title = f"trim({cell(sections.cell - 1)}, {sql.text(BLANKS)})"
    others = ", ".join(cell(n) for n in range(width) if n != sections.cell - 1) or "''"
    alone = f"regexp_full_match(concat({others}), {sql.text(f'[{BLANKS}]*')})"
    pattern = sql.text(sections.total)
    marks: list[Mark] = connection.execute(
        f"""SELECT {ROW_NUMBER}, {title}, {alone} FROM {records.relation}
        WHERE {title} <> '' AND ({alone} OR regexp_full_match({title}, {pattern}))
        ORDER BY {ROW_NUMBER}"""
    ).fetchall()
    found = connection.execute(f"SELECT max({ROW_NUMBER}) FROM {records.relation}").fetchone()
    report = outline(marks, sections, int(found[0] or 0) if found else 0)
    connection.execute(
        """CREATE TEMP TABLE section_stretches
        (first_row BIGINT, last_row BIGINT, path VARCHAR, name VARCHAR)"""
    )
    connection.execute("CREATE TEMP TABLE section_titles (title_row BIGINT)")
    rows = [(s.first, s.last, SEPARATOR.join(s.titles), s.titles[-1]) for s in report.stretches]
    if rows:
        lists = [list(column) for column in zip(*rows, strict=True)]
        unnested = ", ".join(["unnest(?)"] * len(lists))
        connection.execute(f"INSERT INTO section_stretches SELECT {unnested}", lists)
    if report.titles:
        connection.execute("INSERT INTO section_titles SELECT unnest(?)", [list(report.titles)])
    relation = (
        f"(SELECT record.*, section.path AS _section_path, section.name AS _section_name,"
        f" record.{ROW_NUMBER} IN (SELECT title_row FROM section_titles) AS _is_title"
        f" FROM {records.relation} AS record LEFT JOIN section_stretches AS section"
        f" ON record.{ROW_NUMBER} BETWEEN section.first_row AND section.last_row)"
    )
    return relation, report


def _closed_by(text: str, sections: Sections) -> str | None:
    found = re.fullmatch(sections.total, text)
    return found.group(1).strip() if found else None
