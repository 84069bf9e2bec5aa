from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.ledger import KINDS, Ledger, LedgerError
from pipelines.settings import REPOSITORY

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
UNPROTECTED = "drop trigger events_never_change; drop trigger events_never_go;"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "home" / "ledger.db"


@pytest.fixture
def ledger(file: Path) -> Ledger:
    return Ledger(f"sqlite:///{file}", clock=lambda: NOON)


def filled(ledger: Ledger, count: int = 6) -> None:
    for number in range(1, count + 1):
        ledger.append("file_seen", f"ads/{number}.csv", {"size": number})


def tamper(file: Path, statements: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(statements)


# writing and reading


def test_an_event_comes_back_as_it_was_written(ledger: Ledger) -> None:
    payload = {"rows": 3, "accepted": True, "money": "12.50", "none": None, "list": ["a", {"b": 1}]}

    written = ledger.append("landed", "google_ads__campaign_performance", payload)

    assert ledger.events() == [written]
    assert (written.seq, written.at, written.kind) == (1, NOON, "landed")
    assert written.subject == "google_ads__campaign_performance"
    assert written.payload == payload


def test_the_chain_can_be_computed_without_this_program(ledger: Ledger, file: Path) -> None:
    ledger.append("file_seen", 'ads/a|"b".csv', {"size": 1, "name": "報表"})
    ledger.append("released", "7", {"b": 1, "a": 2})

    previous = "0" * 64
    with closing(sqlite3.connect(file)) as connection:
        for row in connection.execute("select * from events order by seq"):
            assert row[5] == previous
            previous = hashlib.sha256(
                json.dumps(row[:6], separators=(",", ":")).encode()
            ).hexdigest()
            assert row[6] == previous
            assert row[1] == "2026-03-01T12:00:00.123456+00:00"
        stored = connection.execute("select payload from events where seq = 2").fetchone()
    assert stored == ('{"a":2,"b":1}',)


def test_times_are_kept_in_utc(file: Path) -> None:
    local = datetime(2026, 3, 1, 13, tzinfo=timezone(timedelta(hours=1)))

    event = Ledger(f"sqlite:///{file}", clock=lambda: local).append("released", "1", {})

    assert event.at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert event.at.utcoffset() == timedelta(0)


def test_events_are_asked_for_by_kind_and_subject(ledger: Ledger) -> None:
    ledger.append("file_seen", "a", {"n": 1})
    ledger.append("landed", "a", {"n": 2})
    ledger.append("file_seen", "b", {"n": 3})
    ledger.append("file_seen", "a", {"n": 4})

    def numbers(kind: str | None = None, subject: str | None = None) -> list[int]:
        return [event.payload["n"] for event in ledger.events(kind, subject)]

    assert numbers() == [1, 2, 3, 4]
    assert numbers("file_seen") == [1, 3, 4]
    assert numbers(subject="a") == [1, 2, 4]
    assert numbers("file_seen", "a") == [1, 4]
    assert numbers("released") == []


def test_the_latest_is_the_one_written_last_whatever_the_clock_said(file: Path) -> None:
    times = iter([NOON, NOON - timedelta(days=1)])
    ledger = Ledger(f"sqlite:///{file}", clock=lambda: next(times))
    ledger.append_many([("file_seen", "a", {"n": 1}), ("file_seen", "a", {"n": 2})])

    latest = ledger.latest("file_seen", "a")

    assert latest is not None
    assert latest.payload == {"n": 2}
    assert ledger.verify() == []


def test_the_latest_of_nothing_is_none(ledger: Ledger) -> None:
    assert ledger.latest("released") is None
    ledger.append("file_seen", "a", {})
    assert ledger.latest("released") is None
    assert ledger.latest("file_seen", "b") is None


def test_the_latest_of_every_subject_is_one_question(ledger: Ledger) -> None:
    ledger.append_many([("file_seen", subject, {"n": n}) for n, subject in enumerate("abcab")])
    ledger.append("landed", "c", {"n": 9})

    newest = {
        subject: event.payload["n"]
        for subject, event in ledger.latest_by_subject("file_seen").items()
    }

    assert newest == {"a": 3, "b": 4, "c": 2}


def test_events_are_found_by_a_text_in_them_taken_literally(ledger: Ledger) -> None:
    for name, said in (("one", "a_b"), ("two", "aXb"), ("three", "100 %")):
        ledger.append("landed", name, {"said": said})
    assert [event.subject for event in ledger.events("landed", mentioning="a_b")] == ["one"]
    assert [event.subject for event in ledger.events(mentioning="%")] == ["three"]
    assert ledger.events("landed", "two", mentioning="a_b") == []


def test_several_events_are_written_together_and_numbered_in_order(ledger: Ledger) -> None:
    filled(ledger, 2)

    written = ledger.append_many([("file_seen", "c", {}), ("landed", "t", {})])

    assert [event.seq for event in written] == [3, 4]
    assert written[1].previous_hash == written[0].hash
    assert ledger.append_many([]) == []
    assert len(ledger.events()) == 4


def test_one_wrong_event_of_several_leaves_none_written(ledger: Ledger) -> None:
    with pytest.raises(LedgerError):
        ledger.append_many([("file_seen", "a", {}), ("file_seen", "b", {"share": 0.1})])

    assert ledger.events() == []


def test_reading_a_ledger_that_is_not_there_makes_no_file(ledger: Ledger, file: Path) -> None:
    assert ledger.events() == []
    assert ledger.latest("released") is None
    assert ledger.latest_by_subject("file_seen") == {}
    assert ledger.verify() == []

    assert not file.parent.exists()


def test_a_ledger_file_with_nothing_in_it_is_an_empty_ledger(ledger: Ledger, file: Path) -> None:
    file.parent.mkdir()
    file.touch()

    assert ledger.events() == []
    assert ledger.verify() == []
    assert ledger.append("released", "1", {}).seq == 1


@pytest.mark.parametrize("name", ["a?b#c%20.db", "with space.db", "報表.db"])
def test_a_ledger_may_lie_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    Ledger(f"sqlite:///{tmp_path / name}").append("released", "1", {})

    assert (tmp_path / name).is_file()


@pytest.mark.parametrize("url", ["", "sqlite:///", "sqlite:///:memory:", "postgresql://db/kpi"])
def test_a_ledger_that_would_not_last_is_refused(url: str) -> None:
    with pytest.raises(LedgerError, match=r"sqlite:////"):
        Ledger(url)


@pytest.mark.parametrize(
    ("payload", "where"),
    [
        ({"rate": 0.5}, "payload of landed.rate is a float, 0.5"),
        ({"money": Decimal("1.5")}, "payload of landed.money is a Decimal"),
        ({"a": {"b": [1, NOON]}}, r"payload of landed.a.b\[1\] is a datetime"),
        ({"file": Path("x")}, "payload of landed.file is a PosixPath"),
        ({"a": {1: "one"}}, "payload of landed.a: the key 1 is no text"),
        ({"a": {"set"}}, "payload of landed.a is a set"),
        ({"a": b"bytes"}, "payload of landed.a is a bytes"),
    ],
)
def test_what_json_would_change_is_refused_by_name(
    ledger: Ledger, payload: dict[str, Any], where: str
) -> None:
    with pytest.raises(LedgerError, match=where):
        ledger.append("landed", "t", payload)


def test_an_unknown_kind_is_refused_written_or_asked_for(ledger: Ledger) -> None:
    attempts: list[Callable[[], object]] = [
        lambda: ledger.append("realeased", "1", {}),
        lambda: ledger.events("realeased"),
        lambda: ledger.latest("realeased"),
        lambda: ledger.latest_by_subject("realeased"),
    ]
    for attempt in attempts:
        with pytest.raises(LedgerError, match=r"unknown kind 'realeased'; known: .*released"):
            attempt()


def test_names_that_are_not_utf8_are_refused_as_subject_and_kept_in_a_payload(
    ledger: Ledger,
) -> None:
    with pytest.raises(LedgerError, match="cannot be written as UTF-8"):
        ledger.append("file_seen", "bad\udcff.csv", {})

    assert (
        ledger.append("file_seen", "x", {"name": "bad\udcff.csv"}).payload["name"]
        == "bad\udcff.csv"
    )
    assert ledger.verify() == []


def test_f077_many_writers_at_once_make_one_chain(file: Path) -> None:
    code = (
        "import sys; from pipelines.ledger import Ledger; ledger = Ledger(sys.argv[1])\n"
        "for n in range(20): ledger.append('file_seen', sys.argv[2], {'n': n})"
    )
    url = f"sqlite:///{file}"
    writers = [
        subprocess.Popen([sys.executable, "-c", code, url, str(number)], cwd=REPOSITORY)
        for number in range(3)
    ]

    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    ledger = Ledger(url)
    assert [event.seq for event in ledger.events()] == list(range(1, 61))
    assert ledger.verify() == []


# nothing is ever changed, and what was changed is found


def test_an_untouched_ledger_has_no_problems(ledger: Ledger) -> None:
    for kind in KINDS:
        ledger.append(kind, "subject", {"kind": kind})

    assert ledger.verify() == []


@pytest.mark.parametrize(
    "statement",
    [
        "update events set payload = '{}' where seq = 2",
        "delete from events where seq = 2",
        "delete from events",
        "insert or replace into events select 2, at, kind, 'x', payload, previous_hash, 'y'"
        " from events where seq = 1",
    ],
)
def test_the_database_itself_refuses_changes(ledger: Ledger, file: Path, statement: str) -> None:
    filled(ledger, 3)

    with pytest.raises(sqlite3.IntegrityError, match="never changed"):
        tamper(file, f"pragma recursive_triggers = on; {statement};")

    assert ledger.verify() == []
    assert len(ledger.events()) == 3


@pytest.mark.parametrize("column", ["at", "kind", "subject", "payload", "previous_hash", "hash"])
@pytest.mark.parametrize("seq", [1, 3, 6])
def test_f124_a_changed_event_is_named(ledger: Ledger, file: Path, column: str, seq: int) -> None:
    filled(ledger)
    tamper(file, f"{UNPROTECTED} update events set {column} = {column} || '0' where seq = {seq}")

    assert any(problem.startswith(f"event {seq} (") for problem in ledger.verify())


def test_f124_a_changed_event_with_a_hash_of_its_own_is_found_by_the_next_one(
    ledger: Ledger, file: Path
) -> None:
    filled(ledger)
    row = [3, NOON.isoformat(), "file_seen", "ads/3.csv", '{"size":999}', ledger.events()[1].hash]
    forged = hashlib.sha256(json.dumps(row, separators=(",", ":")).encode()).hexdigest()
    tamper(
        file,
        f"{UNPROTECTED} update events set payload = '{row[4]}', hash = '{forged}' where seq = 3",
    )

    chain = [problem for problem in ledger.verify() if "trigger" not in problem]

    assert chain == [
        "event 4 (file_seen, ads/4.csv) does not follow event 3: one was replaced",
    ]


@pytest.mark.parametrize(
    ("gone", "problem"),
    [
        ("1", "event 1 is missing"),
        ("3", "event 3 is missing"),
        ("2, 3, 4", "events 2 to 4 are missing"),
        ("6", "event 6 is missing"),
        ("5, 6", "events 5 to 6 are missing"),
        ("1, 2, 3, 4, 5, 6", "events 1 to 6 are missing"),
    ],
)
def test_f124_removed_events_are_named(ledger: Ledger, file: Path, gone: str, problem: str) -> None:
    filled(ledger)
    tamper(file, f"{UNPROTECTED} delete from events where seq in ({gone})")

    assert problem in ledger.verify()


def test_f124_events_put_in_another_order_are_named(ledger: Ledger, file: Path) -> None:
    filled(ledger)
    tamper(
        file,
        f"{UNPROTECTED} update events set seq = 99 where seq = 2;"
        "update events set seq = 2 where seq = 3; update events set seq = 3 where seq = 99",
    )

    problems = ledger.verify()

    assert any(problem.startswith("event 2 (file_seen, ads/3.csv)") for problem in problems)
    assert any(problem.startswith("event 3 (file_seen, ads/2.csv)") for problem in problems)


def test_f124_an_inserted_event_is_named(ledger: Ledger, file: Path) -> None:
    filled(ledger, 2)
    tamper(
        file,
        "insert into events select 3, at, kind, subject, payload, previous_hash, 'forged'"
        " from events where seq = 2",
    )

    assert any(problem.startswith("event 3 (") for problem in ledger.verify())


def test_lost_protection_is_reported_and_comes_back_with_the_next_event(
    ledger: Ledger, file: Path
) -> None:
    filled(ledger, 1)
    tamper(file, UNPROTECTED)

    assert [problem.split()[2] for problem in ledger.verify()] == [
        "events_never_change",
        "events_never_go",
    ]
    filled(ledger, 1)
    assert ledger.verify() == []


def test_an_event_whose_payload_is_spoilt_is_not_read_as_if_it_were_none(
    ledger: Ledger, file: Path
) -> None:
    filled(ledger)
    tamper(file, f"{UNPROTECTED} update events set payload = '{{' where seq = 4")

    with pytest.raises(LedgerError, match=r"event 4 cannot be read.*backup"):
        ledger.events()
    assert any("event 4" in problem for problem in ledger.verify())


def test_a_file_that_is_no_ledger_is_a_problem_and_not_an_empty_ledger(
    ledger: Ledger, file: Path
) -> None:
    file.parent.mkdir()
    file.write_bytes(b"this is no database " * 1000)

    (problem,) = ledger.verify()

    assert str(file) in problem
    assert "cannot be read as a ledger" in problem


def test_importing_the_ledger_does_not_load_the_database_library() -> None:
    asked = "import sys, pipelines.ledger; print(sorted({n.split('.')[0] for n in sys.modules}))"

    loaded = subprocess.run(
        [sys.executable, "-c", asked], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout

    assert "'sqlalchemy'" not in loaded
    assert "'zstandard'" not in loaded


def test_a_ledger_held_by_another_program_is_an_error_with_the_remedy(
    ledger: Ledger, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(ledger, 1)
    monkeypatch.setattr("pipelines.ledger.SECONDS_TO_WAIT", 0.1)

    with closing(sqlite3.connect(file)) as browser:
        browser.execute("begin exclusive")
        with pytest.raises(LedgerError, match="locked by another program"):
            ledger.append("released", "1", {})

    assert ledger.append("released", "1", {}).seq == 2
