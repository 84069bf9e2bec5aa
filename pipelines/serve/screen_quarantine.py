"""How the quarantine looks on a terminal, and in a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipelines.serve.terminal import console, shown
from pipelines.set_aside_rows import Money, add_up

if TYPE_CHECKING:
    from pipelines.replay import Reading, Replay
    from pipelines.serve.aside import BrokenRow, Closely
    from pipelines.set_aside import SetAside

WHAT = {
    "file": "not landed",
    "landing": "set aside as a whole",
    "rows": "landed without some rows",
}
HOURS_OF_A_DAY = 24


def show_list(items: Sequence[SetAside]) -> None:
    """`kpi quarantine list`."""
    if not items:
        console.print("Nothing is in quarantine.")
        return
    for item in items:
        _show_item(item)
    files = sum(item.what != "rows" for item in items)
    rows = sum(item.rows or 0 for item in items)
    console.print(f"\n{len(items)} exports, {files} of them as a whole; {rows:,} rows.")
    money = add_up(each for item in items for each in item.money)
    if money:
        console.print(f"Money that can be read: {shown(_money(money))}")
    unknown = sum(bool(item.money_unknown) for item in items)
    if unknown:
        console.print(f"Of {unknown} exports it is not known how much money they are.")
    console.print(
        "`kpi quarantine show NUMBER` shows the rows; `kpi quarantine replay NUMBER` reads again."
    )


def _show_item(item: SetAside) -> None:
    whole = "red" if item.what != "rows" else "yellow"
    console.print(
        f"[{whole}]{shown(item.id)}[/] {shown(item.file)}  [dim]{WHAT[item.what]},"
        f" {age(item.at)} ago[/]"
    )
    for code, rows in item.codes.items():
        count = "" if rows is None else f"  {rows:,} {'row' if rows == 1 else 'rows'}"
        remedy = item.remedies.get(code, "")
        console.print(f"      [yellow]{shown(code)}[/]{count}")
        if code == item.code and item.reason:
            console.print(f"        {shown(item.reason)}")
        if remedy:
            console.print(f"        {shown(remedy)}")
    if item.money:
        console.print(f"      money: {shown(_money(item.money))}")
    if item.money_unknown:
        console.print(f"      money: not known, {shown(item.money_unknown)}")
    if item.accepted:
        console.print(f"      accepted: {shown(', '.join(item.accepted))}")


def show_closely(found: Closely) -> None:
    """`kpi quarantine show`."""
    item = found.export
    _show_item(item)
    facts = [
        ("stream", item.table),
        ("contract", found.contract),
        ("expected", item.expected),
        ("row", "" if item.row is None else str(item.row)),
        ("column", item.column),
        ("found", item.value),
        ("sha-256", item.landing_id),
    ]
    for name, value in facts:
        if value:
            console.print(f"      {name}: {shown(value)}")
    for column, currencies in (item.conserved or {}).items():
        for currency, parts in currencies.items():
            said = ", ".join(f"{amount} {part}" for part, amount in parts.items())
            console.print(f"      {shown(column)} {shown(currency)}: {shown(said)}")
    last: BrokenRow | None = None
    for line in found.lines:
        if last is None or last.row != line.row:
            console.print(f"\nrow {line.row}")
        cell = f" {shown(line.column)}: {shown(repr(line.value))}" if line.column else ""
        console.print(f"  [yellow]{shown(line.code)}[/]{cell}")
        expected = f"; expected {shown(line.expected)}" if line.expected else ""
        console.print(f"    {shown(line.reason)}{expected}")
        if line.remedy:
            console.print(f"    {shown(line.remedy)}")
        if last is None or last.row != line.row:
            for header, cell_text in line.raw.items():
                console.print(f"    [dim]{shown(header)}[/] {shown(cell_text or '')}")
        last = line
    rows = len({line.row for line in found.lines})
    if rows < found.rows_in_all:
        console.print(f"\n… and {found.rows_in_all - rows:,} more rows (--rows, --csv)")


def show_replays(done: Sequence[Replay]) -> None:
    """`kpi quarantine replay` and `accept`."""
    if not done:
        console.print("Nothing is in quarantine that could be read again.")
        return
    for each in done:
        console.print(shown(each.file))
        console.print(f"      before: {_reading(each.before)}")
        console.print(f"      now:    {_reading(each.after)}")
    better = sum(each.changed for each in done)
    console.print(
        f"\n{better} of {len(done)} are read otherwise now."
        + (" `kpi run` computes with them." if better else "")
    )


def age(at: datetime, now: datetime | None = None) -> str:
    """How long ago, in the largest unit of which there are two."""
    hours = int(((now or datetime.now(UTC)) - at).total_seconds() // 3600)
    if hours < 1:
        return "less than an hour"
    return f"{hours} h" if hours < 2 * HOURS_OF_A_DAY else f"{hours // HOURS_OF_A_DAY} days"


def _money(money: Iterable[Money]) -> str:
    words = []
    for each in money:
        places = max(2, -int(each.amount.as_tuple().exponent))
        currency = each.currency or "(currency not said)"
        unread = f" and {each.unread:,} that cannot be read" if each.unread else ""
        words.append(f"{each.column} {each.amount:,.{places}f} {currency}{unread}")
    return "; ".join(words)


def _reading(reading: Reading | None) -> str:
    if reading is None:
        return "never read"
    if reading.status == "quarantined":
        return f"[red]{shown(reading.code)}[/] {shown(reading.reason)}"
    colour = "green" if reading.status == "landed" else "red"
    words = "landed" if reading.status == "landed" else "set aside as a whole"
    reason = f" {shown(reading.reason)}" if reading.reason else ""
    return (
        f"[{colour}]{words}[/] in {shown(reading.table)}: {reading.rows_landed:,} rows landed,"
        f" {reading.rows_quarantined:,} in quarantine{reason}"
    )
