"""A small run made by hand: one export, a candidate of a few rows, dbt's documents, and a ledger.

Tests change one thing in it and see what the gate and publishing say. Nothing here is computed by
the program: the figures are written as literals.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from expectations.suites import Suite
from expectations.validate import Answer, WorkerError
from models.contract import Stream, load_contracts
from pipelines.check.candidate import check_candidate
from pipelines.check.gate import Verdict, judge
from pipelines.check.landed import check_landings, checked_events
from pipelines.check.result import CheckResult
from pipelines.land.landing import Landing
from pipelines.ledger import Ledger
from pipelines.publish.release import Release, publish
from pipelines.run import Run, code_digest
from pipelines.settings import Settings

AS_OF = date(2026, 7, 1)

CONTRACT = """
source: shop
family: finance
owner: {team: Shop, email: shop@example.com}
streams:
  orders:
    description: Orders of the shop.
    shapes: [{name: csv}]
    columns:
      - {name: order_id, headers: [Order], type: text, required: true, nullable: false}
      - {name: buyer, headers: [Buyer], type: text, personal: true}
      - {name: order_date, headers: [Day], type: date, formats: ["%Y-%m-%d"], required: true}
      - {name: amount, headers: [Amount], type: "decimal(18,6)", required: true}
    key: [order_id]
    load: {rule: upsert}
    quarantine_limit: 0.2
"""
ANCHOR = {
    "type": "expect_table_row_count_to_equal",
    "kwargs": {"value": {"$PARAMETER": "rows"}},
    "asks": "Did the suite see every row?",
    "severity": "block",
    "notes": "Rows were lost on the way to this check.",
}
LANDED_SUITE = {
    "table": "landed.shop__orders",
    "stage": "landed",
    "when_empty": "skip",
    "key": ["_landing_id", "_row_number"],
    "expectations": [
        ANCHOR,
        {
            "type": "expect_column_values_to_be_between",
            "kwargs": {"column": "amount", "min_value": 0},
            "asks": "Is every amount zero or more?",
            "severity": "block",
            "notes": "A refund belongs into another export.",
        },
    ],
}
CANDIDATE_SUITE = {
    "table": "kpi_mart.kpi_values",
    "stage": "candidate",
    "when_empty": "fail",
    "key": ["kpi", "grain", "period_start"],
    "expectations": [
        ANCHOR,
        {
            "type": "expect_column_values_to_be_between",
            "kwargs": {"column": "value", "max_value": 1000000},
            "asks": "Is every figure believable?",
            "severity": "warn",
            "notes": "Look for an amount in cents.",
        },
    ],
}
MODEL, TEST, SOFT = "model.shop.kpi_values", "test.shop.key_is_unique", "test.shop.soft"
UNIT, METRIC, SOURCE = (
    "unit_test.shop.sum",
    "metric.shop.revenue",
    "source.shop.landed.shop__orders",
)
FACT, SEMANTIC = "model.shop.fct_orders", "semantic_model.shop.orders"


def dbt_manifest() -> dict[str, Any]:
    """A manifest with one fact, one KPI table, two data tests and one unit test."""

    def model(name: str, parents: list[str]) -> dict[str, Any]:
        return {
            "resource_type": "model",
            "name": name,
            "schema": "kpi_mart",
            "config": {"enabled": True, "materialized": "table"},
            "depends_on": {"nodes": parents},
            "original_file_path": f"models/{name}.sql",
        }

    def test(name: str, severity: str) -> dict[str, Any]:
        return {
            "resource_type": "test",
            "name": name,
            "config": {"enabled": True, "severity": severity},
            "depends_on": {"nodes": [MODEL]},
            "attached_node": MODEL,
        }

    return {
        "nodes": {
            FACT: model("fct_orders", [SOURCE]),
            MODEL: model("kpi_values", [FACT]),
            TEST: test("key_is_unique", "error"),
            SOFT: test("soft", "warn"),
        },
        "unit_tests": {
            UNIT: {
                "resource_type": "unit_test",
                "name": "sum",
                "config": {"enabled": True},
                "depends_on": {"nodes": [MODEL]},
            }
        },
        "sources": {
            SOURCE: {"resource_type": "source", "source_name": "landed", "name": "shop__orders"}
        },
        "semantic_models": {SEMANTIC: {"name": "orders", "depends_on": {"nodes": [FACT]}}},
        "metrics": {
            METRIC: {
                "name": "revenue",
                "config": {"meta": {"kpi": {"unit": "money"}}},
                "depends_on": {"nodes": [SEMANTIC]},
            }
        },
    }


def dbt_results() -> dict[str, Any]:
    """What dbt says when everything went well."""
    return {
        "results": [
            {"unique_id": FACT, "status": "success"},
            {"unique_id": MODEL, "status": "success"},
            {"unique_id": TEST, "status": "pass", "failures": 0},
            {"unique_id": SOFT, "status": "pass", "failures": 0},
            {"unique_id": UNIT, "status": "pass", "failures": 0},
        ]
    }


@dataclass
class Agreeable:
    """Stands in for the worker process: every expectation holds, unless told otherwise."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    """Other answers by suite."""
    broken: str | None = None
    asked: list[tuple[Suite, Mapping[str, Any], Mapping[str, Any]]] = field(default_factory=list)

    def submit(
        self, suite: Suite, table: Mapping[str, Any], parameters: Mapping[str, Any] | None = None
    ) -> str:
        self.asked.append((suite, table, parameters or {}))
        return str(len(self.asked) - 1)

    def collect(self, name: str, timeout: float = 0) -> list[Answer]:
        if self.broken:
            raise WorkerError(self.broken)
        suite = self.asked[int(name)][0]
        return self.answers.get(suite.name, [holds(n) for n in range(len(suite.expectations))])


def holds(index: int) -> Answer:
    """The answer to an expectation that holds."""
    return Answer(index, True, None, None, 3, 0, ())


@dataclass
class MadeRun:
    """One home with one run in it."""

    settings: Settings
    ledger: Ledger
    run: Run
    worker: Agreeable

    @property
    def streams(self) -> dict[str, Stream]:
        return load_contracts(self.settings.project / "models" / "contracts")

    @property
    def landings(self) -> list[Landing]:
        return [Landing.from_payload(event.payload) for event in self.ledger.events("landed")]

    def check(self) -> list[CheckResult]:
        """All answers about the run."""
        return check_candidate(
            self.settings,
            self.run,
            self.streams,
            self.landings,
            self.ledger,
            self.worker,  # type: ignore[arg-type]
        )

    def judge(self, results: Sequence[CheckResult] | None = None) -> Verdict:
        """The gate's verdict on the given answers, or on all of them."""
        return judge(
            self.settings, self.ledger, self.run, self.check() if results is None else results
        )

    def publish(self) -> Release:
        """Publish the run; its definitions are none."""
        return publish(self.settings, self.ledger, self.run, lambda manifest: {})

    def change_candidate(self, *statements: str) -> None:
        """Change the candidate as a model would have made it otherwise."""
        self.run.candidate.chmod(0o644)
        with duckdb.connect(str(self.run.candidate)) as connection:
            for statement in statements:
                connection.execute(statement)

    def change_dbt(self, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> None:
        """Change dbt's manifest and results."""
        manifest, results = dbt_manifest(), dbt_results()
        change(manifest, results)
        write_json(self.run.dbt_target / "manifest.json", manifest)
        write_json(self.run.dbt_target / "run_results.json", results)

    def freeze(self, **changes: Any) -> None:
        """Write the run's frozen inputs anew."""
        frozen = json.loads(self.run.manifest.read_text()) if self.run.manifest.exists() else {}
        write_json(self.run.manifest, {**frozen, **changes})


def make_run(home: Path, run_id: str = "run-1", amount: str = "30.500000") -> MadeRun:
    """A run that would be released, in a home that may hold earlier ones."""
    project = home / "project"
    write_text(project / "models" / "contracts" / "finance" / "shop.yml", CONTRACT)
    write_json(project / "expectations" / "suites" / "shop__orders.json", LANDED_SUITE)
    write_json(project / "expectations" / "suites" / "kpi_values.json", CANDIDATE_SUITE)
    made = open_run(home, run_id)
    settings, ledger, run = made.settings, made.ledger, made.run
    if not ledger.events("landed"):
        land(made, "2026-06.csv", datetime(2026, 6, 30, 23, 50, tzinfo=UTC), (10, 20, "0.5"))
    make_candidate(run.candidate, amount)
    made.change_dbt(lambda manifest, results: None)
    current = settings.current.resolve().name if settings.current.exists() else None
    made.freeze(
        run_id=run_id,
        parent_release=int(current) if current else None,
        inputs_digest=hashlib.sha256(f"{run_id}{amount}".encode()).hexdigest(),
        as_of=AS_OF.isoformat(),
        landings=[landing.landing_id for landing in made.landings],
        code_digest=code_digest(settings.project),
    )
    return made


def open_run(home: Path, run_id: str) -> MadeRun:
    """A run that was made before, as another process finds it."""
    settings = Settings.from_environment(
        home=home,
        project=home / "project",
        inbox=home / "inbox",
        as_of=AS_OF.isoformat(),
        settle_seconds=0,
    )
    candidate = settings.warehouse / run_id / "candidate.duckdb"
    run = Run(run_id, settings.runs / run_id, candidate)
    return MadeRun(settings, Ledger(settings.ledger_url), run, Agreeable())


def land(
    made: MadeRun, file: str, exported_at: datetime, amounts: Sequence[object], **changes: Any
) -> Landing:
    """Land an export as the program would have, and let its suite be asked."""
    landing_id = hashlib.sha256(f"{file}{amounts}".encode()).hexdigest()
    parquet = f"shop__orders/{landing_id}.parquet"
    target = made.settings.landed / parquet
    target.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(
            "create table rows (order_id varchar, buyer varchar, order_date date,"
            " amount decimal(18,6), _landing_id varchar, _row_number bigint)"
        )
        connection.executemany(
            "insert into rows values (?, 'Ada Lovelace', date '2026-06-15', ?, ?, ?)",
            [[f"{file}-{n}", str(a), landing_id, n + 2] for n, a in enumerate(amounts)],
        )
        connection.execute(f"copy rows to '{target}' (format parquet)")
    landing = Landing(
        landing_id=landing_id,
        source="shop",
        stream="orders",
        table="shop__orders",
        file=f"shop/{file}",
        size=100,
        exported_at=exported_at,
        covered_from=None,
        covered_to=exported_at.date(),
        rows_in_file=len(amounts) + 1,
        rows_landed=len(amounts),
        rows_quarantined=0,
        rows_skipped={"header": 1},
        drift=[],
        columns_missing=[],
        contract_digest=made.streams["shop__orders"].digest,
        parquet=parquet,
    )
    landing = replace(landing, **changes)
    made.ledger.append("landed", landing.table, landing.to_payload())
    if landing.status == "accepted":
        results, aside = check_landings(
            made.settings,
            made.streams,
            [landing],
            made.worker,  # type: ignore[arg-type]
        )
        made.ledger.append_many(checked_events(made.settings, [landing], results, aside))
    return landing


def make_candidate(path: Path, amount: str) -> None:
    """A candidate with one KPI over seven months, and the landed exports."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute(CANDIDATE.format(amount=amount))


CANDIDATE = """
create schema landed;
create schema kpi_mart;
create table landed.landings as
    select 'one' as landing_id, 'shop__orders' as table_name, 'shop/2026-06.csv' as file;
create table kpi_mart.fct_orders (
    order_id varchar not null primary key, order_date date, note varchar,
    amount_reporting decimal(28,6), _landing_id varchar, _row_number bigint
);
comment on table kpi_mart.fct_orders is 'One order';
comment on column kpi_mart.fct_orders.order_id is 'The shop''s number';
insert into kpi_mart.fct_orders values
    ('2', date '2026-06-02', null, 20, 'one', 3),
    ('1', date '2026-06-01', 'a' || chr(9) || 'b' || chr(10) || 'c', 10, 'one', 2),
    ('3', date '2026-06-03', '', 0.5, 'one', 4);
create table kpi_mart.dim_kpi as select 'revenue' as kpi, 'flow' as kind;
create table kpi_mart.kpi_values as
    select
        'revenue' as kpi, 'month' as grain, month as period_start, last_day(month) as period_end,
        'total' as slice, '' as slice_value,
        cast(case when month = date '2026-06-01' then {amount} else 30 end as decimal(38,6))
            as value,
        cast(null as decimal(38,6)) as numerator, cast(null as decimal(38,6)) as denominator,
        true as is_complete, false as is_provisional
    from (
        select cast(unnest(
            generate_series(date '2025-12-01', date '2026-06-01', interval 1 month)
        ) as date) as month
    );
create table kpi_mart.kpi_scorecard as
    select *, 'Revenue' as label, cast(null as bigint) as checks_passed,
        cast(null as bigint) as checks_total, cast(null as bigint) as release_id,
        cast(null as timestamp) as published_at
    from kpi_mart.kpi_values where period_start = date '2026-06-01';
create table kpi_mart.kpi_latest as select *, 'Revenue' as label from kpi_mart.kpi_values;
create table kpi_mart.kpi_components_daily as select 1 as step;
"""


def write_text(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def write_json(file: Path, document: Mapping[str, Any]) -> None:
    write_text(file, json.dumps(document))
