"""One run: its number, its folder, its frozen inputs. What it does is in `flow.py`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

CODE_FOLDERS = ("models", "expectations", "pipelines", "dbt_project")
BUILT = frozenset({"target", "logs", "dbt_packages", "__pycache__"})
# Generated from the contracts, which count themselves.
GENERATED = frozenset({"_landed_sources.yml"})
LIBRARIES = ("dbt-core", "dbt-adapters", "dbt-duckdb", "duckdb", "Jinja2")


@dataclass(frozen=True)
class Run:
    """Where one run keeps its frozen inputs, dbt's artefacts, its candidate and its verdict."""

    run_id: str
    directory: Path
    candidate: Path

    @property
    def manifest(self) -> Path:
        """The frozen inputs: which landings, settings and code this run computes from."""
        return self.directory / "manifest.json"

    @property
    def verdict(self) -> Path:
        """What the checks said of the candidate, and of which candidate."""
        return self.directory / "verdict.json"

    @property
    def dbt_target(self) -> Path:
        """The folder with dbt's `manifest.json` and `run_results.json` of this run."""
        return self.directory / "dbt"

    def frozen_inputs(self) -> dict[str, Any]:
        """What the run was frozen with; empty where its manifest is missing or unreadable."""
        try:
            inputs = json.loads(self.manifest.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return inputs if isinstance(inputs, dict) else {}


def code_digest(project: Path) -> str:
    """Identity of all that figures are computed by: definitions, SQL, contracts, suites, code."""
    return files_digest(project, CODE_FOLDERS, BUILT | GENERATED)


def library_versions() -> dict[str, str]:
    """The versions of the libraries that turn SQL into figures; others may compute otherwise."""
    return {name: version(name) for name in LIBRARIES}


def files_digest(project: Path, folders: Iterable[str], leave_out: frozenset[str]) -> str:
    """Identity of all files of some folders, by name and content.

    Args:
        project: what the folders, and the files' names, are relative to.
        folders: those to look through.
        leave_out: names of files, and of folders with all that is in them, that do not count.
    """
    digest = hashlib.sha256()
    for folder in folders:
        for file in sorted((project / folder).rglob("*")):
            inside = file.relative_to(project)
            if file.is_file() and not leave_out.intersection(inside.parts):
                digest.update(f"{inside}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
