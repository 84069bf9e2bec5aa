"""dbt over a candidate that a test has filled, as a process of its own.

The project is parsed once for all of them: parsing takes longer than building a few models.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from models.contract import Stream, load_contracts
from pipelines import transform
from pipelines.settings import Settings

REPOSITORY = Path(__file__).parents[1]
DBT_PROJECT = REPOSITORY / "dbt_project"
PROGRAM = """
import json, sys
from pathlib import Path
from dbt.cli.main import dbtRunner
from pipelines.transform import _unpacked
done = dbtRunner(manifest=_unpacked(Path(sys.argv[1]))).invoke(json.loads(sys.argv[2]))
sys.exit(0 if done.success else 1)
"""


def dbt(
    command: str,
    database: Path,
    selected: Iterable[str],
    as_of: str,
    streams: Mapping[str, Stream] | None = None,
    options: Iterable[str] = (),
) -> subprocess.CompletedProcess[str]:
    """Let dbt do something with models and tests over a candidate; its unit tests are left out.

    Args:
        command: `build` or `run`.
        database: the candidate; dbt's artefacts come beside it, into `target` and `logs`.
        selected: models and tests, as dbt names them.
        as_of: the day of the run.
        streams: the contracts; those of the repository unless they are given.
        options: what else dbt's command is told.
    """
    folder = database.parent
    settings = Settings.from_environment(home=folder / "parsed", as_of=as_of, settle_seconds=0)
    contracts = load_contracts(REPOSITORY / "models" / "contracts") if streams is None else streams
    parsed = transform._parsed_folder(settings, contracts)
    told = ["--no-use-colors", command, "--select", *selected]
    if command == "build":
        told += ["--exclude-resource-type", "unit_test"]
    told += [*options, "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    told += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    told += ["--vars", json.dumps(transform.dbt_variables(settings))]
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(parsed), json.dumps(told)],
        env={**os.environ, "KPI_CANDIDATE": str(database), "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
