"""What starts the job between two mornings, and who is told when it fails."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from pipelines.document import json_line
from pipelines.fetch.fetching import peek_at_inbox
from pipelines.inbox import InboxMissing, Notice
from pipelines.ledger import Ledger
from pipelines.orchestrate.schedule import kpi_run
from pipelines.settings import Settings
from pipelines.storage import make_folder

OURS = ("pipelines.", "models.", "expectations.")
RETRY_SECONDS = 3600
"""After so long the same files may start the job again: Dagster never repeats a run key, so that
without this a run that died before it landed them would make them wait for ever."""
REMOTE_SECONDS = 300
"""A bucket's listings are paid for, and a server's owner looks at who asks how often."""
LONGEST_WAIT = 10
"""A tick is given up after a minute. The run that it starts waits as long as is set."""
AT_WORK = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)


@dg.sensor(
    job=kpi_run,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts the job when the inbox holds an export that is new and no longer growing.",
)
def inbox_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """What is new is asked of the ledger each time; the cursor only says when to ask elsewhere.

    Raises:
        pipelines.fetch.store.RemoteInboxError: a bucket or server that cannot be looked into is a
            failed tick, not a quiet one.
    """
    at_work = dg.RunsFilter(job_name=kpi_run.name, statuses=list(AT_WORK))
    if context.instance.get_runs_count(at_work):
        return dg.SkipReason("The job is at work; what it leaves is looked at after it.")
    settings = Settings.from_environment()
    if settings.remote and time.time() - float(context.cursor or 0) < REMOTE_SECONDS:
        return dg.SkipReason(f"{settings.remote} was looked at less than {REMOTE_SECONDS} s ago.")
    context.update_cursor(str(time.time()))
    brief = replace(settings, settle_seconds=min(settings.settle_seconds, LONGEST_WAIT))
    try:
        seen = peek_at_inbox(brief, Ledger(settings.ledger_url))
    except InboxMissing as missing:
        return dg.SkipReason(str(missing))
    key = run_key(seen, time.time())
    if key is None:
        growing = f" {len(seen.unsettled)} files are not yet complete." if seen.unsettled else ""
        return dg.SkipReason(f"Nothing new in {settings.inbox_shown}.{growing}")
    return dg.RunRequest(run_key=key, tags={"kpi/new_files": str(len(_waiting(seen)))})


def run_key(seen: Notice, now: float) -> str | None:
    """Names what is waiting, and the hour: the same files start the job at most once an hour.

    Returns:
        None when nothing is waiting.
    """
    waiting = _waiting(seen)
    if not waiting:
        return None
    content = hashlib.sha256(json.dumps(waiting).encode()).hexdigest()[:16]
    return f"{content}-{int(now // RETRY_SECONDS)}"


def _waiting(seen: Notice) -> list[tuple[str, int, int]]:
    """New exports, and what is to be quarantined; a file nobody may read would wait for ever."""
    problems = [problem for problem in seen.problems if problem.code != "UNREADABLE"]
    waiting = [(export.name, export.size, export.mtime_ns) for export in seen.new]
    waiting += [(problem.name, problem.size, problem.mtime_ns) for problem in problems]
    return sorted(waiting)


@dg.run_failure_sensor(
    name="run_failure_alert",
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=30,
    description="Writes one line for each run that failed into the log and $KPI_HOME/alerts.log.",
)
def run_failure_alert(context: dg.RunFailureSensorContext) -> None:
    """Somebody is told, once for each run."""
    alert = alert_of(context)
    line = json_line(alert)
    context.log.error(line)
    home = Settings.from_environment().home
    make_folder(home)
    # One write to a file opened for appending: lines of two writers never mix.
    log = os.open(home / "alerts.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        os.write(log, f"{line}\n".encode())
    finally:
        os.close(log)


def alert_of(context: dg.RunFailureSensorContext) -> dict[str, Any]:
    """What failed, where and why; keys and numbers, never personal data."""
    steps = [
        {"step": event.step_key, "reason": _reason(event)}
        for event in context.get_step_failure_events()
    ]
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "alert": "run_failed",
        "job": context.dagster_run.job_name,
        "dagster_run": context.dagster_run.run_id,
        "message": context.failure_event.message,
        "steps": steps,
    }


def _reason(event: dg.DagsterEvent) -> str:
    """Our own errors as they are; of others only what they are, for values may stand in them."""
    failure = event.step_failure_data
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    if failure.error is None:
        return ""
    said = (failure.error.cause or failure.error).message.strip()
    name = said.partition(":")[0]
    return said if name.startswith(OURS) else f"{name}. Its text is in Dagster, at the run."
