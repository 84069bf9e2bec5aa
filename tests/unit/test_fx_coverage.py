"""Which KPIs of money are split into constant currency and effect follows from what they say."""

from __future__ import annotations

import copy

import duckdb
import pytest

from tests.unit.test_kpi_macros import Named, Project, _candidate_of_its_own, project

__all__ = ["_candidate_of_its_own", "project"]

pytestmark = pytest.mark.slow

SPEND, VALUE = "spend_amount_reporting", "conversion_value_amount_reporting"
NO_SUM = "does more with converted amounts than to add them up."
TWO_CURRENCIES = "fct_salary_changes has not one currency for each of its rows."
# What ad spend could be, and why it is then not split.
EXPRESSIONS: dict[str, str | None] = {
    SPEND: None,
    f"{SPEND} - {VALUE}": None,
    f"2 * {SPEND}": None,
    f"case when platform = 'x' and abs(clicks) > 1 then -{SPEND} else {VALUE} end": None,
    f"{SPEND} * {VALUE}": NO_SUM,
    f"{SPEND} / 2": NO_SUM,
    f"greatest({SPEND}, 0)": NO_SUM,
    f"case when {SPEND} > 5 then {SPEND} end": NO_SUM,
    "clicks": "is no converted amount.",
    "fee_reporting": "fct_ad_performance has no column fee.",
}


def test_only_a_sum_of_converted_amounts_with_their_originals_is_split(project: Project) -> None:
    def change(said: Named) -> None:
        measures = said.semantic_model("ad_performance").measures
        for number, expression in enumerate(EXPRESSIONS):
            metric = copy.deepcopy(said.metric("ad_spend"))
            measure = copy.deepcopy(said.measure("ad_spend"))
            metric.name = measure.name = metric.type_params.measure.name = f"spend_{number}"
            metric.unique_id = f"metric.kpi_mart.{metric.name}"
            measure.expr = expression
            measures.append(measure)
            said.manifest.metrics[metric.unique_id] = metric
        for name in ("own_salaries", "market_salaries"):
            meta = said.metric(name).config.meta
            meta["kpi"] = {**said.metric("mrr").config.meta["kpi"], "slices": []}

    sql = project.sql_after(change, "kpi_fx_coverage")
    asked = f"select kpi, reason from ({sql}) where is_covered = (reason is null)"
    reasons = dict(duckdb.connect().execute(asked).fetchall())
    for number, (expression, reason) in enumerate(EXPRESSIONS.items()):
        told = reasons[f"spend_{number}"]
        assert (told is None) if reason is None else told.endswith(reason), (expression, told)
    assert reasons["own_salaries"] == reasons["market_salaries"] == TWO_CURRENCIES
