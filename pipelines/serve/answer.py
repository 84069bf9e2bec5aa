"""How a command answers: for people by a screen, for machines by one line of JSON.

Imports nothing that takes long: every command goes through here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

AsJson = Annotated[
    bool, typer.Option("--json", help="For machines: one line of JSON on standard output.")
]


def give(answer: Any, as_json: bool, show_it: Callable[[Any], None]) -> None:
    """Answer on standard output."""
    if as_json:
        print_json(answer)
    else:
        show_it(answer)


def print_json(answer: Any) -> None:
    """Answer a machine: one line, so that the answers of a log are its lines."""
    from pipelines.document import json_line

    sys.stdout.write(json_line(answer) + "\n")
