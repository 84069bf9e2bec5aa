"""What the repository declares before anything has run: contracts, suites, dbt's parsed project.

Belongs here: reading it once for all the assets. Nothing landed and no ledger is needed, and dbt
is asked only when its project has changed since it was last parsed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from expectations.suites import Suite, load_suites
from models.contract import Stream, load_contracts
from pipelines.settings import Settings, quiet_telemetry
from pipelines.transform import parsed_manifest_file


@dataclass(frozen=True)
class Declared:
    """What the assets are made from."""

    streams: Mapping[str, Stream]
    suites: tuple[Suite, ...]
    manifest: Mapping[str, Any]
    """dbt's `manifest.json`: every model, test and source."""


def read_declared(settings: Settings) -> Declared:
    """Read contracts, suites and dbt's project.

    Raises:
        models.contract.ContractError: a contract cannot be used.
        expectations.suites.SuiteError: a suite cannot be used.
        pipelines.transform.TransformFailed: dbt cannot read its project.
    """
    quiet_telemetry()
    streams = load_contracts(settings.project / "models" / "contracts")
    manifest = parsed_manifest_file(settings, streams)
    return Declared(
        streams,
        load_suites(settings.project / "expectations" / "suites"),
        json.loads(manifest.read_text(encoding="utf-8")),
    )
