"""Downloads what is new into the folder that is looked into, under its own names and times.

What is missing in a listing is not missing here: nothing is ever removed because of what a listing
does not say. What the files are, the landing finds out, as if they had always been here.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipelines.fetch.index import Index
from pipelines.fetch.store import (
    ReadFailed,
    ReadRefused,
    Remote,
    Replaced,
    Store,
    open_store,
)
from pipelines.inbox import (
    IN_NO_FOLDER,
    NOT_UTF8,
    STILL_WRITTEN,
    UNFINISHED_NAME,
    Export,
    Notice,
    Problem,
    ProblemCode,
    Unsettled,
    is_unfinished,
    notice,
    printable,
)
from pipelines.ledger import Ledger
from pipelines.settings import Settings
from pipelines.storage import make_durable, make_folder, remove, sync, temporary_beside

LONGEST_PART, LONGEST_NAME = 255, 3000
FRUITLESS_TRIES, MOST_TRIES = 4, 200
"""Tries that brought not one byte; tries altogether. A link that breaks often still gets there."""
PAUSE_SECONDS = 0.5
Tell = Callable[[str, str], None]


@dataclass(frozen=True)
class Look:
    """What one look at the other side found; each list in order of name."""

    new: list[Remote] = field(default_factory=list)
    unsettled: list[Unsettled] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Fetched:
    """What was downloaded, and what was not, with the reasons."""

    downloaded: tuple[str, ...] = ()
    unsettled: tuple[Unsettled, ...] = ()
    problems: tuple[Problem, ...] = ()


def look_at_inbox(settings: Settings, ledger: Ledger, tell: Tell) -> Notice:
    """Look into the inbox, wherever it is; what is elsewhere is downloaded first.

    Raises:
        InboxMissing: there is no inbox on this machine.
        RemoteInboxError: the inbox elsewhere cannot be looked into.
    """
    if settings.remote is None:
        return notice(settings, ledger)
    fetched = fetch(settings, ledger, tell)
    # What was downloaded had stopped changing over there.
    seen = notice(replace(settings, settle_seconds=0), ledger)
    return replace(
        seen,
        unsettled=sorted([*seen.unsettled, *fetched.unsettled], key=lambda file: file.name),
        problems=sorted([*seen.problems, *fetched.problems], key=lambda problem: problem.name),
    )


def peek_at_inbox(settings: Settings, ledger: Ledger) -> Notice:
    """What a run would find now, wherever the inbox is; nothing is downloaded or written down.

    Raises:
        InboxMissing: there is no inbox on this machine.
        RemoteInboxError: the inbox elsewhere cannot be looked into.
    """
    if settings.remote is None:
        return notice(settings, ledger)
    found = look(settings, ledger)
    here = Notice()
    if settings.inbox.is_dir():
        # Downloaded by a run that did not live to land it.
        here = notice(replace(settings, settle_seconds=0), ledger)
    new = [
        Export(settings.inbox / r.name, r.name.partition("/")[0], r.name, r.size, r.mtime_ns)
        for r in found.new
    ]
    return Notice(
        new=[*here.new, *new],
        unsettled=[*here.unsettled, *found.unsettled],
        problems=[*here.problems, *found.problems],
        unchanged=here.unchanged,
    )


def fetch(
    settings: Settings,
    ledger: Ledger,
    tell: Tell,
    *,
    store: Store | None = None,
    clock: Callable[[], float] = time.time,
    wait: Callable[[float], None] = time.sleep,
) -> Fetched:
    """Download every export that is new and no longer changes; one that fails stops no other.

    Raises:
        RemoteInboxError: the other side cannot be reached or listed.
    """
    make_folder(settings.inbox)
    store = store or open_store(settings)
    index = Index(settings, ledger)
    found = look(settings, ledger, store=store, index=index, clock=clock, wait=wait)
    downloaded, unsettled, problems = [], list(found.unsettled), list(found.problems)
    try:
        for number, remote in enumerate(found.new, start=1):
            tell("fetch", f"{number}/{len(found.new)} {remote.name}")
            try:
                _download(settings.inbox / remote.name, store, remote, index, wait)
            except Replaced:
                unsettled.append(_left(settings, remote, STILL_WRITTEN))
            except ReadFailed as error:
                unsettled.append(_left(settings, remote, f"It did not arrive whole: {error}."))
            except ReadRefused as error:
                reason = f"It cannot be read over there ({error}). Give the program the right to."
                problems.append(_problem(settings, remote, "UNREADABLE", reason))
            except (FileExistsError, NotADirectoryError, IsADirectoryError):
                reason = "A file and a folder have the same name. Rename one of them."
                problems.append(_problem(settings, remote, "NAME_REFUSED", reason))
            else:
                downloaded.append(remote.name)
    finally:
        index.save()
    for file in unsettled:
        tell("fetch", f"{file.name} is left for the next run. {file.reason}")
    return Fetched(tuple(downloaded), tuple(unsettled), tuple(problems))


def look(
    settings: Settings,
    ledger: Ledger,
    *,
    store: Store | None = None,
    index: Index | None = None,
    clock: Callable[[], float] = time.time,
    wait: Callable[[float], None] = time.sleep,
) -> Look:
    """List the other side, and once more after `settle_seconds` where something may still grow.

    A server's clock is not ours, and a file that grows by a clock that is behind would look old:
    there, only two equal listings count. An object in a bucket appears whole, and may be judged by
    its age.

    Raises:
        RemoteInboxError: the other side cannot be reached or listed.
    """
    store = store or open_store(settings)
    index = index or Index(settings, ledger)
    new: list[Remote] = []
    found = Look()
    listed = store.list_all()
    under = {folder for remote in listed for folder in _folders_of(remote.name)}
    hidden: set[str] = set()
    for remote in sorted(listed, key=lambda remote: remote.name):
        judged = _judge(settings, remote, under)
        if isinstance(judged, Unsettled):
            if judged.name not in hidden:
                found.unsettled.append(judged)
            hidden.add(judged.name)
        elif isinstance(judged, Problem):
            if not index.is_known_problem(judged):
                found.problems.append(judged)
        elif not index.knows(remote):
            new.append(remote)
    now = clock()
    young = [
        remote
        for remote in new
        if not store.appears_whole or now - remote.mtime_ns / 1e9 < settings.settle_seconds
    ]
    if young:
        wait(settings.settle_seconds)
        again = {remote.name: remote for remote in store.list_all()}
        growing = {remote.name for remote in young if again.get(remote.name) != remote}
        found.unsettled.extend(
            _left(settings, r, STILL_WRITTEN) for r in young if r.name in growing
        )
        new = [remote for remote in new if remote.name not in growing]
    return replace(found, new=new)


def _judge(settings: Settings, remote: Remote, folders: set[str]) -> Unsettled | Problem | None:
    """None for what may be downloaded. No name leads out of the folder, whatever it says."""
    parts = remote.name.split("/")
    for depth, part in enumerate(parts, start=1):
        if part not in ("", ".", "..") and is_unfinished(part):
            name = printable("/".join(parts[:depth]))
            return Unsettled(settings.inbox / _as_path(name), name, UNFINISHED_NAME)
    if remote.kind == "closed":
        reason = "It may not be listed over there. Give the program the right to; it is then taken."
        return _problem(settings, remote, "UNREADABLE", reason)
    if remote.kind != "file":
        kind = "link" if remote.kind == "link" else "pipe, socket or device"
        reason = f"It is a {kind}. Put the export itself there."
        return _problem(settings, remote, "NOT_A_REGULAR_FILE", reason)
    if remote.name != printable(remote.name):
        return _problem(settings, remote, "NAME_NOT_UTF8", NOT_UTF8)
    refused = _why_no_path(parts)
    if remote.name in folders:
        refused = "There is a folder of the same name."
    if refused:
        return _problem(settings, remote, "NAME_REFUSED", f"{refused} Rename it.")
    if len(parts) == 1:
        return _problem(settings, remote, "UNKNOWN_SOURCE", IN_NO_FOLDER)
    return None


def _why_no_path(parts: list[str]) -> str:
    if any(part in ("", ".", "..") for part in parts):
        return "Its name has an empty part, `.` or `..`: it would lie somewhere else here."
    if any("\0" in part for part in parts):
        return "Its name has a NUL character."
    if max(len(part.encode()) for part in parts) > LONGEST_PART:
        return f"A part of its name is longer than {LONGEST_PART} bytes."
    if len("/".join(parts).encode()) > LONGEST_NAME:
        return f"Its name is longer than {LONGEST_NAME} bytes."
    return ""


def _download(
    target: Path, store: Store, remote: Remote, index: Index, wait: Callable[[float], None]
) -> None:
    """Make an export appear here whole, under its own name and time, or not at all."""
    make_folder(target.parent)
    temporary = temporary_beside(target)
    try:
        _read_whole(temporary, store, remote, wait)
        mtime_ns = index.time_of_copy(remote)
        os.utime(temporary, ns=(mtime_ns, mtime_ns))
        make_durable(temporary)
        temporary.replace(target)
        sync(target.parent)
    finally:
        remove(temporary)
    index.remember(remote, mtime_ns)


def _read_whole(path: Path, store: Store, remote: Remote, wait: Callable[[float], None]) -> None:
    """Read an export to its end; a cut read goes on where it was cut, a wrong one begins anew."""
    digest, fruitless = hashlib.md5(usedforsecurity=False), 0
    with path.open("xb") as file:
        for _ in range(MOST_TRIES):
            start = file.tell()
            try:
                for chunk in store.read(remote, start):
                    digest.update(chunk)
                    file.write(chunk)
                if file.tell() > remote.size:
                    raise Replaced
                if file.tell() == remote.size:
                    store.confirm(remote, digest.hexdigest())
                    return
                failure = ReadFailed(f"{file.tell()} of {remote.size} bytes came")
            except ReadFailed as error:
                failure = error
            if file.tell() == remote.size:
                # It was not confirmed: none of these bytes is to be believed.
                file.seek(0)
                file.truncate()
                digest = hashlib.md5(usedforsecurity=False)
            fruitless = 0 if file.tell() > start else fruitless + 1
            if fruitless >= FRUITLESS_TRIES:
                raise failure
            wait(PAUSE_SECONDS * fruitless)
            store.reconnect()
        raise failure


def _left(settings: Settings, remote: Remote, reason: str) -> Unsettled:
    return Unsettled(settings.inbox / remote.name, remote.name, reason)


def _problem(settings: Settings, remote: Remote, code: ProblemCode, reason: str) -> Problem:
    name = printable(remote.name)
    source = name.partition("/")[0] if "/" in name else ""
    path = settings.inbox / _as_path(name)
    return Problem(path, name, code, reason, remote.size, remote.mtime_ns, source)


def _as_path(name: str) -> str:
    """For showing only: nothing that was refused is ever opened."""
    return name.replace("\0", "\\0").lstrip("/")


def _folders_of(name: str) -> Iterable[str]:
    parts = name.split("/")
    return ("/".join(parts[:depth]) for depth in range(1, len(parts)))
