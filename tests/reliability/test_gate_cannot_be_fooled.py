"""Ways to publish what was not checked, or was checked badly: each is refused, and says why."""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from made_run import SOFT, TEST, MadeRun, make_run

from expectations.suites import SuiteError
from pipelines.check.result import CheckResult
from pipelines.publish.build import build_release
from pipelines.publish.parts import WrongMart
from pipelines.publish.release import NotPublishable

Trick = Callable[[MadeRun], None]
ANCHOR = "suite:kpi_values:1:expect_table_row_count_to_equal:table"


def edit_verdict(made: MadeRun, change: Callable[[dict[str, object]], None]) -> None:
    document = json.loads(made.run.verdict.read_text())
    change(document)
    made.run.verdict.write_text(json.dumps(document))


def changed(results: list[CheckResult], check_id: str, **values: object) -> list[CheckResult]:
    assert check_id in {result.id for result in results}
    return [
        replace(result, **values) if result.id == check_id else result  # type: ignore[arg-type]
        for result in results
    ]


def never_judged(made: MadeRun) -> None:
    made.check()


def verdict_of_another_run(made: MadeRun) -> None:
    other = make_run(made.settings.home, "run-9", "9")
    other.judge()
    shutil.copyfile(other.run.verdict, made.run.verdict)


def verdict_of_another_run_after_an_own(made: MadeRun) -> None:
    made.judge(changed(made.check(), ANCHOR, verdict="fail"))
    verdict_of_another_run(made)


def hold_edited_to_release(made: MadeRun) -> None:
    made.judge(changed(made.check(), ANCHOR, verdict="fail"))

    def release(document: dict[str, object]) -> None:
        document.update(decision="release", reasons=[])

    edit_verdict(made, release)


def failed_check_edited_out(made: MadeRun) -> None:
    made.judge()
    edit_verdict(made, lambda document: document["results"].pop())  # type: ignore[attr-defined]


def verdict_forged_without_the_ledger(made: MadeRun) -> None:
    other = make_run(made.settings.home / "elsewhere", "run-2", "2")
    other.judge()
    shutil.copyfile(other.run.verdict, made.run.verdict)


def older_and_better_verdict_replayed(made: MadeRun) -> None:
    made.judge()
    kept = made.run.verdict.read_bytes()
    made.judge(changed(made.check(), ANCHOR, verdict="fail"))
    made.run.verdict.write_bytes(kept)


def candidate_byte_flipped(made: MadeRun) -> None:
    made.judge()
    content = bytearray(made.run.candidate.read_bytes())
    content[-1] ^= 1
    made.run.candidate.chmod(0o644)
    made.run.candidate.write_bytes(bytes(content))


def candidate_exchanged(made: MadeRun) -> None:
    made.judge()
    other = make_run(made.settings.home, "run-9", "9")
    made.run.candidate.unlink()
    shutil.copyfile(other.run.candidate, made.run.candidate)


def candidate_written_on_by_an_orphan(made: MadeRun) -> None:
    made.judge()
    made.change_candidate("update kpi_mart.kpi_values set value = 999")


def candidate_with_a_log_beside_it(made: MadeRun) -> None:
    made.judge()
    made.run.candidate.with_name("candidate.duckdb.wal").write_bytes(b"unchecked rows")


def candidate_removed(made: MadeRun) -> None:
    made.judge()
    made.run.candidate.unlink()


def check_missing(made: MadeRun) -> None:
    made.judge([result for result in made.check() if result.id != ANCHOR])


def check_answered_twice(made: MadeRun) -> None:
    results = made.check()
    made.judge([*results, results[0]])


def bad_answer_hidden_behind_a_good_one(made: MadeRun) -> None:
    results = made.check()
    made.judge([*changed(results, ANCHOR, verdict="fail"), results[-1]])


def check_crashed(made: MadeRun) -> None:
    made.judge(changed(made.check(), f"dbt:{SOFT}", verdict="error"))


def check_failed(made: MadeRun) -> None:
    made.judge(changed(made.check(), ANCHOR, verdict="fail"))


def no_results_at_all(made: MadeRun) -> None:
    made.judge([])


def dbt_selected_nothing(made: MadeRun) -> None:
    made.change_dbt(lambda manifest, results: results.update(results=[]))
    made.judge()


def dbt_test_removed_after_the_verdict(made: MadeRun) -> None:
    made.judge()
    made.change_dbt(lambda manifest, results: manifest["nodes"].pop(TEST))


def dbt_test_added_after_the_verdict(made: MadeRun) -> None:
    made.judge()

    def add(manifest: dict[str, dict[str, object]], results: object) -> None:
        manifest["nodes"]["test.shop.new"] = {**manifest["nodes"][TEST], "name": "new"}  # type: ignore[dict-item]

    made.change_dbt(add)


def worker_died(made: MadeRun) -> None:
    made.worker.broken = "the worker died"
    made.judge()


def landing_that_no_suite_was_asked_of(made: MadeRun) -> None:
    landed = made.landings[0].to_payload()
    made.ledger.append("landed", "shop__orders", {**landed, "landing_id": "e" * 64})
    shutil.copyfile(
        made.settings.landed / made.landings[0].parquet,
        made.settings.landed / "shop__orders" / f"{'e' * 64}.parquet",
    )
    made.freeze(landings=[landing.landing_id for landing in made.landings])
    made.judge()


def contract_changed_after_the_verdict(made: MadeRun) -> None:
    made.judge()
    contract = made.settings.project / "models" / "contracts" / "finance" / "shop.yml"
    contract.write_text(
        contract.read_text().replace("quarantine_limit: 0.2", "quarantine_limit: 1")
    )


def inputs_exchanged_after_the_verdict(made: MadeRun) -> None:
    made.judge()
    made.freeze(landings=[])


def parent_changed(made: MadeRun) -> None:
    made.judge()
    faster = make_run(made.settings.home, "run-9", "9")
    faster.judge()
    faster.publish()


def parent_edited_to_fit(made: MadeRun) -> None:
    parent_changed(made)
    made.freeze(parent_release=2)


def published_before(made: MadeRun) -> None:
    made.judge()
    made.publish()


def ledger_rewritten(made: MadeRun) -> None:
    made.judge(changed(made.check(), ANCHOR, verdict="fail"))
    hold_edited = json.loads(made.run.verdict.read_text())
    hold_edited.update(decision="release", reasons=[])
    made.run.verdict.write_text(json.dumps(hold_edited))
    event = made.ledger.latest("verdict")
    assert event is not None
    payload = {**event.payload, "decision": "release"}
    payload["verdict_sha256"] = hashlib.sha256(made.run.verdict.read_bytes()).hexdigest()
    with sqlite3.connect(made.settings.home / "ledger.db") as connection:
        connection.execute("drop trigger events_never_change")
        connection.execute(
            "update events set payload = ? where seq = ?", [json.dumps(payload), event.seq]
        )


TRICKS: list[tuple[Trick, str]] = [
    (never_judged, "there is no verdict"),
    (verdict_of_another_run, "the ledger knows of no verdict of this run"),
    (verdict_of_another_run_after_an_own, "changed or exchanged"),
    (hold_edited_to_release, "changed or exchanged"),
    (failed_check_edited_out, "changed or exchanged"),
    (verdict_forged_without_the_ledger, "the ledger knows of no verdict of this run"),
    (older_and_better_verdict_replayed, "changed or exchanged"),
    (candidate_byte_flipped, "the candidate was changed after it was checked"),
    (candidate_exchanged, "the candidate was changed after it was checked"),
    (candidate_written_on_by_an_orphan, "the candidate was changed after it was checked"),
    (candidate_with_a_log_beside_it, "candidate.duckdb.wal lies beside the candidate"),
    (candidate_removed, "there is no candidate"),
    (check_missing, f"{ANCHOR} was not answered"),
    (check_answered_twice, "was answered 2 times"),
    (bad_answer_hidden_behind_a_good_one, "was answered 2 times"),
    (check_crashed, "Nobody knows"),
    (check_failed, "Did the suite see every row? No"),
    (no_results_at_all, "was not answered"),
    (dbt_selected_nothing, "dbt said nothing of it"),
    (dbt_test_removed_after_the_verdict, "expected by the gate and is no longer"),
    (dbt_test_added_after_the_verdict, "was not expected by the gate"),
    (worker_died, "the worker died"),
    (landing_that_no_suite_was_asked_of, "was never asked of"),
    (contract_changed_after_the_verdict, "were changed after the run began"),
    (inputs_exchanged_after_the_verdict, "frozen inputs are not those that the gate saw"),
    (parent_changed, "began from release 1 but release 2 is current"),
    (parent_edited_to_fit, "frozen inputs are not those that the gate saw"),
    (published_before, "already published"),
    (ledger_rewritten, "the ledger is not as it was written"),
]


@pytest.fixture
def made(tmp_path: Path) -> MadeRun:
    """The second run of a home in which release 1 is served."""
    first = make_run(tmp_path, "run-1", "30")
    first.judge()
    first.publish()
    return make_run(tmp_path, "run-2", "31")


@pytest.mark.parametrize(
    ("trick", "reason"), TRICKS, ids=lambda part: getattr(part, "__name__", "")
)
def test_f089_a_trick_is_refused_with_its_reason(made: MadeRun, trick: Trick, reason: str) -> None:
    trick(made)
    served = made.settings.current.resolve()
    before = (served / "mart.duckdb").read_bytes()

    with pytest.raises(NotPublishable, match=r".*") as refused:
        made.publish()

    assert any(reason in each for each in refused.value.reasons), refused.value.reasons
    assert made.settings.current.resolve() == served
    assert (served / "mart.duckdb").read_bytes() == before


def test_without_a_trick_it_is_published(made: MadeRun) -> None:
    made.judge()

    assert made.publish().number == 2


def test_warnings_alone_are_published(made: MadeRun) -> None:
    """Two: the one made here, and that a figure of a complete period is not what it was."""
    made.judge(changed(made.check(), f"dbt:{SOFT}", verdict="warn"))

    release = made.publish()

    assert (release.number, release.checks_total - release.checks_passed) == (2, 2)


def test_every_reason_is_named_at_once(made: MadeRun) -> None:
    check_failed(made)
    candidate_byte_flipped_without_judging(made)

    with pytest.raises(NotPublishable) as refused:
        made.publish()

    said = "\n".join(refused.value.reasons)
    assert "the gate held the candidate" in said
    assert "changed after it was checked" in said


def candidate_byte_flipped_without_judging(made: MadeRun) -> None:
    made.change_candidate("update kpi_mart.kpi_values set value = 999")


def test_f090_a_candidate_changed_while_it_is_copied_is_not_published(
    made: MadeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.judge()

    def meddle(plan: object, staging: Path, definitions: object) -> None:
        made.change_candidate("update kpi_mart.kpi_values set value = 999")
        build_release(plan, staging, definitions)  # type: ignore[arg-type]

    monkeypatch.setattr("pipelines.publish.release.build_release", meddle)

    with pytest.raises(WrongMart, match="was changed while it was published"):
        made.publish()

    assert made.settings.current.resolve().name == "1"
    assert sorted(path.name for path in made.settings.releases.iterdir()) == ["1"]


@pytest.mark.parametrize("document", [None, "{}", '{"expectations": []}'])
def test_f088_a_suite_that_is_gone_or_empty_stops_the_run(
    made: MadeRun, document: str | None
) -> None:
    folder = made.settings.project / "expectations" / "suites"
    for file in folder.iterdir():
        if document is None:
            file.unlink()
        else:
            file.write_text(document)

    with pytest.raises(SuiteError):
        made.judge()


def test_f001_a_log_left_beside_the_old_mart_never_reaches_the_new_one(made: MadeRun) -> None:
    """A log of another file, as a program that died while writing would leave it."""
    log = made.settings.releases / "1" / "mart.duckdb.wal"
    scratch = made.settings.home / "scratch.duckdb"
    with duckdb.connect(str(scratch)) as connection:
        connection.execute("create table t as select 1")
        connection.execute("checkpoint")
        connection.execute("pragma disable_checkpoint_on_shutdown")
        connection.execute("insert into t values (999)")
    shutil.copyfile(scratch.with_name("scratch.duckdb.wal"), log)
    made.judge()

    release = made.publish()

    with duckdb.connect(str(made.settings.current / "mart.duckdb"), read_only=True) as connection:
        found = connection.execute("select max(value) from kpi_mart.kpi_scorecard").fetchone()
    assert found == (31,)
    assert not list(release.folder.rglob("*.wal"))
