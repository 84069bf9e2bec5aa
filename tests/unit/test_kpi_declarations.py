"""What a KPI declares: the product's own, and what is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

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
