"""The terminal, and the one way in which a text from outside may get onto it."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from pipelines.document import visible

# No emoji: a file may be called `:warning:`, and is to be shown as it is called.
console = Console(highlight=False, emoji=False)


def shown(text: object) -> str:
    """A text from outside as markup that shows it and does nothing else.

    What would act on the terminal (ESC, line ends, marks of direction) is written as its code, and
    what would be markup (`[red]`) is taken for letters.
    """
    literal = escape(visible(str(text)))
    # An odd number of backslashes at the end would take the bracket of our own next tag for theirs.
    backslashes = len(literal) - len(literal.rstrip("\\"))
    return literal + "\\" * (backslashes % 2)
