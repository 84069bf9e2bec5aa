"""How many answers become one check of a table, and that none is lost on the way."""

import dagster as dg

from pipelines.check.result import CheckResult
from pipelines.orchestrate.answers import CANDIDATE, asset_of, gathered

ORDERS = asset_of("landed.shop__orders")
ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN
DECLARED = [
    dg.AssetCheckKey(ORDERS, "contract_holds"),
    dg.AssetCheckKey(ORDERS, "exports_are_fresh"),
    dg.AssetCheckKey(CANDIDATE, "contract_holds"),
    dg.AssetCheckKey(CANDIDATE, "is_plausible"),
]


def answer(id_: str, verdict: str, table: str = "", severity: str = "block") -> CheckResult:
    return CheckResult(id_, "Does it hold?", verdict, severity, table)  # type: ignore[arg-type]


def checks_of(*answers: CheckResult) -> dict[tuple[str, str], dg.AssetCheckResult]:
    return {
        (check.asset_key.to_user_string(), check.check_name): check
        for check in gathered(answers, DECLARED)
    }


def test_the_worst_answer_decides():
    checks = checks_of(
        answer("contract:shop__orders:drift", "warn", "landed.shop__orders", "warn"),
        answer("contract:shop__orders:rows_conserved", "pass", "landed.shop__orders"),
        answer("freshness:shop__orders", "fail", "landed.shop__orders"),
    )

    contract = checks["landed/shop__orders", "contract_holds"]
    fresh = checks["landed/shop__orders", "exports_are_fresh"]
    assert (contract.passed, contract.severity) == (False, WARN)
    assert (fresh.passed, fresh.severity) == (False, ERROR)
    assert contract.metadata["asked"].value == 2
    assert "contract:shop__orders:drift" in contract.metadata["answers"].value


def test_an_answer_without_a_table_or_of_an_unknown_one_is_the_candidates():
    checks = checks_of(
        answer("contract:inbox:files", "pass"),
        answer("plausible:volume:x", "error", "kpi_mart.no_such_table", "warn"),
    )

    assert checks["candidate", "contract_holds"].passed
    plausible = checks["candidate", "is_plausible"]
    assert (plausible.passed, plausible.severity) == (False, ERROR)


def test_a_check_that_is_not_declared_is_not_given():
    assert checks_of(answer("suite:x:1:y:z", "pass", "landed.shop__orders")) == {}
