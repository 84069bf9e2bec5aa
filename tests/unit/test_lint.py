"""`kpi lint` names what is to be mended, with file, line and remedy, and nothing that is well."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from declared_project import metric, project, scorecard
from typer.testing import CliRunner

from models.contract import load_contracts
from models.kpi import load_kpis
from models.scorecard import load_scorecards
from models.smart import contract_findings, smart_findings
from pipelines.cli import app
from pipelines.serve.lint import lint, release_findings
from pipelines.settings import Settings

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 22)


def found(folder: Path) -> list[tuple[str, str]]:
    dbt_project = folder / "dbt_project"
    findings = smart_findings(load_kpis(dbt_project), dbt_project, TODAY)
    assert all(one.remedy and one.line and one.file.name == "ads.yml" for one in findings)
    return [(one.rule, one.problem) for one in findings]


def test_nothing_that_the_product_declares_is_to_be_mended(tmp_path: Path) -> None:
    settings = Settings.from_environment(project=ROOT, home=tmp_path, as_of=TODAY.isoformat())
    assert lint(settings) == []


def test_a_kpi_that_is_declared_well_is_not_named(tmp_path: Path) -> None:
    assert found(project(tmp_path, metric("clicks"))) == []


@pytest.mark.parametrize(
    ("changes", "rule", "said"),
    [
        ({"description": "Clicks."}, "specific", "too short"),
        ({"labels": {"vi": "Nhấp"}}, "specific", "`labels` lacks zh-Hant, zh-Hans"),
        ({"descriptions": {"zh-Hant": "點", "zh-Hans": "点"}}, "specific", "lacks vi"),
        ({"type_params": {"measure": "clocks"}}, "measurable", "'clocks', which no fact has"),
        ({"kind": "ratio"}, "measurable", "kind 'ratio' on a simple metric"),
        ({"goal": "Growth"}, "relevant", "'Growth' does not say"),
        ({"descriptors": ["lagging"]}, "relevant", "described as 'lagging'"),
        ({"review": {"date": date(2026, 11, 21), "cadence": "yearly"}}, "time-bound", "2026-11-21"),
    ],
)
def test_what_keeps_a_kpi_from_being_smart_is_named_with_its_letter(
    tmp_path: Path, changes: dict[str, Any], rule: str, said: str
) -> None:
    findings = found(project(tmp_path, metric("clicks", **changes)))
    assert (rule, True) in [(one, said in problem) for one, problem in findings]


def test_an_input_that_is_missing_deep_below_is_named(tmp_path: Path) -> None:
    below = {"name": "visits", "type": "simple", "type_params": {"measure": {"name": "visitors"}}}
    ratio = {"numerator": "clicks", "denominator": {"name": "visits"}}
    share = metric("share", type="ratio", type_params=ratio, kind="ratio", unit="percent")
    lost = metric("lost", type="derived", type_params={"metrics": [{"name": "gone"}]})
    problems = [
        problem for _, problem in found(project(tmp_path, below, share, lost, metric("clicks")))
    ]
    assert problems == [
        "metric 'lost' is made of 'gone', which is not declared",
        "metric 'visits' counts 'visitors', which no fact has",
    ]


def test_a_measure_of_a_model_that_is_gone_is_named(tmp_path: Path) -> None:
    folder = project(tmp_path, metric("clicks"))
    (folder / "dbt_project" / "models" / "fct_ads.sql").unlink()
    assert found(folder) == [
        ("measurable", "measure 'clicks' is of 'fct_ads', which no model makes")
    ]


def test_a_contract_that_rests_on_nothing_and_guesses_of_a_draft_are_named(tmp_path: Path) -> None:
    file = tmp_path / "finance" / "shop.yml"
    file.parent.mkdir()
    file.write_text(
        "source: shop\nfamily: finance\nowner: {team: Shop, email: shop@example.com}\n"
        "streams:\n  orders:\n    description: Orders.\n    shapes: [{name: csv}]\n"
        "    columns:\n"
        "      - {name: id, headers: [Id], type: text, required: true}  # review: is it the key?\n"
        "    key: [id]\n    load: {rule: upsert}\n",
        encoding="utf-8",
    )
    findings = contract_findings(load_contracts(tmp_path))
    assert [(one.subject, one.line, one.problem) for one in findings] == [
        ("shop", 1, "it does not say what it rests on"),
        ("shop", 9, "a guess of its draft was not looked at: is it the key?"),
    ]


MART = """
create schema kpi_mart;
create table kpi_mart.dim_kpi as
    select unnest(['clicks', 'bounces', 'calls']) as kpi, unnest(['up', 'down', 'up']) as better;
create table kpi_mart.kpi_inputs as
    select unnest(['clicks', 'bounces', 'calls']) as kpi,
        unnest(['ads__stats', 'web__visits', 'phone__calls']) as table_name,
        unnest([timestamp '2026-05-01', timestamp '2026-05-01', null]) as exported_at;
create table kpi_mart.kpi_values as
    select unnest(['clicks', 'bounces']) as kpi, 'month' as grain, month as period_start,
        'total' as slice, unnest([10 + n, 40 - n])::decimal(38, 6) as value, true as is_complete
    from (select n, make_date(2026, n::int, 1) as month from range(1, 5) as months (n));
create table kpi_mart.kpi_targets (
    kpi varchar, grain varchar, period_start date, slice varchar, level varchar, holder varchar,
    target decimal(38, 6), origin varchar
);
"""


def asked_of_release(
    folder: Path, targets: Sequence[tuple[str, str, str]]
) -> list[tuple[str, str]]:
    """Four months of clicks 11 to 14 and of bounces 39 down to 36, held against targets."""
    kpis = load_kpis(
        project(folder, metric("clicks"), metric("bounces", better="down"), metric("calls"))
        / "dbt_project"
    )
    cards = load_scorecards(scorecard(folder, ["clicks"], "1"))
    with duckdb.connect() as mart:
        mart.execute(MART)
        for kpi, start, target in targets:
            mart.execute(
                "insert into kpi_mart.kpi_targets"
                " values (?, 'month', ?, 'total', 'company', '', ?, 'stated')",
                [kpi, start, target],
            )
        return [(one.rule, one.problem) for one in release_findings(mart, kpis, cards)]


def test_a_kpi_that_no_export_ever_fed_is_named_with_its_streams(tmp_path: Path) -> None:
    findings = asked_of_release(tmp_path, [("clicks", "2026-05-01", "15")])
    assert findings == [("measurable", "it has no figure: nothing ever came of phone__calls")]


def test_a_target_beyond_what_history_bears_is_named_and_one_within_is_not(tmp_path: Path) -> None:
    # Clicks: best 14, worst 11, so up to 17; bounces: best 36, worst 39, so down to 33.
    within = [("clicks", "2026-05-01", "17"), ("bounces", "2026-05-01", "33")]
    beyond = [("clicks", "2026-05-01", "17.01"), ("bounces", "2026-05-01", "32.99")]
    assert [one for one in asked_of_release(tmp_path / "a", within) if one[0] == "achievable"] == []
    problems = [
        text for rule, text in asked_of_release(tmp_path / "b", beyond) if rule == "achievable"
    ]
    assert [problem[:17] for problem in problems] == ["the target 32.99 ", "the target 17.01 "]
    assert "(14)" in problems[1]


def test_targets_that_ran_out_that_are_missing_or_of_no_kpi_are_named(tmp_path: Path) -> None:
    findings = asked_of_release(
        tmp_path, [("bounces", "2026-03-01", "38"), ("bouncs", "2026-05-01", "38")]
    )
    assert findings[1:] == [
        ("time-bound", "its last target is of the period from 2026-03-01, which is over"),
        ("time-bound", "it is on a scorecard, and has no target"),
        ("target", "1 targets are of 'bouncs', which is no KPI"),
    ]


def test_findings_end_with_exit_6_and_are_one_line_of_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_PROJECT", str(project(tmp_path / "p", metric("clicks", goal="Growth"))))
    monkeypatch.setenv("KPI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KPI_AS_OF", TODAY.isoformat())
    done = CliRunner().invoke(app, ["lint", "--json"])
    assert done.exit_code == 6
    (finding,) = json.loads(done.stdout)
    assert finding["subject"] == "clicks"
    assert finding["file"] == "dbt_project/models/kpis/ads.yml"

    shown = CliRunner().invoke(app, ["lint"])
    assert shown.exit_code == 6
    assert "ads.yml:7" in shown.stdout
    assert "Name the business goal" in shown.stdout

    monkeypatch.setenv("KPI_PROJECT", str(project(tmp_path / "well", metric("clicks"))))
    assert CliRunner().invoke(app, ["lint"]).exit_code == 0
