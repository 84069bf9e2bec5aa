"""Answers as JSON: the one way in which anything of ours becomes text for machines.

Decimals stay exact, as text. A document is one line, and holds no character that acts on whatever
shows it: terminals, logs and line readers are given its code instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

ACTING = (
    r"\x00-\x1f\x7f-\x9f"  # control characters, among them the ESC of terminals' commands
    r"\u00ad\u061c\u180e\u200b\u200e\u200f"  # no width, or marks of direction
    r"\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # line ends, directions, invisible signs
    r"\ud800-\udfff\U000e0000-\U000e007f"  # no characters at all, or hidden copies of letters
)
"""Characters that do something instead of being seen, as a class of a regular expression."""
_ACTING = re.compile(f"[{ACTING}]")


def plain(value: object) -> Any:
    """A value as JSON and the ledger may hold it: a number that is not whole becomes text."""
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(part) for part in value), key=str)
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    unwrapped = getattr(value, "item", None)
    if callable(unwrapped):  # a NumPy scalar
        return plain(unwrapped())
    return value if value is None or type(value) in (bool, int, str) else str(value)


def json_line(answer: object) -> str:
    """An answer as one line of JSON, without its line end."""
    text = json.dumps(plain(answer), ensure_ascii=False, allow_nan=False)
    # Inside JSON such a character can only stand in a text, where its code means the same.
    return _ACTING.sub(_as_json, text)


def visible(text: str) -> str:
    """A text from outside as people may be shown it: what would act is written as its code."""
    return _ACTING.sub(_as_python, text)


def _as_json(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1]


def _as_python(found: re.Match[str]) -> str:
    return repr(found[0])[1:-1]
