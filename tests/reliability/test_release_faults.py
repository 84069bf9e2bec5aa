"""Publishing that is killed, fails, or is watched: readers see one whole release, always."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from made_run import MadeRun, make_run, open_run

from pipelines.publish.demands import current_number
from pipelines.publish.parent import damages
from pipelines.publish.recover import recover
from pipelines.publish.release import rollback
from pipelines.storage import InjectedFault, remove_leftovers

REPOSITORY = Path(__file__).resolve().parents[2]
PUBLISH_POINTS = [
    "release.before_rename",
    "release.after_rename",
    "ledger.before_append:{action}:1",
    "ledger.before_commit:{action}:1",
    "ledger.after_append:{action}:1",
    "release.before_switch",
    "release.after_switch",
    "ledger.before_append:{action}:2",
    "ledger.before_commit:{action}:2",
    "ledger.after_append:{action}:2",
    "release.after_ledger",
]
VERDICT_POINTS = [
    "verdict.before_write",
    "verdict.before_rename",
    "verdict.after_write",
    "ledger.before_append",
    "ledger.before_commit",
    "ledger.after_append",
]
STEPS = """
import sys
from pathlib import Path
from made_run import open_run
made = open_run(Path(sys.argv[1]), sys.argv[2])
{step}
"""
READER = """
import sys, time
from pathlib import Path
import duckdb
home, stop = Path(sys.argv[1]), Path(sys.argv[1]) / "stop"
reads = 0
seen = set()
print("ready", flush=True)
while not stop.exists():
    with duckdb.connect(str(home / "current" / "mart.duckdb"), read_only=True) as mart:
        said = []
        for sql in (
            "select distinct release_id from kpi_mart.kpi_scorecard",
            "select distinct release_id from kpi_mart.kpi_latest",
            "select distinct release_id from kpi_mart.checks",
            "select max(release_id) from kpi_mart.releases",
            "select cast(value as bigint) from kpi_mart.kpi_scorecard",
            "select cast(value as bigint) from kpi_mart.kpi_values"
            " where period_start = date '2026-06-01'",
        ):
            said += [row[0] for row in mart.execute(sql).fetchall()]
    if len(said) != 6 or len(set(said)) != 1:
        print("mixed", said, flush=True)
        sys.exit(1)
    folder = (home / "current").resolve()
    with duckdb.connect() as memory:
        parquet = memory.execute(
            f"select max(release_id), cast(max(value) as bigint)"
            f" from '{folder}/parquet/kpi_scorecard.parquet'"
        ).fetchone()
    if len(set(parquet)) != 1:
        print("mixed", parquet, flush=True)
        sys.exit(1)
    reads += 1
    seen.add(said[0])
print(reads, len(seen), flush=True)
"""


def python(program: str, *arguments: str, fault: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=environment(fault),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def environment(fault: str = "") -> dict[str, str]:
    path = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "tests")])
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("KPI_")}
    return {**quiet, "PYTHONPATH": path, **({"KPI_FAULT": fault} if fault else {})}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Release 1 is served; run-2, with the figure 2, may be published."""
    first = make_run(tmp_path, "run-1", "1")
    first.judge()
    first.publish()
    make_run(tmp_path, "run-2", "2").judge()
    return tmp_path


def served_figure(home: Path) -> int:
    """The figure that readers see, of a release that is whole and of one piece."""
    made = open_run(home, "run-1")
    folder = made.settings.current.resolve()
    manifest = json.loads((folder / "manifest.json").read_text())
    for event in made.ledger.events("release_prepared"):
        if event.payload["release"] == manifest["release"]:
            assert damages(folder, str(event.payload["manifest_sha256"])) == []
    with duckdb.connect(str(folder / "mart.duckdb"), read_only=True) as mart:
        found = mart.execute(
            "select distinct cast(value as bigint), release_id from kpi_mart.kpi_scorecard"
        ).fetchall()
    assert found == [(manifest["release"], manifest["release"])]
    return int(found[0][0])


def run_again(home: Path) -> None:
    """What the next run does: put right what was left, then publish what is not yet published."""
    made = open_run(home, "run-2")
    remove_leftovers(home)
    recover(made.settings, made.ledger)
    if not made.ledger.events("released", "run-2"):
        made.publish()


def assert_converged(home: Path) -> None:
    made = open_run(home, "run-2")
    assert made.ledger.verify() == []
    assert recover(made.settings, made.ledger) == []
    assert remove_leftovers(home) == []
    assert len(made.ledger.events("released", "run-2")) == 1
    served = current_number(made.settings)
    assert made.ledger.events("released", "run-2")[0].payload["release"] == served
    kept = {int(path.name) for path in made.settings.releases.iterdir()}
    assert kept == {1, served}


@pytest.mark.parametrize("action", [pytest.param("kill", marks=pytest.mark.slow), "fail"])
@pytest.mark.parametrize("point", PUBLISH_POINTS)
def test_f070_publishing_that_ends_anywhere_leaves_one_whole_release(
    home: Path, point: str, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = point.format(action=action) if "{action}" in point else f"{point}:{action}"
    if action == "kill":
        died = python(STEPS.format(step="made.publish()"), str(home), "run-2", fault=fault)
        assert died.returncode == -signal.SIGKILL, died.stderr
    else:
        monkeypatch.setenv("KPI_FAULT", fault)
        with pytest.raises(InjectedFault):
            open_run(home, "run-2").publish()
        monkeypatch.delenv("KPI_FAULT")

    assert served_figure(home) in (1, 2)
    seen_before = served_figure(home)

    run_again(home)

    made = open_run(home, "run-2")
    assert made.settings.current.resolve().name == str(current_number(made.settings))
    with duckdb.connect(str(made.settings.current / "mart.duckdb"), read_only=True) as mart:
        found = mart.execute("select cast(value as bigint) from kpi_mart.kpi_scorecard").fetchone()
    assert found == (2,)
    assert seen_before in (1, 2)
    assert_converged(home)


@pytest.mark.slow
@pytest.mark.parametrize("point", VERDICT_POINTS)
def test_f070_a_gate_that_is_killed_publishes_nothing_and_judges_again(
    tmp_path: Path, point: str
) -> None:
    first = make_run(tmp_path, "run-1", "1")
    first.judge()
    first.publish()
    make_run(tmp_path, "run-2", "2")

    died = python(STEPS.format(step="made.judge()"), str(tmp_path), "run-2", fault=f"{point}:kill")

    assert died.returncode == -signal.SIGKILL, died.stderr
    assert served_figure(tmp_path) == 1
    remove_leftovers(tmp_path)
    open_run(tmp_path, "run-2").judge()
    run_again(tmp_path)
    assert served_figure(tmp_path) == 2
    assert_converged(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.02, 0.05, 0.1, 0.15, 0.2, 0.3])
def test_f069_a_kill_at_any_moment_leaves_one_whole_release(home: Path, seconds: float) -> None:
    program = STEPS.format(step="print('ready', flush=True); made.publish()")
    with subprocess.Popen(
        [sys.executable, "-c", program, str(home), "run-2"],
        env=environment(),
        stdout=subprocess.PIPE,
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()
        time.sleep(seconds)
        running.kill()

    assert served_figure(home) in (1, 2)
    run_again(home)
    assert_converged(home)


@pytest.mark.slow
@pytest.mark.parametrize(
    "point",
    [
        "release.before_switch",
        "release.after_switch",
        "ledger.before_commit",
        "ledger.after_append",
    ],
)
def test_f070_a_rollback_that_is_killed_is_finished_or_never_happened(
    home: Path, point: str
) -> None:
    run_again(home)
    step = "from pipelines.publish.release import rollback; rollback(made.settings, made.ledger, 1)"

    died = python(STEPS.format(step=step), str(home), "run-2", fault=f"{point}:kill")

    assert died.returncode == -signal.SIGKILL, died.stderr
    made = open_run(home, "run-2")
    remove_leftovers(home)
    recover(made.settings, made.ledger)
    events = [e for kind in ("released", "rolled_back") if (e := made.ledger.latest(kind))]
    last = max(events, key=lambda event: event.seq)
    assert last.payload["release"] == current_number(made.settings) == served_figure(home)
    assert recover(made.settings, made.ledger) == []


def test_f077_recovering_twice_changes_nothing(home: Path) -> None:
    python(STEPS.format(step="made.publish()"), str(home), "run-2", fault="release.before_switch")
    made = open_run(home, "run-2")

    assert recover(made.settings, made.ledger) == ["release 2 was never served: it was removed"]
    assert recover(made.settings, made.ledger) == []


def test_f084_releases_survive_the_loss_of_the_ledger(home: Path) -> None:
    run_again(home)
    (home / "ledger.db").unlink()
    made = open_run(home, "run-2")

    assert recover(made.settings, made.ledger) == []
    assert {path.name for path in made.settings.releases.iterdir()} == {"1", "2"}


def test_f079_of_two_runs_from_one_parent_only_the_first_is_published(home: Path) -> None:
    slow = open_run(home, "run-2")
    quick = make_run(home, "run-3", "3")
    quick.judge()
    quick.publish()

    with pytest.raises(Exception, match="another run was faster"):
        slow.publish()

    assert served_value(quick) == 3


def served_value(made: MadeRun) -> int:
    with duckdb.connect(str(made.settings.current / "mart.duckdb"), read_only=True) as mart:
        found = mart.execute("select cast(value as bigint) from kpi_mart.kpi_scorecard").fetchone()
    assert found is not None
    return int(found[0])


def test_f073_a_disk_that_is_full_leaves_the_old_release(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipelines.publish.build.write_parquet", full)
    with pytest.raises(OSError, match="No space left"):
        open_run(home, "run-2").publish()
    monkeypatch.undo()

    assert served_figure(home) == 1
    assert [path.name for path in (home / "releases").iterdir()] == ["1"]
    run_again(home)
    assert_converged(home)


@pytest.mark.slow
def test_f094_readers_of_twenty_releases_never_see_a_mixed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_KEEP_RELEASES", "5")
    first = make_run(tmp_path, "run-1", "1")
    first.judge()
    first.publish()
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(tmp_path)],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
    for number in range(2, 22):
        made = make_run(tmp_path, f"run-{number}", str(number))
        made.judge()
        made.publish()
    (tmp_path / "stop").touch()

    for reader in readers:
        said, errors = reader.communicate(timeout=60)
        assert reader.returncode == 0, said + errors
        reads, releases = (int(part) for part in said.split())
        assert reads >= releases >= 3


def test_f094_rolling_back_and_forth_is_seen_whole_too(home: Path) -> None:
    run_again(home)
    made = open_run(home, "run-2")
    for number in (1, 2, 1, 2):
        rollback(made.settings, made.ledger, number)
        assert served_figure(home) == number
