"""Questions to the release that is served: its figures, its state, what was set aside.

Belongs here: reading. Does not belong here: how answers look (`screen.py`), anything that writes.
Imports nothing that takes long: a command that only reads must answer at once.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.settings import Settings

if TYPE_CHECKING:
    import duckdb

GRAINS = ("day", "week", "month", "quarter", "year")


class NoRelease(Exception):
    """Nothing has been released here yet."""

    def __init__(self, home: Path) -> None:
        self.home = home
        super().__init__(f"Nothing has been released in {home} yet. `kpi run` makes a release.")


class UnknownName(Exception):
    """A KPI, slice or release that there is not; says which there are."""

    def __init__(self, what: str, name: str, known: Sequence[str]) -> None:
        self.what, self.name, self.known = what, name, tuple(known)
        near = difflib.get_close_matches(name, known, n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(known)}."
        super().__init__(f"There is no {what} {name!r}. {hint}")


@dataclass(frozen=True)
class Figure:
    """One value of a KPI as the scorecard shows it."""

    kpi: str
    label: str
    grain: str
    period_start: date
    period_end: date
    slice: str
    slice_value: str
    value: Decimal | None
    display_value: str
    target: Decimal | None
    display_target: str
    status: str
    is_complete: bool
    is_provisional: bool


def release_folder(settings: Settings, number: int | None = None) -> Path:
    """The folder of a release, by default of the one that is served.

    Raises:
        NoRelease: nothing was released yet.
        UnknownName: no such release is kept.
    """
    if number is None:
        if not settings.current.exists():
            raise NoRelease(settings.home)
        return settings.current.resolve()
    folder = settings.releases / str(number)
    if not folder.is_dir():
        kept = sorted((int(f.name) for f in settings.releases.glob("[0-9]*")), reverse=True)
        raise UnknownName("release", str(number), [str(n) for n in kept])
    return folder


@contextmanager
def open_mart(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The release's mart, read-only, closed to files outside it."""
    import duckdb

    with duckdb.connect(
        str(folder / "mart.duckdb"),
        read_only=True,
        config={"autoload_known_extensions": False, "autoinstall_known_extensions": False},
    ) as connection:
        connection.execute("set enable_external_access = false")
        yield connection


def read_release(folder: Path) -> dict[str, Any]:
    """A release's own manifest."""
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return manifest


def read_verdict(file: Path) -> dict[str, Any]:
    """What the checks said, of a release or of a run that was held."""
    verdict: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return verdict


FIGURE_COLUMNS = """kpi, label, grain, period_start, period_end, slice, slice_value, value,
    coalesce(display_value, '') as display_value, target,
    coalesce(display_target, '') as display_target, status, is_complete, is_provisional"""


def scorecard(folder: Path, grain: str) -> list[Figure]:
    """Each KPI's last complete period of a grain, in the order of the definitions' labels."""
    with open_mart(folder) as mart:
        rows = mart.execute(
            f"select {FIGURE_COLUMNS} from kpi_mart.kpi_scorecard where grain = ? order by kpi",
            [grain],
        ).fetchall()
    return [Figure(*row) for row in rows]


def series(
    folder: Path, kpi: str, grain: str, slice_: str = "total", slice_value: str | None = None
) -> list[Figure]:
    """A KPI's latest periods, oldest first.

    Raises:
        UnknownName: no such KPI, or no such slice of it.
    """
    with open_mart(folder) as mart:
        known = [
            row[0] for row in mart.execute("select kpi from kpi_mart.dim_kpi order by 1").fetchall()
        ]
        if kpi not in known:
            raise UnknownName("KPI", kpi, known)
        rows = mart.execute(
            f"""select {FIGURE_COLUMNS} from kpi_mart.kpi_latest
            where kpi = ? and grain = ? and slice = ? and (? is null or slice_value = ?)
            order by slice_value, period_start""",
            [kpi, grain, slice_, slice_value, slice_value],
        ).fetchall()
        if not rows and slice_ != "total":
            slices = mart.execute(
                "select distinct slice from kpi_mart.kpi_latest where kpi = ? order by 1", [kpi]
            ).fetchall()
            raise UnknownName(f"slice of {kpi}", slice_, [row[0] for row in slices])
    return [Figure(*row) for row in rows]


def age_hours(moment: str, now: datetime | None = None) -> int:
    """Whole hours since a moment in ISO form."""
    then = datetime.fromisoformat(moment)
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return int(((now or datetime.now(UTC)) - then).total_seconds() // 3600)
