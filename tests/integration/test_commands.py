"""Each command as a person types it, on the released example company."""

import csv
import json
import subprocess
import sys
from decimal import Decimal

import openpyxl
import pytest

from tests.integration.conftest import REPOSITORY, UNTIL, Company

pytestmark = pytest.mark.slow


def kpi(company: Company, *words: str, as_of: str = "2026-07-01") -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *words],
        cwd=REPOSITORY,
        env={"KPI_HOME": str(company.settings.home), "KPI_AS_OF": as_of, "COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=False,
    )


def answer(company: Company, *words: str) -> object:
    done = kpi(company, *words, "--json")
    assert done.returncode in (0, 3), done.stderr
    return json.loads(done.stdout)


def test_run_with_nothing_new_says_so_and_ends_well(company):
    done = kpi(company, "run")

    assert done.returncode == 0, done.stderr
    assert "Nothing new" in done.stdout
    assert "release 1 stays" in done.stdout


def test_the_screen_at_the_end_of_a_run_shows_figures_quarantine_checks_and_where_to_look(
    company, capsys
):
    from pipelines.serve import screen

    screen.console.width = 160
    screen.show_outcome(company.settings, company.outcome)
    shown = capsys.readouterr().out

    assert "Release 1 is served" in shown
    assert "Monthly recurring revenue" in shown
    assert shown.count("on track") + shown.count("at risk") + shown.count("off track") >= 6
    assert "UNKNOWN_FORMAT" in shown
    assert "hubspot/heatmap" in shown
    assert "passed" in shown
    assert "explain revenue" in shown
    assert "RAGGED_ROW" in shown


def test_status_tells_release_freshness_and_quarantine(company):
    state = answer(company, "status")

    assert state["release"] == 1
    assert state["held"] is False
    assert {s["table"] for s in state["sources"]} >= {
        "stripe__subscriptions",
        "ecb__reference_rates",
    }
    assert state["files_in_quarantine"] == 1


def test_status_of_old_exports_is_stale_and_says_so_by_its_exit(company):
    assert kpi(company, "status", as_of="2026-09-01").returncode == 3


def test_show_gives_thirteen_months_of_a_kpi_with_target_and_status(company):
    figures = answer(company, "show", "mrr")

    assert len(figures) == 13
    assert figures[-1]["period_start"] == f"{UNTIL:%Y-%m}-01"
    assert Decimal(figures[-1]["value"]) == Decimal(company.truth["kpis"]["mrr"][f"{UNTIL:%Y-%m}"])
    assert figures[-1]["status"] in ("on_track", "at_risk", "off_track")


def test_show_of_an_unknown_kpi_names_near_ones(company):
    done = kpi(company, "show", "revenu")

    assert done.returncode == 1
    assert "Did you mean" in done.stderr
    assert "revenue" in done.stderr


@pytest.mark.parametrize(
    "name", ["ad_spend", "revenue", "mrr", "leads", "nps", "cac", "sales_growth"]
)
def test_explain_accounts_for_a_figure_to_the_last_digit(company, name):
    month = f"{UNTIL:%Y-%m}"
    explanation = answer(company, "explain", name, month, "--rows")

    true = company.truth["kpis"][name][month]
    assert Decimal(explanation["value"]) == Decimal(true)
    assert Decimal(explanation["residual"]) == 0
    for component in explanation["components"]:
        total = sum(Decimal(row["contribution"]) for row in component["rows"])
        assert total == Decimal(component["value"])


def test_an_explained_row_is_the_row_of_the_file(company):
    explanation = answer(company, "explain", "leads", f"{UNTIL:%Y-%m}", "--rows")
    row = explanation["components"][0]["rows"][0]

    lines = (company.settings.inbox / row["file"]).read_text("utf-8").splitlines()
    assert row["key"]["lead_id"] in lines[row["row_number"] - 1]


def test_checks_lists_what_was_asked_and_answered(company):
    verdict = answer(company, "checks", "1")

    assert verdict["decision"] == "release"
    assert len(verdict["results"]) == len(set(verdict["expected"])) > 100
    assert "passed" in kpi(company, "checks").stdout


def test_the_quarantine_lists_every_export_with_planted_rows(company):
    listed = answer(company, "quarantine", "list")
    files = {aside["file"] for aside in listed}

    planted = [p for p in company.truth["planted"] if p.get("quarantined")]
    assert planted
    assert {p["file"] for p in planted} <= files
    assert all(all(aside["remedies"].values()) for aside in listed)


def test_the_quarantine_shows_the_rows_of_an_export_and_writes_them_for_a_spreadsheet(
    company, tmp_path
):
    listed = answer(company, "quarantine", "list")
    export = next(aside for aside in listed if aside["what"] == "rows")
    out = tmp_path / "rows.csv"

    found = answer(company, "quarantine", "show", export["id"])
    done = kpi(company, "quarantine", "show", export["id"], "--csv", str(out))

    assert found["rows_in_all"] == export["rows"] == len({n["row"] for n in found["lines"]})
    assert all(line["remedy"] and line["raw"] for line in found["lines"])
    assert done.returncode == 0, done.stderr
    lines = list(csv.DictReader(out.read_text("utf-8-sig").splitlines()))
    assert [int(line["row"]) for line in lines] == [line["row"] for line in found["lines"]]


def test_replaying_what_was_not_mended_changes_nothing(company):
    before = answer(company, "quarantine", "list")

    replays = answer(company, "quarantine", "replay", "--all")

    assert [each["changed"] for each in replays] == [False] * len(before)
    after = answer(company, "quarantine", "list")
    assert {(a["file"], a["rows"]) for a in after} == {(b["file"], b["rows"]) for b in before}
    assert "release 1 stays" in kpi(company, "run").stdout


def test_an_export_that_is_not_held_is_not_accepted(company):
    (export,) = [a for a in answer(company, "quarantine", "list") if a["what"] == "file"]

    done = kpi(company, "quarantine", "accept", export["id"], "--reason", "it is right")

    assert done.returncode == 1
    assert "UNKNOWN_FORMAT" in done.stderr
    assert "Traceback" not in done.stderr


def test_show_and_explain_write_spreadsheets_with_figures_as_numbers(company, tmp_path):
    series, proof, book = tmp_path / "mrr.csv", tmp_path / "leads.csv", tmp_path / "mrr.xlsx"
    month = f"{UNTIL:%Y-%m}"

    assert kpi(company, "show", "mrr", "--csv", str(series), "--xlsx", str(book)).returncode == 0
    assert kpi(company, "explain", "leads", month, "--rows", "--csv", str(proof)).returncode == 0

    figures = list(csv.DictReader(series.read_text("utf-8-sig").splitlines()))
    assert Decimal(figures[-1]["value"]) == Decimal(company.truth["kpis"]["mrr"][month])
    last = list(openpyxl.load_workbook(book)["figures"].values)[-1]
    assert Decimal(str(last[7])) == Decimal(company.truth["kpis"]["mrr"][month])
    rows = list(csv.DictReader(proof.read_text("utf-8-sig").splitlines()))
    total = sum(Decimal(row["contribution"]) for row in rows)
    assert total == Decimal(company.truth["kpis"]["leads"][month])


def test_doctor_finds_nothing_wrong(company):
    done = kpi(company, "doctor")

    assert done.returncode == 0, done.stdout


def test_a_wrong_setting_is_named_with_an_example(company):
    done = kpi(company, "status", as_of="tomorrow")

    assert done.returncode == 1
    assert "KPI_AS_OF" in done.stderr
    assert "Example" in done.stderr
    assert "Traceback" not in done.stderr
