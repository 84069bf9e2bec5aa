"""With which characters a text can begin that an expression matches as a whole.

To ask this first is far cheaper than the expression, and leaves few texts to it. What is not
understood for certain is any character.
"""

from __future__ import annotations

import importlib
import re
import string
from collections.abc import Iterable
from typing import Any

PRINTABLE = [chr(code) for code in range(ord("!"), ord("~") + 1)]
MOST_WORTHWHILE = 40
"""With more characters than these to begin with, there is little to gain."""
CLASSES = {
    "CATEGORY_SPACE": "",
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_WORD": string.ascii_letters + string.digits + "_",
}


class _Anything(Exception):
    """The expression may begin with whatever."""


def beginnings(expression: str) -> frozenset[str] | None:
    """The printable ASCII characters with which a matching text can begin; None: any of them.

    Of blanks, the empty text, and characters beyond ASCII nothing is said: they always may.
    """
    try:
        parsed = importlib.import_module("re._parser").parse(expression)
        found, _ = _first(parsed, bool(parsed.state.flags & re.IGNORECASE))
    except (ImportError, AttributeError, _Anything):
        return None
    kept = frozenset(found) & frozenset(PRINTABLE)
    return kept if len(kept) <= MOST_WORTHWHILE else None


def ranges(characters: Iterable[str]) -> list[tuple[str, str]]:
    """The characters as ranges: the first of each, and the one that follows its last."""
    found: list[tuple[str, str]] = []
    for character in sorted(characters):
        following = chr(ord(character) + 1)
        if found and found[-1][1] == character:
            found[-1] = (found[-1][0], following)
        else:
            found.append((character, following))
    return found


def _first(sequence: Iterable[Any], no_case: bool) -> tuple[set[str], bool]:
    """The first characters of a sequence of parts, and whether it can be empty."""
    found: set[str] = set()
    for kind, said in sequence:
        characters, is_empty = _first_of_part(str(kind), said, no_case)
        found |= characters
        if not is_empty:
            return found, False
    return found, True


def _first_of_part(kind: str, said: Any, no_case: bool) -> tuple[set[str], bool]:
    if kind == "LITERAL":
        return _cases(chr(said), no_case), False
    if kind == "IN":
        return {each for part in said for each in _of_set(part[0], part[1], no_case)}, False
    if kind == "BRANCH":
        ways = [_first(way, no_case) for way in said[1]]
        return {each for way, _ in ways for each in way}, any(is_empty for _, is_empty in ways)
    if kind == "SUBPATTERN":
        _, added, removed, inside = said
        return _first(inside, bool(added & re.IGNORECASE or (no_case and not removed)))
    if kind in ("MAX_REPEAT", "MIN_REPEAT"):
        least, _, inside = said
        characters, is_empty = _first(inside, no_case)
        return characters, is_empty or least == 0
    if kind == "AT":
        return set(), True
    raise _Anything


def _of_set(kind: Any, said: Any, no_case: bool) -> set[str]:
    if str(kind) == "LITERAL":
        return _cases(chr(said), no_case)
    if str(kind) == "RANGE":
        first, last = said
        within = (chr(code) for code in range(first, min(last, ord("~")) + 1))
        return {each for character in within for each in _cases(character, no_case)}
    if str(kind) == "CATEGORY" and str(said) in CLASSES:
        return set(CLASSES[str(said)])
    raise _Anything


def _cases(character: str, no_case: bool) -> set[str]:
    return {character, character.lower(), character.upper()} if no_case else {character}
