"""What a command hands on to spreadsheets: its answer as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

from pipelines.serve.mart import Figure
from pipelines.serve.spreadsheet import Sheet

if TYPE_CHECKING:
    from pipelines.prove.explain import Explanation
    from pipelines.serve.aside import Closely


def of_series(figures: Sequence[Figure]) -> Sheet:
    """`kpi show`: a row for each period."""
    names = [each.name for each in fields(Figure)]
    return Sheet("figures", names, [[getattr(f, name) for name in names] for f in figures])


def of_explanation(explanation: Explanation) -> Sheet:
    """`kpi explain`: a row for each source row that contributes, or else for each export."""
    start = [explanation.kpi, explanation.period_start, explanation.period_end]
    names = ["kpi", "period_start", "period_end", "component", "is_of_earlier_period", "table"]
    names += ["file", "row", "key", "rows", "contribution", "landing_id"]
    rows: list[list[object]] = []
    for component in explanation.components:
        of_component = [*start, component.name, component.earlier, component.table]
        if component.rows:
            for row in component.rows:
                key = ", ".join(f"{name}={value}" for name, value in row.key.items())
                place = [row.file, row.row_number, key, 1]
                rows.append([*of_component, *place, row.contribution, row.landing_id])
            continue
        for share in component.landings:
            place = [share.file, None, None, share.rows]
            rows.append([*of_component, *place, share.contribution, share.landing_id])
    return Sheet("explanation", names, rows)


def of_quarantine(found: Closely) -> Sheet:
    """`kpi quarantine show`: a row for each broken cell, with its record as it came."""
    headers = list(dict.fromkeys(header for line in found.lines for header in line.raw))
    names = ["file", "row", "code", "column", "value", "reason", "expected", "remedy"]
    rows: list[list[object]] = [
        [
            *(getattr(line, name) for name in names),
            *(line.raw.get(header) for header in headers),
        ]
        for line in found.lines
    ]
    if not rows:
        rows = [[getattr(found.export, name) for name in names]]
    return Sheet("quarantine", [*names, *(f"in the file: {header}" for header in headers)], rows)
