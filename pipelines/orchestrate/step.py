"""How a step of the flow is taken inside Dagster: alone in the home, its progress in Dagster's log.

Nothing is handed from step to step but what is on the disk, so that a step can be taken again, in
another process or on another day, and no value is ever pickled.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date

import dagster as dg

from pipelines import flow
from pipelines.run import Run
from pipelines.settings import Settings
from pipelines.storage import HomeIsBusy

# Another writer, such as `kpi run` from cron, is waited for: ten minutes are longer than a run.
BUSY_RETRIES = 20
BUSY_SECONDS = 30


@contextmanager
def step(context: dg.AssetExecutionContext) -> Iterator[flow.Pipeline]:
    """The pipeline with the settings of now, locked for the duration of one step.

    Raises:
        dagster.RetryRequested: somebody else is writing; the step is taken again later.
    """
    pipeline = flow.open_pipeline(
        Settings.from_environment(), lambda name, text: context.log.info(f"{name}: {text}")
    )
    with ExitStack() as locked:
        try:
            locked.enter_context(flow.alone(pipeline))
        except HomeIsBusy as busy:
            raise dg.RetryRequested(BUSY_RETRIES, BUSY_SECONDS) from busy
        yield pipeline


def run_to_judge(pipeline: flow.Pipeline) -> tuple[flow.Pipeline, Run] | None:
    """The run that was frozen last, with the pipeline as of the day it was frozen for.

    Midnight may pass between two steps; the figures and what is asked of them are of one day.

    Returns:
        None when that run is already released: there is nothing new.

    Raises:
        dagster.Failure: no run was ever frozen.
        pipelines.flow.InputsChanged: it is not of today's landings and code.
    """
    run = flow.latest_run(pipeline)
    if run is None:
        raise dg.Failure(
            f"No run has begun in {pipeline.settings.home}, so there is no candidate. Put exports"
            " into the inbox and launch the job kpi_run.",
            allow_retries=False,
        )
    if run.run_id == flow.last_run_id(pipeline.ledger):
        return None
    flow.frozen_landings(pipeline, run)
    as_of = date.fromisoformat(run.frozen_inputs()["as_of"])
    settings = dataclasses.replace(pipeline.settings, as_of=as_of)
    return dataclasses.replace(pipeline, settings=settings), run
