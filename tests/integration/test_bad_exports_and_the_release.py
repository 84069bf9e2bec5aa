"""What bad input does to a release: set aside with its reason, or held; everything else goes on.

One small company lives through a week of mishaps, in the order of the tests.
"""

import json
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines import flow
from pipelines.continued import candidate_to_continue
from pipelines.demo import write_demo
from pipelines.ledger import Ledger
from pipelines.serve import mart
from pipelines.serve.aside import in_quarantine, look_closely
from pipelines.serve.state import read_state
from pipelines.settings import Settings
from tests.integration.conftest import Company, settings_for
from tests.integration.continued_tables import changed_days, differences

pytestmark = pytest.mark.slow

UNTIL = date(2026, 3, 31)
JOURNAL = "line_id,journal_id,posting_date,account_id,debit,credit,currency,region,description\n"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Released, and left as it is."""
    home = tmp_path_factory.mktemp("first")
    settings = settings_for(home, UNTIL + timedelta(days=1))
    write_demo(settings.inbox, until=UNTIL, days=45)
    outcome = flow.run(settings)
    truth = json.loads((home / "truth.json").read_text(encoding="utf-8"))
    assert outcome.status == "released", outcome.reasons
    return Company(settings, outcome, truth)


@pytest.fixture(scope="module")
def small(first: Company, tmp_path_factory: pytest.TempPathFactory) -> Company:
    home = tmp_path_factory.mktemp("small") / "home"
    shutil.copytree(first.settings.home, home, symlinks=True)
    return replace(first, settings=settings_for(home, first.settings.as_of))


def served(company: Company) -> str:
    return mart.release_folder(company.settings).name


def figure(company: Company, kpi: str, month: date = date(2026, 3, 1)) -> object:
    with mart.open_mart(mart.release_folder(company.settings)) as connection:
        return connection.execute(
            """select value from kpi_mart.kpi_values
            where kpi = ? and grain = 'month' and period_start = ? and slice = 'total'""",
            [kpi, month],
        ).fetchone()


def drop(company: Company, name: str, content: bytes) -> Path:
    file = company.settings.inbox / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def test_bad_files_are_set_aside_with_reason_and_remedy_and_change_no_figure(small):
    before = {kpi: figure(small, kpi) for kpi in ("ad_spend", "revenue", "mrr", "leads")}
    payments = next(small.settings.inbox.glob("stripe/payments *.csv")).read_bytes()
    bad = {
        "stripe/empty.csv": b"",
        "stripe/header only 2026-04-01.csv": payments.splitlines(keepends=True)[0],
        "stripe/cut 2026-04-01.csv": payments[: len(payments) * 2 // 3],
        "stripe/latin 2026-04-01.csv": payments.replace(b"ch_", "é".encode("cp1252"), 1),
        "stripe/holiday plan.csv": b"who,from,to\nAnn,2026-04-01,2026-04-09\n",
        "unheard_of/orders.csv": b"a,b\n1,2\n",
    }
    for name, content in bad.items():
        drop(small, name, content)

    outcome = flow.run(small.settings)

    codes = {aside.file: aside.code for aside in outcome.landed.quarantined}
    assert codes == {
        "stripe/empty.csv": "EMPTY",
        "stripe/header only 2026-04-01.csv": "HEADER_ONLY",
        "stripe/cut 2026-04-01.csv": "TRUNCATED",
        "stripe/latin 2026-04-01.csv": "BAD_ENCODING",
        "stripe/holiday plan.csv": "UNKNOWN_FORMAT",
        "unheard_of/orders.csv": "UNKNOWN_SOURCE",
    }
    assert all(aside.reason and aside.remedy for aside in outcome.landed.quarantined)
    assert outcome.status != "held"
    assert before == {kpi: figure(small, kpi) for kpi in before}
    listed = {aside.file for aside in in_quarantine(small.settings)}
    assert set(bad) <= listed


def test_a_bad_row_is_quarantined_and_the_rest_of_its_file_counts(small):
    day = UNTIL + timedelta(days=1)
    name = f"ledger/journal-lines {day}.csv"
    drop(
        small,
        name,
        (
            JOURNAL + "L1,J1,2026-03-31,6100,100.00,,EUR,DACH,paper\n"
            "L2,J1,2026-03-31,1000,,100.00,EUR,DACH,paper\n"
            'L3,J2,2026-03-31,6100,"1.234,50",,EUR,DACH,wrong decimal mark\n'
        ).encode(),
    )
    flow.run(small.settings)

    broken = look_closely(small.settings, name).lines
    assert [(aside.row, aside.column, aside.value) for aside in broken] == [
        (4, "debit_amount", "1.234,50")
    ]
    assert "1,234.50" in broken[0].expected or "1234.50" in broken[0].expected
    landed = Ledger(small.settings.ledger_url).latest("landed", "ledger__journal_lines")
    assert landed is not None
    assert landed.payload["file"] == name
    assert (landed.payload["rows_landed"], landed.payload["rows_quarantined"]) == (2, 1)


def test_f053_an_account_without_a_class_holds_the_release_until_the_chart_is_mended(small):
    release = served(small)
    day = UNTIL + timedelta(days=2)
    drop(
        small,
        f"ledger/journal-lines {day}.csv",
        (
            JOURNAL + "L9,J9,2026-03-31,9999,50.00,,EUR,DACH,mystery\n"
            "L10,J9,2026-03-31,1000,,50.00,EUR,DACH,mystery\n"
        ).encode(),
    )

    held = flow.run(small.settings)

    assert held.status == "held"
    assert any("9999" in reason and "50" in reason for reason in held.reasons), held.reasons
    assert served(small) == release
    assert read_state(small.settings).held

    chart = next(small.settings.inbox.glob("ledger/chart-of-accounts *.csv"))
    mended = chart.read_text(encoding="utf-8").rstrip("\n").split("\n")
    header = mended[0].split(",")
    row = dict.fromkeys(header, "")
    row |= {"account_id": "9999", "account_name": "Mystery", "account_class": "expense"}
    mended.append(",".join(row[name] for name in header))
    drop(small, f"ledger/chart-of-accounts {day}.csv", ("\n".join(mended) + "\n").encode())

    assert flow.run(small.settings).status == "released"
    assert int(served(small)) == int(release) + 1


def test_f059_a_currency_without_a_rate_holds_the_release_and_names_currency_and_day(small):
    release = served(small)
    invoice = next(small.settings.inbox.glob("billing/invoice-lines *.csv")).read_text("utf-8")
    header = invoice.splitlines()[0].split(",")
    row = dict.fromkeys(header, "")
    row |= {
        "invoice_line_id": "X-1",
        "invoice_id": "X",
        "document_kind": "invoice",
        "issue_date": "2026-03-30",
        "due_date": "2026-04-30",
        "customer_id": "C-X",
        "product": "Licence",
        "region": "DACH",
        "currency_code": "XAU",
        "net_amount": "10.00",
        "tax_amount": "0.00",
    }
    line = ",".join(row[name] for name in header)
    file = drop(
        small,
        f"billing/invoice-lines {UNTIL + timedelta(days=3)}.csv",
        f"{','.join(header)}\n{line}\n".encode(),
    )

    held = flow.run(small.settings)

    assert held.status == "held"
    assert any("XAU" in reason and "2026-03-30" in reason for reason in held.reasons), held.reasons
    assert served(small) == release
    assert file.exists(), "an export is never removed"


def test_a_day_more_makes_a_release_and_the_earlier_one_can_be_served_again(
    first: Company, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(first.settings.home, home, symlinks=True)
    later = settings_for(home, UNTIL + timedelta(days=2))
    write_demo(later.inbox, until=UNTIL, days=45, extra_days=1)
    second = flow.run(later)

    assert second.status == "released"
    assert second.release is not None
    assert second.release.number == 2
    assert all(str(UNTIL + timedelta(days=1)) in n.file for n in second.landed.landings)

    pipeline = flow.open_pipeline(later)
    with flow.alone(pipeline):
        from pipelines.publish.release import rollback

        rollback(pipeline.settings, pipeline.ledger, 1)
    assert mart.release_folder(later).name == "1"
    assert flow.run(later).status == "nothing_new"
    # The unit tests of dbt are answered in both, and the second release asked none of them again.
    folder = later.runs / second.run_id
    asked = json.loads((folder / "dbt" / "of_dbt_test.json").read_text())["results"]
    verdict = json.loads((folder / "verdict.json").read_text())["results"]
    assert not [each for each in asked if each["unique_id"].startswith("unit_test.")]
    answered = {each["id"]: each["verdict"] for each in verdict}
    declared = json.loads((folder / "dbt" / "manifest.json").read_text())["unit_tests"]
    assert declared
    assert {answered.get(f"dbt:{unique_id}") for unique_id in declared} == {"pass"}
    of_what_did_not_change_nothing_was_built(later, second.run_id)
    shutil.rmtree(home / "warehouse")


def of_what_did_not_change_nothing_was_built(settings: Settings, run_id: str) -> None:
    """Nor did it matter; and a candidate that is not the released one would not be continued."""
    folder = settings.warehouse / run_id
    assert [each.name for each in settings.warehouse.iterdir()] == [run_id]
    candidate, of_dbt = folder / "candidate.duckdb", settings.runs / run_id / "dbt"
    assert list(differences(candidate, of_dbt / "of_dbt_run.json")) == []
    anew = changed_days(candidate)
    assert UNTIL + timedelta(days=1) in anew
    assert len(anew) < 20

    pipeline = flow.open_pipeline(settings)
    run = flow.latest_run(pipeline)
    assert run is not None
    another = replace(run, run_id="another")
    assert candidate_to_continue(settings, pipeline.ledger, another) == candidate
    candidate.chmod(0o644)
    with duckdb.connect(str(candidate)) as connection:
        connection.execute("update kpi_mart.fct_ad_performance set clicks = clicks + 1")
    assert candidate_to_continue(settings, pipeline.ledger, another) is None
