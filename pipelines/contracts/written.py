"""A drafted contract as YAML, laid out as those that ship, with each doubt above its line."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.yaml_source import Loader
from pipelines.document import visible

REVIEW = "review: "
TEXT_TAG = "tag:yaml.org,2002:str"


@dataclass
class Reviewed:
    """A value, and what a person has to look at."""

    value: Any
    reviews: Sequence[str] = field(default_factory=list)


def review_lines(document: Any) -> Iterator[str]:
    """Every doubt of a document, in its order, with what it is about."""
    yield from _lines("", document)


def _lines(about: str, value: Any) -> Iterator[str]:
    if isinstance(value, Reviewed):
        inside = value.value
        name = inside.get("name") or inside.get("rule") if isinstance(inside, Mapping) else None
        label = str(name) if name and about in ("columns", "shapes", "skip") else about
        for review in value.reviews:
            yield f"{label}: {visible(review)}"
        yield from _lines(about, inside)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _lines(str(key), part)
    elif isinstance(value, list):
        for part in value:
            yield from _lines(about, part)


def as_yaml(document: Mapping[str, Any]) -> str:
    """The document as text."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = 1 << 16
    yaml.indent(mapping=2, sequence=4, offset=2)
    for yaml.allow_unicode in (True, False):
        target = io.StringIO()
        yaml.dump(_block(document, 0), target)
        text = target.getvalue()
        if all(visible(line) == line for line in text.split("\n")):
            break  # Otherwise a header could act on the terminal: it is written in codes.
    return text


def _block(document: Mapping[str, Any], indent: int) -> Any:
    """A mapping with a line for each key; lists of mappings have a line for each item."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    made = CommentedMap()
    for key, given in document.items():
        value, reviews = _parted(given)
        if key in ("columns", "shapes", "skip"):
            items = CommentedSeq()
            for place, item in enumerate(value):
                line, doubts = _parted(item)
                items.append(_inline(line))
                if doubts:
                    items.yaml_set_comment_before_after_key(
                        place, before=_comment(doubts), indent=indent + 2
                    )
            made[key] = items
        elif key == "streams" or (indent and indent == 2):  # noqa: PLR2004
            made[key] = _block(value, indent + 2)
        else:
            made[key] = _inline(value)
        if reviews:
            made.yaml_set_comment_before_after_key(key, before=_comment(reviews), indent=indent)
    return made


def _parted(given: Any) -> tuple[Any, Sequence[str]]:
    return (given.value, given.reviews) if isinstance(given, Reviewed) else (given, ())


def _comment(reviews: Sequence[str]) -> str:
    return "\n".join(REVIEW + visible(review) for review in reviews)


def _inline(value: Any) -> Any:
    """A value on one line."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    if isinstance(value, Mapping):
        mapping = CommentedMap({key: _inline(part) for key, part in value.items()})
        mapping.fa.set_flow_style()
        return mapping
    if isinstance(value, list | tuple):
        items = CommentedSeq([_inline(part) for part in value])
        items.fa.set_flow_style()
        return items
    return _text(value) if isinstance(value, str) else value


def _text(value: str) -> str:
    """A text in quotes where its reader would take it for something else.

    Contracts are read as YAML 1.1, in which a bare `Yes` is a boolean; written as 1.2, it is none.
    """
    import yaml
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    is_text = Loader("").resolve(yaml.ScalarNode, value, (True, False)) == TEXT_TAG
    return value if is_text else DoubleQuotedScalarString(value)
