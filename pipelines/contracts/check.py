"""Would this file land, and if not, why: it is landed for real, in a home that is thrown away."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.contract import Stream
from pipelines.contracts.errors import ContractWorkError
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.land import FileQuarantined, Landing

MASK = "(personal data)"
MOST_FAULTS = 10


@dataclass(frozen=True)
class Fault:
    """One broken cell; `row` counts as a person counts in the file."""

    row: int
    column: str
    value: str
    code: str
    reason: str
    expected: str


@dataclass(frozen=True)
class Checked:
    """What became of a file that was landed on trial."""

    file: str
    """Its path below the inbox, as it was tried."""
    lands: bool
    """Whether a run would take figures from it: it has landed, and not been set aside."""
    source: str
    table: str = ""
    shape: str = ""
    status: str = "refused"
    """accepted, set_aside or refused."""
    code: str = ""
    reason: str = ""
    remedy: str = ""
    row: int | None = None
    column: str = ""
    rows_in_file: int = 0
    rows_landed: int = 0
    rows_quarantined: int = 0
    rows_skipped: Mapping[str, int] = field(default_factory=dict)
    exported_at: str = ""
    covered: tuple[str | None, str | None] = (None, None)
    totals: tuple[Mapping[str, Any], ...] = ()
    drift: tuple[str, ...] = ()
    columns_missing: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


def check_file(
    settings: Settings, streams: Mapping[str, Stream], file: Path, source: str = ""
) -> Checked:
    """Land a file where nobody sees it, and say what came of it.

    Args:
        settings: whose limits hold; nothing is written into its home.
        streams: the contracts, by landed table.
        file: the export.
        source: whose it is. Where that is not said: by its folder in the inbox, or else the only
            source that has a contract for it.

    Raises:
        ContractWorkError: there is no such file, or nobody can tell whose it is.
    """
    if not file.is_file():
        raise ContractWorkError(file, "there is no such file", "Give the path of an export.")
    name = _name(settings, streams, file, source)
    with tempfile.TemporaryDirectory(prefix="kpi-check-") as scratch:
        trial = replace(settings, home=Path(scratch), inbox=Path(scratch) / "inbox")
        return _checked(trial, streams, _in_confinement(trial, streams, file, name))


def _in_confinement(
    trial: Settings, streams: Mapping[str, Stream], file: Path, name: str
) -> Landing | FileQuarantined:
    """Land a stranger's file as a run does, in a limited process of its own."""
    from pipelines.archive import archive_file
    from pipelines.land.confine import Confinement, Job

    sha256, about = archive_file(file, trial.archive).sha256, file.stat()
    job = Job(file, name, sha256, about.st_mtime_ns, about.st_size)
    with Confinement(trial, streams) as confinement:
        return confinement.result(confinement.submit(job))


def land_on_trial(trial: Settings, streams: Mapping[str, Stream], file: Path, name: str) -> Checked:
    """Land a file in a home of its own, under a name below its inbox; in this very process."""
    from pipelines.archive import archive_file
    from pipelines.land import land_file

    archived = archive_file(file, trial.archive)
    result = land_file(trial, streams, file, name, archived.sha256, file.stat().st_mtime_ns)
    return _checked(trial, streams, result)


def _checked(
    trial: Settings, streams: Mapping[str, Stream], result: Landing | FileQuarantined
) -> Checked:
    from pipelines.land import FileQuarantined

    if isinstance(result, FileQuarantined):
        return _refused(result)
    personal = {c.name for c in streams[result.table].columns if c.personal}
    return _landed(result, tuple(_faults(trial.quarantine / result.parquet, personal)))


def _refused(result: FileQuarantined) -> Checked:
    return Checked(
        file=result.file,
        lands=False,
        source=result.source,
        table=result.table,
        code=result.code,
        reason=result.reason,
        remedy=result.remedy,
        row=result.row,
        column=result.column,
    )


def _landed(landing: Landing, faults: tuple[Fault, ...]) -> Checked:
    first, last = landing.covered_from, landing.covered_to
    return Checked(
        file=landing.file,
        lands=landing.status == "accepted",
        source=landing.source,
        table=landing.table,
        shape=landing.shape,
        status=landing.status,
        reason=landing.reason,
        rows_in_file=landing.rows_in_file,
        rows_landed=landing.rows_landed,
        rows_quarantined=landing.rows_quarantined,
        rows_skipped=landing.rows_skipped,
        exported_at=landing.exported_at.isoformat(),
        covered=(first.isoformat() if first else None, last.isoformat() if last else None),
        totals=tuple(landing.totals),
        drift=tuple(landing.drift),
        columns_missing=tuple(landing.columns_missing),
        faults=faults,
    )


def _faults(broken: Path, personal: set[str]) -> Iterator[Fault]:
    """The first broken cells of each column, so that one bad column does not hide the others."""
    if not broken.exists():
        return
    import duckdb

    from pipelines.land import sql

    with duckdb.connect() as connection:
        sql.shut_in(connection, [broken.parent])
        found = connection.execute(
            """select _row_number, coalesce(column_name, ''), coalesce(value, ''), code, reason,
                coalesce(expected, '')
            from read_parquet(?)
            qualify row_number() over (partition by column_name, code order by _row_number) <= 3
            order by row_number() over (partition by column_name, code order by _row_number), 1, 2
            limit ?""",
            [str(broken), MOST_FAULTS],
        ).fetchall()
    for row, column, value, code, reason, expected in found:
        is_personal = any(part.strip() in personal for part in column.split(","))
        yield Fault(row, column, MASK if is_personal else value, code, reason, expected)


def _name(settings: Settings, streams: Mapping[str, Stream], file: Path, source: str) -> str:
    """The file's path below an inbox: as it lies there, or as it would."""
    known = {stream.source for stream in streams.values()}
    if source:
        return f"{source}/{file.name}"
    path, inbox = file.resolve(), settings.inbox.resolve()
    if path.is_relative_to(inbox) and len(path.relative_to(inbox).parts) > 1:
        return path.relative_to(inbox).as_posix()
    if path.parent.name in known:
        return f"{path.parent.name}/{file.name}"
    fitting, nearest = _sources_that_fit(streams, file)
    if len(fitting) > 1:
        raise ContractWorkError(
            file,
            f"contracts of {', '.join(fitting)} fit it",
            "Say whose it is with --source NAME.",
        )
    # Under the nearest one the trial says what differs.
    return f"{(fitting or [nearest])[0]}/{file.name}"


def _sources_that_fit(streams: Mapping[str, Stream], file: Path) -> tuple[list[str], str]:
    """The sources one of whose contracts recognises the file, and the one that comes nearest."""
    from pipelines.land import FileRefused
    from pipelines.land.recognise import Tops, recognise, tries

    fitting, most, nearest = list[str](), 0, "unknown"
    try:
        with unpacked(file) as export:
            for stream in streams.values():
                fits = tries(stream, Tops(export), (file.name, export.name))
                found = max((len(fit.found) for fit in fits), default=0)
                if found > most:
                    most, nearest = found, stream.source
            for source in sorted({stream.source for stream in streams.values()}):
                try:
                    recognise(streams, export, f"{source}/{file.name}")
                except FileRefused:
                    continue
                fitting.append(source)
    except ContractWorkError:
        return [], nearest  # It can't be unpacked; the trial says so too, with its code.
    return fitting, nearest


@contextmanager
def unpacked(file: Path) -> Iterator[Any]:
    """The export itself, taken out of its archive into a folder that is thrown away.

    Raises:
        ContractWorkError: it is nothing that can be read.
    """
    from pipelines.land import FileRefused
    from pipelines.land.readers.unpack import Limits, unpack

    with tempfile.TemporaryDirectory(prefix="kpi-contract-") as scratch:
        try:
            yield unpack(file, file.name, Path(scratch), Limits())
        except FileRefused as refused:
            raise ContractWorkError(file, refused.reason, refused.remedy) from refused
