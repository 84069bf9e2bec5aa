"""What is asked of the landings themselves: rows, quarantine, drift, age, files."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from made_run import MadeRun, land, make_run

from pipelines.check.contract_checks import check_contracts, expected_contract_checks
from pipelines.check.lineage import Lineage
from pipelines.check.result import CheckResult

TABLE = "contract:shop__orders"


@pytest.fixture
def made(tmp_path: Path) -> MadeRun:
    return make_run(tmp_path)


def answers(made: MadeRun, **changes: Any) -> dict[str, CheckResult]:
    """All contract answers, with the landings as the ledger has them, changed."""
    landings = [replace(landing, **changes) for landing in made.landings]
    lineage = Lineage.of_file(made.run.dbt_target / "manifest.json")
    found = check_contracts(made.settings, made.streams, landings, made.ledger, lineage)
    assert len({result.id for result in found}) == len(found)
    return {result.id: result for result in found}


def quarantine(made: MadeRun, rows: int) -> None:
    """Put rows into quarantine beside the landing, two lines for the first."""
    file = made.settings.quarantine / made.landings[0].parquet
    file.parent.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select 'NOT_A_NUMBER' as code, n + 9 as _row_number from range({rows}) as t(n)"
            f" union all select 'EMPTY', 9) to '{file}' (format parquet)"
        )


def test_a_clean_landing_passes_every_question(made: MadeRun) -> None:
    found = answers(made)

    assert {result.verdict for result in found.values()} == {"pass"}
    assert sorted(found) == sorted(expected_contract_checks(made.landings))


def test_the_kpis_a_stream_feeds_are_named(made: MadeRun) -> None:
    assert answers(made)[f"{TABLE}:rows_conserved"].kpis == ("revenue",)


@pytest.mark.parametrize(
    "changes",
    [
        {"rows_in_file": 5},
        {"rows_in_file": 3},
        {"rows_landed": 2},
        {"rows_quarantined": 1},
        {"rows_skipped": {"header": 1, "total": 1}},
        {"rows_skipped": {}},
    ],
)
def test_a_row_that_is_lost_or_invented_stops_the_release(
    made: MadeRun, changes: dict[str, Any]
) -> None:
    found = answers(made, **changes)[f"{TABLE}:rows_conserved"]

    assert found.stops_release
    assert found.sample == ("shop/2026-06.csv",)


def test_rows_missing_from_the_parquet_itself_stop_the_release(made: MadeRun) -> None:
    file = made.settings.landed / made.landings[0].parquet
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select * from '{file}' limit 2) to '{file}.new' (format parquet)"
        )
    Path(f"{file}.new").replace(file)

    assert answers(made)[f"{TABLE}:rows_conserved"].verdict == "fail"


@pytest.mark.parametrize("damage", ["missing", "no parquet"])
def test_a_landed_file_that_cannot_be_read_is_an_error(made: MadeRun, damage: str) -> None:
    file = made.settings.landed / made.landings[0].parquet
    file.unlink()
    if damage != "missing":
        file.write_bytes(b"PAR1")

    found = answers(made)[f"{TABLE}:rows_conserved"]

    assert (found.verdict, found.stops_release) == ("error", True)


def test_a_few_quarantined_rows_are_counted_and_pass(made: MadeRun) -> None:
    quarantine(made, 1)
    found = answers(made, rows_in_file=5, rows_quarantined=1)

    assert found[f"{TABLE}:rows_conserved"].verdict == "pass"
    share = found[f"{TABLE}:quarantined_share"]
    assert (share.verdict, share.rows) == ("pass", 1)


def test_an_accepted_landing_above_its_limit_stops_the_release(made: MadeRun) -> None:
    quarantine(made, 2)  # the contract allows 20 % of 5 rows, which is one

    found = answers(made, rows_in_file=6, rows_quarantined=2)[f"{TABLE}:quarantined_share"]

    assert found.stops_release


def test_a_landing_set_aside_is_published_with_a_warning_and_its_reason(made: MadeRun) -> None:
    late = datetime(2026, 6, 29, tzinfo=UTC)
    land(made, "bad.csv", late, (1,), status="set_aside", reason="half of its rows are broken")

    found = answers_of_accepted(made)[f"{TABLE}:set_aside"]

    assert (found.verdict, found.stops_release) == ("warn", False)
    assert found.evidence["reasons"] == {"shop/bad.csv": "half of its rows are broken"}


def test_a_landing_set_aside_by_its_suite_is_a_warning_too(made: MadeRun) -> None:
    landing = made.landings[0]
    made.ledger.append("landing_set_aside", landing.landing_id, {"reason": "negative amounts"})

    assert answers(made)[f"{TABLE}:set_aside"].verdict == "warn"


def test_a_stream_with_nothing_but_set_aside_landings_is_not_forgotten(made: MadeRun) -> None:
    landing = made.landings[0]
    made.ledger.append("landing_set_aside", landing.landing_id, {"reason": "negative amounts"})
    lineage = Lineage({})

    found = check_contracts(made.settings, made.streams, [], made.ledger, lineage)

    assert [result.verdict for result in found if result.id == f"{TABLE}:set_aside"] == ["warn"]


def test_a_new_column_is_a_warning(made: MadeRun) -> None:
    found = answers(made, drift=["Voucher"])[f"{TABLE}:drift"]

    assert (found.verdict, found.sample) == ("warn", ("Voucher",))


@pytest.mark.parametrize(("hours", "verdict"), [(36, "pass"), (37, "warn"), (24 * 30, "warn")])
def test_an_old_export_is_a_warning_and_never_stops_a_release(
    made: MadeRun, hours: int, verdict: str
) -> None:
    exported_at = datetime(2026, 7, 1, tzinfo=UTC) - timedelta(hours=hours)

    found = answers(made, exported_at=exported_at)["freshness:shop__orders"]

    assert (found.verdict, found.evidence["hours"]) == (verdict, hours)
    assert not found.stops_release


def test_a_file_that_was_not_taken_is_a_warning_until_it_lands(made: MadeRun) -> None:
    unknown = {"landing_id": "f" * 64, "code": "UNKNOWN_FORMAT", "table": ""}
    made.ledger.append("file_quarantined", "shop/odd.csv", unknown)

    found = answers(made)["contract:inbox:files"]
    assert (found.verdict, found.evidence["files"]) == ("warn", {"shop/odd.csv": "UNKNOWN_FORMAT"})

    landed = {**made.landings[0].to_payload(), "landing_id": "f" * 64}
    made.ledger.append("landed", "shop__orders", landed)
    assert [
        result.verdict
        for result in check_contracts(made.settings, made.streams, [], made.ledger, Lineage({}))
        if result.id == "contract:inbox:files"
    ] == ["pass"]


def answers_of_accepted(made: MadeRun) -> dict[str, CheckResult]:
    accepted = [landing for landing in made.landings if landing.status == "accepted"]
    found = check_contracts(made.settings, made.streams, accepted, made.ledger, Lineage({}))
    return {result.id: result for result in found}
