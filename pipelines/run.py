"""One run: its number, its folder, its candidate. What it does is in `flow.py`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


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
