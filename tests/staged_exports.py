"""What dbt makes of landed exports, without a whole run: staging, and the families that name it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.land.load_rules import create_landed_views
from tests.dbt_builds import dbt
from tests.landed_exports import House


@dataclass(frozen=True)
class Staged:
    """A database with the landed exports and the models over them."""

    database: Path
    log: str

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a question, in order."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(f"{sql} ORDER BY ALL").fetchall()


def stage(house: House, folder: Path, *select: str) -> Staged:
    """Build the models, and ask their tests; all of them must be answered well."""
    done = built(house, folder, *select)
    assert done.returncode == 0, done.stdout[-6000:]
    return Staged(folder / "candidate.duckdb", done.stdout)


def built(house: House, folder: Path, *select: str) -> subprocess.CompletedProcess[str]:
    """Build the models, and ask their tests, whatever these answer."""
    database = folder / "candidate.duckdb"
    with duckdb.connect(str(database)) as connection:
        create_landed_views(connection, house.streams, house.landings, house.settings.landed)
    # Tests that also look at models of other families wait for a whole run.
    cautious = ["--indirect-selection", "cautious"]
    as_of = str(house.settings.as_of)
    return dbt("build", database, select, as_of, house.streams, cautious)
