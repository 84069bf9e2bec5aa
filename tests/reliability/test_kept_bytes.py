"""What is kept is changed, lost or exchanged behind the program's back: all of it found, by name.

Small numbers of random changes by default; a thousand with KPI_FUZZ=nightly. The seed is printed.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_run import MadeRun, make_run
from shop_contract import TOLERANT
from typer.testing import CliRunner

from pipelines import flow
from pipelines.cli import app
from pipelines.ledger import Ledger
from pipelines.prove.kept import (
    Damage,
    look_at_archive,
    look_at_landed,
    look_at_ledger,
    look_at_releases,
)
from pipelines.serve.doctor import examine
from pipelines.settings import Settings

TIMES = 1000 if os.environ.get("KPI_FUZZ") == "nightly" else 40


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> flow.Pipeline:
    """Four exports landed, two of them with a row in quarantine."""
    folder = tmp_path_factory.mktemp("kept")
    contract = folder / "project" / "models" / "contracts" / "finance" / "shop.yml"
    contract.parent.mkdir(parents=True)
    contract.write_text(TOLERANT)
    settings = Settings.from_environment(
        home=folder, project=folder / "project", as_of="2026-07-01", settle_seconds=0
    )
    for number in range(4):
        rows = "".join(f"A{number}-{n},{n}.50\n" for n in range(40))
        file = folder / "inbox" / "shop" / f"{number}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"Order,Amount\n{rows}" + ("B,n/a\n" if number % 2 else ""))
        os.utime(file, (1_770_000_000 + number, 1_770_000_000 + number))
    pipeline = flow.open_pipeline(settings)
    assert len(flow.land(pipeline).landings) == 4
    return pipeline


@pytest.fixture
def pipeline(landed: flow.Pipeline) -> Iterator[flow.Pipeline]:
    """The same exports for every test, which leaves them as they were."""
    kept = [*kept_files(landed.settings), landed.settings.home / "ledger.db"]
    before = {path: path.read_bytes() for path in kept}
    assert damages(landed.settings) == []
    yield landed
    for path in {*kept_files(landed.settings), *before}:
        if path in before:
            rewrite(path, before[path])
        else:
            path.unlink()


@pytest.fixture
def chance() -> random.Random:
    """Chance with a seed that is printed, to be repeated."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    return random.Random(seed)


def damages(settings: Settings) -> list[Damage]:
    looks = (look_at_ledger, look_at_archive, look_at_landed, look_at_releases)
    return [damage for look in looks for damage in look(settings).damages]


def kept_files(settings: Settings) -> list[Path]:
    folders = (settings.archive / "sha256", settings.landed, settings.quarantine)
    return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())


def flip_a_bit(file: Path, chance: random.Random) -> None:
    content = bytearray(file.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    rewrite(file, bytes(content))


def cut_off(file: Path, chance: random.Random) -> None:
    content = file.read_bytes()
    rewrite(file, content[: chance.randrange(len(content))])


def add_a_byte(file: Path, chance: random.Random) -> None:
    rewrite(file, file.read_bytes() + bytes([chance.randrange(256)]))


def delete(file: Path, chance: random.Random) -> None:
    file.unlink()


CHANGES = (flip_a_bit, cut_off, add_a_byte, delete)


def rewrite(file: Path, content: bytes) -> None:
    if file.exists():
        file.chmod(0o644)
    file.write_bytes(content)


def test_f124_any_change_of_a_kept_export_or_of_landed_rows_is_found_with_its_file(
    pipeline: flow.Pipeline, chance: random.Random
) -> None:
    files = kept_files(pipeline.settings)
    assert len(files) == 4 + 4 + 2
    for number in range(TIMES):
        file, change = chance.choice(files), CHANGES[number % len(CHANGES)]
        before = file.read_bytes()
        change(file, chance)

        assert [damage.path for damage in damages(pipeline.settings)] == [file], change

        rewrite(file, before)


def test_f124_two_files_that_were_exchanged_are_both_found(pipeline: flow.Pipeline) -> None:
    files = kept_files(pipeline.settings)
    by_folder = [
        [file for file in files if folder in file.parents]
        for folder in (pipeline.settings.archive, pipeline.settings.landed)
    ]
    for one, two, *_ in by_folder:
        first, second = one.read_bytes(), two.read_bytes()
        rewrite(one, second)
        rewrite(two, first)

        assert {damage.path for damage in damages(pipeline.settings)} == {one, two}

        rewrite(one, first)
        rewrite(two, second)


def test_f124_what_is_no_archived_export_is_named(pipeline: flow.Pipeline) -> None:
    known = kept_files(pipeline.settings)[0]
    strange = [
        known.with_name("notes.txt"),
        known.with_name("f" * 64 + ".zst"),
        known.with_name(known.name.upper()),
    ]
    for path in strange:
        path.write_bytes(known.read_bytes())

    assert {damage.path for damage in damages(pipeline.settings)} == set(strange)


def test_f124_any_bit_of_the_ledger_that_matters_is_found(
    pipeline: flow.Pipeline, chance: random.Random
) -> None:
    settings = pipeline.settings
    file = settings.home / "ledger.db"
    sound, events = file.read_bytes(), pipeline.ledger.events()
    kinds = {event.kind for event in events}
    found = 0
    for _ in range(TIMES):
        flip_a_bit(file, chance)

        if look_at_ledger(settings).damages:
            found += 1
        else:
            # A bit of space that holds nothing: every question has the answer it had before.
            ledger = Ledger(settings.ledger_url)
            assert ledger.events() == events
            for kind in kinds:
                assert ledger.events(kind) == [e for e in events if e.kind == kind]

        rewrite(file, sound)
    assert found


def test_f124_an_index_that_has_lost_an_event_is_found(pipeline: flow.Pipeline) -> None:
    file = pipeline.settings.home / "ledger.db"
    with sqlite3.connect(file) as connection:
        # The table stays whole, and questions by kind no longer find its events.
        connection.execute("pragma writable_schema = on")
        connection.execute(
            "update sqlite_master set rootpage = (select rootpage from sqlite_master"
            " where name = 'events_by_subject') where name = 'events_by_kind'"
        )
    (damage, *_) = look_at_ledger(pipeline.settings).damages

    assert damage.path == file
    assert "damaged" in damage.what or "cannot be read" in damage.what


def test_f124_lost_rows_are_landed_again_from_the_archive(pipeline: flow.Pipeline) -> None:
    settings = pipeline.settings
    rows = [path for path in kept_files(settings) if settings.archive not in path.parents]
    before = {path: path.read_bytes() for path in rows}
    for path in rows:
        path.unlink()
    exports, hidden = settings.inbox / "shop", settings.inbox / ".shop"
    exports.rename(hidden)
    try:
        again = flow.land(pipeline)
    finally:
        hidden.rename(exports)

    assert len(again.landings) == 4
    assert {path: path.read_bytes() for path in rows} == before
    assert damages(settings) == []
    assert flow.land(pipeline).landings == ()


def test_f124_the_doctor_names_each_damage_with_its_remedy_and_ends_unwell(
    pipeline: flow.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = pipeline.settings
    archived, *_ = kept_files(settings)
    landed = next(path for path in kept_files(settings) if settings.landed in path.parents)
    archived.unlink()
    add_a_byte(landed, random.Random(1))

    unwell = {f.subject: f for f in examine(settings) if not f.well and f.subject in PARTS}
    assert sorted(unwell) == ["archive", "landed rows"]
    assert str(archived) in unwell["archive"].found
    assert "put the export into the inbox again" in unwell["archive"].remedy
    assert str(landed) in unwell["landed rows"].found
    assert "next `kpi run` lands the export again" in unwell["landed rows"].remedy
    quick = {finding.subject for finding in examine(settings, quick=True)}
    assert quick & PARTS == {"ledger"}

    monkeypatch.setenv("KPI_HOME", str(settings.home))
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert done.exit_code == 7
    said = {each["subject"] for each in json.loads(done.stdout) if not each["well"]}
    assert {"archive", "landed rows"} <= said


PARTS = {"ledger", "archive", "landed rows", "releases"}


@pytest.fixture
def released(tmp_path: Path) -> MadeRun:
    made = make_run(tmp_path)
    assert made.judge().decision == "release"
    made.publish()
    assert look_at_releases(made.settings).damages == ()
    return made


def test_f125_any_change_of_a_released_file_is_found_with_its_name(
    released: MadeRun, chance: random.Random
) -> None:
    folder = released.settings.releases / "1"
    for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        path.chmod(0o755)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for number in range(TIMES):
        file, change = chance.choice(files), CHANGES[number % len(CHANGES)]
        before = file.read_bytes()
        change(file, chance)

        (damage,) = look_at_releases(released.settings).damages
        assert str(file) in damage.what

        rewrite(file, before)


def test_f125_a_release_that_was_brought_from_elsewhere_is_found(released: MadeRun) -> None:
    strange = released.settings.releases / "7"
    strange.mkdir()

    (damage,) = look_at_releases(released.settings).damages

    assert damage.path == strange
    assert "knows of no such release" in damage.what
