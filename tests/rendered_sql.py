"""Single models and macros of the dbt project as SQL for DuckDB, without dbt."""

from __future__ import annotations

import re
from typing import Any

import jinja2

from pipelines.settings import REPOSITORY

PROJECT = REPOSITORY / "dbt_project"
DATES = PROJECT / "macros" / "portable" / "dates.sql"
MARTS = PROJECT / "models" / "marts"
GRAINS = ("day", "week", "month", "quarter", "year")


def rendered(source: str, **variables: Any) -> str:
    """SQL for DuckDB out of the project's own, with its macros of dates; a model is its name."""
    macros = re.sub(r'adapter\.dispatch\("(\w+)"\)', r"duckdb__\1", DATES.read_text("utf-8"))
    template = jinja2.Environment().from_string(macros + source)
    return template.render(var=variables.__getitem__, ref=lambda name: name, **variables)


def rendered_model(name: str, **variables: Any) -> str:
    """A model of the marts, such as `core/dim_date`, as SQL for DuckDB."""
    return rendered(
        (MARTS / f"{name}.sql").read_text("utf-8"),
        config=lambda **_: "",
        kpi_grains=lambda: list(GRAINS),
        kpi_period_columns=period_columns,
        **variables,
    )


def period_columns(grain: str) -> list[str]:
    """Where `dim_date` has the first and the last day of a period."""
    if grain == "day":
        return ["date_day", "date_day"]
    return [f"{grain}_start_date", f"{grain}_end_date"]
