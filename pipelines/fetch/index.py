"""What has been downloaded, and need not be again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.fetch.store import Remote
from pipelines.inbox import Problem
from pipelines.ledger import Ledger
from pipelines.settings import Settings
from pipelines.storage import write_atomically

MICROSECOND = 1000


@dataclass(frozen=True)
class Known:
    """What was downloaded under a name: as the other side listed it, and our copy's time."""

    size: int
    mtime_ns: int
    etag: str
    copy_mtime_ns: int


class Index:
    """Lost, it is made anew from what lies in the folder, by size and time.

    The copy of an export that has landed may be deleted: the ledger and the index know it.
    """

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self._folder = settings.inbox
        self._file = settings.inbox.with_name(f"{settings.inbox.name}.json")
        self._known = _read_index(self._file)
        self._changed = False
        self._seen = {
            name: (event.payload.get("size"), event.payload.get("mtime_ns"))
            for name, event in ledger.latest_by_subject("file_seen").items()
        }

    def knows(self, remote: Remote) -> bool:
        """Whether these bytes are here, or were here and have landed."""
        copy = self._copy_of(remote.name)
        known = self._known.get(remote.name)
        if known is None:
            if copy != (remote.size, remote.mtime_ns):
                return False
            self.remember(remote, remote.mtime_ns)
            return True
        if (known.size, known.mtime_ns, known.etag) != (remote.size, remote.mtime_ns, remote.etag):
            return False
        return (known.size, known.copy_mtime_ns) in (copy, self._seen.get(remote.name))

    def is_known_problem(self, problem: Problem) -> bool:
        """Whether it was told before; what cannot be read today may be tomorrow."""
        state = (problem.size, problem.mtime_ns)
        return problem.code != "UNREADABLE" and self._seen.get(problem.name) == state

    def time_of_copy(self, remote: Remote) -> int:
        """The time of the copy: the original's, or just after that of another version of it.

        A bucket tells seconds only: of two versions within one, the later is the later here too.
        """
        known = self._known.get(remote.name)
        if known and known.mtime_ns == remote.mtime_ns:
            return known.copy_mtime_ns + MICROSECOND
        return remote.mtime_ns

    def remember(self, remote: Remote, copy_mtime_ns: int) -> None:
        """A download is there."""
        known = Known(remote.size, remote.mtime_ns, remote.etag, copy_mtime_ns)
        self._known[remote.name] = known
        self._changed = True

    def save(self) -> None:
        """Write down what has been downloaded, if that is more than before."""
        if self._changed:
            rows = {name: asdict(known) for name, known in sorted(self._known.items())}
            write_atomically(self._file, json.dumps(rows, ensure_ascii=False, indent=0).encode())
            self._changed = False

    def _copy_of(self, name: str) -> tuple[int, int] | None:
        try:
            state = (self._folder / name).lstat()
        except (OSError, ValueError):
            return None
        return state.st_size, state.st_mtime_ns


def _read_index(file: Path) -> dict[str, Known]:
    try:
        rows = json.loads(file.read_bytes())
        return {str(name): Known(**row) for name, row in rows.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
