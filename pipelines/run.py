"""One run: its number, its folder, its frozen inputs. What it does is in `flow.py`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CODE_FOLDERS = ("models", "expectations", "pipelines", "dbt_project")
# What is built, or generated from the contracts, which count themselves.
NOT_CODE = {"target", "logs", "dbt_packages", "__pycache__", "_landed_sources.yml"}


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
    digest = hashlib.sha256()
    for folder in CODE_FOLDERS:
        for file in sorted((project / folder).rglob("*")):
            inside = file.relative_to(project)
            if file.is_file() and not NOT_CODE.intersection(inside.parts):
                digest.update(f"{inside}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
