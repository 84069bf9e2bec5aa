"""The process in which Great Expectations runs: `python -m expectations.worker`.

It is a process of its own because the library takes seconds to import and must not take the run
down with it. One JSON document per line: a request in, an answer out. It judges nothing; whoever
asked counts the answers (`pipelines/check/suite_checks.py`).

Rows reach the library as a pandas frame of the columns that are asked about. A DECIMAL becomes a
float on the way, which is exact enough for a bound and not for equality: equality asked of a
DECIMAL is answered as an exception. A NaN in a float column, which the library takes for NULL and
lets pass every bound, is counted in SQL and fails the expectation.
"""

from __future__ import annotations

import json
import math
import os
import re
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import duckdb

from expectations.suites import load_suite

if TYPE_CHECKING:
    import pandas as pd

MOST_SAMPLES = 5
EQUALITY = ("unique", "in_set", "to_equal", "distinct")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class RequestError(Exception):
    """A request that cannot be understood; the answer says why."""


def asked_columns(expectation: Mapping[str, Any]) -> list[str]:
    """The columns an expectation asks about."""
    kwargs = expectation["kwargs"]
    single = [kwargs[key] for key in ("column", "column_A", "column_B") if key in kwargs]
    return [*single, *kwargs.get("column_list", ())]


def source_of(connection: duckdb.DuckDBPyConnection, table: Mapping[str, Any]) -> str:
    """The rows to look at, as a relation that can stand after FROM."""
    if "parquet" in table:
        missing = [path for path in table["parquet"] if not Path(path).is_file()]
        if missing or not table["parquet"]:
            raise RequestError(f"no such Parquet file: {(missing or ['(none named)'])[0]}")
        files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in table["parquet"])
        return f"read_parquet([{files}], union_by_name = true)"
    path = str(table["duckdb"]).replace("'", "''")
    connection.execute(f"attach '{path}' as looked_at (read_only)")
    schema, _, name = str(table["table"]).partition(".")
    return f'looked_at."{schema}"."{name}"'


class Batch:
    """The rows of one request, as far as the suite asks about them."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        suite: Mapping[str, Any],
        table: Mapping[str, Any],
    ) -> None:
        self._connection = connection
        self._source = source_of(connection, table)
        # What a suite says reaches these rows, and no other file, extension or machine.
        files = ", ".join("'" + str(f).replace("'", "''") + "'" for f in table.get("parquet", ()))
        connection.execute(f"set allowed_paths = [{files}]")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        described = connection.execute(f"describe select * from {self._source}").fetchall()
        self.types = {str(name): str(kind) for name, kind, *_ in described}
        wanted: set[str] = set()
        for expectation in suite["expectations"]:
            wanted |= {*asked_columns(expectation)}
            wanted |= {*WORD.findall(str(expectation["kwargs"].get("row_condition", "")))}
        self._columns = [name for name in self.types if name in wanted]
        self._key = [name for name in suite["key"] if name in self.types]
        self.frame = self._read()
        self.not_numbers = {
            name: self._count_not_numbers(name)
            for name in self._columns
            if self.types[name] in ("DOUBLE", "FLOAT")
        }

    def _read(self) -> pd.DataFrame:
        selected = ", ".join(
            f'cast("{name}" as double) as "{name}"'
            if self.types[name].startswith("DECIMAL")
            else f'"{name}"'
            for name in self._columns
        )
        # Without a column that is asked about there are still rows to count.
        return self._connection.execute(f"select {selected or '1 as one'} from {self._source}").df()

    def _count_not_numbers(self, name: str) -> int:
        counted = self._connection.execute(
            f'select count(*) from {self._source} where isnan("{name}") or isinf("{name}")'
        ).fetchone()
        return int(counted[0]) if counted else 0

    def keys_of(self, positions: Sequence[int]) -> list[dict[str, str]]:
        """The keys of some rows. Keys are read for these only: they can be larger than the rest."""
        if not positions or not self._key:
            return []
        named = ", ".join(f'"{name}"' for name in self._key)
        found = self._connection.execute(
            f"select {named} from (select *, row_number() over () - 1 as place"
            f" from {self._source}) where place in ({', '.join(str(int(n)) for n in positions)})"
            " order by place"
        ).fetchall()
        return [dict(zip(self._key, map(str, row), strict=True)) for row in found]

    def refusal(self, expectation: Mapping[str, Any]) -> str | None:
        """Why an expectation cannot be asked of these columns, if so."""
        asked = asked_columns(expectation)
        unknown = [name for name in asked if name not in self.types]
        if unknown:
            return f"there is no column {unknown[0]!r}; there are {', '.join(sorted(self.types))}"
        exact = any(word in str(expectation["type"]) for word in EQUALITY)
        decimals = [name for name in asked if self.types[name].startswith("DECIMAL")]
        if exact and decimals:
            return f"{decimals[0]!r} is {self.types[decimals[0]]}: ask bounds of it, not equality"
        return None


def validate(
    suite: Mapping[str, Any], batch: Batch, parameters: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Ask a suite of a batch; one answer per expectation, in the suite's order."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        ProgressBarsConfig,
    )

    answers: dict[int, dict[str, Any]] = {}
    askable = []
    for index, expectation in enumerate(suite["expectations"]):
        refusal = batch.refusal(expectation)
        if refusal:
            answers[index] = {"index": index, "success": False, "exception": refusal}
        else:
            askable.append(
                {"type": expectation["type"], "kwargs": expectation["kwargs"], "meta": {"n": index}}
            )
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    whole = (
        context.data_sources.add_pandas("rows")
        .add_dataframe_asset(suite["name"])
        .add_batch_definition_whole_dataframe("all")
    )
    shape = {
        "result_format": "SUMMARY",
        "partial_unexpected_count": MOST_SAMPLES,
    }
    if askable:
        outcome = whole.get_batch({"dataframe": batch.frame}).validate(
            context.suites.add(gx.ExpectationSuite(name=suite["name"], expectations=askable)),
            result_format=shape,
            expectation_parameters=dict(parameters),
        )
        for result in outcome.results:
            document: dict[str, Any] = result.to_json_dict()
            index = int(document["expectation_config"]["meta"]["n"])
            if index in answers:
                raise RequestError(f"expectation {index} was answered twice")
            answers[index] = answer_of(index, document, batch)
    for index, expectation in enumerate(suite["expectations"]):
        if index in answers:
            columns = "+".join(asked_columns(expectation))
            answers[index] |= {"type": expectation["type"], "column": columns}
    return [answers[index] for index in sorted(answers)]


def answer_of(index: int, result: Mapping[str, Any], batch: Batch) -> dict[str, Any]:
    """What one result says, without any of the values that were found."""
    found = result.get("result") or {}
    seen = found.get("element_count")
    asked = asked_columns(result["expectation_config"])
    bad_numbers = sum(batch.not_numbers.get(name, 0) for name in asked)
    return {
        "index": index,
        "success": result.get("success") is True and bad_numbers == 0,
        "exception": exception_of(result.get("exception_info") or {}),
        "observed": _json_number(found.get("observed_value", found.get("unexpected_percent"))),
        "looked_at": None if seen is None else int(seen) - int(found.get("missing_count") or 0),
        "unexpected_count": _sum_known(found.get("unexpected_count"), bad_numbers),
        "not_numbers": bad_numbers,
        "sample": batch.keys_of((found.get("partial_unexpected_index_list") or [])[:MOST_SAMPLES]),
    }


def exception_of(information: Mapping[str, Any]) -> str | None:
    """The first exception of a result; the library nests it by metric in some cases."""
    if "raised_exception" in information:
        if not information["raised_exception"]:
            return None
        return str(information.get("exception_message") or "unnamed exception")
    for nested in information.values():
        said = exception_of(nested) if isinstance(nested, Mapping) else "unreadable exception"
        if said:
            return said
    return None


def _sum_known(count: object, more: int) -> int | None:
    return int(count) + more if isinstance(count, int | float) else (more or None)


def _json_number(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)


def answer(line: str, memory: str) -> dict[str, Any]:
    """Answer one line; whatever goes wrong is said in the answer."""
    asked: object = None
    try:
        request = json.loads(line)
        asked = request["id"]
        suite = request["suite"]
        if isinstance(suite, str):
            suite = load_suite(Path(suite)).to_request()
        with duckdb.connect(
            config={"memory_limit": memory, "autoload_known_extensions": False}
        ) as connection:
            batch = Batch(connection, suite, request["table"])
            results = validate(suite, batch, request.get("parameters") or {})
        return {"id": asked, "rows": len(batch.frame), "results": results}
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        return {"id": asked, "error": f"{type(error).__name__} at {where}: {error}"}


def main(arguments: Sequence[str] = ()) -> int:
    """Answer requests until there are no more."""
    # Whatever a library prints must not stand among the answers.
    answers: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    memory = arguments[0] if arguments else "1GB"
    begun = time.monotonic()
    import great_expectations  # noqa: F401  (after stdout was set aside)

    answers.write(json.dumps({"ready": round(time.monotonic() - begun, 3)}) + "\n")
    answers.flush()
    for line in sys.stdin:
        answers.write(json.dumps(answer(line, memory)) + "\n")
        answers.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
