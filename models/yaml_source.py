"""Reads YAML with the line of every key, so that a wrong declaration can be named by file and line.

Knows nothing of what the YAML declares; `contract.py` and `kpi.py` do.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Location = tuple[str | int, ...]


class DeclarationError(Exception):
    """A declaration that cannot be used: which file and line, what is wrong, what to do."""

    def __init__(self, file: Path, line: int | None, problem: str, remedy: str) -> None:
        self.file, self.line, self.problem, self.remedy = file, line, problem, remedy
        where = f"{file}:{line}" if line else str(file)
        super().__init__(f"{where}: {problem}. {remedy}")


def read_yaml(file: Path) -> tuple[Any, dict[Location, int]]:
    """Return the document and the line of each of its keys and items.

    Raises:
        DeclarationError: the file is not YAML, or a mapping repeats a key.
    """
    text = file.read_text(encoding="utf-8")
    try:
        node = yaml.compose(text, Loader=Loader)
        document = yaml.load(text, Loader=Loader)  # noqa: S506  (Loader is a safe one)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise DeclarationError(
            file,
            mark.line + 1 if mark else None,
            f"not readable as YAML: {getattr(error, 'problem', error)}",
            "Check indentation, colons and quotes there.",
        ) from error
    lines: dict[Location, int] = {}
    if node is not None:
        _walk(node, (), lines, file)
    return document, lines


def _walk(node: yaml.Node, at: Location, lines: dict[Location, int], file: Path) -> None:
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise DeclarationError(
                    file,
                    key.start_mark.line + 1,
                    f"`{key.value}` stands twice",
                    "Keep one of them.",
                )
            seen.add(key.value)
            lines[(*at, key.value)] = key.start_mark.line + 1
            _walk(value, (*at, key.value), lines, file)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*at, index), lines, file)


def nearest_line(lines: dict[Location, int], at: Sequence[str | int]) -> int | None:
    """The line of `at`, or of the closest enclosing key that the file shows."""
    location = tuple(at)
    while location not in lines and location:
        location = location[:-1]
    return lines.get(location)


def first_problem(
    error: ValidationError, file: Path, lines: dict[Location, int], inside: Location = ()
) -> DeclarationError:
    """Turn the first of Pydantic's findings into an error that names file and line."""
    finding = error.errors()[0]
    at = (*inside, *(part for part in finding["loc"] if not str(part).startswith("function-")))
    path = ".".join(str(part) for part in at)
    value = finding.get("input")
    shown = f" (found {value!r})" if isinstance(value, str | int | float | bool) else ""
    known = (finding.get("ctx") or {}).get("expected")
    remedy = f"Allowed: {known}." if known else "See docs/contracts.md for what may stand there."
    return DeclarationError(
        file, nearest_line(lines, at), f"`{path}`: {finding['msg']}{shown}", remedy
    )
