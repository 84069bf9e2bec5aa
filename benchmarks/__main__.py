"""Measure, and print one table: `make bench`, or `python -m benchmarks --rows 10000000 --times 1`.

Each work is done in a process of its own, in an empty home, ours and the yardstick in turn. Times
of a machine that does other work as well mean nothing; ratios of the same minutes mean a little.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from benchmarks.exports import write_large, write_small
from pipelines.demo import write_demo
from pipelines.storage import remove

ROOT = Path(__file__).resolve().parents[1]
AS_OF = "2026-07-01"


@dataclass
class Work:
    """One thing that is measured, as often as it is done."""

    name: str
    seconds: list[float] = field(default_factory=list)
    peaks: list[int] = field(default_factory=list)
    beside: Work | None = None
    goal: str = ""

    def measure(self, command: list[str], home: Path, as_of: str = AS_OF) -> None:
        """Do it once more: its time, and the largest memory that any process of it had."""
        environment = os.environ | {"KPI_HOME": str(home), "KPI_AS_OF": as_of}
        environment |= {"PYTHONPATH": str(ROOT), "KPI_SETTLE_SECONDS": "0"}
        begun = time.perf_counter()
        # A process between, which knows of its own children only.
        code = (
            "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:], stdout=2);"
            " print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024);"
            " sys.exit(done.returncode)"
        )
        done = subprocess.run(  # noqa: S603  (our own commands)
            [sys.executable, "-c", code, *command],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        self.seconds.append(time.perf_counter() - begun)
        if done.returncode:
            raise SystemExit(f"{self.name} failed:\n{done.stderr[-3000:]}")
        self.peaks.append(int(done.stdout))

    @property
    def row(self) -> str:
        """Its line of the table."""
        median = statistics.median(self.seconds)
        ratio = f"{median / statistics.median(self.beside.seconds):.2f}" if self.beside else ""
        return f"{self.name:46} {median:9.2f} {ratio:>7} {self.goal:>8} {max(self.peaks):9,}"


def land(inbox: Path) -> list[str]:
    """Take in what is in an inbox, and no more; it fails where not all of it landed."""
    code = (
        "import sys; from pathlib import Path; from pipelines import flow;"
        " from pipelines.settings import Settings;"
        " landed = flow.land(flow.open_pipeline(Settings.from_environment(inbox=sys.argv[1])));"
        " sys.exit(bool(landed.quarantined) or not landed.landings)"
    )
    return [sys.executable, "-c", code, str(inbox)]


def kpi(*arguments: str) -> list[str]:
    """A command of ours."""
    return [sys.executable, "-m", "pipelines.cli", *arguments]


def landing_of_one_file(scratch: Path, rows: int, times: int) -> list[Work]:
    """Archiving and landing one large report, beside the script (P1's landing part, P6)."""
    inbox = scratch / f"large-{rows}"
    report = inbox / "google_ads" / "Campaign report 2026-06-30.csv"
    write_large(report, rows)
    size = f"{rows:,} rows ({report.stat().st_size >> 20:,} MB)"
    script = Work(f"one-shot script, {size}")
    ours = Work(f"archive and land, {size}", beside=script, goal="≤ 2")
    for _ in range(times):
        typed = str(scratch / "typed.parquet")
        script.measure([sys.executable, "-m", "benchmarks.yardstick", str(report), typed], scratch)
        with tempfile.TemporaryDirectory(dir=scratch) as home:
            ours.measure(land(inbox), Path(home))
    shutil.rmtree(inbox)
    return [script, ours]


def first_load(scratch: Path, rows: int) -> list[Work]:
    """A large ad report with the company's other exports, to the release (P1)."""
    inbox, home = scratch / "first-load", scratch / "home-of-first-load"
    write_demo(inbox, until=date(2026, 6, 30), days=365, truth=scratch / "truth.json")
    # The books know nothing of the large report: the release would be held, and rightly.
    shutil.rmtree(inbox / "ledger")
    report = inbox / "google_ads" / "agency" / "Campaign report 2026-07-01.csv"
    write_large(report, rows)
    script = Work(f"one-shot script, {rows:,} rows")
    ours = Work(f"all exports and {rows:,} ad rows, to release", beside=script, goal="≤ 2")
    typed = str(scratch / "typed.parquet")
    script.measure([sys.executable, "-m", "benchmarks.yardstick", str(report), typed], scratch)
    ours.measure(kpi("run", "--inbox", str(inbox)), home)
    remove(home)
    shutil.rmtree(inbox)
    return [script, ours]


def small_files(scratch: Path, files: int) -> list[Work]:
    """Taking in many small files, and looking through them when they are known (P5)."""
    inbox, home = scratch / "small", scratch / "home-of-small"
    write_small(inbox, files)
    first = Work(f"archive and land {files:,} small files")
    again = Work(f"look through {files:,} known files", beside=first, goal="< 0.1")
    first.measure(land(inbox), home)
    look = land(inbox)
    look[2] = look[2].replace(" or not landed.landings", " or bool(landed.landings)")
    again.measure(look, home)
    return [first, again]


def company(scratch: Path, times: int) -> list[Work]:
    """The example company from exports to release, beside dbt alone on its landings (P4, P5)."""
    inbox = scratch / "company"
    write_demo(inbox, until=date(2026, 6, 30), truth=scratch / "truth.json")
    alone = Work("dbt build alone, of the company's landings")
    whole = Work("kpi run, first", beside=alone, goal="≤ 2")
    later = Work("kpi run, project parsed before", beside=alone, goal="≤ 2")
    nothing = Work("kpi run, nothing new", beside=later, goal="< 0.1")
    for _ in range(times):
        home = Path(tempfile.mkdtemp(dir=scratch))
        whole.measure(kpi("run", "--inbox", str(inbox)), home)
        nothing.measure(kpi("run", "--inbox", str(inbox)), home)
        alone.measure(dbt_build(home), home)
        for made in home.iterdir():
            if made.name != "dbt":
                remove(made)
        later.measure(kpi("run", "--inbox", str(inbox)), home)
    return [alone, whole, later, nothing]


def one_more_day(scratch: Path, histories: list[int], ad_rows: int) -> list[Work]:
    """A daily run with one new day, of companies of different age (P3).

    Args:
        scratch: a folder with room for the exports.
        histories: days of life before the new day.
        ad_rows: how many more rows of ad reports each thousand days bring; none where it is 0.
    """
    until = date(2026, 6, 30)
    works: list[Work] = []
    for days in histories:
        inbox, home = scratch / f"aged-{days}", Path(tempfile.mkdtemp(dir=scratch))
        truth = scratch / "truth-of-aged.json"
        write_demo(inbox, until=until, days=days, truth=truth)
        if ad_rows:
            rows = ad_rows * days // 1000
            write_large(inbox / "google_ads" / "agency" / "Campaign report 2026-07-01.csv", rows)
            shutil.rmtree(inbox / "ledger")
        Work("").measure(kpi("run", "--inbox", str(inbox)), home)
        write_demo(inbox, until=until, days=days, extra_days=1, truth=truth)
        if ad_rows:
            shutil.rmtree(inbox / "ledger")
        goal = "≤ 1.3" if works else ""
        name = f"one more day after {days:,}{' with many ads' if ad_rows else ''}"
        work = Work(name, beside=works[0] if works else None, goal=goal)
        work.measure(kpi("run", "--inbox", str(inbox)), home, "2026-07-02")
        works.append(work)
        remove(home)
        shutil.rmtree(inbox)
    return works


def dbt_build(home: Path) -> list[str]:
    """`dbt build` as a person would type it, on a copy of the run's candidate."""
    (candidate,) = (home / "warehouse").glob("*/candidate.duckdb")
    copy = home / "alone" / "candidate.duckdb"
    copy.parent.mkdir()
    shutil.copyfile(candidate, copy)
    os.environ["KPI_CANDIDATE"] = str(copy)
    project = str(ROOT / "dbt_project")
    options = [
        "--project-dir",
        project,
        "--profiles-dir",
        project,
        "--target-path",
        str(copy.parent),
    ]
    variables = f"{{as_of: '{AS_OF}'}}"
    return [
        *(sys.executable, "-m", "dbt.cli.main", "-q", "--log-path", str(copy.parent)),
        *("build", *options, "--vars", variables),
    ]


def main() -> None:
    """Measure what was asked for, and print it."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=2_000_000, help="of the large ad report")
    asked.add_argument("--more-rows", type=int, default=0, help="of a second one, for its memory")
    asked.add_argument("--files", type=int, default=500, help="how many small files")
    asked.add_argument("--times", type=int, default=3, help="how often each work is done")
    asked.add_argument("--histories", default="30,365,1095", help="days of life before a new day")
    asked.add_argument("--scratch", help="a folder with room for twice the exports")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(dir=given.scratch) as folder:
        scratch = Path(folder)
        works = landing_of_one_file(scratch, given.rows, given.times)
        if given.more_rows:
            works += landing_of_one_file(scratch, given.more_rows, 1)
        works += first_load(scratch, given.rows)
        works += small_files(scratch, given.files)
        works += company(scratch, given.times)
        histories = [int(days) for days in given.histories.split(",") if days]
        works += one_more_day(scratch, histories, 0)
        works += one_more_day(scratch, histories, given.rows)
    load = os.getloadavg()[0]
    print(f"{'work':46} {'seconds':>9} {'ratio':>7} {'goal':>8} {'peak MB':>9}")
    for work in works:
        print(work.row)
    print(f"Medians of {given.times}; load of the machine at the end: {load:.1f}.")


if __name__ == "__main__":
    main()
