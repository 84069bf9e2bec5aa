"""What intake holds for a person's word, and what a word changes; day by day and all at once."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines import flow
from pipelines.replay import accept
from pipelines.set_aside import read_set_aside

CONTRACT = """
source: shop
family: ads
owner: {team: Shop, email: shop@example.com}
streams:
  spend:
    description: One row per day and campaign.
    shapes:
      - {name: csv}
    columns:
      - {name: day, headers: [Day], type: date, formats: ["%Y-%m-%d"], required: true}
      - {name: campaign, headers: [Campaign], type: text, required: true}
      - {name: currency_code, headers: [Currency], type: text}
      - {name: spend_amount, headers: [Spend], type: "decimal(18,6)", required: true}
      - {name: clicks, headers: [Clicks], type: integer}
      - {name: note, headers: [Note], type: text}
    key: [day, campaign]
    load: {rule: window, date: day}
    exported_at: {file_name: '(\\d{4}-\\d{2}-\\d{2})'}
"""
TOP = "Day,Campaign,Currency,Spend\n"


@pytest.fixture
def pipeline(settings, tmp_path):
    contract = tmp_path / "project" / "models" / "contracts" / "ads" / "shop.yml"
    contract.parent.mkdir(parents=True)
    contract.write_text(CONTRACT)
    object.__setattr__(settings, "project", tmp_path / "project")
    return flow.open_pipeline(settings)


def drop(pipeline, name: str, rows: str, at: int = 1, top: str = TOP) -> Path:
    path = pipeline.settings.inbox / "shop" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(top + rows)
    moment = datetime(2026, 6, at, tzinfo=UTC).timestamp()
    os.utime(path, (moment, moment))
    return path


def held(pipeline) -> dict[str, str]:
    """The files that wait for a word, by name."""
    found = read_set_aside(pipeline.settings, pipeline.streams, pipeline.ledger)
    return {each.file.removeprefix("shop/"): each.code for each in found}


def counting(pipeline) -> list[str]:
    return sorted(n.file.removeprefix("shop/") for n in flow.accepted_landings(pipeline))


def say_yes(pipeline, name: str) -> None:
    found = read_set_aside(pipeline.settings, pipeline.streams, pipeline.ledger)
    accept(pipeline, next(e for e in found if e.file == f"shop/{name}"), "checked with the vendor")


def week(day: int, factor: int = 1) -> str:
    return "".join(
        f"2026-06-{day:02},{name},EUR,{amount * factor}\n"
        for name, amount in (("a", 12), ("b", 3), ("c", 45), ("d", 9), ("e", 20))
    )


def test_f050_a_file_in_cents_is_held_and_the_others_land(pipeline):
    for day in range(1, 6):
        drop(pipeline, f"2026-06-{day:02}.csv", week(day))
    flow.land(pipeline)
    drop(pipeline, "2026-06-06.csv", week(6, 100))
    drop(pipeline, "2026-06-07.csv", week(7))

    landed = flow.land(pipeline)

    assert [q.code for q in landed.quarantined] == ["UNIT_JUMP"]
    assert held(pipeline) == {"2026-06-06.csv": "UNIT_JUMP"}
    assert "2026-06-06.csv" not in counting(pipeline)
    assert "2026-06-07.csv" in counting(pipeline)
    say_yes(pipeline, "2026-06-06.csv")
    assert held(pipeline) == {}
    assert "2026-06-06.csv" in counting(pipeline)


def test_f046_a_file_without_figures_that_were_always_told_is_held(pipeline):
    told = "Day,Campaign,Currency,Spend,Clicks,Note\n"
    for day in (1, 2):
        drop(pipeline, f"2026-06-{day:02}.csv", f"2026-06-{day:02},a,EUR,1,5,x\n", top=told)
    flow.land(pipeline)
    drop(pipeline, "2026-06-03.csv", "2026-06-03,a,EUR,1\n")
    drop(pipeline, "2026-06-04.csv", "2026-06-04,a,EUR,1,5\n", top=told.replace(",Note", ""))

    [lacking] = flow.land(pipeline).quarantined

    assert (lacking.code, lacking.column, lacking.expected) == (
        "MISSING_COLUMN",
        "clicks",
        "Clicks",
    )
    assert counting(pipeline) == [f"2026-06-0{day}.csv" for day in (1, 2, 4)]
    say_yes(pipeline, "2026-06-03.csv")
    drop(pipeline, "2026-06-05.csv", "2026-06-05,a,EUR,1\n")
    flow.land(pipeline)
    assert held(pipeline) == {}
    assert len(counting(pipeline)) == 5


def test_f004_a_file_corrected_under_its_name_replaces_what_it_said(pipeline):
    drop(pipeline, "2026-06-02.csv", "2026-06-01,a,EUR,1\n2026-06-01,b,EUR,2\n", at=2)
    flow.land(pipeline)
    drop(pipeline, "2026-06-02.csv", "2026-06-01,a,EUR,10\n", at=3)
    flow.land(pipeline)

    [landing] = flow.accepted_landings(pipeline)

    assert landing.money["spend_amount"]["EUR"]["landed"] == "10.000000"
    assert held(pipeline) == {}


def test_f005_the_old_version_sent_again_under_the_name_is_held(pipeline):
    old, new = "2026-06-01,a,EUR,1\n", "2026-06-01,a,EUR,10\n"
    for at, rows in ((2, old), (3, new), (4, old)):
        drop(pipeline, "2026-06-02.csv", rows, at=at)
        landed = flow.land(pipeline)
    [landing] = flow.accepted_landings(pipeline)
    assert [q.code for q in landed.quarantined] == ["REVERSION"]
    assert landing.money["spend_amount"]["EUR"]["landed"] == "10.000000"

    say_yes(pipeline, "2026-06-02.csv")

    [landing] = flow.accepted_landings(pipeline)
    assert landing.money["spend_amount"]["EUR"]["landed"] == "1.000000"


def test_f005_an_old_export_that_only_its_time_calls_new_is_held(pipeline):
    drop(pipeline, "report.csv", "2026-06-01,a,EUR,1\n", at=2)
    drop(pipeline, "corrected.csv", "2026-06-01,a,EUR,10\n", at=3)
    flow.land(pipeline)
    drop(pipeline, "report (1).csv", "2026-06-01,a,EUR,1\n", at=4)

    landed = flow.land(pipeline)

    assert [(q.file, q.code) for q in landed.quarantined] == [("shop/report (1).csv", "REVERSION")]
    assert "shop/report.csv" in landed.quarantined[0].reason


def test_f003_a_copy_of_what_still_holds_is_a_copy(pipeline):
    drop(pipeline, "report.csv", "2026-06-01,a,EUR,1\n", at=2)
    flow.land(pipeline)
    drop(pipeline, "report (1).csv", "2026-06-01,a,EUR,1\n", at=4)

    landed = flow.land(pipeline)

    assert landed.duplicates == ("shop/report (1).csv",)
    assert landed.quarantined == ()


def test_f003_a_copy_with_the_time_of_what_was_replaced_is_a_copy_too(pipeline):
    drop(pipeline, "report.csv", "2026-06-01,a,EUR,1\n", at=2)
    drop(pipeline, "corrected.csv", "2026-06-01,a,EUR,10\n", at=3)
    flow.land(pipeline)
    drop(pipeline, "report (1).csv", "2026-06-01,a,EUR,1\n", at=2)

    landed = flow.land(pipeline)

    assert (landed.duplicates, landed.quarantined) == (("shop/report (1).csv",), ())


@pytest.mark.parametrize("first", ["report.csv", "report (1).csv"])
def test_f007_of_two_copies_with_other_times_the_earlier_time_counts(pipeline, first):
    times = {"report.csv": 2, "report (1).csv": 4}
    drop(pipeline, "corrected.csv", "2026-06-01,a,EUR,10\n", at=3)
    for name in sorted(times, key=lambda name: name != first):
        drop(pipeline, name, "2026-06-01,a,EUR,1\n", at=times[name])
        flow.land(pipeline)

    found = {n.file: n.exported_at.day for n in flow.accepted_landings(pipeline)}

    assert found == {"shop/corrected.csv": 3, "shop/report.csv": 2}


def test_f007_a_copy_that_a_person_says_is_right_counts_at_its_own_time(pipeline):
    for name, amount, at in (("report.csv", 1, 2), ("corrected.csv", 10, 3), ("again.csv", 1, 4)):
        drop(pipeline, name, f"2026-06-01,a,EUR,{amount}\n", at=at)
        flow.land(pipeline)
    assert held(pipeline) == {"again.csv": "REVERSION"}

    say_yes(pipeline, "again.csv")

    newest = flow.accepted_landings(pipeline)[-1]
    assert (newest.exported_at.day, newest.money["spend_amount"]["EUR"]["landed"]) == (
        4,
        "1.000000",
    )


def test_f020_an_export_that_is_given_the_name_of_its_day_lands(pipeline):
    file = drop(pipeline, "2026-06-02.csv", "2026-06-09,a,EUR,1\n", at=2)
    flow.land(pipeline)
    assert held(pipeline) == {"2026-06-02.csv": "DATE_MISMATCH"}

    file.rename(file.with_name("2026-06-10.csv"))
    flow.land(pipeline)

    assert (held(pipeline), counting(pipeline)) == ({}, ["2026-06-10.csv"])


def test_f017_two_senders_with_another_word_on_one_day_are_both_held(pipeline):
    drop(pipeline, "north/2026-06-02.csv", "2026-06-01,a,EUR,1\n2026-06-01,b,EUR,2\n")
    drop(pipeline, "south/2026-06-02.csv", "2026-06-01,a,EUR,5\n")
    flow.land(pipeline)
    assert held(pipeline) == {"north/2026-06-02.csv": "OVERLAP", "south/2026-06-02.csv": "OVERLAP"}
    assert counting(pipeline) == []

    say_yes(pipeline, "north/2026-06-02.csv")

    assert counting(pipeline) == ["north/2026-06-02.csv"]
    assert held(pipeline) == {"south/2026-06-02.csv": "OVERLAP"}


def test_f017_a_contradiction_that_is_corrected_holds_nothing_any_more(pipeline):
    drop(pipeline, "north/2026-06-02.csv", "2026-06-01,a,EUR,1\n", at=2)
    drop(pipeline, "south/2026-06-02.csv", "2026-06-01,a,EUR,5\n2026-06-01,b,EUR,2\n", at=2)
    flow.land(pipeline)
    assert len(held(pipeline)) == 2
    drop(pipeline, "south/2026-06-02.csv", "2026-06-01,b,EUR,2\n", at=3)

    flow.land(pipeline)

    assert held(pipeline) == {}
    assert counting(pipeline) == ["north/2026-06-02.csv", "south/2026-06-02.csv"]


def test_f011_one_day_split_in_two_files_is_whole(pipeline):
    drop(pipeline, "2026-06-02 part 1.csv", "2026-06-01,a,EUR,1\n")
    drop(pipeline, "2026-06-02 part 2.csv", "2026-06-01,b,EUR,2\n")
    flow.land(pipeline)
    assert held(pipeline) == {}
    assert len(counting(pipeline)) == 2


def test_f020_rows_of_days_after_the_date_in_the_name_are_held(pipeline):
    drop(pipeline, "2026-06-02.csv", "2026-06-09,a,EUR,1\n")
    assert [q.code for q in flow.land(pipeline).quarantined] == ["DATE_MISMATCH"]
    assert counting(pipeline) == []


@pytest.mark.parametrize("year", [1970, 2199])
def test_f020_a_file_with_an_impossible_time_is_of_when_it_was_seen(pipeline, year):
    path = drop(pipeline, "report.csv", "2026-06-01,a,EUR,1\n")
    moment = datetime(year, 1, 2, tzinfo=UTC).timestamp()
    os.utime(path, (moment, moment))
    before = datetime.now(UTC)

    flow.land(pipeline)

    [landing] = flow.accepted_landings(pipeline)
    assert before <= landing.exported_at <= datetime.now(UTC)
    assert flow.land(pipeline).landings == ()
