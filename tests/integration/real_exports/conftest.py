"""Running real exports; tests that need them are skipped where they are not."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from real_project import EXPORTS, LINES, Mart, RunExports, make_project

from pipelines import flow
from pipelines.settings import Settings


@pytest.fixture(scope="session")
def run_exports(tmp_path_factory: pytest.TempPathFactory) -> RunExports:
    """Run exports in a project of their own: `source=[files below the exports' folder]`."""
    if not EXPORTS.is_dir():
        pytest.skip(f"there are no real exports in {EXPORTS}: set KPI_REAL_EXPORTS to their folder")

    def run(
        as_of: str,
        reporting_currency: str,
        edit: Callable[[Path], None] = lambda project: None,
        **exports: Sequence[str | Path],
    ) -> Mart:
        folder = tmp_path_factory.mktemp("_".join(exports))
        project = folder / "project"
        make_project(project, [source for source in exports if source in LINES])
        edit(project)
        settings = Settings.from_environment(
            project=project,
            home=folder / "home",
            as_of=as_of,
            reporting_currency=reporting_currency,
            settle_seconds=0,
        )
        for source, files in exports.items():
            (settings.inbox / source).mkdir(parents=True)
            for file in files:
                shutil.copyfile(EXPORTS / file, settings.inbox / source / Path(file).name)
        return Mart(settings, flow.run(settings))

    return run
