"""How contracts and trials of them look on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from pipelines.serve.screen import FRESHNESS
from pipelines.serve.terminal import console, shown

if TYPE_CHECKING:
    from pipelines.contracts.check import Checked
    from pipelines.contracts.draft import Draft
    from pipelines.serve.sources import KnownStream

STATUS = {
    "accepted": ("green", "● It would land"),
    "set_aside": ("red", "■ It would be set aside as a whole"),
    "refused": ("red", "■ It would not land"),
}
WORDS = {
    "equal": "equal",
    "rounding": "equal but for rounding",
    "hidden_rows": "differs by rows that the export does not show",
    "not_comparable": "not comparable: a row could not be read",
    "different": "differs",
}


def show_draft(draft: Draft, written: Path | None) -> None:
    """`kpi contract new`: the contract on standard output, what to look at beside it."""
    beside = Console(stderr=True, highlight=False, emoji=False)
    if written is None:
        sys.stdout.write(draft.text)
    else:
        console.print(f"Written: {shown(written)}")
    color, text = STATUS[draft.checked.status]
    beside.print(f"[{color}]{text} under this contract[/]: {draft.checked.rows_landed:,} rows.")
    if draft.checked.reason:
        beside.print(f"  {shown(draft.checked.reason)}")
    beside.print(f"{len(draft.reviews)} guesses are marked `# review:`. Look at each of them;")
    beside.print("then `kpi contract check FILE`, and docs/add-a-source.md for what comes next.")


def show_checked(checked: Checked) -> None:
    """`kpi contract check`."""
    color, text = STATUS[checked.status]
    console.print(f"[{color}]{text}[/]: {shown(checked.file)}")
    if checked.table:
        shape = f", as {shown(checked.shape)}" if checked.shape else ""
        console.print(f"  stream       {shown(checked.table)}{shape}")
    if checked.status != "refused":
        _show_counts(checked)
    for label, value in (("code", checked.code), ("why", checked.reason), ("do", checked.remedy)):
        if value:
            console.print(f"  {label:<12} {shown(value)}")
    if checked.row is not None:
        console.print(f"  row          {checked.row}")
    for fault in checked.faults:
        column = f", {shown(fault.column)}" if fault.column else ""
        console.print(f"  row {fault.row}{column}: [yellow]{shown(fault.code)}[/]")
        console.print(f"    {shown(fault.reason)}")
        if fault.value:
            console.print(f"    found {shown(repr(fault.value))}, expected {shown(fault.expected)}")


def _show_counts(checked: Checked) -> None:
    skipped = ", ".join(f"{rows} {shown(rule)}" for rule, rows in checked.rows_skipped.items())
    console.print(
        f"  records      {checked.rows_in_file:,}: {checked.rows_landed:,} land,"
        f" {checked.rows_quarantined:,} broken, {sum(checked.rows_skipped.values()):,} skipped"
        f" ({skipped})"
    )
    first, last = checked.covered
    console.print(f"  covers       {first or 'everything'} to {last or 'nobody knows'}")
    console.print(f"  exported     {shown(checked.exported_at)}")
    for total in checked.totals:
        console.print(
            f"  total        {shown(total['column'])}: {_figure(total['stated'])},"
            f" the rows make {_figure(total['summed'])}: {WORDS[total['verdict']]}"
        )
    if checked.drift:
        console.print(f"  not known    {shown(', '.join(checked.drift))} (kept beside the others)")
    if checked.columns_missing:
        console.print(f"  not in it    {shown(', '.join(checked.columns_missing))}")


def _figure(text: str | None) -> str:
    """An exact figure without the zeros at its end."""
    return "?" if text is None else f"{Decimal(text).normalize():,f}"


def show_sources(streams: Sequence[KnownStream]) -> None:
    """`kpi sources`."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("stream", "family", "owner", "newest", "state"):
        table.add_column(column, no_wrap=True)
    for stream in streams:
        newest = stream.newest_export[:10] if stream.newest_export else ""
        state = f"[{FRESHNESS[stream.freshness]}]{stream.freshness}[/]"
        table.add_row(shown(stream.table), stream.family, shown(stream.owner), newest, state)
    console.print(table)
    if len({stream.source for stream in streams}) > 1:
        console.print("\n`kpi sources NAME` says what the contract of a source rests on.")
        return
    for stream in streams:
        console.print(f"\n[bold]{shown(stream.table)}[/]  {shown(stream.description)}")
        console.print(f"  contract   {shown(stream.contract)}")
        console.print(f"  answers    {shown(stream.owner)} <{shown(stream.owner_email)}>")
        console.print(f"  rests on   {shown(stream.rests_on)}")
