"""docs/add-a-source.md, followed to the letter: what it says to write is written, and run."""

from __future__ import annotations

import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from real_project import REPOSITORY, Mart, make_project, name_in_family

from pipelines import flow
from pipelines.settings import Settings

pytestmark = pytest.mark.slow

GUIDE = REPOSITORY / "docs" / "add-a-source.md"
FAMILY = "dbt_project/models/intermediate/finance/int_finance__invoice_lines_unioned.sql"


def written_in_the_guide() -> dict[str, str]:
    """What each file shall hold: a line with its path, and the block below it."""
    found = re.findall(
        r"^`([^`\n]+\.\w+)`\n\n```\w*\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.M | re.S
    )
    return dict(found)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Mart:
    home = tmp_path_factory.mktemp("guide")
    make_project(home / "project", [])
    for name, content in written_in_the_guide().items():
        file = home / name if name.startswith("inbox/") else home / "project" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    [staging] = re.findall(
        r"^\{%- set invoice_lines = \[\n    …\n    ref\('(\w+)'\),\n\] -%\}$",
        GUIDE.read_text(encoding="utf-8"),
        re.M,
    )
    name_in_family(home / "project" / FAMILY, staging)
    settings = Settings.from_environment(
        project=home / "project", home=home, as_of="2026-07-01", settle_seconds=0
    )
    return Mart(settings, flow.run(settings))


def test_the_guide_says_four_files_to_write() -> None:
    assert [Path(name).name for name in written_in_the_guide()] == [
        "orders_2026-06-30.csv",
        "shop.yml",
        "stg_shop__orders.sql",
        "_shop__models.yml",
    ]


def command_in_the_guide(begins: str) -> list[str]:
    """The words of the one command on the page that begins so."""
    [line] = re.findall(rf"^\.venv/bin/kpi ({begins} .*)$", GUIDE.read_text(encoding="utf-8"), re.M)
    return str(line).split()


def typed(home: Path, project: Path, words: list[str]) -> subprocess.CompletedProcess[str]:
    """A command as a person types it beside their inbox, in a project of its own."""
    return subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *words],
        cwd=home,
        env={
            "KPI_HOME": str(home),
            "KPI_PROJECT": str(project),
            "PYTHONPATH": str(REPOSITORY),
            "COLUMNS": "120",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_draft_of_the_guide_lands_the_export_before_a_person_has_touched_it(
    tmp_path: Path,
) -> None:
    make_project(tmp_path / "project", [])
    written = written_in_the_guide()
    [export] = [name for name in written if name.startswith("inbox/")]
    (tmp_path / export).parent.mkdir(parents=True)
    (tmp_path / export).write_text(written[export], encoding="utf-8")

    drafted = typed(tmp_path, tmp_path / "project", command_in_the_guide("contract new"))
    assert drafted.returncode == 0, drafted.stderr
    contract = tmp_path / "project" / "models" / "contracts" / "finance" / "shop.yml"
    draft = contract.read_text(encoding="utf-8")
    assert draft.count("# review: ") >= 5

    checked = typed(tmp_path, tmp_path / "project", command_in_the_guide("contract check"))
    assert (checked.returncode, "It would land" in checked.stdout) == (0, True), checked.stdout


def test_the_export_lands_under_the_contract_of_the_guide(shop: Mart) -> None:
    checked = typed(
        shop.settings.home, shop.settings.project, command_in_the_guide("contract check")
    )

    assert checked.returncode == 0, checked.stdout
    assert "shop__orders" in checked.stdout
    assert "3 land, 0 broken" in checked.stdout


def test_the_new_source_is_released(shop: Mart) -> None:
    assert shop.outcome.status == "released", shop.outcome.reasons


def test_the_figures_are_those_of_the_guide(shop: Mart) -> None:
    june = ("invoiced_revenue", "month", "2026-06-01")

    assert shop.kpi(*june) == Decimal("999.90")
    assert shop.kpi(*june, "product", "Tea") == Decimal("950.00")
    assert shop.kpi(*june, "product", "Cups") == Decimal("49.90")


def test_the_tests_of_the_new_source_were_asked(shop: Mart) -> None:
    verdict = shop.outcome.verdict
    assert verdict is not None

    asked = [result.id for result in verdict.results if "stg_shop__orders" in result.id]
    assert len(asked) == 2
