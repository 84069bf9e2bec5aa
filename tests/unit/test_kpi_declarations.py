"""What a KPI declares: the product's own, and what is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from models.kpi import KpiError, load_kpis

DBT_PROJECT = Path(__file__).parents[2] / "dbt_project"


def declaration(**changes: object) -> dict[str, object]:
    meta: dict[str, object] = {
        "unit": "percent",
        "better": "up",
        "kind": "ratio",
        "timing": "lead",
        "goal": "Draw visitors",
        "owner": {"team": "Marketing", "email": "marketing@example.com"},
        "level": "tactical",
        "scope": "team",
        "descriptors": ["quantitative", "leading"],
        "labels": {"zh-Hant": "點擊率", "zh-Hans": "点击率", "vi": "Tỷ lệ nhấp"},
        "descriptions": {"zh-Hant": "點擊除以曝光", "zh-Hans": "点击除以展示", "vi": "Lượt nhấp"},
        "benchmark": {"value": 0.02, "source": "Last year's campaigns"},
        "review": {"date": date(2027, 1, 15), "cadence": "quarterly"},
        "version": 1,
    }
    return {key: value for key, value in {**meta, **changes}.items() if value is not None}


def project(folder: Path, meta: object, **metric: object) -> Path:
    said = {
        "name": "ctr",
        "label": "Click-through rate",
        "description": "Clicks over impressions, summed first and divided last, never averaged.",
        "type": "ratio",
        "config": {"meta": {"kpi": meta}},
        **metric,
    }
    (folder / "models" / "kpis").mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump({"metrics": [{"name": "clicks"}, said]}, sort_keys=False)
    (folder / "models" / "kpis" / "ads.yml").write_text(text, encoding="utf-8")
    return folder


def test_a_metric_without_a_declaration_is_a_building_block_and_no_kpi(tmp_path: Path) -> None:
    kpis = load_kpis(project(tmp_path, declaration()))
    assert list(kpis) == ["ctr"]
    benchmark = kpis["ctr"].meta.benchmark
    assert benchmark is not None
    assert benchmark.value == Decimal("0.02")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"unit": "euros"}, r"ads\.yml:\d+: KPI 'ctr'.*unit.*euros.*Allowed: 'money'"),
        ({"owner": {"team": "Marketing", "email": "nobody"}}, r"owner\.email"),
        ({"goal": None}, r"goal.*Field required"),
        ({"lables": {}}, r"lables.*not permitted"),
        ({"labels": {"fr": "Taux de clics"}}, r"labels\.fr"),
        ({"descriptors": ["shiny"]}, r"descriptors\.0"),
        ({"version": 0}, r"version"),
    ],
)
def test_a_wrong_declaration_is_refused_by_file_and_line(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(KpiError, match=said):
        load_kpis(project(tmp_path, declaration(**changes)))


def test_a_kpi_declared_twice_is_refused(tmp_path: Path) -> None:
    folder = project(tmp_path, declaration())
    kpis = folder / "models" / "kpis"
    (kpis / "again.yml").write_text((kpis / "ads.yml").read_text("utf-8"), encoding="utf-8")
    with pytest.raises(KpiError, match="also declared"):
        load_kpis(folder)


def test_every_text_of_the_product_says_something_of_its_own() -> None:
    kpis = load_kpis(DBT_PROJECT).values()
    texts = [kpi.description for kpi in kpis]
    texts += [kpi.meta.descriptions.zh_hant for kpi in kpis]
    texts += [kpi.meta.descriptions.vi for kpi in kpis]
    assert len(set(texts)) == len(texts)


def said_under(key: str) -> dict[str, dict[str, Any]]:
    """The product's metrics or semantic models by name, as they are written."""
    files = sorted((DBT_PROJECT / "models" / "kpis").glob("*.yml"))
    pages = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]
    return {one["name"]: one for page in pages for one in page.get(key) or ()}


def test_what_an_expression_reads_is_zero_for_metricflow_too_where_there_is_no_row() -> None:
    metrics = said_under("metrics")

    def without_zero(name: str) -> set[str]:
        params = metrics[name]["type_params"]
        if "metrics" in params:
            inputs = [one if isinstance(one, str) else one["name"] for one in params["metrics"]]
            return set().union(*(without_zero(each) for each in inputs))
        measure = params["measure"]
        said = isinstance(measure, dict) and measure.get("fill_nulls_with") == 0
        return set() if said else {name}

    derived = [name for name, metric in metrics.items() if metric["type"] == "derived"]
    wrong = {name: without_zero(name) for name in derived}

    assert derived
    assert {name: missing for name, missing in wrong.items() if missing} == {}


def test_a_fact_per_grain_can_be_asked_for_a_grain() -> None:
    """By a dimension of that name, without which MetricFlow adds up the rows of all grains."""
    models = said_under("semantic_models")
    meta = {name: (model.get("config") or {}).get("meta") or {} for name, model in models.items()}
    per_grain = [name for name in models if meta[name].get("grain_column")]
    dimensions = {name: [one["name"] for one in models[name]["dimensions"]] for name in per_grain}

    assert per_grain
    assert [name for name in per_grain if "grain" not in dimensions[name]] == []
