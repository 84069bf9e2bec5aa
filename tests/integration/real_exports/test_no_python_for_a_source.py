"""What adding a source takes: files that a person who knows SQL writes, and one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from real_project import LINES, REPOSITORY, SOURCES, make_project


@pytest.mark.parametrize("source", LINES)
def test_a_source_is_a_contract_and_staging_models_with_two_tests_each(source: str) -> None:
    files = [file for file in (SOURCES / source).rglob("*") if file.is_file()]
    staging = [file for file in files if file.suffix == ".sql"]
    tests = (SOURCES / source / "staging" / f"_{source}__models.yml").read_text(encoding="utf-8")

    assert {file.suffix for file in files} == {".yml", ".sql"}
    assert tests.count("primary_key") == len(staging)
    assert tests.count("data_tests") == 2 * len(staging)


@pytest.mark.parametrize("source", LINES)
def test_a_source_changes_one_line_per_family_and_nothing_else(source: str, tmp_path: Path) -> None:
    make_project(tmp_path, [source])

    changed = {
        file.stem: file
        for file in tmp_path.rglob("*")
        if file.is_file()
        and (shipped := REPOSITORY / file.relative_to(tmp_path)).exists()
        and shipped.read_bytes() != file.read_bytes()
    }
    assert set(changed) == set(LINES[source])
    for family, file in changed.items():
        before = (REPOSITORY / file.relative_to(tmp_path)).read_text(encoding="utf-8").splitlines()
        after = file.read_text(encoding="utf-8").splitlines()
        assert len(set(after) - set(before)) == 1, family
