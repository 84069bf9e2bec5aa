"""An inbox on an SFTP server: a real `sshd`, run by the test on a port of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.fetch.fetching import Fetched, fetch
from pipelines.fetch.server import Server
from pipelines.fetch.store import RemoteInboxError
from pipelines.ledger import Ledger
from pipelines.serve.doctor import examine
from pipelines.settings import Settings
from tests.remote_sides import SSHD, SshServer, breaking_link, free_port, ssh_server

pytest.importorskip("sshfs", reason="sshfs is not installed: make remote")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(SSHD is None, reason="no sshd on this machine: install openssh-server"),
]
DAY = 1_780_000_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with ssh_server(tmp_path_factory.mktemp("sshd")) as server:
        yield server


class Inbox:
    """A folder of the server, and a home here that fetches from it."""

    def __init__(self, server: SshServer, folder: Path, home: Path) -> None:
        self.server, self.folder, self.home = server, folder, home
        folder.mkdir()

    def put(self, name: str, content: bytes, mtime: int = DAY) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        os.utime(file, (mtime, mtime))
        return file

    def settings(self, port: int | None = None, **others: object) -> Settings:
        given: dict[str, object] = {
            "inbox": self.server.url(self.folder, port),
            "sftp_key": self.server.key,
            "sftp_known_hosts": self.server.known_hosts,
            "settle_seconds": 0,
            **others,
        }
        return Settings.from_environment(home=self.home, **given)

    def fetch(
        self,
        port: int | None = None,
        wait: Callable[[float], None] = lambda _: None,
        **others: object,
    ) -> Fetched:
        settings = self.settings(port, **others)
        return fetch(settings, Ledger(settings.ledger_url), lambda step, text: None, wait=wait)

    def here(self, port: int | None = None) -> dict[str, bytes]:
        inbox = self.settings(port).inbox
        files = (path for path in inbox.rglob("*") if path.is_file())
        return {str(path.relative_to(inbox)): path.read_bytes() for path in files}

    def state(self) -> list[tuple[str, int, int]]:
        states = [(str(path), path.lstat()) for path in sorted(self.folder.rglob("*"))]
        return [(path, state.st_size, state.st_mtime_ns) for path, state in states]


@pytest.fixture
def inbox(server: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return Inbox(server, tmp_path / "in", tmp_path / "home")


def test_files_come_with_names_bytes_and_times_and_nothing_changes_over_there(inbox: Inbox):
    files = {"google_ads/2026/a.csv": b"one", "shop/ü #1?=*&+%41.csv": b"two", "shop/empty": b""}
    for name, content in files.items():
        inbox.put(name, content)
    before = inbox.state()

    first, second = inbox.fetch(), inbox.fetch()

    assert sorted(first.downloaded) == sorted(files)
    assert second == Fetched()
    assert inbox.here() == files
    copy = inbox.settings().inbox / "google_ads/2026/a.csv"
    assert copy.stat().st_mtime_ns == DAY * 10**9
    assert inbox.state() == before


def test_links_pipes_and_names_that_are_not_utf8_are_problems_and_are_not_followed(inbox: Inbox):
    secret = inbox.home.parent / "secret"
    secret.mkdir()
    (secret / "a.csv").write_bytes(b"secret")
    inbox.put("shop/a.csv", b"one")
    (inbox.folder / "shop" / "link.csv").symlink_to(secret / "a.csv")
    (inbox.folder / "elsewhere").symlink_to(secret)
    os.mkfifo(inbox.folder / "shop" / "pipe")
    Path(os.fsdecode(os.fsencode(inbox.folder) + b"/shop/\xfc.csv")).write_bytes(b"x")
    inbox.put("stray.csv", b"x")

    done = inbox.fetch()

    assert inbox.here() == {"shop/a.csv": b"one"}
    assert {problem.name: problem.code for problem in done.problems} == {
        "elsewhere": "NOT_A_REGULAR_FILE",
        "shop/link.csv": "NOT_A_REGULAR_FILE",
        "shop/pipe": "NOT_A_REGULAR_FILE",
        "shop/\\xfc.csv": "NAME_NOT_UTF8",
        "stray.csv": "UNKNOWN_SOURCE",
    }


def test_f001_a_file_that_grows_between_two_looks_waits_for_the_next_run(inbox: Inbox):
    growing = inbox.put("shop/growing.csv", b"1,2")
    inbox.put("shop/upload.csv.filepart", b"1")
    inbox.put("shop/.hidden/x.csv", b"1")
    inbox.put("shop/whole.csv", b"whole")

    def grow(_: float) -> None:
        with growing.open("ab") as file:
            file.write(b",250\n")
        # A sender that keeps the original's time.
        os.utime(growing, (DAY, DAY))

    during, after = inbox.fetch(wait=grow), inbox.fetch()

    assert during.downloaded == ("shop/whole.csv",)
    assert sorted(file.name for file in during.unsettled) == [
        "shop/.hidden",
        "shop/growing.csv",
        "shop/upload.csv.filepart",
    ]
    assert after.downloaded == ("shop/growing.csv",)
    assert inbox.here()["shop/growing.csv"] == b"1,2,250\n"


def test_f004_other_bytes_under_a_name_come_as_a_new_version(inbox: Inbox):
    inbox.put("shop/a.csv", b"one")
    inbox.fetch()
    inbox.put("shop/a.csv", b"two", mtime=DAY + 1)

    assert inbox.fetch().downloaded == ("shop/a.csv",)
    assert inbox.here() == {"shop/a.csv": b"two"}


def test_f014_a_file_that_is_deleted_over_there_stays_here(inbox: Inbox):
    file = inbox.put("shop/a.csv", b"one")
    inbox.fetch()
    file.unlink()

    assert inbox.fetch() == Fetched()
    assert inbox.here() == {"shop/a.csv": b"one"}


def test_f019_a_link_that_breaks_every_900_kb_brings_5_mb_whole(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("pipelines.fetch.server.CHUNK", 128 << 10)
    content = os.urandom(5 << 20)
    inbox.put("shop/big.csv", content)
    inbox.put("shop/small.csv", b"small")

    with breaking_link(inbox.server.port, breaks_after=900_000) as link:
        inbox.server.trust(link.port)
        done = inbox.fetch(link.port)
        here = inbox.here(link.port)

    assert sorted(done.downloaded) == ["shop/big.csv", "shop/small.csv"]
    assert here == {"shop/big.csv": content, "shop/small.csv": b"small"}
    assert link.broken >= 5 * 2**20 // 900_000
    # What had come before a break is not asked for again.
    assert link.answered < 2 * len(content)


def test_f019_a_link_that_never_brings_a_file_whole_leaves_it_and_takes_the_others(inbox: Inbox):
    inbox.put("shop/big.csv", os.urandom(3 << 20))
    inbox.put("shop/small.csv", b"small")

    with breaking_link(inbox.server.port, breaks_after=500_000) as link:
        inbox.server.trust(link.port)
        done = inbox.fetch(link.port)
        here = inbox.here(link.port)

    assert done.downloaded == ("shop/small.csv",)
    assert [file.name for file in done.unsettled] == ["shop/big.csv"]
    assert done.unsettled[0].reason.startswith("It did not arrive whole")
    assert here == {"shop/small.csv": b"small"}


@pytest.mark.parametrize("mtime", [0, 4_000_000_000])
def test_f020_a_time_of_1970_or_of_the_future_is_kept_and_keeps_nothing_waiting(
    inbox: Inbox, mtime: int
):
    inbox.put("shop/a.csv", b"one", mtime=mtime)
    waited: list[float] = []

    assert inbox.fetch(wait=waited.append, settle_seconds=3).downloaded == ("shop/a.csv",)
    assert waited == [3]
    copy = inbox.settings().inbox / "shop/a.csv"
    assert copy.stat().st_mtime == mtime
    assert inbox.fetch() == Fetched()


@pytest.mark.skipif(os.geteuid() == 0, reason="for root, nothing is unreadable")
def test_f018_what_may_not_be_read_is_a_problem_each_time_and_stops_no_other(inbox: Inbox):
    inbox.put("shop/closed.csv", b"one").chmod(0)
    inbox.put("shop/open.csv", b"two")
    inbox.put("locked/a.csv", b"x")
    (inbox.folder / "locked").chmod(0)

    first, second = inbox.fetch(), inbox.fetch()

    (inbox.folder / "locked").chmod(0o700)
    assert first.downloaded == ("shop/open.csv",)
    for done in (first, second):
        assert {problem.name: problem.code for problem in done.problems} == {
            "locked": "UNREADABLE",
            "shop/closed.csv": "UNREADABLE",
        }


def test_f018_a_folder_or_file_that_the_server_refuses_is_a_problem_and_stops_no_other(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
):
    """As above, where the tests are run by root: the server's answers are put in its mouth."""
    import asyncssh

    class Refusing:
        """The connection, but for two names."""

        def __init__(self, connection: Any) -> None:
            self.info, self._ls, self._open = connection.info, connection.ls, connection.open

        def ls(self, path: str, **options: Any) -> Any:
            return self._answer(self._ls, path, **options)

        def open(self, path: str, *options: Any) -> Any:
            return self._answer(self._open, path, *options)

        def _answer(self, ask: Callable[..., Any], path: str, *args: Any, **options: Any) -> Any:
            if path.endswith(("/locked", "/closed.csv")):
                raise asyncssh.SFTPPermissionDenied("Permission denied")
            return ask(path, *args, **options)

    connect = Server._fs.fget
    assert connect
    monkeypatch.setattr(Server, "_fs", property(lambda self: Refusing(connect(self))))
    inbox.put("shop/closed.csv", b"one")
    inbox.put("shop/open.csv", b"two")
    inbox.put("locked/a.csv", b"x")

    done = inbox.fetch()

    assert done.downloaded == ("shop/open.csv",)
    assert {problem.name: problem.code for problem in done.problems} == {
        "locked": "UNREADABLE",
        "shop/closed.csv": "UNREADABLE",
    }


def test_a_server_whose_key_nobody_vouched_for_is_refused(inbox: Inbox, tmp_path: Path):
    other = tmp_path / "known_hosts"
    other.write_text("")
    with pytest.raises(RemoteInboxError, match=r"known_hosts.*fingerprint.*ssh-keyscan"):
        inbox.fetch(sftp_known_hosts=other)

    line = inbox.server.known_hosts.read_text().split()[0]
    wrong = inbox.server.other_key.with_suffix(".pub").read_text()
    other.write_text(f"{line} {wrong}")
    with pytest.raises(RemoteInboxError, match="known_hosts"):
        inbox.fetch(sftp_known_hosts=other)


def test_a_wrong_key_or_none_is_an_error_that_says_how_to_get_in(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("KPI_SFTP_PASSWORD", "hunter2")

    with pytest.raises(RemoteInboxError, match="KPI_SFTP_KEY") as refusal:
        inbox.fetch(sftp_key=inbox.server.other_key)
    assert "hunter2" not in str(refusal.value)
    with pytest.raises(RemoteInboxError, match=r"KPI_SFTP_KEY is .*nokey"):
        inbox.fetch(sftp_key=inbox.home / "nokey")


def test_a_folder_that_is_not_there_and_a_server_that_does_not_answer_are_errors(inbox: Inbox):
    with pytest.raises(RemoteInboxError, match=r"no folder.*KPI_INBOX"):
        inbox.fetch(inbox=inbox.server.url(inbox.folder / "nowhere"))
    port = free_port()
    with pytest.raises(RemoteInboxError, match=rf"{port}.* cannot be reached"):
        inbox.fetch(port)


def test_the_doctor_says_whether_the_server_is_reached(inbox: Inbox):
    inbox.put("shop/a.csv", b"one")

    found = {finding.subject: finding for finding in examine(inbox.settings())}
    away = {finding.subject: finding for finding in examine(inbox.settings(free_port()))}

    assert (found["inbox"].well, away["inbox"].well) == (True, False)
    assert "1 files" in found["inbox"].found
