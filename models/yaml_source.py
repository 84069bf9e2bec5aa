"""Reads YAML with the line of every key, so that a wrong declaration can be named by file and line.

Knows nothing of what the YAML declares; `contract.py` and `kpi.py` do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Location = tuple[str | int, ...]


class DeclarationError(Exception):
    """A declaration that cannot be used: which file and line, what is wrong, what to do."""

    def __init__(self, file: Path, line: int | None, problem: str, remedy: str) -> None:
        self.file, self.line, self.problem, self.remedy = file, line, problem, remedy
        where = f"{file}:{line}" if line else str(file)
        super().__init__(f"{where}: {problem}. {remedy}")


def passed_over(folder: Path, patterns: Iterable[str]) -> list[tuple[Path, str, str]]:
    """Files that somebody means to be read and that are not: file, what is wrong, what to do."""
    found = sorted({file for pattern in patterns for file in folder.glob(pattern)})
    return [
        (file, f"it would not be read: files here end in .yml, not {file.suffix}", "Rename it.")
        for file in found
    ]


def read_yaml(file: Path) -> tuple[Any, dict[Location, int]]:
    """Return the document and the line of each of its keys and items.

    Raises:
        DeclarationError: the file is not YAML, or a mapping repeats a key.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DeclarationError(
            file, None, f"not readable as UTF-8: {error.reason}", "Save it as UTF-8."
        ) from error
    node = None
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
    except ValueError as error:
        # What looks like a date becomes one before anybody asks for it: 2026-02-30 does not.
        raise DeclarationError(
            file, _line_without_value(node), f"a date that there is not: {error}", "Correct it."
        ) from error
    lines: dict[Location, int] = {}
    if node is not None:
        _walk(node, (), lines, file)
    return document, lines


def _line_without_value(node: yaml.Node | None) -> int | None:
    """The line of the first scalar that nothing can be made of."""
    left = [node] if node is not None else []
    while left:
        one = left.pop()
        if isinstance(one, yaml.MappingNode):
            left += [part for pair in reversed(one.value) for part in reversed(pair)]
        elif isinstance(one, yaml.SequenceNode):
            left += reversed(one.value)
        else:
            try:
                yaml.SafeLoader("").construct_object(one)
            except ValueError:
                return int(one.start_mark.line) + 1
    return None


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
    return problem_of(error.errors()[0], file, lines, inside)


def own_findings(error: ValidationError) -> list[ErrorDetails]:
    """Pydantic's findings, without those of a list that only say that its items are not usable."""
    findings = error.errors()
    above = {f["loc"][:depth] for f in findings for depth in range(1, len(f["loc"]))}
    return [finding for finding in findings if finding["loc"] not in above]


def problem_of(
    finding: ErrorDetails, file: Path, lines: dict[Location, int], inside: Location = ()
) -> DeclarationError:
    """One of Pydantic's findings as an error that names file and line."""
    at = (*inside, *(part for part in finding["loc"] if not str(part).startswith("function-")))
    path = ".".join(str(part) for part in at)
    value = finding.get("input")
    shown = f" (found {value!r})" if isinstance(value, str | int | float | bool) else ""
    known = (finding.get("ctx") or {}).get("expected")
    remedy = f"Allowed: {known}." if known else "See docs/contracts.md for what may stand there."
    problem = f"`{path}`: {finding['msg']}{shown}" if path else finding["msg"]
    return DeclarationError(file, nearest_line(lines, at), problem, remedy)
