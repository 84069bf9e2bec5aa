"""What a definition may say beyond what the KPI macros understand is refused, never ignored."""

from __future__ import annotations

import contextlib
import copy
import os
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.cli.main import dbtRunner
from dbt_semantic_interfaces.type_enums import AggregationType, MetricType

from models.contract import load_contracts
from pipelines.landed_sources import write_landed_sources

ROOT = Path(__file__).parents[2]
DBT_PROJECT = ROOT / "dbt_project"

pytestmark = pytest.mark.slow

Change = Callable[[Any], None]
"""Says something new in the metrics and semantic models of a parsed project."""


class Project:
    """The product's own project, parsed once; each question changes its definitions anew."""

    def __init__(self, folder: Path) -> None:
        self.options = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
        self.options += ["--target-path", str(folder), "--log-path", str(folder)]
        self.options += ["--vars", "{as_of: '2026-03-11'}"]
        os.environ["KPI_CANDIDATE"] = str(folder / "candidate.duckdb")
        with contextlib.chdir(ROOT):
            self.parsed = dbtRunner().invoke(["--quiet", "parse", *self.options]).result
        self.metrics = copy.deepcopy(self.parsed.metrics)
        self.semantic_models = copy.deepcopy(self.parsed.semantic_models)

    def error_after(self, change: Change, model: str = "dim_kpi") -> str:
        """What dbt says of the changed project; '' where it has nothing to say."""
        self.parsed.metrics = copy.deepcopy(self.metrics)
        self.parsed.semantic_models = copy.deepcopy(self.semantic_models)
        change(Named(self.parsed))
        self.parsed.build_flat_graph()
        command = ["--quiet", "compile", "--select", model, *self.options]
        with contextlib.chdir(ROOT):
            done = dbtRunner(manifest=self.parsed).invoke(command)
        results = done.result.results if done.result else ()
        self.compiled = [result.node.compiled_code for result in results]
        return "" if done.success else f"{done.exception} {[r.message for r in results]}"

    def sql_after(self, change: Change, model: str) -> str:
        """What a model of the changed project is compiled to."""
        assert self.error_after(change, model) == ""
        return str(self.compiled[0])


class Named:
    """Metrics and measures by name."""

    def __init__(self, manifest: Any) -> None:
        self.manifest = manifest

    def metric(self, name: str) -> Any:
        return next(m for m in self.manifest.metrics.values() if m.name == name)

    def measure(self, name: str) -> Any:
        models = self.manifest.semantic_models.values()
        return next(m for model in models for m in model.measures if m.name == name)

    def semantic_model(self, name: str) -> Any:
        return next(m for m in self.manifest.semantic_models.values() if m.name == name)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    write_landed_sources(load_contracts(ROOT / "models" / "contracts"), DBT_PROJECT)
    before = dict(os.environ)
    yield Project(tmp_path_factory.mktemp("dbt"))
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(autouse=True)
def _candidate_of_its_own(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KPI_CANDIDATE", project.options[5] + "/candidate.duckdb")


def where(condition: str) -> Any:
    from dbt.artifacts.resources.v1.semantic_layer_components import (
        WhereFilter,
        WhereFilterIntersection,
    )

    return WhereFilterIntersection(where_filters=[WhereFilter(where_sql_template=condition)])


def offset(count: int, granularity: str) -> Any:
    from dbt.artifacts.resources import MetricTimeWindow

    return MetricTimeWindow(count=count, granularity=granularity)


def test_the_products_own_definitions_are_understood(project: Project) -> None:
    assert project.error_after(lambda _: None) == ""


def facts() -> duckdb.DuckDBPyConnection:
    """The tiny facts on which figures can be computed on paper."""
    connection = duckdb.connect()
    connection.execute("attach ':memory:' as candidate; use candidate")
    for sql in sorted((ROOT / "tests" / "integration").glob("kpi_case_facts*.sql")):
        connection.execute(sql.read_text(encoding="utf-8"))
    return connection


def amounts(project: Project, change: Change, where: str) -> list[Any]:
    """Grain, first day, slice value and amount of what the changed project makes of the facts."""
    sql = project.sql_after(change, "kpi_components_daily")
    asked = (
        f"select grain, period_start, slice_value, amount from ({sql}) where {where} order by all"
    )
    with facts() as connection:
        return connection.execute(asked).fetchall()


def test_a_distinct_count_counts_a_thing_once_in_each_period(project: Project) -> None:
    def change(said: Named) -> None:
        said.measure("tickets_created").agg = AggregationType.COUNT_DISTINCT
        said.measure("tickets_created").expr = "priority || kind"
        for metric in ("tickets_opened", "resolution_rate"):
            said.metric(metric).config.meta["kpi"]["slices"] = ["kind"]
        said.metric("tickets_opened").config.meta["kpi"]["kind"] = "distinct"

    # Complaints on the 1st and 2nd, a billing issue on the 28th; four tickets of two sorts in all.
    component = "component = 'tickets_opened' and "
    total = component + "slice = 'total' and grain in ('month', 'year')"
    assert amounts(project, change, total) == [
        ("month", date(2026, 1, 1), "", 1),
        ("month", date(2026, 2, 1), "", 2),
        ("year", date(2026, 1, 1), "", 2),
    ]
    sliced = component + "slice = 'kind' and grain = 'week' and period_start < '2026-02-02'"
    assert amounts(project, change, sliced) == [
        ("week", date(2026, 1, 26), "billing_issue", 1),
        ("week", date(2026, 1, 26), "complaint", 1),
    ]


def test_a_window_is_the_days_up_to_the_periods_end(project: Project) -> None:
    """Of the last three days: what comes on the 5th and 10th leaves on the 8th and 13th."""

    def change(said: Named) -> None:
        said.metric("paying_customers").type_params.cumulative_type_params.window = offset(3, "day")

    where = "component = 'paying_customers' and slice = 'total' and period_start < '2026-02-01'"
    assert amounts(project, change, where) == [
        ("day", date(2026, 1, 5), "", 1),
        ("day", date(2026, 1, 8), "", -1),
        ("day", date(2026, 1, 10), "", 1),
        ("day", date(2026, 1, 13), "", -1),
    ]


def test_a_median_may_be_of_a_window_too(project: Project) -> None:
    """Of the last 28 days: 7.5, 1.5 and 30.333333 on 1 February, 50 from the 4th on."""

    def change(said: Named) -> None:
        stat = said.metric("first_response_hours")
        stat.type = MetricType.CUMULATIVE
        params = copy.deepcopy(said.metric("mrr").type_params.cumulative_type_params)
        params.window = offset(28, "day")
        stat.type_params.cumulative_type_params = params

    where = "component = 'first_response_hours' and slice = 'total' and grain = 'day'"
    found = {day: amount for _, day, _, amount in amounts(project, change, where)}
    assert found[date(2026, 2, 1)] == Decimal("7.5")
    assert found[date(2026, 2, 4)] == Decimal("7.5") + Decimal("30.333333")
    assert found[date(2026, 2, 28)] == Decimal("7.5") + Decimal("30.333333")
    assert found[date(2026, 3, 1)] == 50
    assert max(found) == date(2026, 3, 3)


@pytest.mark.parametrize(
    ("agg", "of", "rows"), [("MAX", 50, 1), ("MIN", 1.5, 1), ("AVERAGE", None, 4)]
)
def test_a_figure_of_rows_is_their_sum_and_their_number(
    project: Project, agg: str, of: float | None, rows: int
) -> None:
    def change(said: Named) -> None:
        said.measure("first_response_hours").agg = AggregationType[agg]

    def of_february(component: str) -> Decimal:
        grain = "day" if agg == "AVERAGE" else "month"
        where = f"component = '{component}' and slice = 'total' and grain = '{grain}'"
        cells = amounts(project, change, where)
        return sum((amount for _, day, _, amount in cells if day.month == 2), Decimal(0))

    expected = Decimal("89.333333") if of is None else Decimal(str(of))
    assert of_february("first_response_hours") == expected
    assert of_february("first_response_hours__rows") == rows


def test_a_filter_of_a_simple_metric_is_understood(project: Project) -> None:
    def change(said: Named) -> None:
        said.metric("clicks").filter = where("{{ Dimension('ad_performance__platform') }} = 'x'")

    assert project.error_after(change) == ""


def change_filter_of_ratio(said: Named) -> None:
    said.metric("ctr").filter = where("{{ Dimension('ad_performance__platform') }} = 'x'")


def change_filter_on_unknown_dimension(said: Named) -> None:
    said.metric("clicks").filter = where("{{ Dimension('ad_performance__colour') }} = 'red'")


def change_filter_on_time(said: Named) -> None:
    said.metric("clicks").filter = where("{{ TimeDimension('metric_time', 'day') }} > '2026-01-01'")


def change_input_filter(said: Named) -> None:
    said.metric("ctr").type_params.numerator.filter = where("1 = 1")


def change_aggregation(said: Named) -> None:
    said.measure("clicks").agg = AggregationType.PERCENTILE


def change_to_distinct_flow(said: Named) -> None:
    said.measure("tickets_created").agg = AggregationType.COUNT_DISTINCT


def change_to_average_flow(said: Named) -> None:
    said.measure("tickets_created").agg = AggregationType.AVERAGE


def change_to_median_of_spans(said: Named) -> None:
    said.measure("impressions").agg = AggregationType.MEDIAN


def change_to_distinct_of_all_time(said: Named) -> None:
    said.measure("mrr_movement").agg = AggregationType.COUNT_DISTINCT


def change_stat_in_expression(said: Named) -> None:
    said.metric("cost").type_params.metrics[0].name = "first_response_hours"


def change_offset_of_stat(said: Named) -> None:
    asked = said.metric("resolution_rate").type_params
    asked.numerator.name = "first_response_hours"
    asked.numerator.offset_window = offset(1, "month")


def change_months_of_stat(said: Named) -> None:
    said.metric("resolution_rate").type_params.numerator.name = "first_response_hours"
    said.metric("resolution_rate").config.meta["kpi"]["per_month"] = True


def change_months_of_flow(said: Named) -> None:
    said.metric("clicks").config.meta["kpi"]["per_month"] = True


def change_offset(said: Named) -> None:
    said.metric("invoiced_revenue_before").type_params.metrics[0].offset_window = offset(1, "year")


def change_offset_to_grain(said: Named) -> None:
    asked = said.metric("invoiced_revenue_before").type_params.metrics[0]
    asked.offset_window, asked.offset_to_grain = None, "month"


def change_offset_of_per_grain(said: Named) -> None:
    said.metric("customer_churn_rate").type_params.numerator.offset_window = offset(1, "month")


def change_window(said: Named) -> None:
    said.metric("mrr").type_params.cumulative_type_params.window = offset(7, "month")


def change_period_aggregation(said: Named) -> None:
    params = said.metric("mrr").type_params.cumulative_type_params
    params.period_agg = type(params.period_agg)("first")


def change_type(said: Named) -> None:
    said.metric("clicks").type = MetricType.CONVERSION


def change_fill(said: Named) -> None:
    said.metric("clicks").type_params.measure.fill_nulls_with = 1


def change_fill_of_stat(said: Named) -> None:
    said.metric("search_rank").type_params.measure.fill_nulls_with = 0


def change_timespine(said: Named) -> None:
    said.metric("clicks").type_params.measure.join_to_timespine = True


def change_division(said: Named) -> None:
    said.metric("cost").type_params.expr = "cost_of_sales / operating_expense"


def change_function(said: Named) -> None:
    said.metric("cost").type_params.expr = "sqrt(cost_of_sales) + operating_expense"


def change_ratio_as_input(said: Named) -> None:
    said.metric("cost").type_params.metrics[0].name = "ctr"


def change_slice(said: Named) -> None:
    said.metric("cac").config.meta["kpi"]["slices"] = ["region"]


def change_variants(said: Named, **declared: Any) -> None:
    said.metric("roas_attributed").config.meta["kpi"]["variants"].update(declared)


def change_variants_to_others_only(said: Named) -> None:
    change_variants(said, metrics={"first": "roas_at_first_touch", "last": "roas_at_last_touch"})


def change_variant_to_another_type(said: Named) -> None:
    change_variants(said, metrics={"sum": "ad_spend", "linear": "roas_attributed"})


def change_variants_to_a_slice(said: Named) -> None:
    change_variants(said, slice="channel")


def change_kind(said: Named) -> None:
    said.metric("mrr").config.meta["kpi"]["kind"] = "flow"


def change_kind_of_ratio(said: Named) -> None:
    said.metric("ctr").config.meta["kpi"]["kind"] = "flow"


def change_span_to_half_a_span(said: Named) -> None:
    said.semantic_model("ad_performance").config.meta["span"] = {"start": "period_start"}


def change_span_of_balance(said: Named) -> None:
    span = {"start": "change_date", "end": "change_date"}
    said.semantic_model("subscription_changes").config.meta["span"] = span


@pytest.mark.parametrize(
    ("change", "metric", "feature"),
    [
        (change_filter_of_ratio, "ctr", "`filter` on a ratio metric"),
        (change_filter_on_unknown_dimension, "clicks", "ad_performance__colour"),
        (change_filter_on_time, "clicks", "TimeDimension"),
        (change_input_filter, "ctr", "`filter` on the input clicks"),
        (change_aggregation, "clicks", "`percentile`"),
        (change_to_distinct_flow, "tickets_opened", "kind `flow` on this measure"),
        (change_to_average_flow, "tickets_opened", "kind `flow` on this measure"),
        (
            change_to_median_of_spans,
            "impressions",
            "`median` over rows of several days",
        ),
        (change_to_distinct_of_all_time, "mrr", "`count_distinct` of all time"),
        (change_stat_in_expression, "cost", "the median first_response_hours in an expression"),
        (change_offset_of_stat, "resolution_rate", "the earlier period of first_response_hours"),
        (change_months_of_stat, "resolution_rate", "`per_month` over first_response_hours"),
        (change_months_of_flow, "clicks", "`per_month`"),
        (change_offset, "invoiced_revenue_before", "`offset_window: 1 year`"),
        (change_offset_to_grain, "invoiced_revenue_before", "`offset_to_grain`"),
        (change_offset_of_per_grain, "customer_churn_rate", "counted per grain"),
        (change_window, "mrr", "`window: 7 month`"),
        (change_period_aggregation, "mrr", "`period_agg: first`"),
        (change_type, "clicks", "type `conversion`"),
        (change_fill, "clicks", "`fill_nulls_with: 1`"),
        (change_fill_of_stat, "search_rank", "`fill_nulls_with` of a figure of single rows"),
        (change_timespine, "clicks", "`join_to_timespine`"),
        (change_division, "cost", "`/`"),
        (change_function, "cost", "`sqrt`"),
        (change_ratio_as_input, "cost", "the ratio ctr in an expression"),
        (change_slice, "cac", "slice `region`"),
        (change_variants_to_others_only, "roas_attributed", "`variants` without itself"),
        (change_variant_to_another_type, "roas_attributed", "the simple metric ad_spend"),
        (change_variants_to_a_slice, "roas_attributed", "the slice `channel`"),
        (change_kind, "mrr", "kind `flow`"),
        (change_kind_of_ratio, "ctr", "kind `flow`"),
        (
            change_span_to_half_a_span,
            "ad_spend",
            "`span` of semantic model ad_performance",
        ),
        (change_span_of_balance, "mrr", "over rows of several days"),
    ],
)
def test_what_is_not_understood_is_refused_by_metric_and_feature(
    project: Project, change: Change, metric: str, feature: str
) -> None:
    said = project.error_after(change)
    assert f"Metric '{metric}'" in said
    assert feature in said
    assert "not understood" in said
