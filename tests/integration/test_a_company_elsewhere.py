"""The same exports for a company that reports in dollars, from Taipei, with weeks from Sunday."""

import csv
import io
import zipfile
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from pipelines import flow
from pipelines.demo import write_demo
from pipelines.serve import mart
from tests.integration.conftest import settings_for

pytestmark = pytest.mark.slow

UNTIL = date(2026, 3, 31)
SIX_DECIMALS = Decimal("0.000001")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory):
    home = tmp_path_factory.mktemp("elsewhere")
    settings = replace(
        settings_for(home, UNTIL + timedelta(days=1)),
        reporting_currency="USD",
        time_zone="Asia/Taipei",
        week_start="sunday",
        fiscal_year_start=4,
    )
    write_demo(settings.inbox, until=UNTIL, days=45)
    outcome = flow.run(settings)
    assert outcome.status == "released", outcome.reasons
    return settings


def figures(settings, sql: str) -> list[tuple]:
    with mart.open_mart(mart.release_folder(settings)) as connection:
        return connection.execute(sql).fetchall()


def dollars_per_euro(inbox: Path) -> dict[date, Decimal]:
    rates: dict[date, Decimal] = {}
    for file in inbox.glob("ecb/*.zip"):
        with zipfile.ZipFile(file) as packed:
            text = packed.read(packed.namelist()[0]).decode()
        for row in csv.DictReader(io.StringIO(text), skipinitialspace=True):
            # The bank writes its daily file's date in words.
            form = "%Y-%m-%d" if row["Date"][:4].isdigit() else "%d %B %Y"
            day = datetime.strptime(row["Date"], form).date()  # noqa: DTZ007
            rates[day] = Decimal(row["USD"])
    return rates


def google_spend_in_euro(inbox: Path) -> dict[tuple[str, date], Decimal]:
    """By campaign and day; a later report restates an earlier one."""
    spend: dict[tuple[str, date], Decimal] = {}
    for file in sorted(inbox.glob("google_ads/*.csv")):
        lines = file.read_text("utf-16").splitlines()
        header = next(n for n, line in enumerate(lines) if "Campaign ID" in line)
        for row in csv.DictReader(lines[header:], delimiter="\t"):
            if row["Day"][:4].isdigit() and "." in row["Cost"] and row["Cost"] != "1.234,50":
                key = row["Campaign ID"], date.fromisoformat(row["Day"])
                spend[key] = Decimal(row["Cost"].replace(",", ""))
    return spend


def test_spend_in_euro_is_reported_in_dollars_of_its_day(elsewhere):
    rates = dollars_per_euro(elsewhere.inbox)
    true = Decimal(0)
    for (_, day), amount in google_spend_in_euro(elsewhere.inbox).items():
        published = max(known for known in rates if known <= day)
        true += (amount * rates[published]).quantize(SIX_DECIMALS, ROUND_HALF_UP)

    ((reported,),) = figures(
        elsewhere,
        "select sum(value) from kpi_mart.kpi_values where kpi = 'ad_spend' and grain = 'month'"
        " and slice = 'platform' and slice_value = 'google_ads'",
    )
    assert reported == true


def test_f057_weeks_begin_on_sunday(elsewhere):
    starts = figures(
        elsewhere,
        "select distinct isodow(period_start) from kpi_mart.kpi_values where grain = 'week'",
    )
    assert starts == [(7,)]


def test_money_is_shown_in_the_reporting_currency(elsewhere):
    shown = figures(
        elsewhere,
        "select display_value from kpi_mart.kpi_scorecard where kpi = 'mrr' and grain = 'month'",
    )
    assert shown
    assert all(text.endswith(" USD") for (text,) in shown)
