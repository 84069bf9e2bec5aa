"""A first contract from a file: guessed, tried on the very file, and mended until it lands.

Each guess is written down for a person to look at. What the trial refuses is taken back (a column
becomes text, a key or a control total is left out), and that is written down too.
"""

from __future__ import annotations

import re
import tempfile
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

from models.contract import Stream, load_contract
from models.contract_parts import Family
from pipelines.contracts import words
from pipelines.contracts.check import Checked, land_on_trial, unpacked
from pipelines.contracts.columns import Guess, guess
from pipelines.contracts.dialect import Dialect, dialect_of
from pipelines.contracts.errors import ContractWorkError
from pipelines.contracts.marks import NULLS, Marks, marks_of
from pipelines.contracts.moments import likelier_order
from pipelines.contracts.parts import Parts, assemble
from pipelines.contracts.relations import key_of, load_of, period_of
from pipelines.contracts.rows import Table, read_table
from pipelines.contracts.skips import skips_of
from pipelines.contracts.written import as_yaml, review_lines
from pipelines.settings import Settings

MOST_TRIALS = 8
LOOKED_AT = 500
"""Texts of a column by which the file's marks are found; the trial looks at all."""
ONE_DATE = r"^(?!.*\d{4}-\d{2}-\d{2}.*\d{4}-\d{2}-\d{2}).*?(\d{4}-\d{2}-\d{2})"


@dataclass(frozen=True)
class Draft:
    """A contract in the making."""

    source: str
    stream: str
    family: str
    text: str
    """The YAML."""
    reviews: tuple[str, ...]
    """What a person has to look at."""
    checked: Checked
    """What came of landing the file under it."""


@dataclass
class TakenBack:
    """Guesses that a trial has shown to be wrong."""

    types: dict[str, str] = field(default_factory=dict)
    """By header: why the column stays text."""
    totals: set[str] = field(default_factory=set)
    key: str = ""
    """Why there is no key after all."""


def draft_contract(
    settings: Settings, file: Path, source: str = "", stream: str = "", family: str = ""
) -> Draft:
    """Draft the contract of an export.

    Args:
        settings: whose limits hold for the trial.
        file: the export.
        source: its name, where the person knows better than the file.
        stream: the same.
        family: the same.

    Raises:
        ContractWorkError: no contract can describe the file, or a name cannot be one.
    """
    if not file.is_file():
        raise ContractWorkError(file, "there is no such file", "Give the path of an export.")
    if family and family not in get_args(Family):
        raise ContractWorkError(
            file, f"{family!r} is no family", f"Take one of {', '.join(get_args(Family))}."
        )
    with unpacked(file) as export, tempfile.TemporaryDirectory(prefix="kpi-draft-") as folder:
        scratch = Path(folder)
        dialect = dialect_of(file, export)
        source, stream = _names(file, source, stream)
        from pipelines.land import FileRefused, sql

        (scratch / "read").mkdir()
        with closing(
            sql.connect(settings.memory_limit, (scratch, export.path.parent), scratch / "spill")
        ) as connection:
            try:
                table = read_table(connection, export, file.name, dialect, scratch / "read")
            except FileRefused as refused:
                raise ContractWorkError(file, refused.reason, refused.remedy) from refused
            if not table.rows:
                raise ContractWorkError(
                    file, "it has no row of data", "Export it for days on which something happened."
                )
            back = TakenBack()
            for _ in range(MOST_TRIALS):
                parts = _parts(file, dialect, table, (source, stream, family), back)
                document = assemble(parts)
                text = as_yaml(document)
                checked = _tried(settings, file, source, text, scratch)
                if checked.lands and not checked.faults:
                    break
                if not _take_back(back, parts, checked):
                    break
    return Draft(source, stream, parts.family, text, tuple(review_lines(document)), checked)


def write_draft(settings: Settings, draft: Draft, file: Path) -> Path:
    """Write a draft where contracts are kept.

    Raises:
        ContractWorkError: there is a contract of that source already; it is left as it is.
    """
    contracts = settings.project / "models" / "contracts"
    there = sorted(contracts.glob(f"*/{draft.source}.yml"))
    if there:
        raise ContractWorkError(
            file,
            f"there is a contract of {draft.source!r} already, {there[0]}",
            "Give another --source, or add the stream to it by hand; nothing was written.",
        )
    target = contracts / draft.family / f"{draft.source}.yml"
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("x", encoding="utf-8") as written:
        written.write(draft.text)
    return target


def _names(file: Path, source: str, stream: str) -> tuple[str, str]:
    """The names of source and stream: as given, by the inbox's folder, or by the file's name."""
    stem = words.identifier(
        re.sub(r"[-_. ]*\d{4}[-_]?\d{2}([-_]?\d{2})?[-_. ]*", " ", file.name.partition(".")[0])
    )
    by_folder = file.resolve().parent.name if file.resolve().parent.parent.name == "inbox" else ""
    source = source or words.identifier(by_folder) or stem or "my_source"
    stream = stream or stem.removeprefix(f"{source}_") or "rows"
    for name in (source, stream):
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
            raise ContractWorkError(
                file, f"{name!r} can be no name", "Use small letters, digits and `_`."
            )
    return source, stream


def _parts(
    file: Path, dialect: Dialect, table: Table, names: tuple[str, str, str], back: TakenBack
) -> Parts:
    source, stream, family = names
    values = [dict(table.values(n)) for n in range(table.width)]
    texts = [[v for v in column if v not in NULLS] for column in values]
    numeric = [[v for v in column[:LOOKED_AT] if re.search(r"\d", v)] for column in texts]
    marks, doubt = marks_of(
        [
            n
            for n, all_ in zip(numeric, texts, strict=True)
            if n and len(n) == len(all_[:LOOKED_AT])
        ],
        table.native,
    )
    columns: list[Guess] = []
    for index, header in enumerate(dialect.headers):
        if not header.strip() and dialect.shape.header:
            continue  # What stands under no header is nobody's.
        known_as = header.strip() or f"column {index + 1}"
        not_typed = back.types.get(known_as, "")
        column = guess(index, known_as, values[index], table.rows, marks, table.native, not_typed)
        column.name = words.different(_sound(column), (each.name for each in columns))
        columns.append(column)
    told = words.family_of([c.header for c in columns], file.name)
    period = period_of(dialect, file.name)
    key = key_of(table, columns)
    if back.key:
        key.value, key.reviews = None, [back.key]
    load = load_of(columns, key.value, period.value is not None)
    return Parts(
        file=file.name,
        source=source,
        stream=stream,
        family=family or told[0],
        family_told=[] if family else [told[1]],
        dialect=_with_day_first(dialect, columns, marks),
        marks=marks,
        marks_doubt=doubt,
        columns=columns,
        table=table,
        key=key,
        load=load,
        period=period,
        skips=skips_of(table, columns, marks, back.totals),
        exported_at=ONE_DATE if re.search(ONE_DATE, file.name) else "",
    )


def _sound(column: Guess) -> str:
    """A name that a column may have, and that is no word of SQL's own."""
    name = column.name
    if not re.match(r"[a-z]", name):
        name = f"column_{name}".rstrip("_")
    if name in words.RESERVED:
        name = f"{name}_id" if column.kind == "id" else f"{name}_value"
    return name


def _with_day_first(dialect: Dialect, columns: list[Guess], marks: Marks) -> Dialect:
    """The dialect, with the likelier order of day and month where the texts tell nothing."""
    from models.contract_parts import is_day_first

    doubtful = [c for c in columns if c.moments and c.moments.is_doubtful]
    if not doubtful:
        return dialect
    told = {
        order
        for c in columns
        if c.moments and not c.moments.is_doubtful
        for form in c.moments.formats
        if (order := is_day_first(form)) is not None
    }
    if len(told) == 1:
        day_first, why = told.pop(), "another column of the file can be read in this order only"
    elif marks.decimal == ",":
        day_first, why = True, "numbers have a decimal comma, and then the day mostly stands first"
    else:
        day_first = likelier_order(
            [c.texts for c in doubtful], [c.moments.formats for c in doubtful if c.moments]
        )
        why = "a guess: read so, the days lie closer together"
    example = doubtful[0].texts[0]
    first, second = ("%d/%m", "%m/%d") if day_first else ("%m/%d", "%d/%m")
    doubt = f"{example} is read as {first}, not as {second}: {why}. Ask who made the export"
    shape = dialect.shape.model_copy(update={"day_first": day_first})
    return replace(dialect, shape=shape, doubts={**dialect.doubts, "day_first": doubt})


def _tried(settings: Settings, file: Path, source: str, text: str, scratch: Path) -> Checked:
    """Land the file under the contract as it is written."""
    with tempfile.TemporaryDirectory(dir=scratch) as home:
        written = Path(home) / f"{source}.yml"
        written.write_text(text, encoding="utf-8")
        streams: dict[str, Stream] = {each.table: each for each in load_contract(written)}
        trial = replace(settings, home=Path(home), inbox=Path(home) / "inbox")
        return land_on_trial(trial, streams, file, f"{source}/{file.name}")


def _take_back(back: TakenBack, parts: Parts, checked: Checked) -> bool:
    """Leave out what the trial refuses; False where nothing of it can be helped by that."""
    by_name = {c.name: c for c in parts.columns}
    changed = False
    if checked.code == "CONTROL_TOTAL" and checked.column not in back.totals:
        back.totals.add(checked.column)
        return True
    for fault in checked.faults:
        if fault.code == "KEY_CONFLICT" and not back.key:
            back.key = "no key: rows with the same ones differ"
            changed = True
        column = by_name.get(fault.column)
        if column and column.keys.get("type") != "text" and column.header not in back.types:
            shown = "a cell" if column.keys.get("personal") else repr(fault.value)
            back.types[column.header] = (
                f"text, because of {shown} in row {fault.row}: {fault.reason}"
            )
            changed = True
    return changed
