"""What is missing or mis-set on this machine, or damaged in the home, each with its remedy."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from models.contract import load_contracts
from models.yaml_source import DeclarationError
from pipelines.prove.kept import (
    Looked,
    look_at_archive,
    look_at_landed,
    look_at_ledger,
    look_at_releases,
)
from pipelines.settings import Settings

NEEDED = ("duckdb", "dbt-core", "dbt-duckdb", "great-expectations", "dagster", "pandas")
LEAST_FREE_BYTES = 2 * 1024**3
KEPT: Mapping[str, Callable[[Settings], Looked]] = {
    "ledger": look_at_ledger,
    "archive": look_at_archive,
    "landed rows": look_at_landed,
    "releases": look_at_releases,
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    well: bool
    found: str
    remedy: str = ""


def examine(settings: Settings, *, quick: bool = False) -> list[Finding]:
    """Look at everything a run needs; a look that fails is itself a finding.

    Args:
        settings: the home and the machine's settings.
        quick: leave out reading every byte that is kept.
    """
    looks: tuple[Callable[[Settings], Finding], ...] = (
        _python, _libraries, _home, _space, _inbox, _reading, _contracts, _pointer, _definitions,
    )  # fmt: skip
    findings: list[Finding] = []
    for look in looks:
        try:
            findings.append(look(settings))
        except Exception as error:
            findings.append(_not_looked_at(look.__name__.strip("_"), error))
    for part, kept in KEPT.items():
        if part != "ledger" and quick:
            continue
        try:
            findings += _of_kept(kept(settings))
        except Exception as error:
            findings.append(_not_looked_at(part, error))
    return findings


def _not_looked_at(subject: str, error: Exception) -> Finding:
    return Finding(subject, False, f"could not be looked at: {error}")


def _of_kept(looked: Looked) -> list[Finding]:
    """One finding for each damage, so that every one is named with its place."""
    if not looked.damages:
        unit = "events" if looked.part == "ledger" else "files"
        found = f"{looked.count:,} {unit}, each as it was written"
        return [Finding(looked.part, True, found)]
    return [
        Finding(looked.part, False, f"{damage.path}: {damage.what}", f"{damage.remedy}.")
        for damage in looked.damages
    ]


def _python(_: Settings) -> Finding:
    well = sys.version_info >= (3, 11)
    return Finding("python", well, sys.version.split()[0], "" if well else "Use 3.11 or newer.")


def _libraries(_: Settings) -> Finding:
    missing, found = [], []
    for name in NEEDED:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding("libraries", False, f"missing: {', '.join(missing)}", "Run `make setup`.")
    return Finding("libraries", True, ", ".join(found))


def _home(settings: Settings) -> Finding:
    settings.home.mkdir(parents=True, exist_ok=True)
    well = os.access(settings.home, os.W_OK)
    remedy = "" if well else "Set KPI_HOME to a folder that you may write to."
    return Finding("home", well, str(settings.home), remedy)


def _space(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.home).free
    well = free > LEAST_FREE_BYTES
    remedy = "" if well else "Free space there, or set KPI_HOME to another disk."
    return Finding("space", well, f"{free / 1024**3:.1f} GiB free", remedy)


def _inbox(settings: Settings) -> Finding:
    if settings.remote:
        return _remote_inbox(settings)
    well = settings.inbox.is_dir() and os.access(settings.inbox, os.R_OK)
    remedy = (
        "" if well else "Create it, or set KPI_INBOX; `kpi demo DIR` fills one with an example."
    )
    return Finding("inbox", well, str(settings.inbox), remedy)


def _remote_inbox(settings: Settings) -> Finding:
    from pipelines.fetch.store import RemoteInboxError, open_store

    try:
        count = len(open_store(settings).list_all())
    except RemoteInboxError as error:
        return Finding("inbox", False, f"{settings.remote} cannot be looked into", str(error))
    remedy = "" if count else "Is that the right place? Exports belong into <source>/ below it."
    return Finding("inbox", count > 0, f"{settings.remote}, {count} files listed", remedy)


def _reading(_: Settings) -> Finding:
    """Whether each export is read in a process that can do nothing else."""
    from pipelines.land.guard import look

    guarded = look()
    if guarded.memory and guarded.calls:
        return Finding("reading", True, "exports are read without network, within limits of memory")
    found = [] if guarded.memory else ["no limit of memory is in force"]
    found += [] if guarded.calls else [guarded.why_not]
    remedy = (
        "Run on Linux (x86_64, aarch64) where seccomp is allowed, or take only exports you trust."
    )
    return Finding(
        "reading", False, f"exports are read with fewer limits: {'; '.join(found)}", remedy
    )


def _contracts(settings: Settings) -> Finding:
    try:
        streams = load_contracts(settings.project / "models" / "contracts")
    except DeclarationError as error:
        return Finding("contracts", False, str(error), error.remedy)
    return Finding("contracts", bool(streams), f"{len(streams)} streams")


def _pointer(settings: Settings) -> Finding:
    if not settings.current.is_symlink():
        return Finding("served", True, "no release yet")
    well = (settings.current / "mart.duckdb").is_file()
    remedy = "" if well else "Serve another one: `kpi rollback N`; releases/ shows which are kept."
    return Finding("served", well, f"serves {settings.current.resolve().name}", remedy)


def _definitions(settings: Settings) -> Finding:
    from models.kpi import load_kpis

    try:
        kpis = load_kpis(settings.project / "dbt_project")
    except DeclarationError as error:
        return Finding("KPI definitions", False, str(error), error.remedy)
    return Finding("KPI definitions", bool(kpis), f"{len(kpis)} KPIs")
