"""A project on paper: KPIs, what they are made of, and a scorecard, as `kpi lint` reads them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml

LABELS = {"zh-Hant": "點擊率", "zh-Hans": "点击率", "vi": "Tỷ lệ nhấp"}
SAID = "Clicks over impressions, summed first and divided last, never averaged over campaigns."
OWNER = {"team": "Marketing", "email": "marketing@example.com"}


def metric(name: str, **changes: Any) -> dict[str, Any]:
    """A KPI that is declared well: a count of clicks."""
    meta: dict[str, Any] = {
        "unit": "count",
        "better": "up",
        "kind": "flow",
        "timing": "lead",
        "goal": "Draw visitors",
        "owner": OWNER,
        "level": "tactical",
        "scope": "team",
        "descriptors": ["quantitative", "leading"],
        "labels": LABELS,
        "descriptions": LABELS,
        "review": {"date": date(2027, 1, 15), "cadence": "quarterly"},
        "version": 1,
    }
    said: dict[str, Any] = {"description": SAID, "type": "simple"}
    said["type_params"] = {"measure": "clicks"}
    said |= {key: changes.pop(key) for key in list(changes) if key in said}
    return {"name": name, "label": name, **said, "config": {"meta": {"kpi": {**meta, **changes}}}}


def project(folder: Path, *metrics: dict[str, Any]) -> Path:
    """A project with the KPIs, one measure and the model that it is of."""
    facts = {"name": "ads", "model": "ref('fct_ads')", "measures": [{"name": "clicks"}]}
    document = {"semantic_models": [facts], "metrics": list(metrics)}
    kpis = folder / "dbt_project" / "models" / "kpis"
    kpis.mkdir(parents=True)
    (kpis / "ads.yml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    (kpis.parent / "fct_ads.sql").write_text("select 1 as clicks", encoding="utf-8")
    (folder / "models" / "contracts").mkdir(parents=True)
    (folder / "expectations").mkdir()
    return folder


def scorecard(folder: Path, kpis: Sequence[str], weight: str, **changes: Any) -> Path:
    """The folder of a scorecard with these KPIs, each of that weight."""
    card = {
        "scorecard": "shop",
        "label": "Shop",
        "description": "How the shop does.",
        "owner": OWNER,
        "grain": "month",
        "measures": [{"perspective": "growth", "kpi": k, "weight": float(weight)} for k in kpis],
        **changes,
    }
    file = folder / "models" / "scorecards" / "shop.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(card, sort_keys=False), encoding="utf-8")
    return file.parent
