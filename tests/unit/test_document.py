"""What machines are given: exact figures, one line an answer, and no character that acts."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy
import pytest

from pipelines.document import json_line, plain, visible


@dataclass(frozen=True)
class Part:
    amount: Decimal
    days: tuple[date, ...]


def test_figures_stay_exact_and_dates_are_iso():
    answer = {
        "part": Part(Decimal("1E+2"), (date(2026, 3, 1),)),
        "at": datetime(2026, 3, 1, 6, tzinfo=UTC),
        "share": 0.5,
        "count": numpy.int64(7),
        "path": Path("a/b"),
        "set": {"b", "a"},
        "nothing": None,
        "yes": True,
    }

    assert plain(answer) == {
        "part": {"amount": "100", "days": ["2026-03-01"]},
        "at": "2026-03-01T06:00:00+00:00",
        "share": "0.5",
        "count": 7,
        "path": "a/b",
        "set": ["a", "b"],
        "nothing": None,
        "yes": True,
    }


ACTING = {
    "ansi": "\x1b[31mred\x1b[0m",
    "c1 csi": "\x9b31m",
    "new line": "one\ntwo\r\nthree",
    "bell": "\x07",
    "bidi": "a\u202egnp.exe\u202c",
    "isolate": "\u2066a\u2069",
    "line separator": "a\u2028b\u2029c\x85d",
    "byte order": "\ufeffa",
    "no width": "pay\u200bpal",
    "tag": "a\U000e0041",
    "half a character": "a\ud800",
}


@pytest.mark.parametrize("text", ACTING.values(), ids=ACTING)
def test_f114_an_answer_is_one_line_without_acting_characters_and_reads_back_as_it_was(text):
    line = json_line({"file": text, text: "a name"})

    assert json.loads(line) == {"file": text, text: "a name"}
    assert len(line.splitlines()) == 1
    assert all(character.isprintable() for character in line)


@pytest.mark.parametrize("text", ACTING.values(), ids=ACTING)
def test_f114_a_text_from_outside_is_shown_with_codes_for_what_would_act(text):
    shown = visible(f"<{text}>")

    assert shown.isprintable()
    assert shown.startswith("<") and shown.endswith(">")
    assert "\\" in shown


@pytest.mark.parametrize("text", ["Müller & Söhne", "売上", "می‌خواهم", "👩‍💻", "a\u00a0b", "[red]"])
def test_names_of_people_and_places_are_shown_as_they_are(text):
    assert visible(text) == text
