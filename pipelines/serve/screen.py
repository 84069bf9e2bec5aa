"""How answers look on a terminal. Every text from a file is escaped: an export can't draw on it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from pipelines.document import visible
from pipelines.serve import mart
from pipelines.serve.aside import first_rows
from pipelines.serve.terminal import console, shown

if TYPE_CHECKING:
    from pipelines.flow import Outcome, Tell
    from pipelines.prove.explain import Explanation
    from pipelines.serve.doctor import Finding
    from pipelines.serve.state import State
    from pipelines.settings import Settings

# Shape and word, not colour alone: a status must survive a printer and a colour-blind reader.
STATUS = {
    "on_track": ("green", "● on track"),
    "at_risk": ("yellow", "▲ at risk"),
    "off_track": ("red", "■ off track"),
    "no_target": ("dim", "– no target"),
    "no_data": ("dim", "○ no data"),
}
VERDICT = {"pass": "green", "warn": "yellow", "fail": "red", "error": "red"}
FRESHNESS = {"fresh": "green", "late": "yellow", "stale": "red", "never": "dim"}
HEADLINES = (
    "revenue", "gross_margin", "net_profit_margin", "cash_flow", "mrr", "paying_customers",
    "customer_churn_rate", "cac", "leads", "win_rate", "ad_spend", "roas", "nps",
)  # fmt: skip
SPARKS = "▁▂▃▄▅▆▇█"
MOST_ROWS = 20
MOST_CHARACTERS = 300


@contextmanager
def progress(*, quiet: bool) -> Iterator[Tell]:
    """A listener that shows which step is at work; silent for machines."""
    if quiet:
        yield lambda step, text: None
        return
    with console.status("notice what is new") as status:
        done: list[str] = []

        def tell(step: str, text: str) -> None:
            if not done or done[-1] != step:
                console.print(f"[bold cyan]{step:<10}[/] {shown(text)}")
                done.append(step)
            status.update(f"{step}: {shown(text)}")

        yield tell


def outcome_document(settings: Settings, outcome: Outcome) -> dict[str, Any]:
    """The end of a run, for machines."""
    return {
        "status": outcome.status,
        "run_id": outcome.run_id,
        "release": outcome.release.number if outcome.release else None,
        "landed": [
            {"file": n.file, "table": n.table, "rows": n.rows_landed, "status": n.status}
            for n in outcome.landed.landings
        ],
        "quarantined_files": [
            {"file": q.file, "code": q.code, "reason": q.reason} for q in outcome.landed.quarantined
        ],
        "left_for_the_next_run": [
            {"file": file.name, "reason": file.reason} for file in outcome.landed.unsettled
        ],
        "checks": _tally(outcome.verdict.results) if outcome.verdict else {},
        "reasons": list(outcome.reasons),
    }


def show_outcome(settings: Settings, outcome: Outcome) -> None:
    """One screen at the end of `kpi run`."""
    if outcome.status == "nothing_new":
        console.print(_nothing_new(settings, outcome))
        return
    parts: list[RenderableType] = []
    month = "2026-01"
    if outcome.status == "released" and outcome.release:
        folder = mart.release_folder(settings, outcome.release.number)
        figures = _headlines(mart.scorecard(folder, "month"))
        month = max((f"{f.period_start:%Y-%m}" for f in figures if f.period_start), default=month)
        parts.append(_scorecard(figures))
    parts.append(_taken_in(settings, outcome))
    if outcome.verdict:
        parts.append(_checks_line(_tally(outcome.verdict.results)))
    if outcome.status == "held":
        parts.append(Text("Why it was held:", style="bold red"))
        parts += [Text(f"  {visible(reason)}") for reason in outcome.reasons[:MOST_ROWS]]
    parts.append(_next_steps(outcome, month))
    title = (
        f"Release {outcome.release.number} is served"
        if outcome.release
        else "Held: the last release stays as it is"
    )
    style = "green" if outcome.release else "red"
    console.print(Panel(Group(*parts), title=title, border_style=style, padding=(1, 2)))


def show_state(state: State) -> None:
    """`kpi status`."""
    if state.release is None:
        console.print(f"No release yet in {shown(state.home)}. `kpi run` makes one.")
    else:
        console.print(
            f"Release [bold]{state.release}[/], published {state.published_at},"
            f" {state.age_hours} hours ago"
        )
    if state.held:
        console.print("[red]■ The last run was held:[/]")
        for reason in state.held_reasons[:MOST_ROWS]:
            console.print(f"  {shown(reason)}")
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("stream", "newest", "state"):
        table.add_column(column, no_wrap=True)
    for column in ("landed", "aside", "skipped"):
        table.add_column(column, justify="right", no_wrap=True)
    for source in state.sources:
        table.add_row(
            shown(source.table),
            str(source.newest_export)[:10],
            f"[{FRESHNESS[source.freshness]}]{source.freshness}[/]",
            f"{source.rows_landed:,}",
            f"{source.rows_quarantined:,}",
            f"{source.rows_skipped:,}",
        )
    console.print(table)
    console.print(f"\n{_quarantine_line(state)} (`kpi quarantine list`)")


def _quarantine_line(state: State) -> str:
    """How much is set aside: files, the share of the rows, the largest of a column's money."""
    words = f"Quarantine: {state.files_in_quarantine} files, {state.rows_in_quarantine:,} rows"
    if state.rows_in_quarantine:
        words += f" ({state.rows_in_quarantine / state.rows_of_data:.2%} of all)"
    if money := state.money_in_quarantine:
        amount = f"{money.quarantined.normalize():,f} {money.currency}".rstrip()
        words += f", at most {money.share:.2%} of a column's money: {shown(amount)}"
        words += f" of {shown(money.table)}.{shown(money.column)}"
    return words


def show_series(figures: Sequence[mart.Figure]) -> None:
    """`kpi show`."""
    if not figures:
        console.print("No figures of that grain yet.")
        return
    groups: dict[str, list[mart.Figure]] = {}
    for figure in figures:
        groups.setdefault(figure.slice_value, []).append(figure)
    for value, group in groups.items():
        slice_text = "" if group[0].slice == "total" else f" · {group[0].slice} = {value}"
        title = f"{group[0].label}{slice_text}   {sparkline([f.value for f in group])}"
        table = Table(title=shown(title), box=box.SIMPLE, title_justify="left")
        table.add_column("period")
        for column in ("value", "target"):
            table.add_column(column, justify="right")
        table.add_column("status")
        for figure in group:
            open_ = "" if figure.is_complete else " (open)"
            table.add_row(
                f"{figure.period_start}{open_}",
                shown(figure.display_value),
                shown(figure.display_target),
                _status(figure.status),
            )
        console.print(table)


def sparkline(values: Sequence[Any]) -> str:
    """A row of blocks, lowest to highest; a blank where there is no value."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, span = min(known), max(known) - min(known)
    return "".join(
        " " if value is None else SPARKS[int((value - low) * 7 / span) if span else 3]
        for value in values
    )


def show_explanation(explanation: Explanation) -> None:
    """`kpi explain`."""
    console.print(f"[bold]{shown(explanation.label)}[/] = {explanation.value}")
    console.print(shown(" ".join(explanation.definition.split())))
    for component in explanation.components:
        console.print(f"\n[bold]{shown(component.name)}[/] = {component.value}", end="")
        console.print(f"  from {shown(component.table)}; residual {component.residual}")
        table = Table(box=box.SIMPLE)
        for column in ("file", "rows", "contribution"):
            table.add_column(column, justify="left" if column == "file" else "right")
        for landing in component.landings:
            table.add_row(shown(landing.file), f"{landing.rows:,}", f"{landing.contribution}")
        console.print(table)
        if component.rows:
            _show_rows(component.rows)


def _show_rows(rows: Sequence[Any]) -> None:
    table = Table(box=box.SIMPLE)
    for column in ("file", "row", "key", "contribution"):
        table.add_column(column, justify="left" if column in ("file", "key") else "right")
    for row in rows:
        key = ", ".join(f"{name}={value}" for name, value in row.key.items())
        table.add_row(shown(row.file), str(row.row_number), shown(key), str(row.contribution))
    console.print(table)


def show_checks(verdict: Mapping[str, Any], *, everything: bool) -> None:
    """`kpi checks`."""
    results = verdict["results"]
    run, decision = shown(verdict["run_id"]), shown(verdict["decision"])
    console.print(f"Run {run}: [bold]{decision}[/]")
    console.print(_checks_line(_tally(results)))
    for result in results:
        if result["verdict"] == "pass" and not everything:
            continue
        colour = VERDICT[result["verdict"]]
        console.print(f"[{colour}]{result['verdict']:<5}[/] {shown(result['asked'])}")
        details = [
            ("check", result["id"]),
            ("rows", result["rows"]),
            ("sample", "; ".join(result["sample"])),
            ("threshold", result["threshold"]),
            ("found", _evidence(result["evidence"])),
            ("owner", result["owner"]),
            ("look", result["look"]),
        ]
        for name, value in details:
            if value not in (None, ""):
                console.print(f"      {name:<9} {shown(value)}")


def show_findings(findings: Iterable[Finding]) -> None:
    """`kpi doctor`."""
    for finding in findings:
        mark = "[green]● well[/]" if finding.well else "[red]■ unwell[/]"
        console.print(f"{mark}  {shown(finding.subject)}: {shown(finding.found)}")
        if finding.remedy:
            console.print(f"          {shown(finding.remedy)}")


def _nothing_new(settings: Settings, outcome: Outcome) -> str:
    served = settings.current.resolve().name if settings.current.exists() else "none"
    notes = f"Nothing new in {shown(settings.inbox_shown)}: release {shown(served)} stays."
    if outcome.landed.unsettled:
        left = [f"{file.name} ({file.reason})" for file in outcome.landed.unsettled]
        notes += f" Left for the next run: {shown(', '.join(left))}"
    if outcome.landed.duplicates:
        notes += (
            f" Known already, under another name: {shown(', '.join(outcome.landed.duplicates))}."
        )
    return notes


def _headlines(figures: Sequence[mart.Figure]) -> list[mart.Figure]:
    """The KPIs that most look at first, as far as there are figures; others in their place."""
    known = {figure.kpi: figure for figure in figures if figure.value is not None}
    first = [kpi for kpi in HEADLINES if kpi in known]
    others = [kpi for kpi in known if kpi not in HEADLINES]
    return [known[kpi] for kpi in [*first, *others][: len(HEADLINES)]]


def _scorecard(figures: Sequence[mart.Figure]) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("last complete month")
    table.add_column("value", justify="right")
    table.add_column("target", justify="right")
    table.add_column("status")
    for figure in figures:
        table.add_row(
            shown(figure.label),
            shown(figure.display_value),
            shown(figure.display_target),
            _status(figure.status),
        )
    return table


def _status(status: str) -> str:
    colour, text = STATUS.get(status, ("", shown(status)))
    return f"[{colour}]{text}[/]" if colour else text


def _taken_in(settings: Settings, outcome: Outcome) -> RenderableType:
    landings = outcome.landed.landings
    landed = sum(n.rows_landed for n in landings)
    broken = sum(n.rows_quarantined for n in landings)
    skipped = sum(sum(n.rows_skipped.values()) for n in landings)
    lines = [
        f"Taken in: {len(landings)} exports; {landed + broken + skipped:,} rows ="
        f" {landed:,} landed + {broken:,} quarantined + {skipped:,} skipped by rule"
    ]
    lines += [
        f"  [yellow]{shown(q.code)}[/] {shown(q.file)}: {shown(q.reason)}"
        for q in outcome.landed.quarantined[:MOST_ROWS]
    ]
    lines += [
        f"  [yellow]left for the next run[/] {shown(file.name)}: {shown(file.reason)}"
        for file in outcome.landed.unsettled[:MOST_ROWS]
    ]
    lines += [
        f"  [yellow]set aside[/] {shown(n.file)}: {shown(n.reason)}"
        for n in landings
        if n.status == "set_aside"
    ]
    files = {n.file for n in landings if n.status == "accepted"}
    rows, in_all = first_rows(settings, files, MOST_ROWS)
    lines += [
        f"  [yellow]{shown(each.code)}[/] {shown(each.file)}, row {each.row}: {shown(each.reason)}"
        for each in rows
    ]
    more = in_all - len({(each.file, each.row) for each in rows})
    if more > 0:
        lines.append(f"  … and {more} more (`kpi quarantine list`)")
    return "\n".join(lines)


def _tally(results: Iterable[Any]) -> dict[str, int]:
    tally = {"pass": 0, "warn": 0, "fail": 0, "error": 0}
    for result in results:
        tally[result["verdict"] if isinstance(result, Mapping) else result.verdict] += 1
    return tally


def _checks_line(tally: Mapping[str, int]) -> str:
    total = sum(tally.values())
    words = f"Checks: {tally['pass']} of {total} passed"
    for verdict in ("warn", "fail", "error"):
        if tally[verdict]:
            words += f", [{VERDICT[verdict]}]{tally[verdict]} {verdict}[/]"
    return words


def _evidence(evidence: Mapping[str, Any]) -> str:
    text = "; ".join(f"{name}: {value}" for name, value in evidence.items())
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]} …"


def _next_steps(outcome: Outcome, month: str) -> str:
    """What to type next, as it can be typed here: in `make run` the command is not on the path."""
    kpi = "kpi" if shutil.which("kpi") else os.path.relpath(sys.argv[0])
    words = ["checks", "quarantine list", "status"]
    if outcome.status == "released":
        words = ["show revenue", f"explain revenue {month} --rows", *words]
    return "\nLook:\n" + "\n".join(f"  [bold]{shown(kpi)} {each}[/]" for each in words)
