from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines.inbox import Export, InboxMissing, Notice, notice
from pipelines.ledger import Ledger
from pipelines.settings import Settings

NOW = 1_782_000_000.0


@pytest.fixture
def ledger(settings: Settings) -> Ledger:
    return Ledger(settings.ledger_url)


def put(settings: Settings, name: str, content: bytes = b"x", age: float = 3600) -> Path:
    file = settings.inbox / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    os.utime(file, (NOW - age, NOW - age))
    return file


def see(ledger: Ledger, found: Notice) -> None:
    """Write into the ledger what a landing would."""
    payload = [(file.name, {"size": file.size, "mtime_ns": file.mtime_ns}) for file in found.new]
    payload += [(p.name, {"size": p.size, "mtime_ns": p.mtime_ns}) for p in found.problems]
    ledger.append_many([("file_seen", name, {**seen, "sha256": None}) for name, seen in payload])


def names(files: list[Export]) -> list[str]:
    return [file.name for file in files]


class Waits:
    """A clock that only moves when somebody waits; something may happen meanwhile."""

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.waited: list[float] = []
        self.meanwhile = meanwhile

    def clock(self) -> float:
        return NOW + sum(self.waited)

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.meanwhile()


def look(settings: Settings, ledger: Ledger, waits: Waits | None = None) -> Notice:
    waits = waits or Waits()
    return notice(settings, ledger, clock=waits.clock, wait=waits.wait)


# what is new


def test_exports_are_noticed_in_order_of_name_at_any_depth(
    settings: Settings, ledger: Ledger
) -> None:
    for name in ("meta_ads/b.csv", "google_ads/2026/03/z.csv", "google_ads/a b.csv"):
        put(settings, name, b"12345")

    found = look(settings, ledger)

    assert names(found.new) == ["google_ads/2026/03/z.csv", "google_ads/a b.csv", "meta_ads/b.csv"]
    assert found.new[0] == Export(
        path=settings.inbox / "google_ads" / "2026" / "03" / "z.csv",
        source="google_ads",
        name="google_ads/2026/03/z.csv",
        size=5,
        mtime_ns=int(NOW - 3600) * 10**9,
    )
    assert (found.unsettled, found.problems, found.unchanged) == ([], [], 0)


def test_an_empty_inbox_has_nothing_new_and_makes_no_ledger(
    settings: Settings, ledger: Ledger
) -> None:
    assert look(settings, ledger) == Notice()
    assert not (settings.home / "ledger.db").exists()


def test_a_missing_inbox_is_an_error_with_the_remedy(settings: Settings, ledger: Ledger) -> None:
    settings.inbox.rmdir()

    with pytest.raises(InboxMissing, match=rf"{settings.inbox}.*KPI_INBOX"):
        look(settings, ledger)


def test_an_inbox_that_is_a_link_to_a_folder_is_looked_through(
    settings: Settings, ledger: Ledger, tmp_path: Path
) -> None:
    put(settings, "google_ads/a.csv")
    settings.inbox.rename(tmp_path / "elsewhere")
    settings.inbox.symlink_to(tmp_path / "elsewhere")

    assert names(look(settings, ledger).new) == ["google_ads/a.csv"]


def test_a_file_that_was_seen_is_unchanged_and_not_opened(
    settings: Settings, ledger: Ledger
) -> None:
    file = put(settings, "google_ads/a.csv")
    see(ledger, look(settings, ledger))
    read_before = file.stat().st_atime_ns

    found = look(settings, ledger)

    assert (found.new, found.unchanged) == ([], 1)
    assert file.stat().st_atime_ns == read_before


@pytest.mark.parametrize(("content", "age"), [(b"longer", 3600), (b"y", 1800), (b"y", 7200)])
def test_a_file_of_another_size_or_time_is_new_again(
    settings: Settings, ledger: Ledger, content: bytes, age: float
) -> None:
    put(settings, "google_ads/a.csv")
    see(ledger, look(settings, ledger))

    put(settings, "google_ads/a.csv", content, age)

    assert names(look(settings, ledger).new) == ["google_ads/a.csv"]


def test_the_last_look_counts_when_an_older_version_comes_back(
    settings: Settings, ledger: Ledger
) -> None:
    for content in (b"first", b"second version"):
        put(settings, "google_ads/a.csv", content)
        see(ledger, look(settings, ledger))

    put(settings, "google_ads/a.csv", b"first")

    assert names(look(settings, ledger).new) == ["google_ads/a.csv"]


def test_of_a_thousand_known_files_in_folders_none_is_new(
    settings: Settings, ledger: Ledger
) -> None:
    for number in range(1_000):
        put(settings, f"google_ads/{number % 10}/{number:05}.csv", b"")
    see(ledger, look(settings, ledger))

    found = look(settings, ledger)

    assert (found.new, found.unchanged) == ([], 1_000)


# what is not settled


def test_nothing_is_waited_for_when_every_file_is_old(settings: Settings, ledger: Ledger) -> None:
    settings = dataclasses.replace(settings, settle_seconds=5)
    put(settings, "google_ads/a.csv", age=6)
    put(settings, "google_ads/from_1970.csv", age=NOW)
    waits = Waits()

    found = look(settings, ledger, waits)

    assert len(found.new) == 2
    assert waits.waited == []


def test_a_young_file_that_stays_the_same_is_taken_after_one_wait(
    settings: Settings, ledger: Ledger
) -> None:
    settings = dataclasses.replace(settings, settle_seconds=5)
    put(settings, "google_ads/a.csv", age=2)
    put(settings, "google_ads/b.csv", age=4)
    waits = Waits()

    found = look(settings, ledger, waits)

    assert names(found.new) == ["google_ads/a.csv", "google_ads/b.csv"]
    assert waits.waited == [3]


def test_a_file_that_grows_meanwhile_is_left_for_later_and_stops_no_other(
    settings: Settings, ledger: Ledger
) -> None:
    settings = dataclasses.replace(settings, settle_seconds=5)
    put(settings, "google_ads/growing.csv", age=1)
    put(settings, "google_ads/whole.csv", age=1)
    waits = Waits(lambda: put(settings, "google_ads/growing.csv", b"xx", age=-3))

    found = look(settings, ledger, waits)

    assert names(found.new) == ["google_ads/whole.csv"]
    assert [file.name for file in found.unsettled] == ["google_ads/growing.csv"]
    assert "still being written" in found.unsettled[0].reason


def test_a_file_that_is_gone_after_the_wait_is_forgotten(
    settings: Settings, ledger: Ledger
) -> None:
    settings = dataclasses.replace(settings, settle_seconds=5)
    file = put(settings, "google_ads/a.csv", age=1)

    found = look(settings, ledger, Waits(file.unlink))

    assert (found.new, found.unsettled) == ([], [])


def test_a_file_from_the_future_is_taken_when_two_looks_agree(
    settings: Settings, ledger: Ledger
) -> None:
    settings = dataclasses.replace(settings, settle_seconds=5)
    put(settings, "google_ads/a.csv", age=-86_400)
    waits = Waits()

    found = look(settings, ledger, waits)

    assert names(found.new) == ["google_ads/a.csv"]
    assert waits.waited == [5]


def test_a_known_file_from_the_future_is_not_waited_for(settings: Settings, ledger: Ledger) -> None:
    settings = dataclasses.replace(settings, settle_seconds=5)
    put(settings, "google_ads/a.csv", age=-86_400)
    see(ledger, look(settings, ledger))
    waits = Waits()

    assert look(settings, ledger, waits).unchanged == 1
    assert waits.waited == []


def test_hidden_files_and_unfinished_downloads_are_unsettled(
    settings: Settings, ledger: Ledger
) -> None:
    ignored = ["a.csv.part", "b.CSV.TMP", "c.crdownload", ".hidden.csv", "d.filepart"]
    for name in ignored:
        put(settings, f"google_ads/{name}")
    put(settings, ".DS_Store")
    put(settings, "google_ads/.sync/inside.csv")
    put(settings, "google_ads/partial.csv")

    found = look(settings, ledger)

    assert names(found.new) == ["google_ads/partial.csv"]
    expected = [f"google_ads/{name}" for name in [*ignored, ".sync"]]
    assert [file.name for file in found.unsettled] == sorted([".DS_Store", *expected])
    assert found.problems == []


# what cannot be landed


def test_a_file_in_no_source_folder_is_a_problem_and_stops_no_other(
    settings: Settings, ledger: Ledger
) -> None:
    put(settings, "stray.csv")
    put(settings, "google_ads/a.csv")

    found = look(settings, ledger)

    (problem,) = found.problems
    assert (problem.name, problem.code, problem.source) == ("stray.csv", "UNKNOWN_SOURCE", "")
    assert "inbox/<source>/" in problem.reason
    assert names(found.new) == ["google_ads/a.csv"]


@pytest.mark.timeout(20)
def test_f112_links_pipes_and_sockets_are_problems_and_never_followed_or_opened(
    settings: Settings, ledger: Ledger, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "passwords.csv").write_bytes(b"x")
    folder = settings.inbox / "google_ads"
    folder.mkdir()
    (folder / "file_link.csv").symlink_to(secret / "passwords.csv")
    (folder / "folder_link").symlink_to(secret)
    (folder / "loop").symlink_to(folder)
    (folder / "dangling.csv").symlink_to(tmp_path / "nowhere")
    os.mkfifo(folder / "pipe.csv")
    (settings.inbox / "source_link").symlink_to(secret)
    with socket.socket(socket.AF_UNIX) as listener, contextlib.chdir(folder):
        listener.bind("socket.csv")

    found = look(settings, ledger)

    assert found.new == []
    assert {problem.code for problem in found.problems} == {"NOT_A_REGULAR_FILE"}
    assert [problem.name for problem in found.problems] == [
        "google_ads/dangling.csv",
        "google_ads/file_link.csv",
        "google_ads/folder_link",
        "google_ads/loop",
        "google_ads/pipe.csv",
        "google_ads/socket.csv",
        "source_link",
    ]


def test_a_name_that_is_not_utf8_is_a_problem_with_a_name_that_can_be_written(
    settings: Settings, ledger: Ledger
) -> None:
    folder = settings.inbox / "google_ads"
    folder.mkdir()
    with open(os.fsencode(folder) + b"/umsatz_\xfc.csv", "wb") as file:  # noqa: PTH123
        file.write(b"x")
    put(settings, "google_ads/報表 für März\n.csv")

    found = look(settings, ledger)

    (problem,) = found.problems
    assert (problem.name, problem.code) == ("google_ads/umsatz_\\xfc.csv", "NAME_NOT_UTF8")
    assert names(found.new) == ["google_ads/報表 für März\n.csv"]
    see(ledger, found)
    assert look(settings, ledger).unchanged == 2


def test_a_problem_that_was_seen_is_not_reported_again_until_it_changes(
    settings: Settings, ledger: Ledger
) -> None:
    put(settings, "stray.csv")
    see(ledger, look(settings, ledger))

    assert (look(settings, ledger).problems, look(settings, ledger).unchanged) == ([], 1)
    put(settings, "stray.csv", b"changed")
    assert [problem.name for problem in look(settings, ledger).problems] == ["stray.csv"]


@contextlib.contextmanager
def without_privileges() -> Iterator[None]:
    """As a user who is not root, so that rights count."""
    if os.getuid() != 0:
        yield
        return
    os.setresuid(65534, 65534, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


def test_what_cannot_be_read_is_reported_at_every_look_and_stops_no_other(
    settings: Settings,
) -> None:
    # Not below pytest's folder, which only its owner may enter.
    home = Path(tempfile.mkdtemp())
    home.chmod(0o755)
    settings = dataclasses.replace(settings, home=home, inbox=home / "inbox")
    ledger = Ledger(settings.ledger_url)
    locked_file = put(settings, "google_ads/locked.csv")
    put(settings, "locked_folder/a.csv")
    put(settings, "listable_folder/a.csv")
    put(settings, "meta_ads/a.csv")
    locked_file.chmod(0)
    (settings.inbox / "locked_folder").chmod(0)
    (settings.inbox / "listable_folder").chmod(0o444)
    try:
        with without_privileges():
            first = look(settings, ledger)
        see(ledger, first)
        with without_privileges():
            second = look(settings, ledger)
    finally:
        for folder in settings.inbox.iterdir():
            folder.chmod(0o755)
        shutil.rmtree(home)

    assert names(first.new) == ["meta_ads/a.csv"]
    assert {problem.code for problem in first.problems} == {"UNREADABLE"}
    assert [problem.name for problem in first.problems] == [
        "google_ads/locked.csv",
        "listable_folder/a.csv",
        "locked_folder",
    ]
    assert second == Notice(problems=first.problems, unchanged=1)
