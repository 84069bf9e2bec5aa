"""How a command answers: for people by a screen, for machines by one line of JSON.

Imports nothing that takes long: every command goes through here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pipelines.serve.spreadsheet import Sheet

AsJson = Annotated[
    bool, typer.Option("--json", help="For machines: one line of JSON on standard output.")
]

ToCsv = Annotated[
    Path | None,
    typer.Option("--csv", help="Write it into this CSV file, for a spreadsheet.", dir_okay=False),
]
ToXlsx = Annotated[
    Path | None, typer.Option("--xlsx", help="The same as an Excel workbook.", dir_okay=False)
]


def give(answer: Any, as_json: bool, show_it: Callable[[Any], None]) -> None:
    """Answer on standard output."""
    if as_json:
        print_json(answer)
    else:
        show_it(answer)


def hand_on(sheet: Callable[[], Sheet], csv: Path | None, xlsx: Path | None) -> bool:
    """Write the answer into the spreadsheets that were asked for; False if none was."""
    if csv is None and xlsx is None:
        return False
    from pipelines.serve.spreadsheet import write_sheets

    write_sheets(sheet(), csv, xlsx)
    for file in (csv, xlsx):
        if file is not None:
            sys.stderr.write(f"Written: {file}\n")
    return True


def print_json(answer: Any) -> None:
    """Answer a machine: one line, so that the answers of a log are its lines."""
    from pipelines.document import json_line

    sys.stdout.write(json_line(answer) + "\n")
