"""What dbt's documents say: every published table and column, and who reads it."""

import json
from typing import Any

import pytest

from pipelines.publish.duckdb_target import INTERNAL, SCHEMA
from tests.integration.conftest import Company

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def manifest(company: Company) -> dict[str, Any]:
    file = company.settings.runs / company.outcome.run_id / "dbt" / "manifest.json"
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return document


@pytest.fixture(scope="module")
def published(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The models that are published, by name."""
    found = {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["schema"] == SCHEMA
        and node["name"] not in INTERNAL
    }
    assert "kpi_values" in found
    return found


def test_every_published_table_and_column_is_described(
    published: dict[str, dict[str, Any]],
) -> None:
    silent = [name for name, node in published.items() if not node["description"].strip()]
    silent += [
        f"{name}.{column}"
        for name, node in published.items()
        for column, said in node["columns"].items()
        if not said["description"].strip()
    ]
    assert silent == []


def test_every_published_table_has_the_columns_that_its_documents_name(
    company: Company, published: dict[str, dict[str, Any]]
) -> None:
    import duckdb

    assert company.outcome.release is not None
    with duckdb.connect(
        str(company.outcome.release.folder / "mart.duckdb"), read_only=True
    ) as mart:
        there: dict[str, set[str]] = {}
        for table, column in mart.execute(
            "select table_name, column_name from duckdb_columns() where schema_name = ?", [SCHEMA]
        ).fetchall():
            there.setdefault(table, set()).add(column)
    stamped = {"checks_passed", "checks_total", "release_id", "published_at"}
    for name, node in published.items():
        assert there[name] - stamped == set(node["columns"]) - stamped, name


def test_every_published_table_has_a_reader(
    manifest: dict[str, Any], published: dict[str, dict[str, Any]]
) -> None:
    read = {
        unique_id.rpartition(".")[2]
        for exposure in manifest["exposures"].values()
        for unique_id in exposure["depends_on"]["nodes"]
    }
    assert sorted(set(published) - read) == []


def test_every_reader_is_described_and_has_an_owner(manifest: dict[str, Any]) -> None:
    assert manifest["exposures"]
    for exposure in manifest["exposures"].values():
        assert exposure["description"]
        assert exposure["owner"]["email"]
