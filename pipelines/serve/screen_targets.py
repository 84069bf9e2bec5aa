"""How findings of `kpi lint` and reviews of targets look on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from models.smart import Finding
from pipelines.serve.terminal import console, shown


def show_lint(findings: Sequence[Finding]) -> None:
    """`kpi lint`: where, what and which letter, then what to do."""
    for one in findings:
        where = f"{one.file}:{one.line}" if one.line else str(one.file)
        console.print(
            f"[bold]{shown(where)}[/]  [yellow]{one.rule}[/]  {shown(one.subject)}: "
            f"{shown(one.problem)}",
            soft_wrap=True,
        )
        console.print(f"    {shown(one.remedy)}", soft_wrap=True)
    if findings:
        console.print(f"{len(findings)} to be mended")
    else:
        console.print("[green]●[/] Nothing to be mended: KPIs, contracts, targets and scorecards.")
