"""The example company: a seeded simulation of a business, written as its vendors' exports.

`write_demo` is the only door. Nothing here reads or uses the pipeline, so that the truth it writes
beside the exports can be held against the pipeline's figures.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from pipelines.demo.company import Company, simulate
from pipelines.demo.dirt import Dirt
from pipelines.demo.exports.advertising import google_ads, meta_ads
from pipelines.demo.exports.brand import brand
from pipelines.demo.exports.files import Export, write_export
from pipelines.demo.exports.hubspot import hubspot
from pipelines.demo.exports.ledger import billing, ledger
from pipelines.demo.exports.marketing import marketing
from pipelines.demo.exports.planning import planning
from pipelines.demo.exports.projects import projects
from pipelines.demo.exports.reference import ecb, targets
from pipelines.demo.exports.salesforce import salesforce
from pipelines.demo.exports.schedule import Schedule
from pipelines.demo.exports.staff import staff
from pipelines.demo.exports.stripe import stripe
from pipelines.demo.truth_families import all_truth

__all__ = ["DemoWritten", "write_demo"]


@dataclass(frozen=True)
class DemoWritten:
    """What was written: the exports, their rows of data, and where the true figures stand."""

    files: tuple[Path, ...]
    rows: int
    truth_path: Path


def write_demo(
    directory: Path,
    *,
    until: date,
    days: int = 730,
    extra_days: int = 0,
    scale: Decimal | float = 1,
    seed: int = 7,
    truth: Path | None = None,
) -> DemoWritten:
    """Write the exports of the example company into an inbox, and the truth beside it.

    Args:
        directory: The inbox; files go to `<directory>/<source>/`.
        until: The last day of the company's life before `extra_days`, included in the exports.
        days: How many days the company has lived by then. Its history is exported once; the last
            week has daily exports.
        extra_days: Days after `until`, each with daily exports: they add files and change none.
        scale: Multiplies leads, customers, campaigns and costs.
        seed: Another seed is another company.
        truth: Where the true figures go; `truth.json` beside the inbox where it is not given.

    Raises:
        ValueError: `days`, `extra_days` or `scale` cannot be lived.
    """
    size = Decimal(str(scale))
    for name, value, least in (("days", days, 1), ("extra_days", extra_days, 0)):
        if value < least:
            raise ValueError(f"{name} is {value}; give {least} or more, such as 730 days")
    if size <= 0:
        raise ValueError(f"scale is {scale}; give a number above 0, such as 1")
    schedule = Schedule(until - timedelta(days=days - 1), until, until + timedelta(days=extra_days))
    company = simulate(seed, schedule.first_day, schedule.last_day, size)
    dirt = Dirt(schedule)
    files, rows = [], 0
    for export in _exports(company, schedule, dirt, size):
        files.append(write_export(directory, export))
        rows += export.rows
    truth_path = truth or directory.parent / "truth.json"
    figures = all_truth(company, schedule, dirt.planted)
    truth_path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = truth_path.with_name(f".{truth_path.name}.part")
    unfinished.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(truth_path)
    return DemoWritten(tuple(files), rows, truth_path)


def _exports(company: Company, schedule: Schedule, dirt: Dirt, scale: Decimal) -> Iterator[Export]:
    yield from google_ads(company, schedule, dirt)
    yield from meta_ads(company, schedule, dirt)
    yield from salesforce(company, schedule)
    yield from hubspot(company, schedule, dirt)
    yield from stripe(company, schedule)
    yield from billing(company, schedule, dirt)
    yield from ledger(company, schedule)
    yield from ecb(company, schedule)
    yield from targets(schedule, scale)
    yield from planning(company, schedule)
    yield from marketing(company, schedule)
    yield from brand(company, schedule)
    yield from staff(company, schedule)
    yield from projects(company, schedule)
