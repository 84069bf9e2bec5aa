"""`kpi`: the commands people type. Each calls one function of a room; nothing is decided here.

Imports at the top stay cheap: `kpi --help` and `kpi status` must answer at once.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from pipelines.cli_contracts import contract, sources
from pipelines.cli_quarantine import quarantine
from pipelines.cli_targets import lint, targets
from pipelines.serve.answer import AsJson, ToCsv, ToXlsx, give, hand_on, print_json
from pipelines.settings import Settings, SettingsError
from pipelines.storage import disk_trouble

EXIT_ERROR, EXIT_USAGE, EXIT_HELD, EXIT_UNWELL = 1, 2, 3, 7

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="From the exports of CRM, ads and accounting to KPIs that can be proved.",
)
app.add_typer(quarantine, name="quarantine")
app.add_typer(contract, name="contract")
app.add_typer(targets, name="targets")
app.command()(sources)
app.command()(lint)

Inbox = Annotated[
    str | None,
    typer.Option(help="Where the exports are, one folder per source: a folder, s3:// or sftp://."),
]
AsOf = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Look at the figures as on this day.")
]


def main() -> None:
    """Run the command line; an error is one clear paragraph, not a stack trace."""
    from models.yaml_source import DeclarationError

    try:
        app()
    except (SettingsError, DeclarationError) as error:
        _stop(str(error), EXIT_ERROR)
    except KeyboardInterrupt:
        _stop("Stopped. What was not published is not published; run again when you like.", 130)
    except Exception as error:
        said = str(error) if _is_for_people(error) else disk_trouble(error)
        if said is None:
            raise
        _stop(said, EXIT_ERROR)


@app.command()
def run(inbox: Inbox = None, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """The main job, once: take in what is new, check it, compute, check again, publish."""
    from pipelines import flow
    from pipelines.serve import screen

    settings = _settings(inbox=inbox, as_of=as_of.date() if as_of else None)
    with screen.progress(quiet=as_json) as tell:
        outcome = flow.run(settings, tell)
    if as_json:
        print_json(screen.outcome_document(settings, outcome))
    else:
        screen.show_outcome(settings, outcome)
    if outcome.status == "held":
        raise typer.Exit(EXIT_HELD)


@app.command()
def status(as_json: AsJson = False) -> None:
    """The release that is served, its age, how fresh each source is, what is in quarantine."""
    from pipelines.serve import screen
    from pipelines.serve.state import read_state

    state = read_state(_settings())
    give(state, as_json, screen.show_state)
    if state.held or state.is_stale:
        raise typer.Exit(EXIT_HELD)


@app.command()
def show(
    kpi: Annotated[str, typer.Argument(help="The KPI's name, e.g. revenue.")],
    grain: Annotated[str, typer.Option(help="day, week, month, quarter or year.")] = "month",
    slice_: Annotated[
        str, typer.Option("--slice", help="A dimension, or dimension=value.")
    ] = "total",
    last: Annotated[int, typer.Option(min=1, max=13, help="How many periods.")] = 13,
    csv: ToCsv = None,
    xlsx: ToXlsx = None,
    as_json: AsJson = False,
) -> None:
    """A KPI's latest periods with target and status."""
    from pipelines.serve import mart, screen, sheets

    if grain not in mart.GRAINS:
        raise typer.BadParameter(f"one of {', '.join(mart.GRAINS)}", param_hint="--grain")
    name, _, value = slice_.partition("=")
    folder = mart.release_folder(_settings())
    figures = mart.series(folder, kpi, grain, name, value or None)
    by_slice: dict[str, list[mart.Figure]] = {}
    for figure in figures:
        by_slice.setdefault(figure.slice_value, []).append(figure)
    kept = [figure for group in by_slice.values() for figure in group[-last:]]
    if not hand_on(lambda: sheets.of_series(kept), csv, xlsx):
        give(kept, as_json, screen.show_series)


@app.command()
def explain(
    kpi: Annotated[str, typer.Argument(help="The KPI's name.")],
    period: Annotated[str, typer.Argument(help="2026-10, 2026-10-05, 2026-W41, 2026-Q3 or 2026.")],
    slice_: Annotated[str, typer.Option("--slice", help="dimension=value")] = "total",
    rows: Annotated[
        bool, typer.Option("--rows", help="The very rows, not only the files.")
    ] = False,
    csv: ToCsv = None,
    xlsx: ToXlsx = None,
    as_json: AsJson = False,
) -> None:
    """Where a figure comes from: definition, components, landings, files and rows."""
    from pipelines.prove.explain import explain as prove
    from pipelines.serve import mart, screen, sheets

    folder = mart.release_folder(_settings())
    definitions = json.loads((folder / "definitions.json").read_text(encoding="utf-8"))
    slice_name, _, slice_value = slice_.partition("=")
    chosen = None if slice_name == "total" else (slice_name, slice_value)
    explanation = prove(folder / "mart.duckdb", definitions, kpi, period, chosen, rows=rows)
    if not hand_on(lambda: sheets.of_explanation(explanation), csv, xlsx):
        give(explanation, as_json, screen.show_explanation)


@app.command()
def checks(
    release: Annotated[
        int | None, typer.Argument(help="A release; the newest verdict if left out.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Those that passed, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """What was asked before publishing, and what was answered."""
    from pipelines.serve import mart, screen
    from pipelines.serve.state import newest_verdict

    settings = _settings()
    file = (
        mart.release_folder(settings, release) / "verdict.json"
        if release is not None
        else newest_verdict(settings)
    )
    verdict = mart.read_verdict(file)
    give(verdict, as_json, lambda it: screen.show_checks(it, everything=all_))


@app.command()
def rollback(
    release: Annotated[int, typer.Argument(help="The release to serve.")], as_json: AsJson = False
) -> None:
    """Serve an earlier release; nothing is computed, nothing is lost."""
    from pipelines import flow

    pipeline = flow.open_pipeline(_settings())
    with flow.alone(pipeline):
        from pipelines.publish.release import rollback as serve_earlier

        serve_earlier(pipeline.settings, pipeline.ledger, release)
    give({"release": release}, as_json, lambda it: print(f"Release {it['release']} is served."))


@app.command()
def demo(
    directory: Annotated[Path, typer.Argument(help="An inbox to write the exports into.")],
    days: Annotated[int, typer.Option(min=35, help="Days of history.")] = 730,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day; yesterday if left out.")
    ] = None,
    extra_days: Annotated[
        int, typer.Option(min=0, help="Days that arrive after it, one export of each kind a day.")
    ] = 0,
    scale: Annotated[float, typer.Option(min=0.01, help="How much bigger than the example.")] = 1,
    seed: Annotated[int, typer.Option(help="Another company.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Write the example company's exports, as its vendors' products would."""
    from datetime import timedelta

    from pipelines.demo import write_demo

    last = until.date() if until else _settings().as_of - timedelta(days=1)
    written = write_demo(
        directory, until=last, days=days, extra_days=extra_days, scale=scale, seed=seed
    )
    give(
        written,
        as_json,
        lambda it: print(
            f"{len(it.files)} exports of {days} days to {last}"
            + (f" and {extra_days} more" if extra_days else "")
            + f" in {directory}"
        ),
    )


@app.command()
def doctor(
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave out comparing every kept byte with its hash.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """What is missing or mis-set on this machine, or damaged in the home, and the remedy."""
    from pipelines.serve import screen
    from pipelines.serve.doctor import examine

    findings = examine(_settings(), quick=quick)
    give(findings, as_json, screen.show_findings)
    if any(not finding.well for finding in findings):
        raise typer.Exit(EXIT_UNWELL)


def _settings(**overrides: object) -> Settings:
    return Settings.from_environment(**overrides)


def _is_for_people(error: Exception) -> bool:
    """Our own errors say what is wrong and what to do; anything else is a fault to be reported."""
    return type(error).__module__.split(".")[0] in ("pipelines", "models", "expectations")


def _stop(message: str, code: int) -> NoReturn:
    from pipelines.document import visible

    # Line by line: our messages may have several lines, and names from outside in them.
    lines = [visible(line) for line in message.split("\n")]
    sys.stderr.write("\n".join(lines) + "\n")
    raise SystemExit(code)


if __name__ == "__main__":
    main()
