"""The catalogue of faults names every test that shows one, and no test that is not there."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
CATALOGUE = TESTS / "reliability" / "catalogue.md"


def faults_in_tests() -> dict[str, set[str]]:
    """The tests by the number of the fault that their name begins with."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in TESTS.rglob("test_*.py"):
        for name, number in re.findall(r"^def (test_f(\d{3})_\w+)", file.read_text(), re.MULTILINE):
            found[number].add(name)
    return found


def test_the_catalogue_and_the_tests_say_the_same() -> None:
    listed: dict[str, set[str]] = defaultdict(set)
    for line in CATALOGUE.read_text(encoding="utf-8").splitlines():
        if row := re.match(r"\| (\d{3}) \|", line):
            listed[row[1]].update(re.findall(r"`(test_f\d{3}_\w+)`", line))

    assert {fault: names for fault, names in listed.items() if names} == faults_in_tests()
