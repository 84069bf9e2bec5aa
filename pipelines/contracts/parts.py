"""Puts what was guessed together into a contract, each guess beside the line it is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipelines.contracts.columns import Guess
from pipelines.contracts.dialect import Dialect
from pipelines.contracts.marks import SURE_NULLS, Marks
from pipelines.contracts.relations import Told
from pipelines.contracts.rows import Table
from pipelines.contracts.skips import Skips
from pipelines.contracts.written import Reviewed

FEWEST_REQUIRED = 3
REFERENCE_HOURS = {"warn_after_hours": 2160, "fail_after_hours": 8760}


@dataclass
class Parts:
    """All that a contract is made of."""

    file: str
    source: str
    stream: str
    family: str
    family_told: list[str]
    dialect: Dialect
    marks: Marks
    marks_doubt: str
    columns: list[Guess]
    table: Table
    key: Told
    load: Told
    period: Told
    skips: Skips
    exported_at: str


def assemble(parts: Parts) -> dict[str, Any]:
    """The contract as a document whose values may be `Reviewed`."""
    today = datetime.now(UTC).date()
    stream: dict[str, Any] = {
        "description": Reviewed(f"One row per line of {parts.file}.", ["say what one row is"]),
        "shapes": [_shape(parts)],
        "columns": _columns(parts),
    }
    if parts.table.has_sections:
        stream["sections"] = Reviewed(
            {"cell": 1, "total": "(?i)total (?:for )?(.+)"}, ["titles stand in rows of their own"]
        )
    if parts.key.value:
        stream["key"] = Reviewed(parts.key.value, parts.key.reviews)
    stream["load"] = Reviewed(parts.load.value, parts.load.reviews)
    if not parts.key.value:
        stream["load"].reviews = [*parts.key.reviews, *parts.load.reviews]
    period = _period(parts)
    if period:
        stream["period"] = Reviewed(period, parts.period.reviews)
    if parts.skips.rules:
        stream["skip"] = [
            Reviewed(rule, reviews)
            for rule, reviews in zip(parts.skips.rules, parts.skips.reviews, strict=True)
        ]
    if parts.exported_at:
        stream["exported_at"] = Reviewed(
            {"file_name": parts.exported_at},
            ["the date in the file's name is taken for the day of export"],
        )
    if parts.load.value["rule"] == "snapshot":
        stream["freshness"] = Reviewed(
            REFERENCE_HOURS,
            ["a list: no period of a KPI waits for it, if it is only looked things up in"],
        )
        stream["completes_periods"] = False
    if parts.table.ragged:
        stream["quarantine_limit"] = Reviewed(
            0.01,
            [f"{parts.table.ragged} rows are wider or narrower than the header: to quarantine"],
        )
    return {
        "source": Reviewed(parts.source, ["the folder in the inbox, and the contract's file name"]),
        "family": Reviewed(parts.family, parts.family_told),
        "owner": Reviewed(
            {"team": "Somebody", "email": "somebody@example.com"}, ["who answers for this export?"]
        ),
        "rests_on": (
            f"A draft from {parts.file} ({parts.table.rows:,} rows), {today}. Not yet held against"
            " a second export."
        ),
        "streams": {parts.stream: stream},
    }


def _shape(parts: Parts) -> Reviewed:
    said = parts.dialect.shape.model_dump(exclude_defaults=True)
    doubts = parts.dialect.doubts
    reviews = [f"{key}: {doubt}" for key, doubt in doubts.items()]
    if said.get("sheet"):
        said["sheet"] = said["sheet"][0]
    if not parts.dialect.shape.header:
        said["column_order"] = [column.name for column in parts.columns]
        said["file_name"] = _name_pattern(parts.file)
        reviews.append("no header: the file is known by its name, and its columns by their order")
    if parts.dialect.before:
        reviews.append(
            f"records before the header: {len(parts.dialect.before)}, and no more may be"
        )
    if not parts.table.native:
        for key in ("decimal", "thousands", "grouping"):
            value = getattr(parts.marks, key)
            if value != {"decimal": ".", "thousands": "", "grouping": "thousand"}[key]:
                said[key] = value
        if parts.marks_doubt:
            reviews.append(f"thousands: {parts.marks_doubt}")
    nulls = sorted({text for c in parts.columns for text in c.nulls if text in SURE_NULLS})
    if nulls:
        said["nulls"] = ["", *nulls]
        reviews.append(f"{', '.join(map(repr, nulls))} is taken for nothing, never for 0")
    return Reviewed(said, reviews)


def _name_pattern(file: str) -> str:
    """The file's name, with whatever digits it has: the next export has others."""
    import re

    stem = re.sub(r"[-_. ]?\d[\d\-_. ]*", "\0", file.partition(".")[0])
    return "^" + re.escape(stem).replace("\0", ".*").replace("\\\x00", ".*")


def _columns(parts: Parts) -> list[Reviewed]:
    load = parts.load.value
    needed = {*(parts.key.value or ()), load.get("date"), *load.get("scope", ())}
    needed |= {c.name for c in [c for c in parts.columns if not c.has_empty][:FEWEST_REQUIRED]}
    if not any(c.name in needed for c in parts.columns):
        needed |= {c.name for c in parts.columns[:FEWEST_REQUIRED]}
    lines: list[Reviewed] = []
    for column in parts.columns:
        keys = {key: value for key, value in column.keys.items() if key != "pattern"}
        pattern = column.keys.get("pattern")
        header: Any = {"pattern": pattern} if pattern else column.header
        line = {"name": column.name, "headers": [header], **keys}
        own = [text for text in column.nulls if text not in SURE_NULLS]
        if own:
            line["nulls"] = own
        if column.name in needed:
            line["required"] = True
        reviews = list(column.reviews)
        if own:
            reviews.append(f"{', '.join(map(repr, own))} is taken for nothing here")
        lines.append(Reviewed(line, reviews))
    return [*lines, *_added(parts)]


def _added(parts: Parts) -> list[Reviewed]:
    """Columns without a cell of their own: currency, section, the days of the period."""
    added: list[Reviewed] = []
    names = {column.name for column in parts.columns}
    money = [column for column in parts.columns if column.kind == "money"]
    has_currency = any(column.kind == "currency" for column in parts.columns)
    if money and not has_currency and "currency_code" not in names:
        added.append(_currency(money))
    if parts.table.has_sections:
        line = {"name": "section_path", "taken_from": {"section": "path"}, "type": "text"}
        added.append(Reviewed(line, ["the titles above the row"]))
    if parts.period.value and not any(c.kind == "date" and not c.has_empty for c in parts.columns):
        formats = ["%Y-%m-%d"]
        for end in ("start", "end"):
            line = {
                "name": f"period_{end}",
                "taken_from": {"period": end},
                "type": "date",
                "formats": formats,
            }
            added.append(Reviewed(line, []))
    return added


def _currency(money: list[Guess]) -> Reviewed:
    stated = next((c for c in money if "pattern" in c.keys), None)
    codes = sorted({c.currency for c in money if c.currency})
    if stated:
        reviews = ["the currency in the header"]
        if len(codes) > 1:
            reviews.append(
                f"the headers have several, {', '.join(codes)}: which is of which amount?"
            )
        line = {"name": "currency_code", "taken_from": {"header_of": stated.name}, "type": "text"}
        return Reviewed(line, reviews)
    if len(codes) == 1:
        why = "by the sign beside the numbers"
    else:
        why = "NOBODY SAYS THE CURRENCY: euro stands here until you do"
    line = {
        "name": "currency_code",
        "taken_from": {"constant": codes[0] if len(codes) == 1 else "EUR"},
        "type": "text",
    }
    return Reviewed(line, [why])


def _period(parts: Parts) -> dict[str, Any]:
    if not parts.period.value:
        return {}
    day = parts.load.value.get("date")
    own = {"day": day} if day and day != "period_start" else {}
    return {**own, **parts.period.value}
