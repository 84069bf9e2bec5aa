"""Table of contents, in the order data flows: assets, checks, job, schedule, sensors."""

import dagster as dg

from pipelines.orchestrate.declared import read_declared
from pipelines.orchestrate.judged import build_judged
from pipelines.orchestrate.landed import build_landed
from pipelines.orchestrate.published import build_published
from pipelines.orchestrate.schedule import build_daily_schedule, kpi_run
from pipelines.orchestrate.sensors import inbox_sensor, run_failure_alert
from pipelines.orchestrate.transformed import build_transformed
from pipelines.settings import Settings


@dg.definitions
def defs() -> dg.Definitions:
    """Everything Dagster shows. Nothing is read before it asks."""
    settings = Settings.from_environment()
    declared = read_declared(settings)
    landed = build_landed(declared)
    transformed = build_transformed(declared)
    judged = build_judged(declared, [*landed.keys, *transformed.keys])
    published = build_published()
    return dg.Definitions(
        assets=[landed, transformed, judged, published],
        jobs=[kpi_run],
        schedules=[build_daily_schedule(settings.time_zone)],
        sensors=[inbox_sensor, run_failure_alert],
        executor=dg.in_process_executor,
    )
