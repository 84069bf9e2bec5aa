"""What happened, in order: landings, runs, verdicts, releases. Written once, never changed.

Each event carries the hash of the one before it, so that a change to the past shows. What the
events mean, and what their payloads hold, belongs to the rooms that write them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.storage import fault_point, make_folder

if TYPE_CHECKING:
    import sqlite3

    from sqlalchemy import Connection, Engine, Row, Select, Table

KINDS = (
    "file_seen",
    "landed",
    "file_quarantined",
    "accepted",
    "replayed",
    "landing_set_aside",
    "landings_checked",
    "run_started",
    "candidate_built",
    "verdict",
    "release_prepared",
    "released",
    "rolled_back",
    "run_failed",
)
"""A kind that is not here is refused, written or asked for: a misspelt one would never be found."""
BEFORE_THE_FIRST = "0" * 64
SECONDS_TO_WAIT = 30
SQLITE = "sqlite:///"
SCHEMA = (
    """
    create table if not exists events (
        seq integer primary key autoincrement,
        at text not null,
        kind text not null,
        subject text not null,
        payload text not null,
        previous_hash text not null,
        hash text not null unique
    )
    """,
    "create index if not exists events_by_kind on events (kind, subject, seq)",
    "create index if not exists events_by_subject on events (subject, seq)",
    """
    create trigger if not exists events_never_change before update on events
    begin select raise(abort, 'the ledger is never changed: append an event instead'); end
    """,
    """
    create trigger if not exists events_never_go before delete on events
    begin select raise(abort, 'the ledger is never changed: append an event instead'); end
    """,
)
TRIGGERS = ("events_never_change", "events_never_go")


class LedgerError(Exception):
    """The ledger cannot be read or written as asked; says what to do."""


@dataclass(frozen=True)
class Event:
    """One thing that happened."""

    seq: int
    at: datetime
    kind: str
    subject: str
    payload: dict[str, Any]
    previous_hash: str
    hash: str


def _now() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """The events of one home, in a SQLite file that is made when the first one is written."""

    def __init__(self, url: str, clock: Callable[[], datetime] = _now) -> None:
        if not url.startswith(SQLITE) or url in (SQLITE, f"{SQLITE}:memory:"):
            raise LedgerError(f"{url!r} is no ledger. Example: sqlite:////var/lib/kpi/ledger.db")
        self.url, self._clock = url, clock
        self._file = Path(url.removeprefix(SQLITE))

    def append(self, kind: str, subject: str, payload: Mapping[str, Any]) -> Event:
        """Write one event; on return it has reached the disk.

        Raises:
            LedgerError: the kind is unknown, or the payload holds something else than text, whole
                numbers, booleans, None, lists and objects (money and times go in as text).
        """
        return self.append_many([(kind, subject, payload)])[0]

    def append_many(self, events: Iterable[tuple[str, str, Mapping[str, Any]]]) -> list[Event]:
        """Write several events, all or none.

        Raises:
            LedgerError: as `append`; nothing is written then.
        """
        written = [
            (_known(kind), _text(subject), _canonical(kind, p)) for kind, subject, p in events
        ]
        if not written:
            return []
        fault_point("ledger.before_append")
        make_folder(self._file.parent)
        with self._connection("begin immediate") as connection:
            for statement in SCHEMA:
                connection.exec_driver_sql(statement)
            last = connection.exec_driver_sql(
                "select seq, hash from events order by seq desc limit 1"
            ).first()
            seq, previous = (last.seq, last.hash) if last else (0, BEFORE_THE_FIRST)
            rows = []
            for kind, subject, payload in written:
                seq += 1
                at = self._clock().astimezone(UTC).isoformat(timespec="microseconds")
                digest = _digest(seq, at, kind, subject, payload, previous)
                rows.append((seq, at, kind, subject, payload, previous, digest))
                previous = digest
            names = [column.name for column in self._table.columns]
            values = [dict(zip(names, row, strict=True)) for row in rows]
            connection.execute(self._table.insert(), values)
            fault_point("ledger.before_commit")
        fault_point("ledger.after_append")
        return [_event(row) for row in rows]

    def events(
        self, kind: str | None = None, subject: str | None = None, mentioning: str = ""
    ) -> list[Event]:
        """The events of a kind, of a subject, of both, or all, oldest first.

        Args:
            kind: of this kind only.
            subject: about this subject only.
            mentioning: whose payload holds this text somewhere, such as a hash. Looked for by the
                database, so that thousands of others are not taken apart.
        """
        asked = self._asked(kind, subject)
        if mentioning:
            asked = asked.where(self._table.c.payload.contains(mentioning, autoescape=True))
        return [_event(row) for row in self._read(asked)]

    def latest(self, kind: str, subject: str | None = None) -> Event | None:
        """The newest event of a kind (and subject), if any."""
        newest = self._asked(kind, subject).order_by(None).order_by(self._table.c.seq.desc())
        return next((_event(row) for row in self._read(newest.limit(1))), None)

    def latest_of(self, kinds: Iterable[str]) -> Event | None:
        """The newest event of several kinds, if any."""
        events = [event for kind in kinds if (event := self.latest(kind))]
        return max(events, key=lambda event: event.seq, default=None)

    def latest_by_subject(self, kind: str) -> dict[str, Event]:
        """The newest event of a kind for each subject, in one query."""
        from sqlalchemy import func, select

        columns = self._table.c
        newest = select(func.max(columns.seq)).where(columns.kind == _known(kind))
        asked = self._asked(kind, None).where(columns.seq.in_(newest.group_by(columns.subject)))
        return {event.subject: event for event in map(_event, self._read(asked))}

    def verify(self) -> list[str]:
        """What is wrong with the chain, naming the events; empty when every event is as written.

        Finds events that were changed, removed or put in another order. What it cannot find is a
        ledger rewritten as a whole, with new hashes: keep the newest hash elsewhere for that.
        """
        from sqlalchemy.exc import DatabaseError

        try:
            rows, last, triggers = self._read(self._asked(None, None)), *self._protection()
            problems = self._unsound()
        except DatabaseError as error:
            return [f"{self._file} cannot be read as a ledger ({error.orig})"]
        expected, previous = 1, BEFORE_THE_FIRST
        for row in rows:
            what = f"event {row.seq} ({row.kind}, {row.subject})"
            if row.seq != expected:
                problems.append(_missing(expected, row.seq - 1))
            elif row.previous_hash != previous:
                problems.append(f"{what} does not follow event {row.seq - 1}: one was replaced")
            if _digest(*row[:6]) != row.hash:
                problems.append(f"{what} is not as it was written: its hash is another")
            expected, previous = row.seq + 1, row.hash
        if last >= expected:
            problems.append(_missing(expected, last))
        lost = [name for name in TRIGGERS if name not in triggers] if rows or last else []
        return problems + [
            f"the trigger {name} was removed: rows could be changed" for name in lost
        ]

    def _protection(self) -> tuple[int, set[str]]:
        """The highest number SQLite has ever given an event, and the triggers there are."""
        if not self._file.exists():
            return 0, set()
        with self._connection("begin") as connection:
            known = connection.exec_driver_sql("select type, name from sqlite_master").all()
            counted = "select seq from sqlite_sequence where name = 'events'"
            made = any(row.name == "sqlite_sequence" for row in known)
            last = connection.exec_driver_sql(counted).scalar() if made else 0
        return int(last or 0), {row.name for row in known if row.type == "trigger"}

    def _unsound(self) -> list[str]:
        """What SQLite finds wrong in its file, such as an index that has lost an event."""
        if not self._file.exists():
            return []
        with self._connection("begin") as connection:
            found = connection.exec_driver_sql("pragma integrity_check").scalars().all()
        return [f"{self._file} is damaged: {problem}" for problem in found if problem != "ok"]

    def _asked(self, kind: str | None, subject: str | None) -> Select[Any]:
        from sqlalchemy import select

        asked = select(self._table).order_by(self._table.c.seq)
        if kind is not None:
            asked = asked.where(self._table.c.kind == _known(kind))
        return asked if subject is None else asked.where(self._table.c.subject == subject)

    def _read(self, asked: Select[Any]) -> Sequence[Row[Any]]:
        if not self._file.exists():
            return []
        with self._connection("begin") as connection:
            # A writer killed before its first commit leaves a file with nothing in it.
            if not connection.exec_driver_sql("select count(*) from sqlite_master").scalar():
                return []
            return connection.execute(asked).all()

    @contextlib.contextmanager
    def _connection(self, begin: str) -> Iterator[Connection]:
        from sqlalchemy.exc import OperationalError

        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql(begin)
                try:
                    yield connection
                except BaseException:
                    # SQLite has already rolled back by itself after, say, a full disk.
                    with contextlib.suppress(OperationalError):
                        connection.exec_driver_sql("rollback")
                    raise
                connection.exec_driver_sql("commit")
        except OperationalError as error:
            if "locked" not in str(error.orig):
                raise
            raise LedgerError(
                f"{self._file} was locked by another program for {SECONDS_TO_WAIT} seconds."
                " Close what has it open (a database browser, a backup) and run again."
            ) from error

    @cached_property
    def _engine(self) -> Engine:
        from sqlalchemy import create_engine
        from sqlalchemy.pool import NullPool

        return create_engine(
            SQLITE, creator=self._open, poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )

    def _open(self) -> sqlite3.Connection:
        import sqlite3

        # The driver begins no transactions of its own: a writer must take its lock before it
        # reads the last hash, and only `begin immediate` does.
        connection = sqlite3.connect(self._file, timeout=SECONDS_TO_WAIT, isolation_level=None)
        # A rollback journal needs no files beside the ledger for readers; `extra` also waits for
        # the folder, so that a committed event survives a power cut.
        connection.execute("pragma journal_mode = delete")
        connection.execute("pragma synchronous = extra")
        return connection

    @cached_property
    def _table(self) -> Table:
        from sqlalchemy import Column, Integer, MetaData, Table, Text

        texts = ("at", "kind", "subject", "payload", "previous_hash", "hash")
        columns: list[Column[Any]] = [Column(name, Text) for name in texts]
        return Table("events", MetaData(), Column("seq", Integer, primary_key=True), *columns)


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise LedgerError(f"unknown kind {kind!r}; known: {', '.join(KINDS)} (ledger.py)")
    return kind


def _text(subject: str) -> str:
    try:
        subject.encode("utf-8")
    except UnicodeEncodeError:
        raise LedgerError(f"subject {subject!r} cannot be written as UTF-8") from None
    return subject


def _canonical(kind: str, payload: Mapping[str, Any]) -> str:
    """The one way in which a payload is written, so that its hash can be computed again."""
    _refuse_what_json_changes(f"payload of {kind}", dict(payload))
    return json.dumps(payload, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _refuse_what_json_changes(where: str, value: object) -> None:
    if isinstance(value, dict):
        for key, inside in value.items():
            if not isinstance(key, str):
                raise LedgerError(f"{where}: the key {key!r} is no text")
            _refuse_what_json_changes(f"{where}.{key}", inside)
    elif isinstance(value, list | tuple):
        for number, inside in enumerate(value):
            _refuse_what_json_changes(f"{where}[{number}]", inside)
    elif value is not None and type(value) not in (str, int, bool):
        raise LedgerError(f"{where} is a {type(value).__name__}, {value!r}. Give it as text.")


def _digest(*fields: object) -> str:
    """SHA-256 of seq, at, kind, subject, payload and the previous hash, as a JSON array.

    An array, because joined texts could be cut at other places: a file's name may hold anything.
    """
    return hashlib.sha256(
        json.dumps(fields, separators=(",", ":"), default=repr).encode()
    ).hexdigest()


def _missing(first: int, last: int) -> str:
    if first == last:
        return f"event {first} is missing"
    return f"events {first} to {last} are missing"


def _event(row: Sequence[Any]) -> Event:
    seq, at, kind, subject, payload, previous_hash, digest = row
    try:
        when, content = datetime.fromisoformat(at), json.loads(payload)
    except ValueError as error:
        raise LedgerError(
            f"event {seq} cannot be read ({error}): the ledger was changed."
            " Restore it from a backup."
        ) from error
    return Event(seq, when, kind, subject, content, previous_hash, digest)
