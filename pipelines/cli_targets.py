"""`kpi lint`: is what is declared fit to be used? `kpi targets`: are the targets?"""

from __future__ import annotations

import typer

from pipelines.serve.answer import AsJson, give
from pipelines.settings import Settings

EXIT_FINDINGS = 6

targets = typer.Typer(no_args_is_help=True, help="The targets that figures are held against.")


@targets.callback()
def _targets() -> None:
    """Keeps `review` a command of its own, though it is the only one."""


@targets.command()
def review(as_json: AsJson = False) -> None:
    """How often each target was met per quarter, and a proposal where always or never."""
    from pipelines.serve import screen_targets
    from pipelines.serve.mart import open_mart, release_folder
    from pipelines.serve.targets_review import review_targets

    with open_mart(release_folder(Settings.from_environment())) as mart:
        reviews = review_targets(mart)
    give(reviews, as_json, screen_targets.show_review)


def lint(as_json: AsJson = False) -> None:
    """KPIs that are not SMART, and contracts, targets and scorecards that are to be mended."""
    from pipelines.serve import screen_targets
    from pipelines.serve.lint import lint as ask

    findings = ask(Settings.from_environment())
    give(findings, as_json, screen_targets.show_lint)
    if findings:
        raise typer.Exit(EXIT_FINDINGS)
