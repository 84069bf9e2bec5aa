"""What dbt said of its tests, and what it did not say."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_run import FACT, METRIC, MODEL, SOFT, SOURCE, TEST, UNIT, MadeRun, dbt_manifest, make_run

from pipelines.check.dbt_results import RESULTS, check_dbt, expected_dbt_checks
from pipelines.check.lineage import Lineage
from pipelines.check.result import CheckResult

LANDED = {"shop__orders"}
Change = Callable[[dict[str, Any], dict[str, Any]], None]


@pytest.fixture
def made(tmp_path: Path) -> MadeRun:
    return make_run(tmp_path)


def answers(
    made: MadeRun, change: Change = lambda manifest, results: None
) -> dict[str, CheckResult]:
    made.change_dbt(change)
    found = check_dbt(made.run, LANDED)
    assert len({result.id for result in found}) == len(found)
    return {result.id: result for result in found}


def says(unique_id: str, status: str, **more: Any) -> Change:
    def change(manifest: dict[str, Any], results: dict[str, Any]) -> None:
        for result in results["results"]:
            if result["unique_id"] == unique_id:
                result.update(status=status, **more)

    return change


def silent_about(unique_id: str) -> Change:
    def change(manifest: dict[str, Any], results: dict[str, Any]) -> None:
        results["results"] = [r for r in results["results"] if r["unique_id"] != unique_id]

    return change


def test_every_test_and_unit_test_of_the_manifest_is_expected_and_answered(made: MadeRun) -> None:
    found = answers(made)

    assert sorted(found) == sorted([RESULTS, f"dbt:{TEST}", f"dbt:{SOFT}", f"dbt:{UNIT}"])
    assert sorted(found) == sorted(expected_dbt_checks(made.run, LANDED))
    assert {result.verdict for result in found.values()} == {"pass"}


@pytest.mark.parametrize(
    ("unique_id", "status", "verdict"),
    [
        (TEST, "fail", "fail"),
        (TEST, "error", "error"),
        (TEST, "skipped", "error"),
        (TEST, "runtime error", "error"),
        (TEST, "no-op", "error"),
        (TEST, "warn", "warn"),
        (SOFT, "warn", "warn"),
        (SOFT, "fail", "warn"),
        (SOFT, "error", "error"),
        (UNIT, "fail", "fail"),
        (UNIT, "skipped", "error"),
    ],
)
def test_what_dbt_says_becomes_a_verdict(
    made: MadeRun, unique_id: str, status: str, verdict: str
) -> None:
    found = answers(made, says(unique_id, status, failures=3, message="Got 3 results"))

    result = found[f"dbt:{unique_id}"]
    assert (result.verdict, result.rows) == (verdict, 3)
    assert result.stops_release == (verdict in ("fail", "error"))


@pytest.mark.parametrize("unique_id", [TEST, SOFT, UNIT])
def test_a_test_that_did_not_run_is_an_error(made: MadeRun, unique_id: str) -> None:
    assert answers(made, silent_about(unique_id))[f"dbt:{unique_id}"].verdict == "error"


def test_a_test_answered_twice_is_an_error(made: MadeRun) -> None:
    def twice(manifest: dict[str, Any], results: dict[str, Any]) -> None:
        results["results"].append({"unique_id": TEST, "status": "pass"})

    assert answers(made, twice)[f"dbt:{TEST}"].verdict == "error"


def test_a_disabled_test_is_not_expected(made: MadeRun) -> None:
    def disable(manifest: dict[str, Any], results: dict[str, Any]) -> None:
        manifest["nodes"][TEST]["config"]["enabled"] = False
        silent_about(TEST)(manifest, results)

    assert f"dbt:{TEST}" not in answers(made, disable)
    assert f"dbt:{TEST}" not in expected_dbt_checks(made.run, LANDED)


@pytest.mark.parametrize("change", [says(FACT, "error", message="no rate"), silent_about(FACT)])
def test_a_model_that_was_not_built_is_an_error_and_a_failure_of_the_whole(
    made: MadeRun, change: Change
) -> None:
    found = answers(made, change)

    assert (found[f"dbt:{FACT}"].verdict, found[f"dbt:{FACT}"].kpis) == ("error", ("revenue",))
    assert found[RESULTS].verdict == "fail"


STAGED = "model.shop.stg_shop__refunds"


def with_a_staging_model(*parents: str) -> Change:
    """A staging model of other streams, whose own test nobody has answered."""

    def change(manifest: dict[str, Any], results: dict[str, Any]) -> None:
        manifest["nodes"][STAGED] = {
            "resource_type": "model",
            "name": "stg_shop__refunds",
            "fqn": ["shop", "staging", "shop", "stg_shop__refunds"],
            "config": {"enabled": True, "materialized": "view"},
            "depends_on": {"nodes": list(parents)},
        }
        manifest["nodes"]["test.shop.refund_key"] = {
            "resource_type": "test",
            "name": "refund_key",
            "config": {"enabled": True},
            "depends_on": {"nodes": [STAGED]},
            "attached_node": STAGED,
        }
        results["results"].append({"unique_id": STAGED, "status": "success"})

    return change


def test_a_staging_model_of_a_stream_without_landings_is_built_and_not_asked_about(
    made: MadeRun,
) -> None:
    refunds = "source.shop.landed.shop__refunds"
    found = answers(made, with_a_staging_model(refunds, f"{refunds}__history"))

    assert "dbt:test.shop.refund_key" not in found
    assert "dbt:test.shop.refund_key" not in expected_dbt_checks(made.run, LANDED)
    assert found[RESULTS].evidence == {"models": 3, "tests": 3, "tests_without_rows": 1}


@pytest.mark.parametrize(
    "parents",
    [
        (SOURCE,),
        ("source.shop.landed.shop__refunds", SOURCE),
        ("source.shop.landed.shop__refunds", "source.shop.landed.landings"),
        ("source.shop.landed.shop__refunds", MODEL),
        (),
    ],
    ids=["landed", "one of two landed", "facts of the landings", "another model", "no source"],
)
def test_a_staging_model_that_may_have_rows_is_asked_about(
    made: MadeRun, parents: tuple[str, ...]
) -> None:
    found = answers(made, with_a_staging_model(*parents))

    assert found["dbt:test.shop.refund_key"].verdict == "error"
    assert "dbt:test.shop.refund_key" in expected_dbt_checks(made.run, LANDED)


def test_what_comes_after_staging_is_always_asked_about(made: MadeRun) -> None:
    found = check_dbt(made.run, ())

    assert {f"dbt:{TEST}", f"dbt:{SOFT}", f"dbt:{UNIT}"} < {result.id for result in found}


def no_tests(manifest: dict[str, Any], results: dict[str, Any]) -> None:
    manifest["nodes"] = {k: v for k, v in manifest["nodes"].items() if k.startswith("model")}
    manifest["unit_tests"] = {}


def nothing_at_all(manifest: dict[str, Any], results: dict[str, Any]) -> None:
    manifest.clear()
    results["results"] = []


@pytest.mark.parametrize("change", [no_tests, nothing_at_all])
def test_a_project_without_tests_proves_nothing(made: MadeRun, change: Change) -> None:
    assert answers(made, change)[RESULTS].verdict == "error"
    assert expected_dbt_checks(made.run, LANDED) == [RESULTS]


@pytest.mark.parametrize("name", ["manifest.json", "run_results.json"])
@pytest.mark.parametrize("content", [None, "", "[]", "{"])
def test_results_that_cannot_be_read_are_an_error(
    made: MadeRun, name: str, content: str | None
) -> None:
    file = made.run.dbt_target / name
    file.unlink()
    if content is not None:
        file.write_text(content)

    assert [result.verdict for result in check_dbt(made.run, LANDED)] == ["error"]


def test_f119_a_failing_test_shows_keys_and_no_personal_data(made: MadeRun) -> None:
    sql = "select kpi, period_start, 'Ada' as buyer_name from candidate.kpi_mart.kpi_values limit 2"

    found = answers(made, says(TEST, "fail", failures=2, compiled_code=sql))[f"dbt:{TEST}"]

    assert found.sample[0] == "kpi=revenue, period_start=2025-12-01"
    assert "Ada" not in repr(found)


def test_sql_that_no_longer_runs_leaves_the_sample_empty(made: MadeRun) -> None:
    found = answers(made, says(TEST, "fail", compiled_code="select from nowhere"))[f"dbt:{TEST}"]

    assert (found.verdict, found.sample) == ("fail", ())


def test_a_test_has_the_owner_of_its_group() -> None:
    manifest = dbt_manifest()
    manifest["nodes"][TEST]["config"]["group"] = "money"
    manifest["groups"] = {"group.shop.money": {"name": "money", "owner": {"email": "m@x.example"}}}

    assert Lineage(manifest).owner_of(TEST) == "m@x.example"


def test_lineage_leads_from_a_landed_stream_to_its_kpis() -> None:
    lineage = Lineage(dbt_manifest())

    assert lineage.kpis_of_landed("shop__orders") == ("revenue",)
    assert lineage.kpis_of_landed("other__stream") == ()
    assert lineage.kpis_of(SOURCE) == lineage.kpis_of(FACT) == ("revenue",)


def test_a_kpi_table_concerns_the_kpis_of_its_facts() -> None:
    lineage = Lineage(dbt_manifest())

    assert lineage.kpis_of(MODEL) == ("revenue",)
    assert lineage.kpis_of(TEST) == lineage.kpis_of(UNIT) == ("revenue",)
    assert lineage.kpis_of_table("kpi_mart.kpi_values") == ("revenue",)


def test_a_metric_that_is_only_a_building_block_is_no_kpi() -> None:
    manifest = dbt_manifest()
    manifest["metrics"][METRIC]["config"] = {}
    manifest["metrics"]["metric.shop.share"] = {
        "name": "share",
        "config": {"meta": {"kpi": {"unit": "percent"}}},
        "depends_on": {"nodes": [METRIC]},
    }

    assert Lineage(manifest).kpis_of(FACT) == ("share",)


def test_a_manifest_that_cannot_be_read_concerns_no_kpi(tmp_path: Path) -> None:
    assert Lineage.of_file(tmp_path / "none.json").kpis_of(FACT) == ()
