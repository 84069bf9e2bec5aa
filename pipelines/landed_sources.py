"""The landed tables as dbt sources, written from the contracts.

Belongs here: `models/staging/_landed_sources.yml`, which no person writes. Does not belong here:
what a stream promises (`models/contracts`), and how the views themselves are made
(`pipelines/land`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from models.contract import Stream
from models.contract_parts import Column
from pipelines.storage import write_atomically

HEADING = "# Generated from models/contracts; edit those instead.\n"
LINEAGE = {
    "_landing_id": "SHA-256 of the export that the row came in",
    "_row_number": "The record's number in that export, as a person counts it",
    "_exported_at": "When the vendor's product wrote that export, in UTC",
}
VALIDITY = {
    "_valid_from": "The first export that says so, in UTC",
    "_valid_to": "The first export after that which does not; NULL while it holds",
}


@dataclass(frozen=True)
class Facts:
    """A table about the streams; unlike theirs its name has no `__`."""

    description: str
    columns: Mapping[str, str]


LANDINGS = {
    "landing_id": "SHA-256 of the export's bytes",
    "source": "The vendor's product",
    "stream": "The kind of export",
    "table_name": "The landed table",
    "file": "The export's path inside the inbox",
    "exported_at": "When it was exported, in UTC",
    "covered_from": "The first day it speaks of",
    "covered_to": "The last day it speaks of",
    "rows_in_file": "Records in the file",
    "rows_landed": "Records taken in",
    "rows_quarantined": "Records set aside with a reason",
    "rows_skipped": "Records that the contract says are no data, such as totals",
    "status": "accepted, or set_aside as a whole",
    "completes_periods": "Whether a period is complete only once this stream covers it",
    "restates_days": "The vendor still changes figures of so many days",
    "family": "What the stream is unified into",
    "owner": "The team that answers for it",
}
STREAMS = {
    "table_name": "The landed table",
    "source": "The vendor's product",
    "stream": "The kind of export",
    "family": "What the stream is unified into",
    "owner": "The team that answers for it",
    "description": "What one row is, as its contract says",
    "load_rule": "How a later export relates to an earlier one",
    "spend_rank": "ads: the lowest of an account's reports is its spend; empty for other streams",
    "completes_periods": "Whether a period is complete only once this stream covers it",
    "restates_days": "The vendor still changes figures of so many days",
}
REPORT_PERIODS = {
    "table_name": "The landed table",
    "account_key": "The account, in small letters and without hyphens, underscores and blanks",
    "period_start": "The first day that rows of it speak of",
    "period_end": "The last day that they speak of; always later than the first",
    "feeds": "Its rows are the spend of their days; else they are a view of it",
    "days_left_out": "Days of it that no day's export covers and no feeding period either",
}
MISSING_DAYS = {
    "table_name": "The landed table",
    "scope": "The account that lacks the day; empty where the stream as a whole is asked",
    "day": "A day inside what the stream tells of that should have rows and has none",
    "is_told_elsewhere": "Another report of the source about the same money has it",
}
MATURITY = {
    "table_name": "The landed table",
    "measure": "The column with the amount or count",
    "age_days": "Days from the day spoken of to the day of the export, in UTC",
    "days": "Of how many days this was seen; 0 where the age before stands for this one",
    "known_share": "Of what is said in the end, the share that is said at this age",
}
SCORECARD_MEASURES = {
    "scorecard": "The scorecard's identifier",
    "label": "The scorecard's name for people",
    "description": "What the scorecard is for",
    "owner": "The team that answers for the scorecard",
    "grain": "The periods that it is scored by: day, week, month, quarter or year",
    "score_by": "status, or progress: what a measure's score is made of",
    "place": "The measure's place in the declaration, from 1",
    "perspective": "financial, customer, process or growth",
    "kpi": "The KPI that is measured",
    "weight": "How much it counts; of a scorecard they sum to 1",
}
KEY_RESULTS = {
    "scorecard": "The scorecard that declares the objective",
    "grain": "The periods that it is scored by: the scorecard's",
    "objective": "The objective's identifier within its scorecard",
    "label": "The objective's name for people",
    "description": "What is to be reached",
    "owner": "The team that answers for the objective",
    "starts": "The first day that counts",
    "ends": "The last day that counts",
    "place": "The key result's place in the objective, from 1",
    "kpi": "The KPI by which it is known",
    "slice": "The dimension of the slice it is of; total is everything",
    "slice_value": "The dimension's value; empty for the total",
    "baseline": "Where the KPI stood",
    "target": "Where it is to be",
    "weight": "How much it counts; of an objective they sum to 1",
}
FACTS = {
    "landings": Facts("One row per export that was taken in.", LANDINGS),
    "streams": Facts("One row per stream that a contract declares.", STREAMS),
    "report_periods": Facts(
        "One row per stream, account and period of several days that an ad report speaks of.",
        REPORT_PERIODS,
    ),
    "missing_days": Facts(
        "One row per stream, account and day that is missing between the first and the last.",
        MISSING_DAYS,
    ),
    "maturity": Facts(
        "One row per stream that is restated, measure and age: how much is known so early.",
        MATURITY,
    ),
    "scorecard_measures": Facts(
        "One row per scorecard and KPI that it is measured by, as declared.", SCORECARD_MEASURES
    ),
    "key_results": Facts(
        "One row per key result of a scorecard's objectives, as declared.", KEY_RESULTS
    ),
}


def write_landed_sources(streams: Mapping[str, Stream], dbt_project: Path) -> Path:
    """Make dbt know every landed table, with its columns and what they mean.

    The file is replaced only when it would say something else, so that an unchanged project is not
    parsed anew.

    Args:
        streams: every contract, by landed table.
        dbt_project: the folder of `dbt_project.yml`.

    Returns:
        The sources file.
    """
    path = dbt_project / "models" / "staging" / "_landed_sources.yml"
    content = HEADING + yaml.safe_dump(
        _document(streams), sort_keys=False, allow_unicode=True, width=100
    )
    if not path.is_file() or path.read_text(encoding="utf-8") != content:
        write_atomically(path, content.encode())
    return path


def has_history(stream: Stream) -> bool:
    """Whether the versions of the stream's records can be told apart: it is a list, with a key."""
    return stream.load.rule == "snapshot" and bool(stream.key)


def history_table(table: str) -> str:
    """The name of the table with every version of a stream's records."""
    return f"{table}__history"


def _document(streams: Mapping[str, Stream]) -> dict[str, Any]:
    tables = [_table(streams[name]) for name in sorted(streams)]
    tables += [_history(streams[name]) for name in sorted(streams) if has_history(streams[name])]
    source = {
        "name": "landed",
        "schema": "landed",
        "description": "The accepted exports, one view per stream, after its load rule.",
        "tables": [*tables, *(_facts(name, facts) for name, facts in FACTS.items())],
    }
    return {"version": 2, "sources": [source]}


def _facts(name: str, facts: Facts) -> dict[str, Any]:
    said = [{"name": column, "description": text} for column, text in facts.columns.items()]
    return {"name": name, "description": facts.description, "columns": said}


def _table(stream: Stream) -> dict[str, Any]:
    lineage = [{"name": name, "description": text} for name, text in LINEAGE.items()]
    return {
        "name": stream.table,
        "description": _plain(stream.description),
        "columns": [*(_column(column) for column in stream.columns), *lineage],
    }


def _history(stream: Stream) -> dict[str, Any]:
    table = _table(stream)
    validity = [{"name": name, "description": text} for name, text in VALIDITY.items()]
    return {
        "name": history_table(stream.table),
        "description": f"Every version of each record. {table['description']}",
        "columns": [*table["columns"], *validity],
    }


def _column(column: Column) -> dict[str, str]:
    headers = ", ".join(header.name or header.pattern or "" for header in column.headers)
    said = column.description or (f"As exported: {headers}" if headers else "")
    return {
        "name": column.name,
        "description": _plain(said),
        "data_type": column.sql_type,
    }


def _plain(text: str) -> str:
    """One line that dbt, which renders descriptions as templates, leaves as it is."""
    return re.sub(r"\{(?=[{%#])", "{ ", " ".join(text.split()))
