"""What a candidate takes over from the one behind the last release, so that work follows new data.

Belongs here: whether that one may be continued, and what of it a new candidate begins with. Does
not belong here: which days of a table are built anew, which dbt finds by comparing the two
candidates (`dbt_project/macros/portable/continued.sql`).

A candidate is continued only if it is, byte for byte, the one that passed the gate, and was made by
the same definitions, code, settings and libraries. In any other case all is built from nothing,
which gives the same figures and only takes longer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipelines.land.sql import shut_in
from pipelines.ledger import Ledger
from pipelines.run import Run, library_versions
from pipelines.settings import Settings
from pipelines.storage import clone_or_copy, file_digest, remove, write_atomically

META = "continued"
"""What a model declares (`config.meta`): the changed days, and the columns with a row's days."""


def candidate_to_continue(settings: Settings, ledger: Ledger, run: Run) -> Path | None:
    """The candidate behind the release that was made last; None where all has to be built.

    Args:
        settings: where the candidates are.
        ledger: which one was released, and its digest.
        run: the run that would continue it.
    """
    released = ledger.latest("released")
    if released is None or released.payload["run_id"] == run.run_id:
        return None
    candidate = settings.warehouse / str(released.payload["run_id"]) / run.candidate.name
    try:
        made_by = json.loads(_made_by_file(candidate).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if made_by != _made_by(run) or not candidate.is_file():
        return None
    same = file_digest(candidate) == released.payload["candidate_sha256"]
    return candidate if same else None


def continued_tables(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The tables that are continued, as schema and name.

    Args:
        manifest: dbt's `manifest.json`.
    """
    return sorted(
        (str(node["schema"]), str(node["alias"]))
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and META in node["config"].get("meta", {})
    )


def begin_with(before: Path, candidate: Path, tables: Iterable[tuple[str, str]]) -> None:
    """Make a candidate that has these tables of the one before, and nothing else.

    Args:
        before: the candidate before, which stays as it is.
        candidate: the file to make.
        tables: schema and name of those to keep.
    """
    import duckdb

    clone_or_copy(before, candidate)
    candidate.chmod(0o644)
    kept = set(tables)
    with duckdb.connect(str(candidate)) as connection:
        shut_in(connection)
        found = connection.execute(
            "select table_schema, table_name, table_type from information_schema.tables"
            # A table cannot go before the views of it.
            " order by table_type desc"
        ).fetchall()
        for schema, name, kind in found:
            if (schema, name) not in kept:
                what = "view" if kind == "VIEW" else "table"
                connection.execute(f'drop {what} "{schema}"."{name}"')
        connection.execute("create schema if not exists landed")


def say_what_made(run: Run) -> None:
    """Note beside a run's candidate what it was made by."""
    write_atomically(_made_by_file(run.candidate), json.dumps(_made_by(run)).encode())


def forget_candidates(settings: Settings, ledger: Ledger) -> None:
    """Remove the candidates of all runs but the one that was released last."""
    released = ledger.latest("released")
    if released is None or not settings.warehouse.is_dir():
        return
    for folder in settings.warehouse.iterdir():
        if folder.name != released.payload["run_id"]:
            remove(folder)


def _made_by_file(candidate: Path) -> Path:
    return candidate.with_name("made_by.json")


def _made_by(run: Run) -> dict[str, Any]:
    frozen = run.frozen_inputs()
    return {
        "code_digest": frozen.get("code_digest"),
        "settings": frozen.get("settings"),
        "libraries": library_versions(),
    }
