"""How findings of `kpi lint` and reviews of targets look on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from models.smart import Finding
from pipelines.serve.targets_review import Review
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


def show_review(reviews: Sequence[Review]) -> None:
    """`kpi targets review`: how often each was met, by quarter, and what to do about it."""
    for one in reviews:
        quarters = "  ".join(
            f"{each.quarter_start} {each.met}/{each.judged}" for each in one.quarters
        )
        console.print(
            f"[bold]{shown(one.kpi)}[/]  met {one.met} of {one.judged} months  ({shown(quarters)})",
            soft_wrap=True,
        )
        if one.proposal:
            by = f" Proposed: {one.proposed.normalize():f}." if one.proposed is not None else ""
            console.print(f"    {shown(one.proposal + by)}", soft_wrap=True)
            console.print(f"    {shown(one.owner)}", soft_wrap=True)
    if not reviews:
        console.print("No complete month was held against a target yet.")
