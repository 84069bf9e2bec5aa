"""What is downloaded of a listing, on a store that is told what to answer."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from pipelines.fetch.fetching import Fetched, fetch, look_at_inbox
from pipelines.fetch.store import ReadFailed, ReadRefused, Remote, Replaced
from pipelines.intake import say_nothing
from pipelines.ledger import Ledger
from pipelines.settings import Settings

DAY = 1_780_000_000_000_000_000


@dataclass
class Shelf:
    """A store of bytes by name, whose listings and reads a test can spoil."""

    files: dict[str, bytes]
    appears_whole: bool = True
    mtime_ns: int = DAY
    kinds: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    piece: int = 4
    spoil: Callable[[Remote, int], None] = lambda remote, start: None
    """Called before each piece, with where it begins; raises what goes wrong."""
    reads: list[tuple[str, int]] = field(default_factory=list)

    def remote(self, name: str) -> Remote:
        kind = self.kinds.get(name, "file")
        content = self.files[name]
        etag = hashlib.md5(content).hexdigest()
        return Remote(name, len(content), self.mtime_ns, etag, kind)  # type: ignore[arg-type]

    def list_all(self) -> list[Remote]:
        return [self.remote(name) for name in self.files if name not in self.hidden]

    def read(self, remote: Remote, start: int) -> Iterator[bytes]:
        self.reads.append((remote.name, start))
        content = self.files[remote.name]
        for begin in range(start, len(content), self.piece):
            self.spoil(remote, begin)
            yield content[begin : begin + self.piece]

    def confirm(self, remote: Remote, md5: str) -> None:
        if self.remote(remote.name) != remote:
            raise Replaced
        if md5 != remote.etag:
            raise ReadFailed("other bytes")

    def reconnect(self) -> None:
        pass


class House:
    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings = Settings.from_environment(
            home=home, inbox="s3://bucket/exports", as_of="2026-07-01", settle_seconds=0
        )
        self.ledger = Ledger(self.settings.ledger_url)
        self.inbox = self.settings.inbox
        self.said: list[str] = []

    def fetch(self, shelf: Shelf, wait: Callable[[float], None] = lambda _: None) -> Fetched:
        def tell(_: str, text: str) -> None:
            self.said.append(text)

        return fetch(self.settings, self.ledger, tell, store=shelf, wait=wait)

    def here(self) -> dict[str, bytes]:
        files = (path for path in self.inbox.rglob("*") if path.is_file())
        return {str(path.relative_to(self.inbox)): path.read_bytes() for path in files}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    return House(tmp_path, monkeypatch)


def cut(name: str, at: int, times: int) -> Callable[[Remote, int], None]:
    left = [times]

    def spoil(remote: Remote, begin: int) -> None:
        if remote.name == name and begin >= at and left[0]:
            left[0] -= 1
            raise ReadFailed("the connection was reset")

    return spoil


def test_what_is_downloaded_has_its_names_bytes_and_times(house: House):
    files = {"google_ads/2026/a.csv": b"one", "stripe/b #1?.csv": b"", "stripe/ü:*.csv": b"three"}

    fetched = house.fetch(Shelf(files))

    assert house.here() == files
    assert sorted(fetched.downloaded) == sorted(files)
    assert {path.stat().st_mtime_ns for path in house.inbox.rglob("*.csv")} == {DAY}


def test_what_is_known_is_not_read_again_also_when_the_index_is_lost(house: House):
    shelf = Shelf({"shop/a.csv": b"one", "shop/b.csv": b"two"})
    house.fetch(shelf)
    index = house.inbox.with_name(f"{house.inbox.name}.json")
    assert index.is_file()

    again = house.fetch(shelf)
    index.write_text("{ spoilt")
    rebuilt = house.fetch(shelf)

    assert again.downloaded == rebuilt.downloaded == ()
    assert len(shelf.reads) == 2


def test_a_copy_that_has_landed_may_be_deleted_and_one_that_has_not_comes_again(house: House):
    shelf = Shelf({"shop/landed.csv": b"one", "shop/lost.csv": b"two"})
    house.fetch(shelf)
    payload = {"source": "shop", "size": 3, "mtime_ns": DAY, "sha256": "x"}
    house.ledger.append_many([("file_seen", "shop/landed.csv", payload)])
    for copy in house.inbox.rglob("*.csv"):
        copy.unlink()

    assert house.fetch(shelf).downloaded == ("shop/lost.csv",)


def test_f004_other_bytes_under_the_same_name_in_the_same_second_are_a_later_version(house: House):
    shelf = Shelf({"shop/a.csv": b"one"})
    house.fetch(shelf)
    shelf.files["shop/a.csv"] = b"two"

    fetched = house.fetch(shelf)

    assert fetched.downloaded == ("shop/a.csv",)
    assert house.here() == {"shop/a.csv": b"two"}
    assert (house.inbox / "shop/a.csv").stat().st_mtime_ns == DAY + 1000
    assert house.fetch(shelf).downloaded == ()


def test_f019_a_listing_that_misses_files_changes_nothing(house: House):
    shelf = Shelf({"shop/a.csv": b"one", "shop/b.csv": b"two"})
    house.fetch(shelf)
    shelf.hidden = {"shop/a.csv", "shop/b.csv"}
    emptied = house.fetch(shelf)
    shelf.hidden = set()
    full = house.fetch(shelf)

    assert emptied == full == Fetched()
    assert house.here() == {"shop/a.csv": b"one", "shop/b.csv": b"two"}


def test_f019_a_file_that_an_earlier_listing_missed_comes_with_a_later_one(house: House):
    shelf = Shelf({"shop/a.csv": b"one", "shop/b.csv": b"two"}, hidden={"shop/b.csv"})
    first = house.fetch(shelf)
    shelf.hidden = set()

    assert (first.downloaded, house.fetch(shelf).downloaded) == (("shop/a.csv",), ("shop/b.csv",))


@pytest.mark.parametrize("at", range(0, 12, 4))
def test_f019_a_cut_download_goes_on_where_it_was_cut(house: House, at: int):
    shelf = Shelf({"shop/a.csv": b"0123456789ab"}, spoil=cut("shop/a.csv", at, times=2))

    assert house.fetch(shelf).downloaded == ("shop/a.csv",)
    assert house.here() == {"shop/a.csv": b"0123456789ab"}
    assert shelf.reads == [("shop/a.csv", 0), ("shop/a.csv", at), ("shop/a.csv", at)]


def test_f019_one_that_cannot_be_read_is_left_with_the_reason_and_stops_no_other(house: House):
    shelf = Shelf(
        {"shop/a.csv": b"0123456789", "shop/b.csv": b"two"},
        spoil=cut("shop/a.csv", 4, times=1000),
    )

    fetched = house.fetch(shelf)

    assert fetched.downloaded == ("shop/b.csv",)
    assert [file.name for file in fetched.unsettled] == ["shop/a.csv"]
    assert "the connection was reset" in fetched.unsettled[0].reason
    assert any("shop/a.csv is left for the next run" in text for text in house.said)
    assert house.here() == {"shop/b.csv": b"two"}
    shelf.spoil = lambda remote, begin: None
    assert house.fetch(shelf).downloaded == ("shop/a.csv",)


def test_f019_an_end_that_comes_too_early_is_no_whole_file(house: House):
    shelf = Shelf({"shop/a.csv": b"0123456789"})
    whole = shelf.read
    shelf.read = lambda remote, start: iter([b"0123"] if not start else [])  # type: ignore

    cut_short = house.fetch(shelf)
    shelf.read = whole  # type: ignore[method-assign]

    assert "4 of 10 bytes came" in cut_short.unsettled[0].reason
    assert house.here() == {}
    assert house.fetch(shelf).downloaded == ("shop/a.csv",)


def test_f019_bytes_that_are_not_those_of_the_other_side_are_read_anew(house: House):
    shelf = Shelf({"shop/a.csv": b"0123"})
    answers = iter([b"0xx3", b"0123"])
    starts = []

    def read(remote: Remote, start: int) -> Iterator[bytes]:
        starts.append(start)
        return iter([next(answers)])

    shelf.read = read  # type: ignore[method-assign]

    assert house.fetch(shelf).downloaded == ("shop/a.csv",)
    assert house.here() == {"shop/a.csv": b"0123"}
    assert starts == [0, 0]


def test_f001_one_that_is_replaced_while_it_is_read_is_left_and_taken_when_it_is_still(
    house: House,
):
    shelf = Shelf({"shop/a.csv": b"01234567"})

    def grow(remote: Remote, begin: int) -> None:
        shelf.files["shop/a.csv"] = b"01234567 and more"

    shelf.spoil = grow
    during = house.fetch(shelf)
    shelf.spoil = lambda remote, begin: None

    assert [file.reason for file in during.unsettled] == ["It is still being written."]
    assert house.here() == {}
    assert house.fetch(shelf).downloaded == ("shop/a.csv",)
    assert house.here() == {"shop/a.csv": b"01234567 and more"}


def test_f001_what_differs_between_two_listings_waits(house: House):
    shelf = Shelf({"shop/a.csv": b"one", "shop/b.csv": b"two"}, appears_whole=False)
    waited = []

    def grow(seconds: float) -> None:
        waited.append(seconds)
        shelf.files["shop/a.csv"] += b" and more"

    house.settings = replace(house.settings, settle_seconds=7)
    fetched = house.fetch(shelf, wait=grow)

    assert waited == [7]
    assert fetched.downloaded == ("shop/b.csv",)
    assert shelf.reads == [("shop/b.csv", 0)]
    assert [file.name for file in fetched.unsettled] == ["shop/a.csv"]


@pytest.mark.parametrize("mtime_ns", [0, 4_000_000_000_000_000_000])
def test_f020_on_a_server_age_proves_nothing_because_its_clock_may_be_another(
    house: House, mtime_ns: int
):
    shelf = Shelf({"shop/a.csv": b"one"}, appears_whole=False, mtime_ns=mtime_ns)
    waited: list[float] = []

    assert house.fetch(shelf, wait=waited.append).downloaded == ("shop/a.csv",)
    assert waited == [0]
    assert (house.inbox / "shop/a.csv").stat().st_mtime_ns == mtime_ns


def test_f001_names_of_unfinished_uploads_wait_a_hidden_folder_as_one(house: House):
    files = ["shop/a.csv.filepart", "shop/B.PART", ".trash/x/a.csv", ".trash/b.csv", "shop/.c"]

    fetched = house.fetch(Shelf(dict.fromkeys(files, b"x")))

    names = sorted(file.name for file in fetched.unsettled)
    assert names == [".trash", "shop/.c", "shop/B.PART", "shop/a.csv.filepart"]
    assert house.here() == {}


HOSTILE = [
    "shop/../../escaped.csv",
    "../escaped.csv",
    "/etc/escaped.csv",
    "shop//a.csv",
    "shop/./a.csv",
    "shop/a\0.csv",
    "shop/",
    f"shop/{'é' * 128}.csv",
    "shop/" + "d/" * 1500 + "a.csv",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_is_no_path_below_the_folder_is_refused_with_the_reason(
    house: House, name: str, tmp_path: Path
):
    fetched = house.fetch(Shelf({name: b"x", "shop/good.csv": b"good"}))

    assert [problem.code for problem in fetched.problems] == ["NAME_REFUSED"]
    assert fetched.problems[0].reason.endswith("Rename it.")
    assert house.here() == {"shop/good.csv": b"good"}
    assert not list(tmp_path.rglob("escaped.csv"))


def test_what_is_no_file_in_no_folder_or_not_utf_8_is_a_problem(house: House):
    strange = os.fsdecode(b"shop/\xfc.csv")
    shelf = Shelf({"stray.csv": b"x", "shop/link": b"x", "shop/pipe": b"", "shop/c": b""})
    shelf.kinds = {"shop/link": "link", "shop/pipe": "other", "shop/c": "closed"}
    shelf.files[strange] = b"x"

    fetched = house.fetch(shelf)

    assert {problem.name: problem.code for problem in fetched.problems} == {
        "stray.csv": "UNKNOWN_SOURCE",
        "shop/link": "NOT_A_REGULAR_FILE",
        "shop/pipe": "NOT_A_REGULAR_FILE",
        "shop/c": "UNREADABLE",
        "shop/\\xfc.csv": "NAME_NOT_UTF8",
    }
    assert {problem.source for problem in fetched.problems} == {"", "shop"}
    assert shelf.reads == []


def test_a_file_and_a_folder_of_one_name_cannot_both_be_here(house: House):
    shelf = Shelf({"shop/a": b"file", "shop/a/b.csv": b"below"})
    together = house.fetch(shelf)

    later = Shelf({"shop/a/b.csv/c.csv": b"deeper"})
    after = house.fetch(later)

    assert [(p.name, p.code) for p in together.problems] == [("shop/a", "NAME_REFUSED")]
    assert [(p.name, p.code) for p in after.problems] == [("shop/a/b.csv/c.csv", "NAME_REFUSED")]
    assert house.here() == {"shop/a/b.csv": b"below"}


def test_f018_one_that_may_not_be_read_is_told_each_time_and_stops_no_other(house: House):
    def refuse(remote: Remote, begin: int) -> None:
        if remote.name == "shop/a.csv":
            raise ReadRefused("access denied")

    shelf = Shelf({"shop/a.csv": b"one", "shop/b.csv": b"two"}, spoil=refuse)

    first, second = house.fetch(shelf), house.fetch(shelf)

    assert first.downloaded == ("shop/b.csv",)
    for fetched in (first, second):
        assert [(p.name, p.code) for p in fetched.problems] == [("shop/a.csv", "UNREADABLE")]
        assert "access denied" in fetched.problems[0].reason


def test_a_lasting_problem_is_told_once(house: House):
    shelf = Shelf({"stray.csv": b"x"})
    house.fetch(shelf)
    payload = {"source": "", "size": 1, "mtime_ns": DAY, "sha256": ""}
    house.ledger.append_many([("file_seen", "stray.csv", payload)])

    assert house.fetch(shelf).problems == ()


def test_a_run_that_was_killed_after_a_download_lands_it_the_next_time(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    shelf = Shelf({"shop/a.csv": b"one"})
    house.fetch(shelf)
    monkeypatch.setattr("pipelines.fetch.fetching.open_store", lambda _: shelf)

    seen = look_at_inbox(house.settings, house.ledger, say_nothing)

    assert [export.name for export in seen.new] == ["shop/a.csv"]
    assert seen.new[0].source == "shop"
