"""`kpi lint`: is everything that is declared fit to be used?"""

from __future__ import annotations

import typer

from pipelines.serve.answer import AsJson, give
from pipelines.settings import Settings

EXIT_FINDINGS = 6


def lint(as_json: AsJson = False) -> None:
    """KPIs that are not SMART, and contracts, targets and scorecards that are to be mended."""
    from pipelines.serve import screen_targets
    from pipelines.serve.lint import lint as ask

    findings = ask(Settings.from_environment())
    give(findings, as_json, screen_targets.show_lint)
    if findings:
        raise typer.Exit(EXIT_FINDINGS)
