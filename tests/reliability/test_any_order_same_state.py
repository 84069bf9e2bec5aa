"""Whatever way the same exports come, each load rule makes the same rows of them.

A made-up history of exports comes in any order, in parts, twice, again on a later or an earlier
day, and corrected under its name, by one visit to the inbox or by many. The landed views must hold
what `load_model.py` says, which knows nothing but rows and moments. `KPI_FUZZ=nightly` tries
thousands of histories and not the same ones each time.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deliveries import COPIES, MADE, Delivery, deliveries
from hypothesis import HealthCheck, given, note
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from load_model import RULES, Row, Rule, history, state

from pipelines import flow
from pipelines.land.load_rules import create_landed_views
from pipelines.ledger import Ledger
from pipelines.settings import Settings

NIGHTLY = os.environ.get("KPI_FUZZ") == "nightly"
NO_FAULT = "release.after_ledger"
"""A fault that no landing passes: asking for one keeps reading in this process, which is faster."""


def examples(number: int, nightly: int) -> Any:
    """Settings of Hypothesis: the same examples each time, or many new ones."""
    return hypothesis_settings(
        max_examples=nightly if NIGHTLY else number,
        derandomize=not NIGHTLY,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.timeout(6 * 3600 if NIGHTLY else 600)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@given(data=st.data())
@examples(7, 400)
def test_f007_exports_come_to_the_same_rows_in_whatever_way_they_come(
    tmp_path_factory: pytest.TempPathFactory, rule: Rule, data: st.DataObject
) -> None:
    delivery = data.draw(deliveries(rule))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KPI_FAULT", NO_FAULT)
        _compare(tmp_path_factory.mktemp("home"), rule, delivery)


@pytest.mark.slow
@pytest.mark.timeout(6 * 3600 if NIGHTLY else 600)
@given(data=st.data())
@examples(3, 100)
def test_f007_also_where_each_export_is_read_in_a_process_of_its_own(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    rule = data.draw(st.sampled_from(RULES))
    _compare(tmp_path_factory.mktemp("home"), rule, data.draw(deliveries(rule)))


def _compare(home: Path, rule: Rule, delivery: Delivery) -> None:
    for number, visit in enumerate(delivery.visits):
        for put in visit:
            note(f"visit {number}: {put.name} of {put.written:%d %b %H:%M}: {put.content!r}")
    pipeline = _pipeline(home, rule)
    for visit in delivery.visits:
        for put in visit:
            path = pipeline.settings.inbox / put.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(put.content)
            os.utime(path, (put.written.timestamp(),) * 2)
        landed = flow.land(pipeline)
        # An old file that comes again by a newer time alone is held, and changes nothing.
        held = [each for each in landed.quarantined if not each.file.startswith(COPIES)]
        assert not held, held
        assert {each.code for each in landed.quarantined} <= {"REVERSION"}
    assert _found(pipeline, rule) == state(rule, delivery.files)
    if rule.name == "snapshot":
        assert _found_history(pipeline, rule) == history(delivery.files)
    if delivery.unsplit:
        assert state(rule, delivery.unsplit) == state(rule, delivery.files)


def _pipeline(home: Path, rule: Rule) -> flow.Pipeline:
    (home / "inbox" / "shop").mkdir(parents=True)
    settings = Settings.from_environment(home=home, as_of="2026-07-01", settle_seconds=0)
    stream = rule.stream
    return flow.Pipeline(settings, {stream.table: stream}, Ledger(settings.ledger_url))


def _found(pipeline: flow.Pipeline, rule: Rule) -> Counter[tuple[Row, int]]:
    """The rows of the landed view, as the model has them."""
    return Counter((Row(*row[:6]), _moment(row[6])) for row in _rows(pipeline, "", "_exported_at"))


def _found_history(pipeline: flow.Pipeline, rule: Rule) -> Counter[tuple[Row, int, int | None]]:
    rows = _rows(pipeline, "__history", "_valid_from, _valid_to")
    return Counter((Row(*row[:6]), _moment(row[6]), row[7] and _moment(row[7])) for row in rows)


def _rows(pipeline: flow.Pipeline, suffix: str, more: str) -> Iterator[tuple[Any, ...]]:
    [table] = pipeline.streams
    with duckdb.connect() as connection:
        create_landed_views(
            connection,
            pipeline.streams,
            flow.accepted_landings(pipeline),
            pipeline.settings.landed,
        )
        yield from connection.execute(
            f"SELECT day, until, account, item, amount, note, {more} FROM landed.{table}{suffix}"
        ).fetchall()


def _moment(exported_at: Any) -> int:
    """As the deliveries count them."""
    return (exported_at.replace(tzinfo=UTC) - MADE).days + 1
