"""A candidate that takes over what did not change is, to the digit, the one built from nothing.

A history of eight candidates by default; of hundreds with KPI_FUZZ=nightly.
"""

from __future__ import annotations

import json
import os
import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from models.contract import Stream, load_contracts
from pipelines import transform
from pipelines.continued import begin_with, continued_tables
from pipelines.land.load_rules import create_landed_views
from pipelines.settings import Settings
from tests.integration.continued_tables import FACTS, changed_days, differences

pytestmark = pytest.mark.slow

NIGHTLY = os.environ.get("KPI_FUZZ") == "nightly"

FIRST = date(2026, 1, 5)  # A Monday.
DAYS = 60
AS_OF = FIRST + timedelta(days=DAYS + 10)
AMOUNT = {"google_ads": "cost_amount", "meta_ads": "spend_amount"}
STREAMS = (
    "google_ads__account_performance",
    "google_ads__campaign_performance",
    "google_ads__ad_performance",
    "meta_ads__campaign_insights",
)
MADE_BY_THE_TEST = (*STREAMS, "google_ads__account_history", "ecb__reference_rates")
Row = dict[str, Any]


@dataclass
class History:
    """What has landed so far, of two accounts of two platforms, and how it changes."""

    chance: random.Random
    rows: list[Row] = field(default_factory=list)
    weeks: dict[tuple[str, date], bool] = field(default_factory=dict)
    rates: dict[date, Decimal] = field(default_factory=dict)
    account_currency: str = "USD"
    landings: int = 0

    def begin(self) -> None:
        """Forty days of campaigns of every account."""
        for day in (FIRST + timedelta(days=n) for n in range(DAYS)):
            self.rates[day] = Decimal(self.chance.randrange(10_000, 12_000)) / 10_000
        for n in range(40):
            for stream in ("google_ads__campaign_performance", "meta_ads__campaign_insights"):
                for account in ("1", "2"):
                    self.report(stream, account, FIRST + timedelta(days=n), days=1)

    def report(self, stream: str, account: str, day: date, days: int) -> None:
        """One more landing with a few rows of a day or a longer period."""
        self.landings += 1
        for number in range(self.chance.randint(1, 3)):
            row = {
                "stream": stream,
                "account_id": account,
                "period_start": day,
                "period_end": day + timedelta(days=days - 1),
                "amount": Decimal(self.chance.randrange(100_000)) / 100,
                "clicks": self.chance.randrange(50),
                "currency_code": self.chance.choice(["USD", "EUR", "USD", None]),
                "_landing_id": f"landing {self.landings}",
                "_row_number": number,
            }
            if "account" not in stream:
                row["campaign_name"] = f"campaign {number}"
            if stream == "google_ads__ad_performance":
                row |= {"ad_group_name": "group", "ad_name": f"ad {number}"}
            self.rows.append(row)

    def some_day(self) -> date:
        return FIRST + timedelta(days=self.chance.randrange(DAYS))

    def change(self) -> str:
        """Let one thing happen, of the kinds that happen to exports, at any age; says which."""
        chance, row = self.chance, self.chance.choice(self.rows)
        kind = chance.choice(
            [
                "new",
                "corrected",
                "removed",
                "renamed",
                "repeated",
                "week",
                "feeds",
                "rate",
                "currency",
            ]
        )
        if kind == "new":
            self.report(chance.choice(STREAMS), chance.choice("12"), self.some_day(), days=1)
        elif kind == "corrected":
            row["amount"] += Decimal("0.01")
        elif kind == "removed":
            self.rows.remove(row)
        elif kind == "renamed":
            row["campaign_name"] = f"renamed {chance.randrange(9)}"
        elif kind == "repeated":
            self.landings += 1
            self.rows.append({**row, "_landing_id": f"landing {self.landings}"})
        elif kind == "week":
            week = FIRST + timedelta(weeks=chance.randrange(8))
            account = chance.choice("12")
            self.report("google_ads__campaign_performance", account, week, days=7)
            self.weeks.setdefault((account, week), chance.random() < 0.7)
        elif kind == "feeds" and self.weeks:
            self.weeks[chance.choice(sorted(self.weeks))] ^= True
        elif kind == "rate":
            self.rates[self.some_day()] += Decimal("0.0001")
        else:
            self.account_currency = "EUR" if self.account_currency == "USD" else "USD"
        return kind

    def write(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Fill the landed tables that the test makes; all others are empty."""
        for table in MADE_BY_THE_TEST:
            connection.execute(f"create table landed.made as from landed.{table}")
            connection.execute(f"drop view landed.{table}")
            connection.execute(f"alter table landed.made rename to {table}")
        for row in self.rows:
            stream = row["stream"]
            values = {name: value for name, value in row.items() if name != "stream"}
            values[AMOUNT[stream.split("__")[0]]] = values.pop("amount")
            insert(connection, stream, values)
        for (account, week), feeds in self.weeks.items():
            period = {"period_start": week, "period_end": week + timedelta(days=6)}
            said = {"table_name": "google_ads__campaign_performance", "account_key": account}
            insert(
                connection, "report_periods", {**said, **period, "feeds": feeds, "days_left_out": 0}
            )
        for day, rate in self.rates.items():
            insert(connection, "ecb__reference_rates", {"rate_date": day, "usd": rate})
        history = {"account_id": "1", "currency_code": self.account_currency}
        insert(connection, "google_ads__account_history", history)


def insert(connection: duckdb.DuckDBPyConnection, table: str, values: Row) -> None:
    names = ", ".join(f'"{name}"' for name in values)
    places = ", ".join("?" for _ in values)
    connection.execute(
        f"insert into landed.{table} ({names}) values ({places})", list(values.values())
    )


@dataclass
class AdModels:
    """Builds candidates with the models that the ad facts are made of, and no others."""

    folder: Path
    settings: Settings
    streams: dict[str, Stream]
    parsed: Path

    def build(self, name: str, history: History, before: Path | None = None) -> Path:
        """A candidate of what has landed."""
        candidate = self.folder / name / transform.CANDIDATE
        candidate.parent.mkdir()
        if before is None:
            transform._make_database(candidate)
        else:
            begin_with(before, candidate, self.continued() + views_of(before))
        with duckdb.connect(str(candidate)) as connection:
            create_landed_views(connection, self.streams, [], self.settings.landed)
            history.write(connection)
        only = ",config.materialized:table" if before else ""
        selected = [f"+{fact}{only}" for fact in FACTS]
        manifest = transform._unpacked(self.parsed)
        try:
            runner = transform._dbt(self.settings, candidate, manifest, before)
            flags = transform._flags(self.settings, candidate.parent)
            done = runner.invoke(["run", "--select", *selected, *flags])
        finally:
            transform._let_go_of(candidate)
        assert done.success, done.exception or [r.message for r in done.result if r.message]
        return candidate

    def continued(self) -> list[tuple[str, str]]:
        return continued_tables(json.loads((self.parsed / "manifest.json").read_text("utf-8")))


def views_of(candidate: Path) -> list[tuple[str, str]]:
    """dbt's views, which are the same in every candidate: they need not be made again."""
    with duckdb.connect(str(candidate), read_only=True) as connection:
        return connection.execute(
            "select schema_name, view_name from duckdb_views()"
            " where not internal and schema_name <> 'landed'"
        ).fetchall()


@pytest.fixture(scope="module")
def ad_models(tmp_path_factory: pytest.TempPathFactory) -> AdModels:
    folder = tmp_path_factory.mktemp("ad_models")
    settings = Settings.from_environment(home=folder / "home", inbox=folder, as_of=AS_OF)
    streams = load_contracts(settings.project / "models" / "contracts")
    return AdModels(folder, settings, streams, transform._parsed_folder(settings, streams))


@pytest.mark.parametrize("seed", range(50 if NIGHTLY else 1))
def test_a_history_of_candidates_is_as_if_each_were_built_from_nothing(
    ad_models: AdModels, seed: int
) -> None:
    """Late, corrected, removed and repeated rows, longer reports, rates, currencies of any age."""
    chance = random.Random(seed)
    history = History(chance)
    history.begin()
    before = ad_models.build(f"{seed}-0", history)
    assert list(differences(before)) == []
    left_alone = 0
    for number in range(1, 9):
        happened = [history.change() for _ in range(chance.randint(1, 4))]
        before = ad_models.build(f"{seed}-{number}", history, before)

        assert list(differences(before)) == [], happened
        left_alone += len(changed_days(before)) < DAYS / 2
    assert left_alone >= 4, "hardly anything was taken over: nothing was shown"


def test_days_without_a_change_are_taken_over_and_not_built(ad_models: AdModels) -> None:
    history = History(random.Random(7))
    history.begin()
    before = ad_models.build("marked-0", history)
    marked, late = FIRST + timedelta(days=3), FIRST + timedelta(days=20)
    before.chmod(0o644)
    with duckdb.connect(str(before)) as connection:
        mark = "update kpi_mart.fct_ad_performance set clicks = 4711 where period_start in (?, ?)"
        connection.execute(mark, [marked, late])
    history.report("meta_ads__campaign_insights", "1", late, days=1)
    after = ad_models.build("marked-1", history, before)

    assert changed_days(after) == {late}
    with duckdb.connect(str(after), read_only=True) as connection:
        found = connection.execute(
            "select distinct period_start from kpi_mart.fct_ad_performance where clicks = 4711"
        ).fetchall()
    assert found == [(marked,)]
    assert list(differences(after)) != []
