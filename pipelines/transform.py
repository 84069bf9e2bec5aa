"""Step 4, transform: dbt builds the candidate from the accepted landings.

Belongs here: how dbt is run (in this process, on a file of this run's own) and how its parsed
project is kept between runs. Does not belong here: what the figures are (`dbt_project/`), whether
they may be published (`check/`), how it looks in the orchestrator (`definitions.py`).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.contract import Stream
from models.scorecard import load_scorecards
from pipelines.continued import begin_with, continued_tables, say_what_made
from pipelines.landed_sources import write_landed_sources
from pipelines.run import BUILT, Run, files_digest
from pipelines.settings import Settings, quiet_telemetry
from pipelines.storage import make_read_only, write_atomically

if TYPE_CHECKING:
    from pipelines.land import Landing

# Files written by a newer default are unreadable for older readers; this version also ties a
# write-ahead log to its file, so that a left-over log is refused instead of replayed.
STORAGE_VERSION = "v1.4.0"
# The parsed project names the database as DuckDB does: after the file. It must be the candidate's.
CANDIDATE = "candidate.duckdb"
KEPT_PARSES = 3

Listener = Callable[[Any], None]


class TransformFailed(Exception):
    """dbt could not build the candidate at all; the last release stays."""


def build_candidate(
    settings: Settings,
    run: Run,
    streams: Mapping[str, Stream],
    landings: Sequence[Landing],
    before: Path | None = None,
    listeners: Iterable[Listener] = (),
) -> Path:
    """Build and test the run's candidate, and close it for good.

    Models run first and tests after, so that one failing test does not hide what others would say.
    A failing test or model is left to the gate, which reads dbt's results. The tests of streams
    without a landing are not asked: the gate knows them by itself. Nor are unit tests that this
    very project has passed before: their answers are put beside the others.

    Args:
        settings: where everything is.
        run: names the candidate and the folder for dbt's artefacts.
        streams: every contract, by landed table.
        landings: the accepted landings this run computes from.
        before: the candidate to continue; all is built from nothing where there is none.
        listeners: called with each of dbt's events.

    Returns:
        The candidate: a closed, read-only DuckDB file without write-ahead log.

    Raises:
        TransformFailed: the project does not parse, or dbt stopped before it gave results.
        models.scorecard.ScorecardError: a scorecard cannot be used as it is declared.
    """
    import duckdb

    from pipelines.check.dbt_results import tests_without_rows
    from pipelines.kept_answers import keep_answers, kept_answers
    from pipelines.land.load_rules import create_landed_views

    cards = load_scorecards(settings.project / "models" / "scorecards")
    shutil.rmtree(run.candidate.parent, ignore_errors=True)
    run.candidate.parent.mkdir(parents=True)
    parsed = _parsed_folder(settings, streams)
    manifest = _unpacked(parsed)
    run.dbt_target.mkdir(parents=True, exist_ok=True)
    document = json.loads((parsed / "manifest.json").read_text(encoding="utf-8"))
    if before is None:
        _make_database(run.candidate)
    else:
        begin_with(before, run.candidate, continued_tables(document))
    with duckdb.connect(str(run.candidate)) as connection:
        create_landed_views(
            connection, streams, landings, settings.landed, settings.week_start, cards.values()
        )
    for unique_id in tests_without_rows(document, {landing.table for landing in landings}):
        del manifest.nodes[unique_id]
    kept = kept_answers(parsed)
    for unique_id in kept:
        del manifest.unit_tests[unique_id]
    try:
        for command in ("run", "test"):
            _invoke(settings, run, command, manifest, before, listeners)
            shutil.copyfile(
                run.dbt_target / "run_results.json", run.dbt_target / f"of_dbt_{command}.json"
            )
    finally:
        _let_go_of(run.candidate)
    # dbt has written what it was given, which is less than the project.
    shutil.copyfile(parsed / "manifest.json", run.dbt_target / "manifest.json")
    answers = _merge_results(run, list(kept.values()))
    if not kept:
        keep_answers(parsed, document, answers)
    _close_for_good(run.candidate)
    say_what_made(run)
    return run.candidate


def is_parsed(settings: Settings, streams: Mapping[str, Stream]) -> bool:
    """Whether the project has been parsed already, as it is now."""
    return _folder_of_parse(settings, streams).exists()


def parsed_manifest_file(settings: Settings, streams: Mapping[str, Stream]) -> Path:
    """The parsed project as `manifest.json`, for the orchestrator's lineage graph.

    Raises:
        TransformFailed: the project cannot be parsed.
    """
    return _parsed_folder(settings, streams) / "manifest.json"


def _folder_of_parse(settings: Settings, streams: Mapping[str, Stream]) -> Path:
    return settings.home / "dbt" / _project_digest(settings, streams)


def _parsed_folder(settings: Settings, streams: Mapping[str, Stream]) -> Path:
    """The folder with dbt's manifest, parsed anew only if a file or setting it reads has changed.

    dbt's own partial parsing trusts time stamps and has served stale nodes; here the key is a
    digest of every file: an unchanged project is reused, anything else is parsed from nothing. The
    folder appears whole, as two processes may want it.

    Raises:
        TransformFailed: the project cannot be parsed.
    """
    folder = _folder_of_parse(settings, streams)
    if not folder.exists():
        write_atomically(folder, lambda beside: _parse(settings, beside))
        _forget_old_parses(folder)
    return folder


def figure_settings(settings: Settings) -> dict[str, Any]:
    """The settings that figures depend on, whatever the day."""
    return {
        "reporting_currency": settings.reporting_currency,
        "time_zone": settings.time_zone,
        "week_start": settings.week_start,
        "fiscal_year_start": settings.fiscal_year_start,
        "calendar": settings.calendar,
    }


def dbt_variables(settings: Settings) -> dict[str, Any]:
    """What the SQL may know of the settings."""
    return {**figure_settings(settings), "as_of": settings.as_of.isoformat()}


def _project_digest(settings: Settings, streams: Mapping[str, Stream]) -> str:
    write_landed_sources(streams, settings.project / "dbt_project")
    files = files_digest(settings.project, ["dbt_project"], BUILT)
    # The day of the run is the one variable that no model's configuration depends on.
    read = json.dumps([files, figure_settings(settings)], sort_keys=True)
    return hashlib.sha256(read.encode()).hexdigest()[:16]


def _unpacked(parsed: Path) -> Any:
    """The manifest of a parsed project, as dbt takes it."""
    quiet_telemetry()
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    packed = (parsed / "manifest.msgpack").read_bytes()
    return Manifest.from_msgpack(packed, decoder=extended_mashumuro_decoder)


def _parse(settings: Settings, folder: Path) -> None:
    """Parse the project into a new folder with `manifest.json` and `manifest.msgpack`."""
    folder.mkdir()
    runner = _dbt(settings, folder / CANDIDATE)
    with contextlib.chdir(Path.cwd()):
        result = runner.invoke(["parse", "--no-partial-parse", *_flags(settings, folder)])
    if not result.success or result.result is None:
        raise TransformFailed(
            f"dbt cannot read the project in {settings.project / 'dbt_project'}: {result.exception}"
        )
    from dbt.parser.manifest import extended_mashumaro_encoder

    packed = result.result.to_msgpack(extended_mashumaro_encoder)
    (folder / "manifest.msgpack").write_bytes(packed)


def _invoke(
    settings: Settings,
    run: Run,
    command: str,
    manifest: Any,
    before: Path | None,
    listeners: Iterable[Listener],
) -> None:
    runner = _dbt(settings, run.candidate, manifest, before, listeners)
    # dbt leaves the process in a folder of its choosing.
    with contextlib.chdir(Path.cwd()):
        result = runner.invoke([command, *_flags(settings, run.dbt_target)])
    if result.exception is not None:
        raise TransformFailed(f"dbt {command} stopped: {result.exception}") from result.exception


def _dbt(
    settings: Settings,
    candidate: Path,
    manifest: Any = None,
    before: Path | None = None,
    listeners: Iterable[Listener] = (),
) -> Any:
    quiet_telemetry()
    os.environ["KPI_CANDIDATE"] = str(candidate)
    os.environ["KPI_CANDIDATE_BEFORE"] = str(before or "")
    os.environ["KPI_MEMORY_LIMIT"] = settings.memory_limit
    from dbt.cli.main import dbtRunner

    return dbtRunner(manifest=manifest, callbacks=list(listeners))


def _flags(settings: Settings, target: Path) -> list[str]:
    project = str(settings.project / "dbt_project")
    return [
        "--quiet",
        "--log-level",
        "none",
        "--log-level-file",
        "info",
        "--project-dir",
        project,
        "--profiles-dir",
        project,
        "--target-path",
        str(target),
        "--log-path",
        str(target),
        "--vars",
        json.dumps(dbt_variables(settings)),
    ]


def _make_database(path: Path) -> None:
    """Make a new file of the storage version that every reader we promise can open."""
    import duckdb

    with duckdb.connect() as maker:
        escaped = str(path).replace("'", "''")
        maker.execute(f"attach '{escaped}' as candidate (storage_version '{STORAGE_VERSION}')")
        maker.execute("create schema candidate.landed")
        maker.execute("detach candidate")


def _let_go_of(candidate: Path) -> None:
    """Make dbt's adapter close the file, which it keeps open for a next command otherwise."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import reset_adapters

    environment = DuckDBConnectionManager._ENV
    if environment is not None:
        environment.close()
    DuckDBConnectionManager.close_all_connections()
    reset_adapters()


def _merge_results(run: Run, kept: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One `run_results.json` with models and tests, as `dbt build` would write; its results."""
    parts = [
        json.loads((run.dbt_target / f"of_dbt_{command}.json").read_text(encoding="utf-8"))
        for command in ("run", "test")
    ]
    results = [result for part in parts for result in part["results"]] + kept
    merged = {**parts[1], "results": results}
    write_atomically(run.dbt_target / "run_results.json", json.dumps(merged).encode())
    return results


def _close_for_good(candidate: Path) -> None:
    import duckdb

    with duckdb.connect(str(candidate)) as connection:
        connection.execute("checkpoint")
    log = candidate.with_name(candidate.name + ".wal")
    if log.exists():
        raise TransformFailed(
            f"{log} is still there: something keeps the candidate open. Nothing is published."
        )
    make_read_only(candidate)


def _forget_old_parses(folder: Path) -> None:
    others = sorted(
        (other for other in folder.parent.iterdir() if other != folder),
        key=lambda other: other.stat().st_mtime,
        reverse=True,
    )
    for old in others[KEPT_PARSES - 1 :]:
        shutil.rmtree(old, ignore_errors=True)
