"""The house keeps its order: who may import whom, and documents that point at what is there."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
OURS = ("models", "expectations", "pipelines")
MAY_IMPORT = {
    "models": {"models"},
    "expectations": {"models", "expectations"},
    "pipelines": {"models", "expectations", "pipelines"},
}
ENGINES = {"dagster", "dagster_dbt", "dbt", "great_expectations", "duckdb"}
DAGSTER_ROOMS = ("pipelines/definitions.py", "pipelines/orchestrate/")


def imports_of(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def python_files() -> list[Path]:
    return [file for room in OURS for file in sorted((REPOSITORY / room).rglob("*.py"))]


@pytest.mark.parametrize("file", python_files(), ids=lambda f: str(f.relative_to(REPOSITORY)))
def test_a_room_imports_only_what_it_may(file: Path) -> None:
    inside = file.relative_to(REPOSITORY).as_posix()
    room = inside.split("/")[0]
    found = imports_of(file)

    assert found & set(OURS) <= MAY_IMPORT[room]
    if room == "models":
        assert not found & ENGINES
    if not inside.startswith(DAGSTER_ROOMS):
        assert not found & {"dagster", "dagster_dbt"}


def test_the_command_line_loads_nothing_heavy() -> None:
    listing = subprocess.run(
        [sys.executable, "-c", "import sys, pipelines.cli; print(*sys.modules)"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.split(".")[0] for name in listing.stdout.split()}

    assert not loaded & {"dagster", "dbt", "great_expectations", "pandas"}


@pytest.mark.parametrize(
    "page", sorted(REPOSITORY.glob("*.md")) + sorted(REPOSITORY.glob("docs/*.md"))
)
def test_every_link_of_a_document_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} points at {target}"


def test_the_repository_names_no_registry_and_no_machine() -> None:
    found = subprocess.run(
        ["git", "grep", "-nIE", r"py" + r"pi\.org|python" + r"hosted|npm" + r"js\.org|/wor" + "k/"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.stdout == ""
