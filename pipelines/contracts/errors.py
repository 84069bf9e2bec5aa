"""What stops the drafting or the checking of a contract, with the remedy."""

from __future__ import annotations

from pathlib import Path


class ContractWorkError(Exception):
    """A file of which no contract can be drafted or checked: which one, why, what to do."""

    def __init__(self, file: Path, problem: str, remedy: str) -> None:
        self.file, self.problem, self.remedy = file, problem, remedy
        super().__init__(f"{file}: {problem}. {remedy}")
