"""The job, and when it runs by the clock."""

from __future__ import annotations

import dagster as dg

# In one process: dbt and the candidate are one process's, and its imports are paid for once.
kpi_run = dg.define_asset_job(
    "kpi_run",
    selection=dg.AssetSelection.all(),
    executor_def=dg.in_process_executor,
    description="The main job, once: what `kpi run` does, step for step.",
)


def build_daily_schedule(time_zone: str) -> dg.ScheduleDefinition:
    """Every morning, so that a new day is looked at even when no export arrived.

    Args:
        time_zone: the one in which a business day begins.
    """
    return dg.ScheduleDefinition(
        name="daily_schedule",
        job=kpi_run,
        cron_schedule="0 6 * * *",
        execution_timezone=time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="The whole job every day at six in the morning.",
    )
