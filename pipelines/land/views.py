"""The query behind a stream's view: the rows of its landings that count, by its load rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.contract import Stream
from pipelines.land import sql
from pipelines.land.facts import utc
from pipelines.land.landing import Landing
from pipelines.land.restated import Held, newest_export

ROW = ("_landing_id", "_row_number", "_exported_at")
VALID = ("_valid_from", "_valid_to")


def rows_that_count(
    stream: Stream, landings: Sequence[Landing], held: Sequence[Held], landed: Path
) -> str:
    """The rows that figures are computed from.

    Args:
        stream: the contract.
        landings: the accepted ones, oldest export first.
        held: load rule `window`: what still holds of each.
        landed: the folder of landed files.
    """
    if not landings:
        return _empty(stream)
    files = _Files(stream, landed)
    if stream.load.rule == "snapshot":
        return files.rows(newest_export(landings), once="export")
    if stream.load.rule == "window":
        return _window(files, held)
    if len(landings) == 1:
        return files.rows(landings)
    return _newest_versions(files, landings)


def rows_of_exports(stream: Stream, landings: Sequence[Landing], landed: Path) -> str:
    """The rows of all these landings, also those that a later export has restated."""
    return _Files(stream, landed).rows(landings, once="export")


def every_version(stream: Stream, landings: Sequence[Landing], landed: Path) -> str:
    """The history of a `snapshot` stream: each version of a record, from when until when it held.

    `_valid_to` is NULL for what the newest export still has. A record that was gone for a while has
    a version before and one after.
    """
    columns = [sql.identifier(column.name) for column in stream.columns]
    if not landings:
        types = "CAST(NULL AS TIMESTAMP)"
        valid = ", ".join(f"{types} AS {name}" for name in VALID)
        return f"SELECT *, {valid} FROM ({_empty(stream)})"
    said = ", ".join(columns)
    rows = _Files(stream, landed).rows(landings, once="export")
    # Of exports one after the other that say the same, place less count is the same.
    return f"""
        SELECT {said}, arg_min(_landing_id, place) AS _landing_id,
            arg_min(_row_number, place) AS _row_number, min(moment_of_export) AS _exported_at,
            min(moment_of_export) AS _valid_from,
            -- The newest has none that follows: arg_max would pass over its NULL.
            CASE WHEN count(*) = count(next_exported_at) THEN max(next_exported_at) END AS _valid_to
        FROM (
            SELECT version.*, moment.place, moment.next_exported_at,
                moment._exported_at AS moment_of_export,
                moment.place - row_number() OVER (PARTITION BY {said} ORDER BY moment.place)
                    AS island
            FROM ({rows}) AS version
            JOIN landed.snapshots AS moment
                ON moment.table_name = {sql.text(stream.table)}
                AND moment._landing_id = version._landing_id
        )
        GROUP BY {said}, island"""


def _newest_versions(files: _Files, landings: Sequence[Landing]) -> str:
    """Of each key the newest version; `append` too: what came with another value was corrected.

    An export without a column says nothing of it: what the newest export that has it said, stays.
    """
    newest_first = "_exported_at DESC, _landing_id DESC, _row_number"
    key = ", ".join(map(sql.identifier, files.stream.key))
    said = []
    for column in files.stream.columns:
        lacking = [each for each in landings if column.name in each.columns_missing]
        if lacking and len(lacking) < len(landings):
            name = sql.identifier(column.name)
            names = sql.texts(each.landing_id for each in lacking)
            said.append(
                f"(first_value(CASE WHEN _landing_id NOT IN ({names}) THEN {{'said': {name}}} END"
                f" IGNORE NULLS) OVER versions).said AS {name}"
            )
    replaced = f" REPLACE ({', '.join(said)})" if said else ""
    return (
        f"SELECT *{replaced} FROM ({files.rows(landings, once=None)}) WINDOW versions AS"
        f" (PARTITION BY {key} ORDER BY {newest_first}"
        " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
        " QUALIFY row_number() OVER versions = 1"
    )


def _window(files: _Files, held: Sequence[Held]) -> str:
    """The rows of the days that hold: of most landings all, or the same days for every scope."""
    stream = files.stream
    first = f"CAST(export.{sql.identifier(stream.load.date or '')} AS DATE)"
    last = f"CAST(export.{sql.identifier(stream.load.until or stream.load.date or '')} AS DATE)"
    scope = ", ".join(f"CAST(export.{sql.identifier(n)} AS VARCHAR)" for n in stream.load.scope)

    # A row of several days goes only when every day of it is restated.
    def still(condition: str) -> str:
        return (
            " WHERE EXISTS (SELECT 1 FROM landed.winning_days AS winning"
            f" WHERE winning.table_name = {sql.text(stream.table)}"
            " AND winning._landing_id = export._landing_id"
            f" AND {first} <= winning.last_day AND {last} >= winning.first_day{condition})"
        )

    of_scope = still(f" AND winning.scope = [{scope}]")
    shared_moments = {each.landing.exported_at for each in held if each.is_shared}
    alone = [each for each in held if each.landing.exported_at not in shared_moments]
    parts = [
        ("", [each.landing for each in alone if each.is_whole]),
        (still(""), [each.landing for each in alone if not each.is_whole and each.is_alike]),
        (of_scope, [each.landing for each in alone if not each.is_whole and not each.is_alike]),
    ]
    selects = [
        f"SELECT export.* FROM ({files.rows(landings)}) AS export{where}"
        for where, landings in parts
        if landings
    ]
    shared = [each for each in held if each.landing.exported_at in shared_moments]
    if shared:
        selects.append(_parts_of_one(files, shared, of_scope))
    return " UNION ALL ".join(selects) or _empty(stream)


def _parts_of_one(files: _Files, shared: Sequence[Held], of_scope: str) -> str:
    """Rows of exports in parts that meet on the same days: a row that stands in two is one row."""
    whole = [each.landing for each in shared if each.is_whole]
    others = [each.landing for each in shared if not each.is_whole]
    rows = " UNION ALL ".join(
        f"SELECT export.* FROM ({files.rows(landings)}) AS export{where}"
        for where, landings in (("", whole), (of_scope, others))
        if landings
    )
    key = ", ".join(map(sql.identifier, files.stream.key))
    if not key:
        return rows
    return (
        f"SELECT * FROM ({rows}) QUALIFY row_number() OVER"
        f" (PARTITION BY _exported_at, {key} ORDER BY _landing_id, _row_number) = 1"
    )


@dataclass(frozen=True)
class _Files:
    stream: Stream
    folder: Path

    def rows(
        self, landings: Sequence[Landing], *, once: Literal["landing", "export"] | None = "landing"
    ) -> str:
        """The rows of landings.

        Args:
            landings: at least one.
            once: a row that a file, or an export in several files, repeats is taken once.
        """
        several = len({landing.exported_at for landing in landings}) < len(landings)
        if once == "export" and several and self.stream.key:
            return self._select(landings, f"_exported_at, {self._key}")
        repeated = [landing for landing in landings if once and landing.rows_repeated]
        parts = [
            self._select([n for n in landings if n not in repeated], ""),
            self._select(repeated, f"_landing_id, {self._key}"),
        ]
        return " UNION ALL ".join(part for part in parts if part)

    @property
    def _key(self) -> str:
        return ", ".join(map(sql.identifier, self.stream.key))

    def _select(self, landings: Sequence[Landing], once_by: str) -> str:
        if not landings:
            return ""
        typed = ", ".join(
            f"CAST({sql.identifier(column.name)} AS {column.sql_type})"
            f" AS {sql.identifier(column.name)}"
            for column in self.stream.columns
        )
        # Landed under an older contract, a file may have other columns.
        alike = all(landing.contract_digest == self.stream.digest for landing in landings)
        files = (self.folder / landing.parquet for landing in landings)
        source = sql.parquet(files, "" if alike else ", union_by_name = true")
        moved = {n.landing_id: utc(n.exported_at) for n in landings if n.is_moved}
        if moved:
            # Exported again unchanged: the file says one of its moments, and not always the last.
            cases = " ".join(
                f"WHEN {sql.text(name)} THEN TIMESTAMP '{moment}'" for name, moment in moved.items()
            )
            newest = f"CASE _landing_id {cases} ELSE _exported_at END AS _exported_at"
            source = f"(SELECT * REPLACE ({newest}) FROM {source})"
        repeats = (
            f" QUALIFY row_number() OVER (PARTITION BY {once_by}"
            " ORDER BY _landing_id, _row_number) = 1"
            if once_by and self.stream.key
            else ""
        )
        return f"SELECT {typed}, {', '.join(ROW)} FROM {source}{repeats}"


def _empty(stream: Stream) -> str:
    types = [(column.name, column.sql_type) for column in stream.columns]
    types += zip(ROW, ("VARCHAR", "BIGINT", "TIMESTAMP"), strict=True)
    columns = ", ".join(f"CAST(NULL AS {kind}) AS {sql.identifier(name)}" for name, kind in types)
    return f"SELECT {columns} WHERE false"
