"""What every test may use: settings of a home of its own, whatever the machine's are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelines.settings import Settings


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in [name for name in os.environ if name.startswith("KPI_")]:
        monkeypatch.delenv(variable)


@pytest.fixture
def settings(tmp_path: Path, _no_settings_of_the_machine: None) -> Settings:
    """The defaults on a fixed day, in an empty home with an empty inbox; nothing is waited for."""
    (tmp_path / "inbox").mkdir()
    return Settings.from_environment(home=tmp_path, as_of="2026-07-01", settle_seconds=0)
