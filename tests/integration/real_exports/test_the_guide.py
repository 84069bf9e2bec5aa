"""docs/add-a-source.md, followed to the letter: what it says to write is written, and run."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from real_project import REPOSITORY, Mart, make_project

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
    family = home / "project" / FAMILY
    before = family.read_text(encoding="utf-8")
    [listed] = re.findall(
        r"^(\{%- set invoice_lines = \[.*?\] -%\})$",
        GUIDE.read_text(encoding="utf-8"),
        re.M | re.S,
    )
    family.write_text(
        re.sub(r"\{%- set invoice_lines = \[.*?\] -%\}", listed, before, count=1, flags=re.S),
        encoding="utf-8",
    )
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
