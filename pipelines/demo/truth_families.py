"""The truth of the whole example company: sales and finance, and the families beside them.

Belongs here: putting the subjects' figures together. What each figure is stands in its own module.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from pipelines.demo import truth
from pipelines.demo.by_month import ByMonth
from pipelines.demo.chance import month_end, rounded
from pipelines.demo.company import Company
from pipelines.demo.exports.schedule import Schedule
from pipelines.demo.truth_marketing import MarketingTruth
from pipelines.demo.truth_people import OpinionTruth, StaffTruth
from pipelines.demo.truth_projects import ProjectTruth


def all_truth(
    company: Company, schedule: Schedule, planted: list[dict[str, object]]
) -> dict[str, Any]:
    """Every KPI of every month touched, the slices that are checked, and what was planted."""
    told: dict[str, Any] = truth.truth(company, schedule, planted)
    days = {month: _last_day(company, month) for month in told["kpis"]["ad_spend"]}
    ads = {kpi: _read(told["kpis"][kpi]) for kpi in ("ad_spend", "clicks")}
    families: list[MarketingTruth | OpinionTruth | StaffTruth | ProjectTruth] = []
    ends = list(days.items())
    if schedule.weekly:
        families.append(MarketingTruth(company, schedule, ends, ads))
        families.append(OpinionTruth(company, schedule, ends))
        families.append(ProjectTruth(company, schedule, ends))
    if schedule.monthly:
        families.append(StaffTruth(company, schedule, ends))
    for family in families:
        for kpi, months in family.kpis().items():
            told["kpis"][kpi] = _written(months)
        for kpi, slices in family.slices().items():
            told["slices"][kpi] = {
                slice_: {value: _written(months) for value, months in by_value.items()}
                for slice_, by_value in slices.items()
            }
    told["kpis"] = dict(sorted(told["kpis"].items()))
    told["slices"] = dict(sorted(told["slices"].items()))
    return told


def _last_day(company: Company, month: str) -> date:
    return min(month_end(date.fromisoformat(f"{month}-01")), company.last_day)


def _read(values: dict[str, str | None]) -> ByMonth:
    return {month: None if text is None else Decimal(text) for month, text in values.items()}


def _written(values: ByMonth) -> dict[str, str | None]:
    return {
        month: None if value is None else f"{rounded(value, 6):f}"
        for month, value in values.items()
    }
