"""Answers of dbt's unit tests that are kept from run to run, because nothing of a run changes them.

A unit test gives a model rows of its own: what it says depends on the project and the libraries,
and on the day of the run only where the model reads that day and the test does not fix it. Belongs
here: which answers stay true, and where they are. How dbt is run is in `transform.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipelines.run import library_versions
from pipelines.storage import write_atomically

DAY_MACRO = "macro.kpi_mart.as_of_date"


def kept_answers(parsed: Path) -> dict[str, dict[str, Any]]:
    """The answers that hold for a parsed project, by the unit test's id; most often all or none.

    Args:
        parsed: the folder of the parsed project, named after the digest of all it is made of.
    """
    try:
        answers = json.loads(_file(parsed).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(each["unique_id"]): each for each in answers}


def keep_answers(
    parsed: Path, manifest: Mapping[str, Any], answers: Iterable[Mapping[str, Any]]
) -> None:
    """Keep the answers of unit tests that passed and that no other day would change.

    Args:
        parsed: the folder of the parsed project.
        manifest: its `manifest.json`.
        answers: results of dbt, of any kind of node.
    """
    timeless = set(timeless_unit_tests(manifest))
    kept = [
        dict(each)
        for each in answers
        if each.get("unique_id") in timeless and each.get("status") == "pass"
    ]
    write_atomically(_file(parsed), json.dumps(kept).encode())


def timeless_unit_tests(manifest: Mapping[str, Any]) -> list[str]:
    """The unit tests whose answer does not depend on the day of the run."""
    nodes, macros = manifest.get("nodes") or {}, manifest.get("macros") or {}

    def reads_the_day(node: Mapping[str, Any]) -> bool:
        waiting = list((node.get("depends_on") or {}).get("macros") or ())
        seen = set(waiting)
        while waiting:
            called = (macros.get(waiting.pop()) or {}).get("depends_on") or {}
            fresh = set(called.get("macros") or ()) - seen
            seen |= fresh
            waiting += fresh
        return DAY_MACRO in seen or "as_of" in str(node.get("raw_code"))

    def models_of(test: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        # The tested model alone: its inputs are rows of the test's own.
        tested = (test.get("depends_on") or {}).get("nodes") or ["none"]
        return [nodes.get(unique_id) or {"raw_code": "as_of"} for unique_id in tested]

    def fixes_the_day(test: Mapping[str, Any]) -> bool:
        overrides = test.get("overrides") or {}
        return "as_of" in (overrides.get("vars") or {})

    return [
        unique_id
        for unique_id, test in (manifest.get("unit_tests") or {}).items()
        if fixes_the_day(test) or not any(map(reads_the_day, models_of(test)))
    ]


def _file(parsed: Path) -> Path:
    """Another version of a library may answer otherwise: it has a file of its own."""
    versions = " ".join(f"{name} {is_at}" for name, is_at in library_versions().items())
    return parsed / f"unit_tests_{hashlib.sha256(versions.encode()).hexdigest()[:16]}.json"
