"""What dbt is told of the landed tables is what the contracts say."""

import re
from pathlib import Path

import pytest
import yaml

from models.contract import Stream, load_contracts
from pipelines.landed_sources import write_landed_sources

PROJECT = Path(__file__).parents[2]
CONTRACT = """
source: shop
family: finance
owner: {team: Shop, email: shop@example.com}
streams:
  orders:
    description: >-
      One row per order,
      {{ once }}.
    shapes: [{name: csv}]
    columns:
      - {name: order_id, headers: [Order], type: text, required: true, description: Its number}
      - {name: paid_amount, headers: [Paid, Total], type: "decimal(18,6)"}
    key: [order_id]
    load: {rule: upsert}
"""


@pytest.fixture
def streams(tmp_path: Path) -> dict[str, Stream]:
    contract = tmp_path / "contracts" / "finance" / "shop.yml"
    contract.parent.mkdir(parents=True)
    contract.write_text(CONTRACT)
    return load_contracts(tmp_path / "contracts")


def test_every_stream_is_a_source_with_its_columns_and_where_a_row_came_from(
    streams: dict[str, Stream], tmp_path: Path
):
    path = write_landed_sources(streams, tmp_path / "dbt_project")

    (source,) = yaml.safe_load(path.read_text())["sources"]
    tables = {table["name"]: table for table in source["tables"]}
    columns = tables["shop__orders"]["columns"]
    assert path == tmp_path / "dbt_project" / "models" / "staging" / "_landed_sources.yml"
    assert (source["name"], source["schema"]) == ("landed", "landed")
    assert sorted(tables) == [
        "key_results",
        "landings",
        "maturity",
        "missing_days",
        "report_periods",
        "scorecard_measures",
        "shop__orders",
        "streams",
    ]
    assert [column["name"] for column in columns] == [
        "order_id",
        "paid_amount",
        "_landing_id",
        "_row_number",
        "_exported_at",
    ]
    assert columns[0]["description"] == "Its number"
    assert columns[1] == {
        "name": "paid_amount",
        "description": "As exported: Paid, Total",
        "data_type": "DECIMAL(18,6)",
    }


def test_a_description_is_no_template_for_dbt(streams: dict[str, Stream], tmp_path: Path):
    path = write_landed_sources(streams, tmp_path / "dbt_project")

    assert not re.search(r"\{[{%#]", path.read_text())
    assert "One row per order, { { once }}." in path.read_text()


def test_an_unchanged_contract_leaves_the_file_alone(streams: dict[str, Stream], tmp_path: Path):
    path = write_landed_sources(streams, tmp_path / "dbt_project")
    before = path.stat()

    write_landed_sources(streams, tmp_path / "dbt_project")

    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_changed_contract_replaces_the_file_whole(streams: dict[str, Stream], tmp_path: Path):
    path = write_landed_sources(streams, tmp_path / "dbt_project")

    write_landed_sources({}, tmp_path / "dbt_project")

    (source,) = yaml.safe_load(path.read_text())["sources"]
    assert [table["name"] for table in source["tables"]] == [
        "landings",
        "streams",
        "report_periods",
        "missing_days",
        "maturity",
        "scorecard_measures",
        "key_results",
    ]
    assert [file.name for file in path.parent.iterdir()] == ["_landed_sources.yml"]


NAMED_FOR_THEIR_ROWS = {"datev__bookings": "stg_datev__booking_lines"}
"""A booking of DATEV's is two lines of a ledger."""
SECOND_MODELS = {"stg_support_desk__satisfaction", "stg_zendesk__satisfaction"}
"""A ticket with a score is an answer to a survey, too."""


def test_every_stream_of_the_product_has_a_staging_model() -> None:
    streams = load_contracts(PROJECT / "models" / "contracts")
    staging = PROJECT / "dbt_project" / "models" / "staging"
    named = {table: NAMED_FOR_THEIR_ROWS.get(table, f"stg_{table}") for table in streams}

    models = {file.stem: file for file in staging.glob("*/*.sql")}

    assert sorted(models) == sorted([*named.values(), *SECOND_MODELS])
    for table, stream in streams.items():
        model = models[named[table]]
        assert model.parent.name == stream.source
        assert f"source('landed', '{table}')" in model.read_text()


def test_every_currency_that_the_bank_publishes_is_read() -> None:
    rates = load_contracts(PROJECT / "models" / "contracts")["ecb__reference_rates"]
    model = PROJECT / "dbt_project" / "models" / "staging" / "ecb" / "stg_ecb__reference_rates.sql"

    listed = re.search(r"set currencies = \[(.*?)\]", model.read_text(), re.DOTALL)

    assert listed is not None
    assert re.findall(r"'(\w+)'", listed[1]) == [
        column.name for column in rates.columns if column.is_decimal
    ]
