"""A cheap question is asked before a costly expression; it must never be answered no wrongly."""

import re

import pytest

from models.contract import load_contracts
from pipelines.land.beginnings import PRINTABLE, beginnings, ranges
from pipelines.settings import REPOSITORY

STREAMS = load_contracts(REPOSITORY / "models" / "contracts")
PATTERNS = sorted(
    {rule.pattern for stream in STREAMS.values() for rule in stream.skip if rule.pattern}
)


@pytest.mark.parametrize(
    ("expression", "characters"),
    [
        ("Total.*", "T"),
        ("(?i)total", "Tt"),
        ("(?i:total)|Sum", "TtS"),
        ("(?:Total|Gesamt|)", "TG"),
        ("合計|Total", "T"),
        ("-?[0-9]+", "-0123456789"),
        (r"\s*Total", "T"),
        (r"\d+ rows", "0123456789"),
        ("a*b?c", "abc"),
        ("a{0}b", "ab"),
        ("^(?:[A-C]|x+)$", "ABCx"),
        (r"\bTotal", "T"),
        ("", ""),
    ],
)
def test_a_matching_text_begins_with_one_of(expression: str, characters: str) -> None:
    found = beginnings(expression)

    assert found is not None
    assert found >= set(characters) & set(PRINTABLE)
    assert found <= set(characters)


@pytest.mark.parametrize(
    "expression", [".*total", "[^0-9].*", r"\S+", "(?=T)Total", r"\D", "[!-~]x"]
)
def test_an_expression_that_may_begin_with_much_is_always_asked(expression: str) -> None:
    assert beginnings(expression) is None


@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_text_that_a_contract_skips_is_missed(pattern: str) -> None:
    found = beginnings(pattern)
    words = {word for word in re.split(r"[^\w ]+", pattern) if word}
    tried = {
        f"{start}{word}{end}"
        for word in words
        for start in ("", *PRINTABLE)
        for end in ("", ": 5", " - filtered", ":", ": Campaigns")
    }
    tried |= {case for text in list(tried) for case in (text.lower(), text.upper())}
    matching = {text for text in tried if text and re.fullmatch(pattern, text)}

    assert found is None or {text[0] for text in matching} & set(PRINTABLE) <= found


def test_ranges_hold_their_characters_and_no_others() -> None:
    assert ranges("abcx") == [("a", "d"), ("x", "y")]
    assert ranges("") == []
